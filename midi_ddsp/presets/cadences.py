"""Where phrases of a line end, by its notes alone.

For presets that act on cadences. Not for harmony, nor for the metre, of which a line of
notes in seconds knows nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A phrase ends before a silence of at least this, and of the line's median note. All
# of these are our own choice.
MIN_REST_S = 0.3
REST_IN_NOTES = 1.0
# ... or on a note of at least this, and of so many of the line's median notes.
MIN_LONG_NOTE_S = 0.8
LONG_NOTE_IN_NOTES = 3.0
# How many notes a cadence has: the last in full, those before it less and less.
CADENCE_NOTES = 3

FloatArray = NDArray[np.float64]


def phrase_ends(onset_s: FloatArray, offset_s: FloatArray) -> NDArray[np.bool_]:
    """Say which notes end a phrase, [N].

    These are: the last note; a note before a rest of at least 0.3 s that is as long as
    the line's median note or longer; and a note of at least 0.8 s that is three times
    as long as the line's median note or longer.

    Args:
        onset_s: [N], s, rising.
        offset_s: [N], s, none after the next onset.
    """
    if not len(onset_s):
        return np.zeros(0, dtype=np.bool_)
    length_s = offset_s - onset_s
    median_s = float(np.median(length_s))
    rest_s = np.append(onset_s[1:] - offset_s[:-1], np.inf)
    is_before_rest = rest_s >= max(MIN_REST_S, REST_IN_NOTES * median_s)
    is_long = length_s >= max(MIN_LONG_NOTE_S, LONG_NOTE_IN_NOTES * median_s)
    ends: NDArray[np.bool_] = is_before_rest | is_long
    return ends


def cadence_weights(onset_s: FloatArray, offset_s: FloatArray) -> FloatArray:
    """Return how much each note belongs to a cadence, [N], 0 to 1.

    The note that ends a phrase has 1, the one before it 2/3, the one before that 1/3,
    unless they belong to the phrase before.

    Args:
        onset_s: [N], s, rising.
        offset_s: [N], s, none after the next onset.
    """
    weights = np.zeros(len(onset_s))
    is_end = phrase_ends(onset_s, offset_s)
    notes_to_end = CADENCE_NOTES
    for note in reversed(range(len(onset_s))):
        notes_to_end = 0 if is_end[note] else notes_to_end + 1
        weights[note] = max(0.0, 1.0 - notes_to_end / CADENCE_NOTES)
    return weights
