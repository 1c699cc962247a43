"""The exp-sigmoid and the harmonic distribution as Keras layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from musegen.midi_ddsp.dsp.control_layers import (
    SynthesisControls,
    exp_sigmoid,
    harmonic_distribution,
)
from musegen.midi_ddsp.dsp.distribution import (
    harmonic_distribution as numpy_harmonic_distribution,
)
from musegen.midi_ddsp.dsp.nonlinearity import exp_sigmoid as numpy_exp_sigmoid


def test_exp_sigmoid_as_the_original_gave_it() -> None:
    logits = np.array([-20, -10, -5, -2, -1, 0, 1, 2, 5, 10], np.float32)
    expected = [
        1.0e-7,
        1.0020e-7,
        1.97931e-5,
        0.0149315,
        0.0972229,
        0.405399,
        0.972229,
        1.493145,
        1.969313,
        1.999791,
    ]
    assert np.asarray(exp_sigmoid(logits)) == pytest.approx(expected, rel=1e-4)
    assert np.asarray(exp_sigmoid(logits)) == pytest.approx(
        numpy_exp_sigmoid(logits), rel=1e-5
    )


def test_extreme_logits_stay_finite() -> None:
    found = np.asarray(exp_sigmoid(np.array([-1e30, -200.0, 200.0], np.float32)))
    assert found == pytest.approx([1e-7, 1e-7, 2.0], rel=1e-5)


@pytest.mark.parametrize(
    ("f0_hz", "num_left"),
    [(880.0, 9), (1000.0, 7), (7999.0, 1), (8000.0, 0), (0.0, 60)],
)
def test_harmonics_below_half_the_sample_rate(f0_hz: float, num_left: int) -> None:
    logits = np.random.default_rng(0).normal(size=(1, 1, 60)).astype(np.float32)
    f0 = np.full((1, 1, 1), f0_hz, np.float32)
    shares = np.asarray(harmonic_distribution(logits, f0))[0, 0]
    assert np.count_nonzero(shares) == num_left
    assert not shares[num_left:].any()
    assert shares.sum() == pytest.approx(1.0 if num_left else 0.0, abs=1e-6)


def test_distribution_equals_the_numpy_one() -> None:
    generator = np.random.default_rng(1)
    logits = generator.normal(scale=4.0, size=(50, 60)).astype(np.float32)
    f0_hz = generator.uniform(0.0, 9000.0, 50).astype(np.float32)
    found = harmonic_distribution(logits[None], f0_hz[None, :, None], sample_rate=16000)
    expected = numpy_harmonic_distribution(logits, f0_hz, sample_rate=16000)
    assert np.asarray(found)[0] == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_noise_logits_are_lowered_by_five() -> None:
    f0_hz = np.full((1, 2, 1), 440.0, np.float32)
    zeros = np.zeros((1, 2, 3), np.float32)
    amplitude, harmonics, noise = SynthesisControls()(f0_hz, zeros, zeros, zeros)
    assert np.asarray(amplitude) == pytest.approx(0.405399, rel=1e-5)
    assert np.asarray(harmonics) == pytest.approx(1.0 / 3.0, rel=1e-5)
    assert np.asarray(noise) == pytest.approx(1.97931e-5, rel=1e-4)


def test_config_round_trip() -> None:
    layer = SynthesisControls(sample_rate=48000, name="controls")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
