"""The baseline: its size, its memory, and that it hears an instrument."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from musegen.midi_ddsp.inference.autoencoder_network import (
    GatedCell,
    build_autoencoder_network,
)
from musegen.midi_ddsp.inference.config import AutoencoderNetworkConfig


def test_size_is_that_of_the_layers_described() -> None:
    def stack(inputs: int) -> int:
        return (inputs + 1) * 512 + 2 * 513 * 512 + 3 * 2 * 512

    heard = 512 + 512 + 128
    memory = (heard + 512 + 2) * 3 * 512
    head = 513 * 126
    expected = 2 * stack(1) + 20 * 128 + memory + stack(heard + 512) + head
    model = build_autoencoder_network(AutoencoderNetworkConfig())
    assert model.count_params() == expected


def test_cell_is_a_gated_recurrent_unit() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(2, 7, 5)).astype(np.float32)
    reference = keras.layers.GRU(4, return_sequences=True)
    expected = ops.convert_to_numpy(reference(inputs))
    kernel, recurrent, bias = reference.get_weights()
    own = keras.layers.RNN(GatedCell(4), return_sequences=True)
    gates = inputs @ kernel + bias[0]
    own.build(gates.shape)
    own.set_weights([recurrent, bias[1]])
    np.testing.assert_allclose(ops.convert_to_numpy(own(gates)), expected, atol=1e-5)


def test_frames_hear_the_past_and_the_instrument() -> None:
    config = AutoencoderNetworkConfig(units=8, num_dense=1, instrument_units=4)
    model = build_autoencoder_network(config)
    pitch = np.full((1, 6, 1), 0.5, np.float32)
    loudness = np.full((1, 6, 1), -0.3, np.float32)

    def logits(pitch: np.ndarray, instrument: int) -> np.ndarray:
        slot = np.array([[instrument]], np.int32)
        return np.asarray(ops.convert_to_numpy(model([pitch, loudness, slot])))

    plain = logits(pitch, 0)
    later = pitch.copy()
    later[:, 3] = 0.7
    changed = np.abs(logits(later, 0) - plain).max(axis=(0, 2))
    assert (changed[:3] == 0).all()
    assert (changed[3:] > 0).all()
    assert np.abs(logits(pitch, 1) - plain).max() > 0
