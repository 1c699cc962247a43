"""Both sides' losses: their values, and that each moves its own side only."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from musegen.midi_ddsp.adversarial.config import DiscriminatorConfig
from musegen.midi_ddsp.adversarial.discriminator import build_discriminator
from musegen.midi_ddsp.adversarial.losses import (
    AdversarialLosses,
    discriminator_loss,
    feature_matching_loss,
    generator_loss,
)

Untyped = Any  # Keras and TensorFlow have no type information
TINY = DiscriminatorConfig(
    num_conditions=2, num_parameters=3, units=8, num_scales=2, num_blocks=2
)


def constant(value: float, frames: int = 4, channels: int = 1) -> NDArray[np.float32]:
    return np.full((2, frames, channels), value, np.float32)


def numbers(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_scores_are_wanted_at_one_and_at_zero() -> None:
    heard, made = [constant(0.5), constant(1.0)], [constant(0.5), constant(-1.0)]
    np.testing.assert_allclose(discriminator_loss(heard, made), [0.25 + 0.25 + 1.0] * 2)
    np.testing.assert_allclose(generator_loss(made), [0.25 + 4.0] * 2)


def test_features_count_as_in_the_released_program() -> None:
    heard = [[constant(0.0, 8 - block, 5) for block in range(4)] for _ in range(3)]
    made = [[part + 0.1 for part in scale] for scale in heard]
    expected = 10 * (1 / 3) * (4 / 5) * 12 * 0.1
    np.testing.assert_allclose(feature_matching_loss(heard, made), expected, rtol=1e-5)


def test_each_loss_moves_one_side() -> None:
    judge = build_discriminator(TINY)
    losses = AdversarialLosses(judge)
    condition, made = (
        tf.constant(numbers(2, 16, channels, seed=channels)) for channels in (2, 3)
    )
    heard = tf.constant(numbers(2, 16, 3, seed=9))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([condition, made])
        totals = [keras.ops.sum(part) for part in losses(condition, heard, made)]
    weights = [variable.value for variable in judge.trainable_variables]
    learned, adversarial, features = totals
    assert tape.gradient(learned, made) is None
    # The last norms and biases of a stream that ends there have none.
    assert all(part is not None for part in tape.gradient(learned, weights))
    for total in (adversarial, features):
        assert tape.gradient(total, weights) == [None] * len(weights)
        assert np.abs(tape.gradient(total, made)).max() > 0
    for total in totals:
        assert tape.gradient(total, condition) is None


def test_it_learns_to_tell_what_was_heard() -> None:
    keras.utils.set_random_seed(0)
    judge = build_discriminator(dataclasses.replace(TINY, num_blocks=1))
    losses = AdversarialLosses(judge)
    optimizer = keras.optimizers.Adam(3e-3)
    weights = judge.trainable_variables
    condition = tf.zeros((8, 16, 2))
    heard = tf.constant(0.3 * numbers(8, 16, 3, seed=1) + 0.7, tf.float32)
    made = tf.constant(0.3 * numbers(8, 16, 3, seed=2) - 0.7, tf.float32)

    def learn() -> Untyped:
        with tf.GradientTape() as tape:
            total = keras.ops.mean(losses(condition, heard, made)[0])
        values = [variable.value for variable in weights]
        optimizer.apply(tape.gradient(total, values), weights)
        return total

    compiled = tf.function(learn)
    first = float(compiled())
    for _ in range(30):
        last = float(compiled())
    assert last < 0.3 * first
    of_heard, of_made = (judge([condition, part])["scores"] for part in (heard, made))
    for real, fake in zip(of_heard, of_made, strict=True):
        assert np.min(real) > np.max(fake)


def test_a_config_gives_the_layer_back() -> None:
    layer = AdversarialLosses(build_discriminator(TINY), name="judgement")
    config = keras.saving.serialize_keras_object(layer)
    copied = keras.saving.deserialize_keras_object(config)
    assert copied.name == "judgement"
    assert copied.discriminator.count_params() == layer.discriminator.count_params()
