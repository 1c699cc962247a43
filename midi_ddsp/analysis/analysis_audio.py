"""Audio as the analysis wants it: one channel, 16 kHz, finite.

Not for reading files (`musegen.midi_ddsp.audio.reading`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import InputError

ANALYSIS_RATE_HZ = 16000
LOWEST_SAMPLE_RATE_HZ = 1000
LOUDEST = 1e4  # samples beyond are damage, and would overflow in single precision


def to_analysis_audio(audio: ArrayLike, sample_rate: int) -> NDArray[np.float32]:
    """Return one channel at 16 kHz without anything that is not a number.

    Args:
        audio: [N] samples, about -1..1.
        sample_rate: In Hz, at least 1000.

    Returns:
        [N * 16000 / sample rate] float32; NaN and infinities have become 0.

    Raises:
        InputError: The audio has several channels, or the rate is below 1000 Hz.
    """
    samples = np.asarray(audio, np.float32)
    if samples.ndim != 1:
        message = (
            f"the analysis takes one channel, not an array of shape {samples.shape}:"
            " mix the channels down first"
        )
        raise InputError(message)
    if sample_rate < LOWEST_SAMPLE_RATE_HZ:
        message = (
            f"a sample rate of {sample_rate} Hz is too low to analyse: give at least"
            f" {LOWEST_SAMPLE_RATE_HZ} Hz"
        )
        raise InputError(message)
    finite = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    finite = np.clip(finite, -LOUDEST, LOUDEST)
    if sample_rate == ANALYSIS_RATE_HZ or len(finite) == 0:
        return finite
    import soxr

    resampled = soxr.resample(finite, sample_rate, ANALYSIS_RATE_HZ)
    return np.asarray(resampled, np.float32)
