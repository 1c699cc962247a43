"""Loudness of audio in dB, 250 times a second, by either of two definitions.

They are incompatible: a model says which it was trained on. Not a loudness in LUFS.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.spectra import magnitude_blocks
from musegen.midi_ddsp.parameters import HOP_SAMPLES, SAMPLE_RATE_HZ

LoudnessDefinition = Literal["new", "old"]

NEW_FFT_SIZE = 512
NEW_FLOOR_DB = -80.0
OLD_FFT_SIZE = 2048
OLD_FLOOR_DB = -120.0
OLD_REFERENCE_DB = 20.7
AMPLITUDE_FLOOR = 1e-20  # before the old definition's logarithm
LOWEST_WEIGHT_DB = -80.0

# IEC 61672-1, the four poles of the A weighting, in Hz; 0 dB at 1 kHz by the offset.
_POLES_HZ = (12194.217, 20.598997, 107.65265, 737.86223)
_OFFSET_DB = 2.0


def loudness_db(
    audio: ArrayLike, *, definition: LoudnessDefinition = "new"
) -> NDArray[np.float32]:
    """Return the A-weighted loudness of each frame.

    `new`: power averaged over the bins of 512-sample frames centred at sample 64 t,
    then dB, at least -80. `old`: dB of each bin of 2048-sample frames that begin at
    sample 64 t, less 20.7, at least -120, then averaged: a pure tone counts as near
    silence, since most bins are empty.

    Args:
        audio: [N] at 16 kHz, any N.
        definition: `new`, or `old`, that of the paper and of its released weights.

    Returns:
        [ceil(N / 64)], dB.

    Raises:
        UsageError: The definition is neither.

    Source:
        Engel et al., "DDSP", ICLR 2020, its library from version 2 (new) and before.
    """
    if definition == "new":
        return _new_loudness_db(audio)
    if definition == "old":
        return _old_loudness_db(audio)
    raise UsageError(f"The loudness definition is {definition!r}; take 'new' or 'old'.")


def a_weighting_db(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Return the gain of the A weighting, 0 dB at 1 kHz, at least -80 dB.

    Args:
        frequency_hz: Any shape, Hz, at least 0.

    Source:
        IEC 61672-1.
    """
    square = np.asarray(frequency_hz, dtype=np.float64) ** 2
    high, low, second, third = (pole**2 for pole in _POLES_HZ)
    gain = high * square**2 / ((square + high) * (square + low))
    gain = gain / np.sqrt((square + second) * (square + third))
    lowest = 10.0 ** ((LOWEST_WEIGHT_DB - _OFFSET_DB) / 20.0)
    weight_db: NDArray[np.float64] = 20.0 * np.log10(np.maximum(gain, lowest))
    return weight_db + _OFFSET_DB


def bin_weights_db(fft_size: int) -> NDArray[np.float64]:
    """Return the A weighting of the bins [fft_size / 2 + 1] at 16 kHz, in dB."""
    return a_weighting_db(np.fft.rfftfreq(fft_size, 1.0 / SAMPLE_RATE_HZ))


def mean_power_weights(fft_size: int) -> NDArray[np.float32]:
    """Return what squared magnitudes are multiplied by to sum to a mean power."""
    weights = 10.0 ** (bin_weights_db(fft_size) / 10.0)
    return (weights / len(weights)).astype(np.float32)


def _new_loudness_db(audio: ArrayLike) -> NDArray[np.float32]:
    weights = mean_power_weights(NEW_FFT_SIZE)
    blocks = magnitude_blocks(
        audio,
        frame_samples=NEW_FFT_SIZE,
        hop_samples=HOP_SAMPLES,
        lead_samples=NEW_FFT_SIZE // 2,
    )
    powers = [np.square(magnitudes) @ weights for magnitudes in blocks]
    power = np.concatenate([np.zeros(0, np.float32), *powers])
    floor = np.float32(10.0 ** (NEW_FLOOR_DB / 10.0))
    decibels = np.float32(10.0) * np.log10(np.maximum(power, floor))
    floored: NDArray[np.float32] = np.maximum(decibels, np.float32(NEW_FLOOR_DB))
    return floored


def _old_loudness_db(audio: ArrayLike) -> NDArray[np.float32]:
    weights = (bin_weights_db(OLD_FFT_SIZE) - OLD_REFERENCE_DB).astype(np.float32)
    means = [np.zeros(0, np.float32)]
    for magnitudes in magnitude_blocks(
        audio, frame_samples=OLD_FFT_SIZE, hop_samples=HOP_SAMPLES
    ):
        decibels = np.log10(np.maximum(magnitudes, np.float32(AMPLITUDE_FLOOR)))
        decibels = decibels * np.float32(20.0) + weights
        means.append(np.maximum(decibels, np.float32(OLD_FLOOR_DB)).mean(axis=-1))
    return np.concatenate(means)
