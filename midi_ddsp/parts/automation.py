"""What a MIDI file moves while notes sound: volume, expression, modulation, pitch bend.

Curves over absolute frames, made of straight pieces, so that an hour of them is small
and any stretch of frames can be had alone. Not for the sustain pedal, which is a matter
of notes (`sustain`), and not for applying the curves to sound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musegen.data.score import ControlChange, Part
from musegen.midi_ddsp.note_frames import seconds_to_frame
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.parts.pitch_bend import bend_moves
from musegen.midi_ddsp.parts.sustain import RESET_ALL_CONTROLLERS

MODULATION = 1
VOLUME = 7
PAN = 10
EXPRESSION = 11

# General MIDI: where these controllers stand before a file says anything.
DEFAULT_VOLUME = 100
DEFAULT_EXPRESSION = 127
PAN_CENTRE = 64
MUTE_DB = -120.0
_DB_PER_DECADE = 40.0  # General MIDI: gain grows with the square of the controller

# A full modulation wheel makes the vibrato this many times as wide. Our own choice.
MAX_VIBRATO_FACTOR = 3.0

# Small steps that follow one another this quickly are one movement, and the curve goes
# straight from each to the next; any other step is a jump, done within a frame so that
# a note that begins there has the new value. Our own choice.
MOVEMENT_S = 0.1
SMALL_STEP = 1 / 8  # of what the controller can do

Moves = list[tuple[int, float]]  # (tick, value) by tick
_FULL = 127.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A value over time: straight between its points, level before and after them.

    Args:
        frames: [N] int64, rising, frames of 4 ms from the start; N is at least 1.
        values: [N] float64, the value there.
    """

    frames: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def is_constant(self) -> bool:
        """Whether it never moves."""
        return bool(np.all(self.values == self.values[0]))

    def at(self, first: int, last: int) -> NDArray[np.float32]:
        """Return [last - first], the values of frames `first` to before `last`."""
        start = max(0, int(np.searchsorted(self.frames, first)) - 1)
        stop = int(np.searchsorted(self.frames, last)) + 1
        inside = slice(start, stop)
        moments = np.arange(first, last)
        values = np.interp(moments, self.frames[inside], self.values[inside])
        return values.astype(np.float32)


