"""Where the phrases of a tune begin and end, and the arch of loudness over each.

Guessed from rests and long notes, as a player does at sight. Not for bar lines, which
the player does not know.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.medians import medians

FloatArray = NDArray[np.float64]

_PHRASE_REST_S = 0.15
_PHRASE_NOTES = (4, 14)  # fewest before a long note ends it, most
_LONG_NOTE = 1.9  # against the median length
_MEAN_OF_ARC = 2.0 / np.pi


def phrase_bounds(onsets: FloatArray, ends: FloatArray) -> list[tuple[int, int]]:
    """Return the first note of each phrase, and one past its last.

    Args:
        onsets: [notes], in seconds, ascending.
        ends: [notes], in seconds, as written.
    """
    lengths = ends - onsets
    long_s = _LONG_NOTE * float(medians(lengths))
    fewest, most = _PHRASE_NOTES
    starts = [0]
    for index in range(1, len(onsets)):
        rest_s = onsets[index] - ends[index - 1]
        size = index - starts[-1]
        is_full = size >= fewest and lengths[index - 1] >= long_s
        if rest_s > _PHRASE_REST_S or is_full or size >= most:
            starts.append(index)
    return list(zip(starts, [*starts[1:], len(onsets)], strict=True))


def phrase_arc(onsets: FloatArray, ends: FloatArray, depth_db: float) -> FloatArray:
    """Return [notes] in dB: louder in the middle of a phrase, on average 0.

    Args:
        onsets: [notes], in seconds, ascending.
        ends: [notes], in seconds, as written.
        depth_db: How much louder the middle is than the ends.
    """
    arc = np.zeros(len(onsets))
    for first, last in phrase_bounds(onsets, ends):
        place = (np.arange(last - first) + 0.5) / (last - first)
        arc[first:last] = depth_db * (np.sin(np.pi * place) - _MEAN_OF_ARC)
    return arc
