"""Our network: it starts as the measurement, and its reach is what it says."""

from __future__ import annotations

import numpy as np
from keras import ops

from musegen.midi_ddsp.inference.building import build_network
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CompatNetworkConfig,
    CorrectionNetworkConfig,
)
from musegen.midi_ddsp.inference.correction_network import build_correction_network
from musegen.midi_ddsp.inference.features import NUM_FEATURES

TINY = CorrectionNetworkConfig(channels=8, hidden_channels=8, dilations=(1, 3))


def inputs(num_frames: int) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [
        generator.normal(size=(1, num_frames, NUM_FEATURES)).astype(np.float32),
        generator.normal(size=(1, num_frames, 126)).astype(np.float32),
    ]


def test_a_fresh_network_gives_the_measurement_back() -> None:
    features, measured = inputs(9)
    logits = build_correction_network(TINY)([features, measured])
    np.testing.assert_array_equal(ops.convert_to_numpy(logits), measured)


def test_reach_is_the_context_of_the_config() -> None:
    model = build_correction_network(TINY)
    kernel = model.get_layer("correction").kernel
    kernel.assign(np.random.default_rng(1).normal(size=kernel.shape))
    features, measured = inputs(15)
    plain = ops.convert_to_numpy(model([features, measured]))
    features[:, 7] += 1.0
    changed = np.abs(ops.convert_to_numpy(model([features, measured])) - plain)
    reached = np.flatnonzero(changed.max(axis=(0, 2)) > 1e-7)
    assert reached.tolist() == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert TINY.context_frames == 4


def test_default_network_has_less_than_a_million_parameters() -> None:
    assert build_network(CorrectionNetworkConfig()).count_params() == 791_166


def test_every_architecture_is_built_from_its_config() -> None:
    for config in (
        TINY,
        AutoencoderNetworkConfig(units=4, instrument_units=2),
        CompatNetworkConfig(filters=(1, 1, 1, 1), units=2, instrument_units=2),
    ):
        model = build_network(config)
        assert model.name == config.architecture
        assert [tensor.name for tensor in model.inputs] == list(config.inputs)
        assert model.outputs[0].shape == (None, None, 126)