def constant_curve(value: float) -> Curve:
    """Return a curve that never moves."""
    return Curve(frames=np.zeros(1, np.int64), values=np.array([value], np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AutomationFrames:
    """A stretch of frames of what is moved.

    Args:
        gain_db: [T] float32, added to the level; `MUTE_DB` is silence.
        vibrato_factor: [T] float32, at least 0, by which vibrato is widened.
        bend_cents: [T] float32, added to the pitch.
        pan: [T] float32, -1 (left) to 1 (right).
        brightness_db_per_octave: [T] float32, tilt of the harmonics.
        noise_db: [T] float32, added to the noise alone; `MUTE_DB` takes it away.
    """

    gain_db: NDArray[np.float32]
    vibrato_factor: NDArray[np.float32]
    bend_cents: NDArray[np.float32]
    pan: NDArray[np.float32]
    brightness_db_per_octave: NDArray[np.float32]
    noise_db: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Automation:
    """What is moved in one part; all its voices share it.

    Args:
        gain_db: Volume and expression together, 0 dB at the defaults of General MIDI.
        vibrato_factor: 1 without modulation, `MAX_VIBRATO_FACTOR` with all of it.
        bend_cents: Pitch bend by the bend range then in force.
        pan: -1 (left) to 1 (right).
        brightness_db_per_octave: Tilt of the harmonics; no controller moves it.
        noise_db: Breath, bow and hiss alone; no controller moves it.
    """

    gain_db: Curve = field(default_factory=lambda: constant_curve(0.0))
    vibrato_factor: Curve = field(default_factory=lambda: constant_curve(1.0))
    bend_cents: Curve = field(default_factory=lambda: constant_curve(0.0))
    pan: Curve = field(default_factory=lambda: constant_curve(0.0))
    brightness_db_per_octave: Curve = field(default_factory=lambda: constant_curve(0.0))
    noise_db: Curve = field(default_factory=lambda: constant_curve(0.0))

    def frames(self, first: int, last: int) -> AutomationFrames:
        """Return frames `first` to before `last`, 250 a second.

        Any stretch has the very values that the whole has there.
        """
        return AutomationFrames(
            gain_db=self.gain_db.at(first, last),
            vibrato_factor=self.vibrato_factor.at(first, last),
            bend_cents=self.bend_cents.at(first, last),
            pan=self.pan.at(first, last),
            brightness_db_per_octave=self.brightness_db_per_octave.at(first, last),
            noise_db=self.noise_db.at(first, last),
        )


def read_automation(part: Part, seconds_at: Callable[[int], float]) -> Automation:
    """Read the curves of a part.

    Volume (controller 7) and expression (11) become gain, modulation (1) widens the
    vibrato, pitch bend and its range (registered parameter 0) become cents, pan (10)
    stays itself. "Reset all controllers" (121) puts all but volume and pan back.

    Args:
        part: Where the controllers and bends are.
        seconds_at: The time of a tick.

    Source:
        General MIDI for the defaults and the law of gain: 40 log10(value / default) dB
        for each of the two.
    """
    controls = sorted(part.controls, key=lambda control: control.tick)
    volume = _moves(controls, VOLUME)
    expression = _moves(controls, EXPRESSION, reset_to=DEFAULT_EXPRESSION)
    modulation = _moves(controls, MODULATION, reset_to=0)
    pan = _moves(controls, PAN)
    bend = bend_moves(controls, part.pitch_bends)
    gains = [
        _curve(volume, DEFAULT_VOLUME, _FULL, seconds_at, _volume_db),
        _curve(expression, DEFAULT_EXPRESSION, _FULL, seconds_at, _expression_db),
    ]
    return Automation(
        gain_db=_sum(gains),
        vibrato_factor=_curve(modulation, 0, _FULL, seconds_at, _vibrato_factor),
        bend_cents=_curve(bend.moves, 0.0, 2.0 * bend.range_cents, seconds_at),
        pan=_curve(pan, PAN_CENTRE, _FULL, seconds_at, _pan),
    )


def _moves(
    controls: Sequence[ControlChange], number: int, *, reset_to: int | None = None
) -> Moves:
    """Values of one controller by tick."""
    moves: Moves = []
    for control in controls:
        if control.number == number:
            moves.append((control.tick, float(control.value)))
        elif reset_to is not None and control.number == RESET_ALL_CONTROLLERS:
            moves.append((control.tick, float(reset_to)))
    return moves


def _curve(
    moves: Moves,
    default: float,
    full_scale: float,
    seconds_at: Callable[[int], float],
    convert: Callable[[float], float] = float,
) -> Curve:
    """Lay straight pieces through values by tick; several on a frame: the last."""
    by_frame = {0: float(default)}
    for tick, value in moves:
        by_frame[seconds_to_frame(seconds_at(tick))] = value
    frames, values = [0], [by_frame.pop(0)]
    for frame, value in by_frame.items():
        gap, step = frame - frames[-1], abs(value - values[-1])
        is_movement = (
            gap <= MOVEMENT_S * FRAME_RATE_HZ and step <= SMALL_STEP * full_scale
        )
        if not is_movement and gap > 1:
            frames.append(frame - 1)
            values.append(values[-1])
        frames.append(frame)
        values.append(value)
    converted = [convert(value) for value in values]
    return Curve(
        frames=np.array(frames, np.int64), values=np.array(converted, np.float64)
    )


def frames_of(curves: Sequence[Curve]) -> NDArray[np.int64]:
    """Return every frame at which one of some curves has a point, each once, in order.

    Not by `np.unique`, which imports masked arrays: 10 ms before the first sound.
    """
    return np.array(
        sorted({frame for curve in curves for frame in curve.frames.tolist()})
    )


def _sum(curves: Sequence[Curve]) -> Curve:
    """Add curves of gain; their sum is never below silence."""
    frames = frames_of(curves)
    total = sum(np.interp(frames, curve.frames, curve.values) for curve in curves)
    return Curve(frames=frames, values=np.maximum(total, MUTE_DB))


def _square_law_db(value: float, default: float) -> float:
    return _DB_PER_DECADE * math.log10(value / default) if value > 0.0 else MUTE_DB


def _volume_db(value: float) -> float:
    return _square_law_db(value, DEFAULT_VOLUME)


def _expression_db(value: float) -> float:
    return _square_law_db(value, DEFAULT_EXPRESSION)


def _vibrato_factor(value: float) -> float:
    return 1.0 + (MAX_VIBRATO_FACTOR - 1.0) * value / _FULL


def _pan(value: float) -> float:
    return max(-1.0, (value - PAN_CENTRE) / (PAN_CENTRE - 1.0))
