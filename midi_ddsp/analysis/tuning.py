"""How far a recording lies above the grid of semitones, whatever its vibrato.

For: dividing pitch into notes (`segmentation`) and saying what A is (`summary`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.pitch_track import TRACK_RATE_HZ

VIBRATO_TURN_S = 0.18
FARTHEST_SEMITONES = 1.5  # from its average a frame belongs to a change of note
CLEAREST_BLUR = 0.2  # of the semitone grid, 1 where every note lies on it

Floats = NDArray[np.float64]


def tuning_semitones(pitch: Floats, voiced: NDArray[np.bool_]) -> float | None:
    """Return by how much the notes lie above equal temperament at A = 440 Hz.

    Each frame's pitch is averaged over a turn of vibrato, which would else blur the
    grid, or turn it round where it is wider than 38 cents. The distances of the
    averages from the nearest semitone are averaged on the circle, on which half a
    semitone up is half a semitone down.

    Args:
        pitch: MIDI pitch, [T].
        voiced: Where it is one, [T]; only there are averages taken.

    Returns:
        Semitones, -0.5 to 0.5; None where nothing is pitched, or no grid is to be seen
        as in a slide.
    """
    weight = np.asarray(voiced, np.float64)
    average = _averaged(pitch * weight) / np.maximum(_averaged(weight), 1e-9)
    is_steady = voiced & (np.abs(average - pitch) < FARTHEST_SEMITONES)
    if not is_steady.any():
        return None
    mean = np.mean(np.exp(2j * np.pi * average[is_steady]))
    if np.abs(mean) < CLEAREST_BLUR:
        return None
    return float(np.angle(mean) / (2 * np.pi))


def _averaged(values: Floats) -> Floats:
    """Return the mean over a turn of vibrato around each frame, [T]."""
    reach = round(VIBRATO_TURN_S * TRACK_RATE_HZ / 2)
    total = np.concatenate([[0.0], np.cumsum(values)])
    frame = np.arange(len(values))
    first = np.maximum(frame - reach, 0)
    last = np.minimum(frame + reach, len(values))
    averages: Floats = (total[last] - total[first]) / np.maximum(last - first, 1)
    return averages
