"""How far a recording lies above the grid of semitones, whatever its vibrato.

For: dividing pitch into notes (`segmentation`) and saying what A is (`summary`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.pitch_track import TRACK_RATE_HZ

VIBRATO_TURN_S = 0.18
FARTHEST_SEMITONES = 1.5  # from its average a frame belongs to a change of note
# How clear the grid of semitones must be, 1 where every frame lies on it. A vibrato
# can turn it round, half a semitone off, but never as clear as .41: the Bessel
# function J0 of its extent.
CLEAR_FRAMES = 0.5
CLEAR_AVERAGES = 0.2

Floats = NDArray[np.float64]


def tuning_semitones(pitch: Floats, voiced: NDArray[np.bool_]) -> float | None:
    """Return by how much the notes lie above equal temperament at A = 440 Hz.

    The distances of the frames from the nearest semitone are averaged on the circle,
    on which half a semitone up is half a semitone down. Where wide vibrato leaves no
    grid of the frames, each is averaged over a turn of it first; where notes are
    shorter than a turn, their frames have a grid.

    Args:
        pitch: MIDI pitch, [T].
        voiced: Where it is one, [T]; only there are averages taken.

    Returns:
        Semitones, -0.5 to 0.5; None where nothing is pitched, or no grid is to be seen
        as in a slide.
    """
    if not voiced.any():
        return None
    frames = _grid(pitch[voiced])
    if np.abs(frames) >= CLEAR_FRAMES:
        return _semitones(frames)
    weight = np.asarray(voiced, np.float64)
    average = _averaged(pitch * weight) / np.maximum(_averaged(weight), 1e-9)
    is_steady = voiced & (np.abs(average - pitch) < FARTHEST_SEMITONES)
    if not is_steady.any():
        return None
    averages = _grid(average[is_steady])
    return _semitones(averages) if np.abs(averages) >= CLEAR_AVERAGES else None


def _grid(pitch: Floats) -> complex:
    """How the pitches lie to the semitones: direction where, length how clearly."""
    return complex(np.mean(np.exp(2j * np.pi * pitch)))


def _semitones(direction: complex) -> float:
    return float(np.angle(direction) / (2 * np.pi))


def _averaged(values: Floats) -> Floats:
    """Return the mean over a turn of vibrato around each frame, [T]."""
    reach = round(VIBRATO_TURN_S * TRACK_RATE_HZ / 2)
    total = np.concatenate([[0.0], np.cumsum(values)])
    frame = np.arange(len(values))
    first = np.maximum(frame - reach, 0)
    last = np.minimum(frame + reach, len(values))
    averages: Floats = (total[last] - total[first]) / np.maximum(last - first, 1)
    return averages
