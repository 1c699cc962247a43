"""Short-time spectra in Keras, against those in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.spectra import (
    LogConvention,
    frame_blocks,
    magnitude_blocks,
)
from musegen.midi_ddsp.dsp.spectra import safe_log as numpy_safe_log
from musegen.midi_ddsp.dsp.spectral_layers import (
    frame_audio,
    magnitude,
    safe_log,
    stft_power,
)


def noise(num_samples: int) -> NDArray[np.float32]:
    numbers = np.random.default_rng(0).uniform(-1.0, 1.0, num_samples)
    return numbers.astype(np.float32)


@pytest.mark.parametrize("lead_samples", [0, 16, 24])
@pytest.mark.parametrize("num_samples", [1, 8, 31, 32, 33, 100])
def test_frames_equal_those_of_numpy(num_samples: int, lead_samples: int) -> None:
    signal = noise(num_samples)
    found = frame_audio(
        signal[None], frame_samples=32, hop_samples=8, lead_samples=lead_samples
    )
    (expected,) = frame_blocks(
        signal, frame_samples=32, hop_samples=8, lead_samples=lead_samples
    )
    assert np.array_equal(np.asarray(found)[0], expected)


@pytest.mark.parametrize("fft_size", [None, 256])
def test_magnitudes_equal_those_of_numpy(fft_size: int | None) -> None:
    signal = noise(1000)
    power = stft_power(
        signal[None], frame_samples=128, hop_samples=32, fft_size=fft_size
    )
    (expected,) = magnitude_blocks(
        signal, frame_samples=128, hop_samples=32, fft_size=fft_size
    )
    assert np.asarray(magnitude(power))[0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("convention", ["clamped", "positive"])
def test_logarithms_equal_those_of_numpy(convention: LogConvention) -> None:
    power = np.array([0.0, 1e-14, 1e-10, 1e-4, 9.0], np.float32)
    found = safe_log(magnitude(power), convention=convention)
    expected = numpy_safe_log(np.sqrt(power), convention=convention)
    assert np.asarray(found) == pytest.approx(expected, abs=1e-5)
