"""The spectral loss in Keras, against the one in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.loss_layers import (
    multi_scale_spectral_loss,
    spectral_loss_parts,
)
from musegen.midi_ddsp.dsp.spectra import LogConvention
from musegen.midi_ddsp.dsp.spectra import (
    multi_scale_spectral_loss as numpy_multi_scale_spectral_loss,
)


def clips(seed: int) -> NDArray[np.float32]:
    """Noise, noise that ends in silence, and a tone."""
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, (3, 5000))
    noise[1, 3000:] = 0.0
    tone = np.sin(2.0 * np.pi * (300.0 + seed) * np.arange(5000) / 16000)
    noise[2] = 0.3 * tone + 0.001 * noise[2]
    return noise.astype(np.float32)


@pytest.mark.parametrize("convention", ["clamped", "positive"])
def test_parts_equal_those_of_numpy(convention: LogConvention) -> None:
    target, audio = clips(0), clips(1)
    parts = np.asarray(spectral_loss_parts(target, audio, convention=convention))
    assert parts.shape == (3, 6, 2)
    for clip in range(3):
        expected = numpy_multi_scale_spectral_loss(
            target[clip], audio[clip], convention=convention
        )
        assert parts[clip, :, 0] == pytest.approx(expected.magnitude, abs=1e-4)
        assert parts[clip, :, 1] == pytest.approx(expected.log, abs=1e-4)


def test_the_loss_of_two_sines_as_the_original_gave_it() -> None:
    tone = np.sin(2.0 * np.pi * 440.0 * np.arange(64000) / 16000)[None]
    tone = tone.astype(np.float32)
    parts = spectral_loss_parts(0.5 * tone, 0.25 * tone, convention="positive")
    magnitude, log = np.asarray(parts)[0].sum(axis=0)
    assert magnitude == pytest.approx(1.541865, abs=2e-5)
    # A bin in a thousand is exactly 0 in both by TensorFlow's transform: no difference.
    assert log == pytest.approx(6.0 * math.log(2.0), abs=1e-2)
    assert magnitude + log == pytest.approx(5.700661, abs=1e-2)


def test_the_total_is_the_sum_of_the_parts_of_each_clip() -> None:
    target, audio = clips(2), clips(3)
    parts = np.asarray(spectral_loss_parts(target, audio))
    total = np.asarray(multi_scale_spectral_loss(target, audio))
    assert total == pytest.approx(parts.sum(axis=(1, 2)), rel=1e-5)


def test_a_clip_costs_nothing_beside_itself_and_the_same_in_any_place() -> None:
    target, audio = clips(0), clips(1)
    assert not np.asarray(multi_scale_spectral_loss(target, target)).any()
    order = [2, 0, 1]
    found = np.asarray(multi_scale_spectral_loss(target[order], audio[order]))
    expected = np.asarray(multi_scale_spectral_loss(target, audio))[order]
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_a_gain_costs_its_logarithm_at_each_size(gain: float) -> None:
    audio = clips(0)[:1]
    parts = np.asarray(spectral_loss_parts(audio, gain * audio))
    assert parts[0, :, 1].sum() == pytest.approx(6.0 * abs(math.log(gain)), rel=1e-3)
