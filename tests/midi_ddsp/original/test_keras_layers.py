"""Keras layers of the original generators against those in NumPy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from musegen.midi_ddsp.original import layers
from musegen.midi_ddsp.original.keras_layers import (
    FlipTime,
    SequenceNorm,
    ShiftRight,
    WholeStepDropout,
    dense_stack,
    recurrent_both_ways,
)

Untyped = Any  # Keras has no type information
CHANNELS, FRAMES = 4, 7


def numbers(*shape: int, seed: int = 0) -> layers.Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def values(tensor: Untyped) -> layers.Array:
    array: layers.Array = keras.ops.convert_to_numpy(tensor)
    return array


def norm_of(*, is_per_step: bool) -> tuple[SequenceNorm, layers.SequenceNorm]:
    layer = SequenceNorm(is_per_step=is_per_step)
    layer.build((None, FRAMES, CHANNELS))
    scale, shift = numbers(CHANNELS, seed=1), numbers(CHANNELS, seed=2)
    layer.scale.assign(scale)
    layer.shift.assign(shift)
    return layer, layers.SequenceNorm(scale=scale, shift=shift)


def test_the_norm_counts_time_and_channels_of_each_example() -> None:
    layer, plain = norm_of(is_per_step=False)
    inputs = 3 + 5 * numbers(2, FRAMES, CHANNELS)
    for found, example in zip(values(layer(inputs)), inputs, strict=True):
        np.testing.assert_allclose(found, plain(example), atol=1e-5)


def test_the_norm_of_a_step_is_that_of_the_loop() -> None:
    layer, plain = norm_of(is_per_step=True)
    inputs = numbers(1, FRAMES, CHANNELS)
    found = values(layer(inputs))[0]
    for frame, of_frame in zip(inputs[0], found, strict=True):
        np.testing.assert_allclose(of_frame, plain(frame), atol=1e-5)


def test_a_frame_is_told_the_one_before() -> None:
    inputs = numbers(2, FRAMES, CHANNELS)
    shifted = values(ShiftRight()(inputs))
    assert (shifted[:, 0] == 0).all()
    np.testing.assert_array_equal(shifted[:, 1:], inputs[:, :-1])


def test_whole_frames_are_forgotten_and_others_kept_as_they_are() -> None:
    inputs = np.ones((4, 50, CHANNELS), np.float32)
    layer = WholeStepDropout(0.5, seed=3)
    np.testing.assert_array_equal(values(layer(inputs, training=False)), inputs)
    dropped = values(layer(inputs, training=True))
    assert set(np.unique(dropped)) == {0.0, 1.0}
    assert (dropped == dropped[..., :1]).all()
    assert 0.3 < dropped.mean() < 0.7
    again = values(layer(inputs, training=True))
    assert (again != dropped).any()


@pytest.mark.parametrize(
    "layer",
    [
        SequenceNorm(is_per_step=True, name="a.norm"),
        WholeStepDropout(0.25, seed=4),
        ShiftRight(),
        FlipTime(),
    ],
)
def test_a_config_gives_the_layer_back(layer: Untyped) -> None:
    config = keras.saving.serialize_keras_object(layer)
    copied = keras.saving.deserialize_keras_object(config)
    assert copied.get_config() == layer.get_config()


def test_a_stack_of_dense_layers_equals_the_plain_one() -> None:
    told = keras.Input((None, 3))
    model = keras.Model(told, dense_stack(told, units=5, depth=2, name="stack"))
    inputs = numbers(2, FRAMES, 3)
    hidden = inputs
    for index in range(2):
        inside = f"stack.layer_with_weights-{index}.layer_with_weights"
        dense = model.get_layer(f"{inside}-0")
        norm = model.get_layer(f"{inside}-1")
        norm.gamma.assign(numbers(5, seed=index))
        hidden = layers.NormedDense(
            dense=layers.Dense(kernel=values(dense.kernel), bias=values(dense.bias)),
            gamma=values(norm.gamma),
            beta=values(norm.beta),
        )(hidden)
    np.testing.assert_allclose(values(model(inputs)), hidden, atol=1e-5)


def test_reading_both_ways_equals_the_plain_layer() -> None:
    told = keras.Input((None, 3))
    model = keras.Model(
        told, recurrent_both_ways(told, units=CHANNELS, dropout_rate=0.5, name="rnn")
    )
    halves = []
    for seed, direction in enumerate(("forward_layer", "backward_layer")):
        cell = model.get_layer(f"rnn.{direction}").cell
        cell.bias.assign(numbers(2, 3 * CHANNELS, seed=seed))
        halves.append(
            layers.Gru(
                kernel=values(cell.kernel),
                recurrent_kernel=values(cell.recurrent_kernel),
                bias=values(cell.bias),
            )
        )
    plain = layers.BidirectionalGru(forward=halves[0], backward=halves[1])
    inputs = numbers(1, FRAMES, 3)
    np.testing.assert_allclose(values(model(inputs))[0], plain(inputs[0]), atol=1e-5)
