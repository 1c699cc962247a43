"""The whole synthesizer as a Keras layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.layers import (
    Reverb,
    SynthesisControls,
    Synthesizer,
    multi_scale_spectral_loss,
)
from musegen.midi_ddsp.dsp.noise_source import WhiteNoise
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.parameters import SynthesisParameters

Untyped = Any  # Keras and TensorFlow have no type information
Controls = tuple[NDArray[np.float32], ...]

FRAMES = 50
seeds = st.integers(0, 10**6)


def controls(batch: int, *, seed: int = 0) -> Controls:
    """F0, amplitude, harmonics, noise magnitudes; some upper harmonics are too high."""
    generator = np.random.default_rng(seed)
    f0_hz = generator.uniform(100.0, 900.0, (batch, 1, 1)) + generator.normal(
        scale=3.0, size=(batch, FRAMES, 1)
    )
    harmonics = generator.uniform(0.0, 1.0, (batch, FRAMES, 60))
    harmonics /= harmonics.sum(axis=-1, keepdims=True)
    amplitude = generator.uniform(0.0, 1.0, (batch, FRAMES, 1))
    noise = generator.uniform(0.0, 0.1, (batch, FRAMES, 65))
    return tuple(
        part.astype(np.float32) for part in (f0_hz, amplitude, harmonics, noise)
    )


def excitation(batch: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(9).uniform(-1.0, 1.0, (batch, FRAMES * 64))
    return noise.astype(np.float32)


def test_equals_the_rendering_of_the_same_parameters() -> None:
    f0_hz, amplitude, harmonics, noise = controls(1)
    parameters = SynthesisParameters(
        f0_hz=f0_hz[0, :, 0],
        amplitude=amplitude[0, :, 0],
        harmonics=harmonics[0],
        noise=noise[0],
    )
    source = WhiteNoise(seed=3).samples(0, FRAMES * 64)[None]
    dry = Synthesizer()(f0_hz, amplitude, harmonics, noise, source)
    found = np.asarray(dry)[0]
    assert np.abs(found - render(parameters, seed=3)).max() < 1e-4
    room = Reverb(1, num_taps=1000)
    room.build()
    room.taps.assign(np.random.default_rng(4).uniform(-0.1, 0.1, (1, 1000)))
    taps = np.asarray(room.impulse_response(np.array([0])))[0]
    wet = np.asarray(room(dry, np.array([0])))[0]
    assert np.abs(wet - render(parameters, seed=3, reverb=taps)).max() < 1e-4


def test_equals_the_rendering_in_compat_mode() -> None:
    f0_hz, amplitude, harmonics, noise = controls(1)
    f0_hz[:] = f0_hz[:, :1]  # where a harmonic crosses is a question of rounding
    parameters = SynthesisParameters(
        f0_hz=f0_hz[0, :, 0],
        amplitude=amplitude[0, :, 0],
        harmonics=harmonics[0],
        noise=noise[0],
    )
    source = WhiteNoise(seed=3).samples(0, FRAMES * 64)[None]
    layer = Synthesizer(compat=True)
    found = np.asarray(layer(f0_hz, amplitude, harmonics, noise, source))[0]
    assert np.abs(found - render(parameters, seed=3, compat=True)).max() < 1e-4


@settings(max_examples=5)
@given(order=st.integers(1, 4).flatmap(lambda n: st.permutations(range(n))), seed=seeds)
def test_permuting_a_batch_permutes_its_sound(order: list[int], seed: int) -> None:
    parts, source = controls(len(order), seed=seed), excitation(len(order))
    rooms = np.random.default_rng(seed).integers(0, 3, len(order))
    layer, reverb = Synthesizer(), Reverb(3, num_taps=200)
    reverb.build()
    taps = np.random.default_rng(seed).uniform(-0.1, 0.1, (3, 200))
    reverb.taps.assign(taps)
    expected = np.asarray(reverb(layer(*parts, source), rooms))
    moved = layer(*(part[order] for part in parts), source[order])
    found = np.asarray(reverb(moved, rooms[order]))
    # A batch is transformed at once: the order of float32 sums may change, whose error
    # is some 1e-7 of sounds of about 1.
    assert found == pytest.approx(expected[order], abs=1e-5)


def test_no_amplitude_and_no_noise_are_silence() -> None:
    f0_hz, amplitude, harmonics, noise = controls(2)
    silence = Synthesizer()(f0_hz, 0.0 * amplitude, harmonics, 0.0 * noise)
    assert not np.asarray(silence).any()


def test_the_batch_and_the_frames_need_not_be_known() -> None:
    sizes = (1, 1, 60, 65)
    inputs = [keras.Input((None, size)) for size in sizes]
    noise_input = keras.Input((None,))
    layer = Synthesizer()
    network = keras.Model([*inputs, noise_input], layer(*inputs, noise_input))
    parts, source = controls(2), excitation(2)
    found = np.asarray(network([*parts, source]))
    assert found == pytest.approx(np.asarray(layer(*parts, source)), abs=1e-5)


def test_a_compiled_step_of_training_lowers_the_loss() -> None:
    f0_hz, amplitude, harmonics, noise = controls(2)
    source = excitation(2)
    target = Synthesizer()(f0_hz, amplitude, harmonics, noise, source)
    logits = [
        tf.Variable(tf.zeros(part.shape)) for part in (amplitude, harmonics, noise)
    ]
    to_controls, synthesizer = SynthesisControls(), Synthesizer()
    room = Reverb(3, num_taps=400)
    room.build()
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build([*logits, room.taps])

    def step() -> Untyped:
        with tf.GradientTape() as tape:
            audio = synthesizer(f0_hz, *to_controls(f0_hz, *logits), source)
            audio = room(audio, np.array([0, 2]), training=True)
            losses = multi_scale_spectral_loss(target, audio, fft_sizes=(512, 64))
            loss = keras.ops.mean(losses)
        gradients = tape.gradient(loss, [*logits, room.taps.value])
        optimizer.apply(gradients)
        return loss

    compiled = tf.function(step, autograph=False)
    losses = [float(compiled()) for _ in range(10)]
    assert losses[-1] < 0.97 * losses[0]


def test_config_round_trip() -> None:
    layer = Synthesizer(hop_samples=32, sample_rate=8000, compat=True, seed=4, name="s")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
