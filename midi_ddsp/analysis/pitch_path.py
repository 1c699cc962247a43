"""The smoothest good path through pitch candidates, with a state for no pitch.

For the pitch tracker. Which candidates there are is `periodicity`'s matter, how well
each fits is the caller's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Tuned on the synthetic and rendered notes of benchmarks/pitch_tracking.py.
FREE_OCTAVES = 0.08  # a glide or vibrato may move so far between two instants
JUMP_COST_PER_OCTAVE = 0.35
JUMP_COST_BASE = 0.25  # for leaving the free range at all
VOICING_COST = 0.25  # for starting or ending a pitch
UNVOICED = -1
BATCH_FRAMES = 1024


def best_path(
    frequency_hz: NDArray[np.float32],
    score: NDArray[np.float32],
    unvoiced_score: NDArray[np.float32],
) -> NDArray[np.intp]:
    """Choose one candidate, or none, at each instant (Viterbi).

    Args:
        frequency_hz: [T, K], 0 where there is no candidate.
        score: [T, K], how well each fits; sums along the path.
        unvoiced_score: [T], how well "no pitch" fits.

    Returns:
        [T] index of the candidate, -1 for no pitch.
    """
    num_frames, num_candidates = frequency_hz.shape
    if num_frames == 0:
        return np.zeros(0, np.intp)
    emission = np.concatenate(
        [np.where(frequency_hz > 0, score, -np.inf), unvoiced_score[:, None]], axis=1
    )
    backward = np.zeros((num_frames, num_candidates + 1), np.int8)
    total = emission[0]
    for start in range(0, num_frames - 1, BATCH_FRAMES):
        change = _transition_scores(frequency_hz[start : start + BATCH_FRAMES + 1])
        for frame, step in enumerate(change, start + 1):
            through = step + total
            backward[frame] = through.argmax(axis=1)
            total = through.max(axis=1) + emission[frame]
    path = np.empty(num_frames, np.intp)
    path[-1] = total.argmax()
    for frame in range(num_frames - 1, 0, -1):
        path[frame - 1] = backward[frame, path[frame]]
    path[path == num_candidates] = UNVOICED
    return path


def _transition_scores(frequency_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores [T - 1, to, from] of every step, no pitch last."""
    num_frames, num_candidates = frequency_hz.shape
    octave = np.log2(np.maximum(frequency_hz, 1e-3))
    distance = np.abs(octave[1:, :, None] - octave[:-1, None, :])
    jump = JUMP_COST_BASE + JUMP_COST_PER_OCTAVE * np.minimum(distance, 2)
    states = num_candidates + 1
    scores = np.full((num_frames - 1, states, states), -VOICING_COST, np.float32)
    scores[:, :-1, :-1] = np.where(distance < FREE_OCTAVES, -0.5 * distance, -jump)
    scores[:, -1, -1] = 0
    return scores
