"""Short-time spectra and the multi-scale spectral loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.spectra import (
    FFT_SIZES,
    LogConvention,
    frame_blocks,
    multi_scale_spectral_loss,
    periodic_hann,
    safe_log,
    stft_magnitude,
)


def sine(frequency_hz: float, num_samples: int) -> NDArray[np.float64]:
    return np.sin(2.0 * np.pi * frequency_hz * np.arange(num_samples) / 16000)


def noise(num_samples: int, seed: int = 0) -> NDArray[np.float32]:
    numbers = np.random.default_rng(seed).uniform(-1.0, 1.0, num_samples)
    return numbers.astype(np.float32)


def test_frames_and_bins_of_a_clip_of_four_seconds() -> None:
    shapes = [stft_magnitude(np.zeros(64000), size).shape for size in FFT_SIZES]
    frames = [125, 250, 500, 1000, 2000, 4000]
    bins = [1025, 513, 257, 129, 65, 33]
    assert shapes == list(zip(frames, bins, strict=True))


def test_frames_begin_at_the_hop_and_end_in_zeros() -> None:
    signal = np.arange(1.0, 11.0)
    (frames,) = frame_blocks(signal, frame_samples=6, hop_samples=4)
    expected = [[1, 2, 3, 4, 5, 6], [5, 6, 7, 8, 9, 10], [9, 10, 0, 0, 0, 0]]
    assert frames.tolist() == expected
    (led,) = frame_blocks(signal, frame_samples=6, hop_samples=4, lead_samples=3)
    expected = [[0, 0, 0, 1, 2, 3], [2, 3, 4, 5, 6, 7], [6, 7, 8, 9, 10, 0]]
    assert led.tolist() == expected


@pytest.mark.parametrize("lead_samples", [0, 16])
@pytest.mark.parametrize("num_samples", [1, 8, 8 * 1024, 8 * 2500 + 3])
def test_blocks_of_frames_join_without_a_seam(
    num_samples: int, lead_samples: int
) -> None:
    signal = noise(num_samples)
    frames = np.concatenate(
        list(
            frame_blocks(
                signal, frame_samples=32, hop_samples=8, lead_samples=lead_samples
            )
        )
    )
    padded = np.pad(signal, (lead_samples, 64))
    num_frames = -(-num_samples // 8)
    expected = np.stack([padded[8 * t : 8 * t + 32] for t in range(num_frames)])
    assert np.array_equal(frames, expected)


def test_the_window_is_periodic() -> None:
    assert periodic_hann(4).tolist() == pytest.approx([0.0, 0.5, 1.0, 0.5])


def test_a_sine_on_a_bin_has_a_quarter_of_the_size() -> None:
    magnitudes = stft_magnitude(sine(1000.0, 4096), 512)
    assert magnitudes[0, 31:34] == pytest.approx([64.0, 128.0, 64.0], rel=1e-5)


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("clamped", [-11.512925, -11.512925, 0.0]),
        ("positive", [-11.512925, -23.02585, 0.0]),
    ],
)
def test_logarithm_of_nothing_by_both_conventions(
    convention: LogConvention, expected: list[float]
) -> None:
    found = safe_log([0.0, 1e-10, 1.0], convention=convention)
    assert found == pytest.approx(expected, abs=1e-5)


def test_loss_of_two_sines_as_the_original_gave_it() -> None:
    tone = sine(440.0, 64000)
    loss = multi_scale_spectral_loss(0.5 * tone, 0.25 * tone, convention="positive")
    assert sum(loss.magnitude) == pytest.approx(1.541865, abs=2e-5)
    assert sum(loss.log) == pytest.approx(6.0 * math.log(2.0), abs=2e-5)
    # In float32 throughout; exactly it is 5.700748.
    assert loss.total == pytest.approx(5.700661, abs=1e-4)


def test_clamping_hides_differences_below_the_floor_only() -> None:
    tone = sine(440.0, 64000)
    loss = multi_scale_spectral_loss(0.5 * tone, 0.25 * tone)
    assert sum(loss.magnitude) == pytest.approx(1.541865, abs=2e-5)
    assert 0.68 < loss.log[-1] < math.log(2.0)
    assert loss.log[0] < 0.4


def test_identical_signals_have_no_loss() -> None:
    assert multi_scale_spectral_loss(noise(3000), noise(3000)).total == 0.0


@pytest.mark.parametrize("gain", [0.1, 0.5, 3.0])
def test_a_gain_costs_its_logarithm_at_each_size(gain: float) -> None:
    signal = noise(9000)
    loss = multi_scale_spectral_loss(signal, gain * signal)
    assert loss.log == pytest.approx([abs(math.log(gain))] * 6, rel=1e-3)
    assert sum(loss.log) == pytest.approx(6.0 * abs(math.log(gain)), rel=1e-3)


def test_signals_of_different_lengths_are_refused() -> None:
    with pytest.raises(UsageError, match="got 5 and 4 samples"):
        multi_scale_spectral_loss(np.zeros(5), np.zeros(4))
    with pytest.raises(UsageError, match="got 0 and 0 samples"):
        multi_scale_spectral_loss([], [])
