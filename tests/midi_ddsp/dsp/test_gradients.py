"""Gradients of the differentiable signal path against finite differences.

Along a random direction, so that one number checks every input at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.layers import (
    FilteredNoise,
    HarmonicBank,
    Reverb,
    SynthesisControls,
    log_mel,
    loudness_db,
    multi_scale_spectral_loss,
)

Untyped = Any  # Keras and TensorFlow have no type information

FRAMES, HARMONICS, BANDS, HOP = 5, 4, 9, 64
SAMPLES = FRAMES * HOP


def uniform(*shape: int, low: float, high: float, seed: int) -> NDArray[np.float32]:
    numbers = np.random.default_rng(seed).uniform(low, high, shape)
    return numbers.astype(np.float32)


def slopes(
    function: Callable[[Untyped], Untyped], point: NDArray[np.float32], step: float
) -> tuple[float, float]:
    """Of a random weighting of the outputs, by gradient and by central difference."""
    direction = uniform(*point.shape, low=-1.0, high=1.0, seed=1)
    weights = uniform(*function(point).shape, low=-1.0, high=1.0, seed=2)
    variable = tf.Variable(point)
    with tf.GradientTape() as tape:
        total = keras.ops.sum(function(variable) * weights)
    gradient = np.asarray(tf.convert_to_tensor(tape.gradient(total, variable)))
    ahead, behind = (
        np.asarray(function((point + sign * step * direction).astype(np.float32)))
        for sign in (1.0, -1.0)
    )
    difference = np.sum((ahead - behind).astype(np.float64) * weights) / (2.0 * step)
    return float(np.sum(gradient * direction)), float(difference)


F0_HZ = uniform(2, FRAMES, 1, low=300.0, high=500.0, seed=3)
AMPLITUDE = uniform(2, FRAMES, 1, low=0.2, high=1.0, seed=4)
SHARES = uniform(2, FRAMES, HARMONICS, low=0.1, high=1.0, seed=5)
MAGNITUDES = uniform(2, FRAMES, BANDS, low=0.1, high=1.0, seed=6)
SOUND = uniform(2, SAMPLES, low=-1.0, high=1.0, seed=7)
ROOM = np.array([1, 0])


@pytest.mark.parametrize("compat", [False, True])
def test_harmonic_bank(compat: bool) -> None:
    bank = HarmonicBank(compat=compat)
    cases = [
        (lambda x: bank(F0_HZ, x, SHARES), AMPLITUDE, 0.1),
        (lambda x: bank(F0_HZ, AMPLITUDE, x), SHARES, 0.1),
        (lambda x: bank(x, AMPLITUDE, SHARES), F0_HZ, 0.05),
    ]
    for function, point, step in cases:
        gradient, difference = slopes(function, point, step)
        assert gradient == pytest.approx(difference, rel=2e-3, abs=1e-3)


@pytest.mark.parametrize("compat", [False, True])
def test_filtered_noise(compat: bool) -> None:
    layer = FilteredNoise(compat=compat)
    gradient, difference = slopes(lambda x: layer(x, SOUND), MAGNITUDES, 0.1)
    assert gradient == pytest.approx(difference, rel=1e-3)
    gradient, difference = slopes(lambda x: layer(MAGNITUDES, x), SOUND, 0.1)
    assert gradient == pytest.approx(difference, rel=1e-3)


@pytest.mark.parametrize("is_decaying", [False, True])
def test_reverb(is_decaying: bool) -> None:
    layer = Reverb(2, num_taps=100, is_decaying=is_decaying, decay_taps=30.0)
    layer.build()
    layer.taps.assign(uniform(2, 100, low=-0.3, high=0.3, seed=8))
    gradient, difference = slopes(lambda x: layer(x, ROOM, training=True), SOUND, 0.1)
    assert gradient == pytest.approx(difference, rel=1e-3)

    def of_taps(taps: Untyped) -> Untyped:
        with keras.StatelessScope([(layer.taps, keras.ops.convert_to_tensor(taps))]):
            return layer(SOUND, ROOM, training=True)

    gradient, difference = slopes(of_taps, np.asarray(layer.taps), 0.1)
    assert gradient == pytest.approx(difference, rel=1e-3)


def test_spectral_loss() -> None:
    target = uniform(2, SAMPLES, low=-1.0, high=1.0, seed=9)
    gradient, difference = slopes(
        lambda x: multi_scale_spectral_loss(target, x, fft_sizes=(128, 32)), SOUND, 1e-4
    )
    assert gradient == pytest.approx(difference, rel=2e-2)


@pytest.mark.parametrize("feature", [loudness_db, log_mel])
def test_features(feature: Callable[[Untyped], Untyped]) -> None:
    gradient, difference = slopes(feature, SOUND, 1e-3)
    assert gradient == pytest.approx(difference, rel=2e-2)


def test_controls() -> None:
    logits = uniform(2, FRAMES, HARMONICS, low=-2.0, high=2.0, seed=10)
    layer = SynthesisControls()
    for part in range(3):

        def of_logits(x: Untyped, part: int = part) -> Untyped:
            return layer(F0_HZ * 6.0, x, x, x)[part]

        gradient, difference = slopes(of_logits, logits, 0.01)
        assert gradient == pytest.approx(difference, rel=1e-2)


def test_silence_has_finite_gradients() -> None:
    silence = np.zeros((1, 512), np.float32)
    target = uniform(1, 512, low=-1.0, high=1.0, seed=11)
    functions: list[Callable[[Untyped], Untyped]] = [
        lambda x: multi_scale_spectral_loss(target, x),
        loudness_db,
        log_mel,
    ]
    for function in functions:
        gradient, _ = slopes(function, silence, 0.1)
        assert np.isfinite(gradient)
