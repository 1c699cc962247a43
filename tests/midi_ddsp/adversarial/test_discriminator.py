"""The discriminator's shapes and gradients, and that it learns to tell."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from musegen.midi_ddsp.adversarial.config import DiscriminatorConfig
from musegen.midi_ddsp.adversarial.discriminator import (
    build_discriminator,
    judge_without_learning,
)

Untyped = Any  # Keras and TensorFlow have no type information
TINY = DiscriminatorConfig(
    num_conditions=3, num_parameters=5, units=8, num_scales=2, num_blocks=2
)


def numbers(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_it_has_the_size_of_the_original() -> None:
    network = build_discriminator(DiscriminatorConfig())
    assert network.count_params() == 9_316_611
    assert all("discriminator" in weight.path for weight in network.weights)


def test_scores_and_features_have_a_length_for_each_scale() -> None:
    network = build_discriminator(TINY)
    outputs = network([numbers(2, 40, 3), numbers(2, 40, 5)])
    assert [tuple(score.shape) for score in outputs["scores"]] == [
        (2, 10, 1),
        (2, 5, 1),
    ]
    assert [[tuple(part.shape) for part in scale] for scale in outputs["features"]] == [
        [(2, 20, 8), (2, 10, 8)],
        [(2, 10, 8), (2, 5, 8)],
    ]


def test_sizes_are_those_it_is_given() -> None:
    network = build_discriminator(DiscriminatorConfig(num_conditions=2, units=4))
    assert [tensor.shape[-1] for tensor in network.inputs] == [2, 127]


@pytest.mark.parametrize("place", [0, 1])
def test_it_looks_at_the_condition_and_at_the_parameters(place: int) -> None:
    network = build_discriminator(TINY)
    arrays = [numbers(1, 16, 3), numbers(1, 16, 5)]
    before = network(arrays)["scores"]
    arrays[place] = arrays[place] + 1.0
    after = network(arrays)["scores"]
    for one, other in zip(before, after, strict=True):
        assert np.abs(one - other).max() > 0


def test_judging_without_learning_has_gradients_to_the_inputs_alone() -> None:
    network = build_discriminator(TINY)
    condition = tf.constant(numbers(1, 16, 3))
    made = tf.constant(numbers(1, 16, 5))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(made)
        judged = judge_without_learning(network, [condition, made])["scores"][0]
        total = keras.ops.sum(judged)
        learned = keras.ops.sum(network([condition, made])["scores"][0])
    np.testing.assert_array_equal(total, learned)
    weights = [variable.value for variable in network.trainable_variables]
    assert tape.gradient(total, weights) == [None] * len(weights)
    np.testing.assert_allclose(tape.gradient(total, made), tape.gradient(learned, made))
