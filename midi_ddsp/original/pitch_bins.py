"""The classes of the original's pitch: a cent each, a semitone to both sides.

Source:
    Wu et al., MIDI-DDSP, ICLR 2022; bin edges and nucleus rule as in its program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.original.layers import Array

NUM_BINS = 201
BINS_PER_SEMITONE = 100
NUCLEUS = 0.95
CENTRE = 0.5  # of a bin, in bins; the original decodes the lower edge


def deviation_to_bin(semitones: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class 0..200 of deviations from the note, clipped to a semitone.

    Args:
        semitones: Any shape; how far the pitch lies above the note.
    """
    clipped = np.clip(np.asarray(semitones, dtype=np.float64), -1.0, 1.0)
    # A hair, so that a class's own edge is not lost to rounding (0.29 is 28.999...).
    bins = np.floor((clipped + 1.0) * BINS_PER_SEMITONE + 1e-6)
    return bins.astype(np.int64)


def bin_to_deviation(
    bins: NDArray[np.integer], *, centred: bool = False
) -> NDArray[np.float64]:
    """Return deviations in semitones.

    Args:
        bins: Any shape, 0..200.
        centred: The middle of the bin; else its lower edge, as the original does.
    """
    edge = np.asarray(bins, dtype=np.float64) + (CENTRE if centred else 0.0)
    return edge / BINS_PER_SEMITONE - 1.0


def nucleus_probabilities(logits: Array, top_p: float = NUCLEUS) -> Array:
    """Return what may be drawn: classes before which less than `top_p` lies.

    Args:
        logits: [classes].
        top_p: In (0, 1].

    Returns:
        [classes], sums to 1; the likeliest class always stays.
    """
    shifted = np.exp(logits.astype(np.float64) - logits.max())
    probabilities = shifted / shifted.sum()
    order = np.argsort(-probabilities, kind="stable")
    sorted_mass = probabilities[order]
    is_kept = np.cumsum(sorted_mass) - sorted_mass < top_p
    kept = np.zeros_like(probabilities)
    kept[order[is_kept]] = sorted_mass[is_kept]
    result: Array = (kept / kept.sum()).astype(np.float32)
    return result
