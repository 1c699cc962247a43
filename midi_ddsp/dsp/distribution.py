"""Shares of the harmonics: which lie below half the sample rate, and sums of 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.midi_ddsp.dsp.nonlinearity import THRESHOLD, exp_sigmoid


def is_below_nyquist(
    f0_hz: ArrayLike, num_harmonics: int, *, sample_rate: float
) -> NDArray[np.bool_]:
    """Say which harmonics lie below half the sample rate, strictly.

    Args:
        f0_hz: [T], Hz; at 0 every harmonic counts as below.
        num_harmonics: K.
        sample_rate: Samples a second.

    Returns:
        [T, K].
    """
    number = np.arange(1, num_harmonics + 1, dtype=np.float64)
    return np.asarray(f0_hz, np.float64)[:, None] * number < sample_rate / 2


def mask_above_nyquist(
    harmonics: NDArray[np.float32], f0_hz: ArrayLike, *, sample_rate: float
) -> NDArray[np.float32]:
    """Return harmonics [T, K] with those at or above half the sample rate set to 0."""
    is_kept = is_below_nyquist(f0_hz, harmonics.shape[1], sample_rate=sample_rate)
    return np.where(is_kept, harmonics, np.float32(0.0))


def normalise(harmonics: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return harmonics [T, K] divided by their row's sum; rows of 0 stay."""
    total = harmonics.sum(axis=-1, keepdims=True, dtype=np.float64)
    total = np.where(total > 0.0, total, THRESHOLD)
    return (harmonics / total).astype(np.float32)


def harmonic_distribution(
    logits: ArrayLike, f0_hz: ArrayLike, *, sample_rate: float
) -> NDArray[np.float32]:
    """Return the shares of the harmonics that a network's logits mean.

    Energy of harmonics that are removed goes to those that stay: the sum is kept.

    Args:
        logits: [T, K], any number.
        f0_hz: [T], Hz; 0 keeps every harmonic.
        sample_rate: Samples a second.

    Returns:
        [T, K]: each row sums to 1, or is 0 where no harmonic is left.

    Source:
        Engel et al., "DDSP", ICLR 2020.
    """
    raw = exp_sigmoid(logits)
    return normalise(mask_above_nyquist(raw, f0_hz, sample_rate=sample_rate))
