"""Where a line stands between left and right.

Constant power: the squares of both channels' gains sum to 1 wherever it stands. Not for
distance or height: that is the room's matter (`musegen.midi_ddsp.mixing.rooms`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.instruments import INSTRUMENTS
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ

# How far from the centre players sit, and how far from one another at most. Our own
# choice: a chamber ensemble heard from the hall.
MAX_SEAT = 0.5
_MAX_SEAT_GAP = 0.5
_UNKNOWN_PITCH = 60.0  # of an instrument that we do not know: in the middle


class PanCurve(Protocol):
    """A place that moves; `musegen.midi_ddsp.parts.automation.Curve` is one."""

    def at(self, first: int, last: int) -> NDArray[np.float32]:
        """Return [last - first], frames `first` to before `last`, 250 a second.

        Values are -1 (left) to 1 (right).
        """
        ...


Pan = float | PanCurve


class Panner:
    """Places a mono stream between left and right.

    A sample's place depends on its number only, not on how the stream is cut. Between
    frames the place moves in a straight line.

    Args:
        pan: -1 (left) to 1 (right), or a curve of that; beyond is taken as the end.
        sample_rate: In Hz.
        spread: 0 to 1, of the distance from the centre.

    Raises:
        UsageError: `pan` is a number beyond -1 to 1, or `spread` beyond 0 to 1.
    """

    def __init__(self, pan: Pan, *, sample_rate: int, spread: float = 1.0) -> None:
        if isinstance(pan, int | float) and not -1.0 <= pan <= 1.0:
            raise UsageError(f"a place is -1 (left) to 1 (right); got {pan:g}")
        if not 0.0 <= spread <= 1.0:
            raise UsageError(f"a spread is 0 to 1; got {spread:g}")
        self._pan = pan
        self._spread = spread
        self._sample_rate = sample_rate
        self._next_sample = 0

    def process(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the next samples placed: [n] to [n, 2]."""
        first, last = self._next_sample, self._next_sample + len(samples)
        self._next_sample = last
        placed = np.empty((len(samples), 2), np.float32)
        if len(samples):
            gains = pan_gains(self._places(first, last))
            for side in range(2):
                np.multiply(samples, gains[:, side], out=placed[:, side])
        return placed

    def _places(self, first: int, last: int) -> NDArray[np.float64]:
        """Return [last - first], or [1] where all are the same."""
        if isinstance(self._pan, int | float):
            return np.array([self._pan * self._spread])
        first_frame = int(first * FRAME_RATE_HZ // self._sample_rate)
        last_frame = int((last - 1) * FRAME_RATE_HZ // self._sample_rate) + 2
        frames = self._pan.at(first_frame, last_frame).astype(np.float64)
        frames = np.clip(frames, -1.0, 1.0) * self._spread
        if (frames == frames[0]).all():
            return frames[:1]
        moments = np.arange(first, last) * FRAME_RATE_HZ / self._sample_rate
        before = np.floor(moments).astype(np.int64)
        weight = moments - before
        left, right = frames[before - first_frame], frames[before - first_frame + 1]
        return left + (right - left) * weight


def pan_gains(places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the gains of left and right, [n, 2], at places -1 to 1, [n].

    0.707 each in the centre; their squares sum to 1 everywhere.
    """
    angle = (places + 1.0) * (math.pi / 4.0)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def seats(instruments: Sequence[str]) -> NDArray[np.float32]:
    """Return where the players of an ensemble sit when nobody says.

    High instruments sit left, low ones right, evenly; equals in the given order. A
    string quartet is violin, violin, viola, cello from -0.5 to 0.5. Our own choice.

    Args:
        instruments: Names, P of them, in the score's order; unknown ones are welcome.

    Returns:
        [P], -0.5 (left) to 0.5 (right); 0 for one player alone.
    """
    num_players = len(instruments)
    widest = min(MAX_SEAT, _MAX_SEAT_GAP * (num_players - 1) / 2)
    order = sorted(range(num_players), key=lambda player: -_height(instruments[player]))
    places = np.zeros(num_players, np.float32)
    places[order] = np.linspace(-widest, widest, num_players)
    return places


def _height(name: str) -> float:
    for instrument in INSTRUMENTS:
        if instrument.name == name:
            lowest = instrument.comfortable_lowest_pitch
            return (lowest + instrument.comfortable_highest_pitch) / 2
    return _UNKNOWN_PITCH
