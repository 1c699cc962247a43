"""DDSP Inference as published, weight for weight.

A CNN over the log-mel spectrogram, a layer for f0 and loudness, an instrument embedding
and a two-way recurrent layer. Its weights have a name each in the released checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError
from musegen.midi_ddsp.inference.autoencoder_network import SameEveryFrame
from musegen.midi_ddsp.inference.config import NUM_MEL_BANDS, CompatNetworkConfig
from musegen.midi_ddsp.parameters import NUM_HARMONICS, NUM_NOISE_BANDS

CHECKPOINT_PREFIX = "synth_coder"
_HEADS = {
    "harmonic_amp_fc": 1,
    "harmonic_distribution_fc": NUM_HARMONICS,
    "noise_mag_fc": NUM_NOISE_BANDS,
}


def build_compat_network(config: CompatNetworkConfig) -> keras.Model:
    """Build the network with fresh weights.

    Inputs: `log_mel` [B, T, 64], `pitch` and `loudness` [B, T, 1], `instrument` [B, 1].
    Output: `logits` [B, T, 126]. T is free.

    Source:
        Wu et al., ICLR 2022, and its released code: 7 119 550 parameters, amplitude
        bias 1 at the start.
    """
    log_mel = keras.Input((None, NUM_MEL_BANDS), name="log_mel")
    pitch = keras.Input((None, 1), name="pitch")
    loudness = keras.Input((None, 1), name="loudness")
    instrument = keras.Input((1,), name="instrument", dtype="int32")
    heard = keras.layers.Dense(config.units, name="z_fc")(_cnn(log_mel, config))
    played = keras.layers.Concatenate(name="f0_ld")([pitch, loudness])
    played = keras.layers.Dense(config.units, name="f0_ld_fc")(played)
    embedding = keras.layers.Embedding(
        config.num_instruments, config.instrument_units, name="instrument_emb"
    )(instrument)
    everywhere = SameEveryFrame(name="instrument_frames")([embedding, pitch])
    x = keras.layers.Concatenate(name="conditioning")([played, heard, everywhere])
    x = keras.layers.Bidirectional(
        keras.layers.LSTM(config.units, return_sequences=True, name="lstm"), name="rnn"
    )(x)
    outputs = [
        keras.layers.Dense(
            size,
            bias_initializer="ones" if name == "harmonic_amp_fc" else "zeros",
            dtype="float32",
            name=name,
        )(x)
        for name, size in _HEADS.items()
    ]
    logits = keras.layers.Concatenate(name="logits", dtype="float32")(outputs)
    inputs = [log_mel, pitch, loudness, instrument]
    return keras.Model(inputs, logits, name="compat")


def checkpoint_names(model: keras.Model) -> dict[str, str]:
    """Return the name of each weight in a released checkpoint, by its path here.

    Args:
        model: Of `build_compat_network`.
    """
    return {weight.path: _checkpoint_name(weight.path) for weight in model.weights}


def assign_checkpoint(model: keras.Model, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Give the network the weights of a released checkpoint.

    Args:
        model: Of `build_compat_network`.
        tensors: By the names of `checkpoint_names`; others are left alone.

    Raises:
        ModelFolderError: A tensor is missing or of another shape.
    """
    for weight in model.weights:
        name = _checkpoint_name(weight.path)
        array = tensors.get(name)
        if array is None or tuple(array.shape) != tuple(weight.shape):
            found = "is missing" if array is None else f"has shape {array.shape}"
            raise ModelFolderError(
                f"the checkpoint is of another network: '{name}' {found}, needed is "
                f"{tuple(weight.shape)}"
            )
        weight.assign(np.asarray(array, dtype=np.float32))


def _checkpoint_name(path: str) -> str:
    """Name a weight as the released program does, whose attributes are the parts."""
    layer, *inner, variable = path.split("/")
    if layer in _HEADS:
        return f"{CHECKPOINT_PREFIX}/decoder/{layer}/{variable}"
    if layer == "rnn":
        direction = "forward" if "forward" in inner[0] else "backward"
        layer = f"rnn/{direction}_layer/cell"
    elif layer.startswith("cnn_block"):
        _, block, stage = layer.split("_")
        layer = f"cnn/conv_{block}/{stage}"
    return f"{CHECKPOINT_PREFIX}/encoder/{layer}/{variable}"


def _cnn(log_mel: Any, config: CompatNetworkConfig) -> Any:
    """Four blocks of two convolutions; only the mel axis shrinks, 64 to 4."""
    x = AddChannel(name="cnn_in")(log_mel)
    for block, filters in enumerate(config.filters, start=1):
        for stage in (1, 2):
            x = keras.layers.Conv2D(
                filters,
                3,
                padding="same",
                use_bias=False,
                name=f"cnn_block{block}_conv{stage}",
            )(x)
            x = keras.layers.BatchNormalization(name=f"cnn_block{block}_bn{stage}")(x)
            x = keras.layers.ReLU(name=f"cnn_block{block}_relu{stage}")(x)
        x = keras.layers.AveragePooling2D((1, 2), name=f"cnn_block{block}_pool")(x)
        x = keras.layers.Dropout(config.dropout_rate, name=f"cnn_block{block}_drop")(x)
    return FlattenBands(name="cnn_out")(x)


@keras.saving.register_keras_serializable(package="musegen")
class AddChannel(keras.layers.Layer):
    """Makes an image of one channel of a spectrogram: [B, T, F] to [B, T, F, 1]."""

    def call(self, inputs: Any) -> Any:
        return ops.expand_dims(inputs, -1)


@keras.saving.register_keras_serializable(package="musegen")
class FlattenBands(keras.layers.Layer):
    """[B, T, F, C] to [B, T, F C], band by band."""

    def call(self, inputs: Any) -> Any:
        bands, channels = inputs.shape[2:]
        return ops.reshape(inputs, (ops.shape(inputs)[0], -1, bands * channels))
