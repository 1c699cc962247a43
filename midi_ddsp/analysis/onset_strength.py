"""How strongly something begins at each instant of a recording.

For the alignment, where a pitch is played again. Not a detector of onsets: it says how
much, not where.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HOP_SAMPLES = 64
WINDOW_SAMPLES = 512
BATCH_FRAMES = 2048
COMPRESSION = 1e3  # of magnitudes before the logarithm, full scale 1
LAG_FRAMES = 4  # the change is taken over 16 ms
REFERENCE_QUANTILE = 0.98


def onset_strength(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the growth of the log spectrum, averaged over frequency.

    Args:
        audio: [N] at 16 kHz.

    Returns:
        [T], T = ceil(N / 64), 0..1: a strong onset of this recording is 1.
    """
    num_frames = -(-len(audio) // HOP_SAMPLES)
    if num_frames == 0:
        return np.zeros(0, np.float32)
    half = WINDOW_SAMPLES // 2
    ahead = LAG_FRAMES * HOP_SAMPLES // 2
    padded = np.pad(audio, (half + ahead, WINDOW_SAMPLES + ahead))
    views = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)
    views = views[::HOP_SAMPLES][: num_frames + LAG_FRAMES]
    turn = np.arange(WINDOW_SAMPLES) * (2 * np.pi / WINDOW_SAMPLES)
    window = ((0.5 - 0.5 * np.cos(turn)) / half).astype(np.float32)
    growth = np.zeros(num_frames, np.float32)
    for start in range(0, num_frames, BATCH_FRAMES):
        frames = views[start : start + BATCH_FRAMES + LAG_FRAMES]
        level = np.log1p(COMPRESSION * np.abs(np.fft.rfft(frames * window)))
        change = np.maximum(level[LAG_FRAMES:] - level[:-LAG_FRAMES], 0)
        growth[start : start + len(change)] = change.mean(axis=1)
    reference = max(float(np.quantile(growth, REFERENCE_QUANTILE)), 1e-3)
    strength: NDArray[np.float32] = np.minimum(growth / np.float32(reference), 1)
    return strength
