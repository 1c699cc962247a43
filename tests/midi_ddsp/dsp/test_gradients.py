"""Gradients of the differentiable signal path against finite differences.

Along a random direction, so that one number checks every input at once; for bank, noise
and reverb at points drawn anew for each example.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
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
    function: Callable[[Untyped], Untyped],
    point: NDArray[np.float32],
    step: float,
    *,
    seed: int = 1,
) -> tuple[float, float, float]:
    """Of a random weighting of the outputs: by gradient, by central difference, usual.

    The usual size is that of the gradient along a direction drawn at random; the slope
    along the one at hand may by chance be near 0, where no relative error is small.
    """
    direction = uniform(*point.shape, low=-1.0, high=1.0, seed=seed)
    weights = uniform(*function(point).shape, low=-1.0, high=1.0, seed=seed + 1)
    variable = tf.Variable(point)
    with tf.GradientTape() as tape:
        total = keras.ops.sum(function(variable) * weights)
    gradient = np.asarray(tf.convert_to_tensor(tape.gradient(total, variable)))
    ends = [(point + sign * step * direction).astype(np.float32) for sign in (1, -1)]
    ahead, behind = (np.asarray(function(end)) for end in ends)
    difference = np.sum((ahead - behind).astype(np.float64) * weights) / (2.0 * step)
    # Where the ends came to lie: float32 has few places left beside 1000 Hz.
    stepped = np.subtract(*ends, dtype=np.float64) / (2.0 * step)
    usual = np.linalg.norm(gradient) * np.linalg.norm(stepped) / np.sqrt(point.size)
    return float(np.sum(gradient * stepped)), float(difference), float(usual)


F0_HZ = uniform(2, FRAMES, 1, low=300.0, high=500.0, seed=3)
SOUND = uniform(2, SAMPLES, low=-1.0, high=1.0, seed=7)
ROOM = np.array([1, 0])

seeds = st.integers(0, 10**6)
few = settings(max_examples=6)


# Linear inputs have no error but that of float32 in the sums, some 1e-6 of the usual
# slope. The frequency is in a sine: float32 phases of hundreds of radians, divided by
# the step, leave up to 1e-3 (of 50 draws), the cube of the step 4e-4.
LINEAR, SINE = 5e-5, 5e-3


@few
@given(seed=seeds, compat=st.booleans())
def test_harmonic_bank(seed: int, compat: bool) -> None:
    bank = HarmonicBank(compat=compat)
    # Four harmonics of it are below 8000 Hz: where one fades there is no slope.
    f0_hz = uniform(2, FRAMES, 1, low=100.0, high=1900.0, seed=seed)
    amplitude = uniform(2, FRAMES, 1, low=0.2, high=1.0, seed=seed + 1)
    shares = uniform(2, FRAMES, HARMONICS, low=0.1, high=1.0, seed=seed + 2)
    cases = [
        (lambda x: bank(f0_hz, x, shares), amplitude, 0.1, LINEAR),
        (lambda x: bank(f0_hz, amplitude, x), shares, 0.1, LINEAR),
        (lambda x: bank(x, amplitude, shares), f0_hz, 0.1, SINE),
    ]
    for function, point, step, tolerance in cases:
        gradient, difference, usual = slopes(function, point, step, seed=seed)
        assert gradient == pytest.approx(difference, rel=0, abs=tolerance * usual)


@few
@given(seed=seeds, compat=st.booleans())
def test_filtered_noise(seed: int, compat: bool) -> None:
    layer = FilteredNoise(compat=compat)
    magnitudes = uniform(2, FRAMES, BANDS, low=0.1, high=1.0, seed=seed)
    sound = uniform(2, SAMPLES, low=-1.0, high=1.0, seed=seed + 1)
    cases = [
        (lambda x: layer(x, sound), magnitudes),
        (lambda x: layer(magnitudes, x), sound),
    ]
    for function, point in cases:
        gradient, difference, usual = slopes(function, point, 0.1, seed=seed)
        assert gradient == pytest.approx(difference, rel=0, abs=LINEAR * usual)


@few
@given(seed=seeds, num_taps=st.integers(2, 150), is_decaying=st.booleans())
def test_reverb(seed: int, num_taps: int, is_decaying: bool) -> None:
    layer = Reverb(2, num_taps=num_taps, is_decaying=is_decaying, decay_taps=30.0)
    layer.build()
    layer.taps.assign(uniform(2, num_taps, low=-0.3, high=0.3, seed=seed))
    sound = uniform(2, SAMPLES, low=-1.0, high=1.0, seed=seed + 1)

    def of_taps(taps: Untyped) -> Untyped:
        with keras.StatelessScope([(layer.taps, keras.ops.convert_to_tensor(taps))]):
            return layer(sound, ROOM, training=True)

    cases = [
        (lambda x: layer(x, ROOM, training=True), sound),
        (of_taps, np.asarray(layer.taps)),
    ]
    for function, point in cases:
        gradient, difference, usual = slopes(function, point, 0.1, seed=seed)
        assert gradient == pytest.approx(difference, rel=0, abs=LINEAR * usual)


def test_spectral_loss() -> None:
    target = uniform(2, SAMPLES, low=-1.0, high=1.0, seed=9)
    gradient, difference, _ = slopes(
        lambda x: multi_scale_spectral_loss(target, x, fft_sizes=(128, 32)), SOUND, 1e-4
    )
    assert gradient == pytest.approx(difference, rel=2e-2)


@pytest.mark.parametrize("feature", [loudness_db, log_mel])
def test_features(feature: Callable[[Untyped], Untyped]) -> None:
    gradient, difference, _ = slopes(feature, SOUND, 1e-3)
    assert gradient == pytest.approx(difference, rel=2e-2)


def test_controls() -> None:
    logits = uniform(2, FRAMES, HARMONICS, low=-2.0, high=2.0, seed=10)
    layer = SynthesisControls()
    for part in range(3):

        def of_logits(x: Untyped, part: int = part) -> Untyped:
            return layer(F0_HZ * 6.0, x, x, x)[part]

        gradient, difference, _ = slopes(of_logits, logits, 0.01)
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
        gradient, _, _ = slopes(function, silence, 0.1)
        assert np.isfinite(gradient)
