"""Filters made of the magnitudes of evenly spaced bands, at any sample rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def filter_reach(num_bands: int, *, sample_rate: int, model_rate: int) -> int:
    """Return how many samples before and after a filter's centre it can reach.

    Args:
        num_bands: M, from 0 Hz to half of `model_rate`.
        sample_rate: Samples a second of what is filtered.
        model_rate: Twice the frequency of the last band.
    """
    return -(-(num_bands - 1) * sample_rate // model_rate)


def filter_basis(
    num_bands: int, fft_size: int, *, sample_rate: int, model_rate: int
) -> NDArray[np.float32]:
    """Return the matrix from magnitudes to a filter's real, zero-phase response.

    Each filter is the sum of cosines that frequency sampling gives, under a Hann window
    as long as their common period. At `model_rate` itself that is the original's filter
    of 2 (M - 1) taps; at other rates the same curve in Hz, with nothing above the last
    band (40 dB down within two bands' spacing), scaled so that white noise of one
    variance keeps its level in each band.

    Args:
        num_bands: M, from 0 Hz to half of `model_rate`; at least 2.
        fft_size: Even; at least twice the reach of the filter.
        sample_rate: Samples a second of what is filtered.
        model_rate: Twice the frequency of the last band.

    Returns:
        [M, fft_size / 2 + 1]: row m is the response of the filter whose magnitude is 1
        at band m and 0 elsewhere.

    Source:
        Engel et al., "DDSP", ICLR 2020, at `model_rate`; other rates are ours.
    """
    period = 2.0 * (num_bands - 1) * sample_rate / model_rate  # samples
    reach = filter_reach(num_bands, sample_rate=sample_rate, model_rate=model_rate)
    lag = np.arange(-reach, reach + 1)
    lag = lag[np.abs(lag) < period / 2]
    band = np.arange(num_bands)[:, None]
    weight = np.where(band == 0, 1.0, 2.0)
    weight = np.where(2 * band == period, 1.0, weight)
    weight = np.where(2 * band > period, 0.0, weight)
    taps = weight * np.cos(2.0 * np.pi * band * lag / period) / period
    taps *= 0.5 + 0.5 * np.cos(2.0 * np.pi * lag / period)
    taps *= np.sqrt(sample_rate / model_rate)
    centred = np.zeros((num_bands, fft_size))
    centred[:, lag % fft_size] = taps
    return np.fft.rfft(centred, axis=-1).real.astype(np.float32)


def filter_taps(magnitudes: ArrayLike) -> NDArray[np.float64]:
    """Return the impulse responses of filters at the model's own rate.

    Args:
        magnitudes: [..., M], linear, bands from 0 Hz to half the sample rate.

    Returns:
        [..., 2 (M - 1)]: lag 0 stands at index M - 1, taps are symmetric about it.
    """
    bands = np.asarray(magnitudes, dtype=np.float64)
    num_taps = 2 * (bands.shape[-1] - 1)
    centred = np.fft.fftshift(np.fft.irfft(bands, n=num_taps), axes=-1)
    lag = np.arange(num_taps) - num_taps // 2
    window = 0.5 + 0.5 * np.cos(2.0 * np.pi * lag / num_taps)
    return np.asarray(centred * window)
