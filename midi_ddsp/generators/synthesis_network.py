"""Our Synthesis Generator: features of a line's frames to levels and pitch.

Two frames are one step of the trunk, which halves the work. Norms are over the channels
of one step, so that a line may be worked through in pieces.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.dilated_taps import dilated_blocks
from musegen.midi_ddsp.generators.config import SynthesisNetworkConfig
from musegen.midi_ddsp.generators.line import NUM_FEATURES
from musegen.midi_ddsp.generators.pitch_classes import NUM_CLASSES
from musegen.midi_ddsp.parameters import NUM_HARMONICS, NUM_NOISE_BANDS

NUM_LEVELS = 1 + NUM_HARMONICS + NUM_NOISE_BANDS
FRAMES_PER_STEP = 2
# Where untrained outputs lie, and how far one step of an output goes, in dB.
_MIDDLE_DB = (-40.0, -30.0, -75.0)  # amplitude, harmonics, noise
_STEP_DB = 10.0


@keras.saving.register_keras_serializable(package="musegen")
class Fold(keras.layers.Layer):
    """Lay neighbouring frames side by side.

    Input: [B, T, C], T even. Output: [B, T / 2, 2 C].
    """

    def call(self, inputs: Any) -> Any:
        shape = ops.shape(inputs)
        steps = shape[1] // FRAMES_PER_STEP
        return ops.reshape(inputs, (-1, steps, FRAMES_PER_STEP * inputs.shape[-1]))


@keras.saving.register_keras_serializable(package="musegen")
class Unfold(keras.layers.Layer):
    """Lay the halves of each step one after another: the inverse of `Fold`.

    Input: [B, T / 2, 2 C]. Output: [B, T, C].
    """

    def call(self, inputs: Any) -> Any:
        frames = ops.shape(inputs)[1] * FRAMES_PER_STEP
        return ops.reshape(inputs, (-1, frames, inputs.shape[-1] // FRAMES_PER_STEP))


@keras.saving.register_keras_serializable(package="musegen")
class Decibels(keras.layers.Layer):
    """Bring what a dense layer gives to decibels.

    Input and output: [B, T, 126], amplitude, harmonics, noise.
    """

    def call(self, inputs: Any) -> Any:
        amplitude, harmonics, noise = _MIDDLE_DB
        middle = [amplitude] + [harmonics] * NUM_HARMONICS + [noise] * NUM_NOISE_BANDS
        return inputs * _STEP_DB + ops.convert_to_tensor(middle, dtype=inputs.dtype)


def build_synthesis_network(config: SynthesisNetworkConfig) -> keras.Model:
    """Build the network with fresh weights.

    Input: `features` [B, T, NUM_FEATURES], T even. Outputs: `levels` [B, T, 126], in
    dB: amplitude, each harmonic against the others (they are brought to a sum of 1
    afterwards), noise bands; and `pitch` [B, T, 161], logits of the deviation from the
    written pitch without intonation and vibrato.
    """
    features = keras.Input((None, NUM_FEATURES), name="features")
    x = Fold(name="fold")(features)
    x = keras.layers.Dense(config.input_channels, activation="silu", name="embed")(x)
    x = keras.layers.Dense(config.channels, name="embed_out")(x)
    x = dilated_blocks(
        x,
        channels=config.channels,
        hidden_channels=config.hidden_channels,
        dilations=config.dilations,
    )
    levels = _head(x, NUM_LEVELS, "level")
    levels = Decibels(dtype="float32", name="levels")(levels)
    pitch = _head(x, NUM_CLASSES, "pitch_class")
    pitch = keras.layers.Identity(dtype="float32", name="pitch")(pitch)
    return keras.Model(
        {"features": features}, {"levels": levels, "pitch": pitch}, name="synthesis"
    )


def _head(x: Any, size: int, name: str) -> Any:
    x = keras.layers.Dense(
        FRAMES_PER_STEP * size,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        dtype="float32",
        name=f"{name}_outputs",
    )(x)
    return Unfold(name=f"{name}_frames", dtype="float32")(x)
