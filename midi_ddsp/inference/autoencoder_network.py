"""The original DDSP autoencoder: a decoder of pitch and loudness, the baseline."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.inference.config import NUM_LOGITS, AutoencoderNetworkConfig

_LEAKY_SLOPE = 0.2


def build_autoencoder_network(config: AutoencoderNetworkConfig) -> keras.Model:
    """Build the network with fresh weights.

    Inputs: `pitch` and `loudness` [B, T, 1], `instrument` [B, 1]. Output: `logits`
    [B, T, 126]. T is free.

    Source:
        Engel et al., ICLR 2020: stacks of dense layers, layer norm and leaky ReLU for
        each input and after the recurrent layer, which sees both.
    """
    pitch = keras.Input((None, 1), name="pitch")
    loudness = keras.Input((None, 1), name="loudness")
    instrument = keras.Input((1,), name="instrument", dtype="int32")
    heard = [
        dense_stack(pitch, config, name="pitch_stack"),
        dense_stack(loudness, config, name="loudness_stack"),
    ]
    embedding = keras.layers.Embedding(
        config.num_instruments, config.instrument_units, name="instrument_embedding"
    )(instrument)
    everywhere = SameEveryFrame(name="instrument_frames")([embedding, pitch])
    x = keras.layers.Concatenate(name="heard")([*heard, everywhere])
    gates = keras.layers.Dense(3 * config.units, name="memory_gates")(x)
    memory = keras.layers.RNN(
        GatedCell(config.units, name="cell"), return_sequences=True, name="memory"
    )(gates)
    x = keras.layers.Concatenate(name="remembered")([x, memory])
    x = dense_stack(x, config, name="output_stack")
    logits = keras.layers.Dense(NUM_LOGITS, dtype="float32", name="logits")(x)
    return keras.Model([pitch, loudness, instrument], logits, name="autoencoder")


def dense_stack(x: Any, config: AutoencoderNetworkConfig, *, name: str) -> Any:
    """Apply dense layers, each with layer norm and a leaky ReLU."""
    for index in range(config.num_dense):
        x = keras.layers.Dense(config.units, name=f"{name}_{index}")(x)
        x = keras.layers.LayerNormalization(name=f"{name}_{index}_norm")(x)
        x = keras.layers.LeakyReLU(_LEAKY_SLOPE, name=f"{name}_{index}_leaky")(x)
    return x


@keras.saving.register_keras_serializable(package="musegen")
class SameEveryFrame(keras.layers.Layer):
    """Repeats [B, 1, C] over the frames of a sequence [B, T, ...]: [B, T, C]."""

    def call(self, inputs: Any) -> Any:
        single, frames = inputs
        return single + ops.zeros_like(frames[:, :, :1], dtype=single.dtype)


@keras.saving.register_keras_serializable(package="musegen")
class GatedCell(keras.layers.Layer):
    """A gated recurrent unit whose inputs are multiplied beforehand, all at once.

    Input: what the inputs add to the three gates [B, 3 units], and the state
    [B, units]. One product over all frames in place of one a frame: twice as fast.

    Source:
        Cho et al., 2014; the reset gate after the recurrent product.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units
        self.output_size = units

    def build(self, input_shape: Any) -> None:
        del input_shape
        self.kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 3 * self.units),
            initializer="orthogonal",
        )
        self.bias = self.add_weight(
            name="recurrent_bias", shape=(3 * self.units,), initializer="zeros"
        )
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        del training
        state = states[0]
        recurrent = ops.matmul(state, self.kernel) + self.bias
        update, reset, new = ops.split(recurrent, 3, axis=-1)
        update_in, reset_in, new_in = ops.split(inputs, 3, axis=-1)
        update = ops.sigmoid(update_in + update)
        reset = ops.sigmoid(reset_in + reset)
        new = ops.tanh(new_in + reset * new)
        state = update * state + (1.0 - update) * new
        return state, [state]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}
