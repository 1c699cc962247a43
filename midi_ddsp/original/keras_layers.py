"""Layers of the original generators in Keras, to train and fine-tune them.

Each layer's name is its path in the released checkpoints with dots for slashes, so that
`musegen.midi_ddsp.original.keras_weights` needs no table. What the layers compute
equals `musegen.midi_ddsp.original.layers`.
"""

# ruff: noqa: D102 - Keras says what build, call and get_config do; the class says the rest

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.original.layers import (
    LAYER_NORM_EPSILON,
    LEAKY_SLOPE,
    SEQUENCE_NORM_EPSILON,
)


@keras.saving.register_keras_serializable(package="musegen")
class SequenceNorm(keras.layers.Layer):
    """The library's norm: one mean and variance of time and channels together.

    Input and output: [B, T, C]. Then each channel has a scale and a shift.

    Args:
        is_per_step: Whether each frame has statistics of its own, as in a loop that
            sees one frame at a time.
        **kwargs: Of Keras.

    Source:
        Wu et al., ICLR 2022, and its program: epsilon 1e-5.
    """

    def __init__(self, *, is_per_step: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_per_step = is_per_step

    def build(self, input_shape: Any) -> None:
        size = (input_shape[-1],)
        self.scale = self.add_weight(name="scale", shape=size, initializer="ones")
        self.shift = self.add_weight(name="shift", shape=size, initializer="zeros")
        self.built = True

    def call(self, inputs: Any) -> Any:
        axes = -1 if self.is_per_step else (-2, -1)
        centred = inputs - ops.mean(inputs, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
        normed = centred * ops.rsqrt(variance + float(SEQUENCE_NORM_EPSILON))
        return normed * self.scale + self.shift

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "is_per_step": self.is_per_step}


@keras.saving.register_keras_serializable(package="musegen")
class ShiftRight(keras.layers.Layer):
    """What was before each frame: [B, T, C] a frame later, zeros at the first."""

    def call(self, inputs: Any) -> Any:
        return ops.pad(inputs, [[0, 0], [1, 0], [0, 0]])[:, :-1]


@keras.saving.register_keras_serializable(package="musegen")
class WholeStepDropout(keras.layers.Layer):
    """Sets whole frames of [B, T, C] to zero in training; the others stay as they are.

    Args:
        rate: Share of frames that are lost, in [0, 1).
        seed: Of the draws.
        **kwargs: Of Keras.

    Source:
        Wu et al., ICLR 2022, and its program: no rescaling.
    """

    def __init__(self, rate: float, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or not self.rate:
            return inputs
        shape = (ops.shape(inputs)[0], ops.shape(inputs)[1], 1)
        draws = keras.random.uniform(shape, seed=self.seed_generator)
        return inputs * ops.cast(draws >= self.rate, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="musegen")
class FlipTime(keras.layers.Layer):
    """[B, T, C] from the last frame to the first."""

    def call(self, inputs: Any) -> Any:
        return ops.flip(inputs, axis=1)


def dense_stack(inputs: Any, *, units: int, depth: int, name: str) -> Any:
    """Apply dense layers, each with layer norm over channels and a leaky ReLU.

    Args:
        inputs: Symbolic tensor [B, T, C].
        units: Of each layer.
        depth: How many.
        name: What the layers' names begin with.
    """
    hidden = inputs
    for index in range(depth):
        inside = f"{name}.layer_with_weights-{index}"
        hidden = keras.layers.Dense(units, name=f"{inside}.layer_with_weights-0")(
            hidden
        )
        hidden = keras.layers.LayerNormalization(
            epsilon=float(LAYER_NORM_EPSILON), name=f"{inside}.layer_with_weights-1"
        )(hidden)
        hidden = keras.layers.LeakyReLU(float(LEAKY_SLOPE), name=f"{inside}.leaky")(
            hidden
        )
    return hidden


def recurrent(inputs: Any, *, units: int, dropout_rate: float, name: str) -> Any:
    """Apply a reset-after GRU whose inputs are dropped, each frame by itself.

    Args:
        inputs: Symbolic tensor [B, T, C].
        units: Of the state.
        dropout_rate: Share of inputs set to zero in training.
        name: Of the layer.
    """
    dropped = keras.layers.Dropout(dropout_rate, name=f"{name}.dropout")(inputs)
    return keras.layers.GRU(units, return_sequences=True, name=name)(dropped)


def recurrent_both_ways(
    inputs: Any, *, units: int, dropout_rate: float, name: str
) -> Any:
    """Apply two GRUs, one from the end: [B, T, 2 units], forward first.

    Args:
        inputs: Symbolic tensor [B, T, C].
        units: Of each direction.
        dropout_rate: Share of inputs set to zero in training, for both the same.
        name: What the layers' names begin with.
    """
    dropped = keras.layers.Dropout(dropout_rate, name=f"{name}.dropout")(inputs)
    forward = keras.layers.GRU(
        units, return_sequences=True, name=f"{name}.forward_layer"
    )(dropped)
    turned = FlipTime(name=f"{name}.turned")(dropped)
    backward = keras.layers.GRU(
        units, return_sequences=True, name=f"{name}.backward_layer"
    )(turned)
    backward = FlipTime(name=f"{name}.turned_back")(backward)
    return keras.layers.Concatenate(name=name)([forward, backward])
