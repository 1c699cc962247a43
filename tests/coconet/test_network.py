"""Each architecture is built from its own config and speaks the same language."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import BeatNetworkConfig, NetworkConfig, PaperNetworkConfig
from musegen.coconet.network import build_network

CONFIGS: list[NetworkConfig] = [
    BeatNetworkConfig(
        step_channels=8, beat_channels=10, beat_dilations=(1,), attention_after=()
    ),
    PaperNetworkConfig(num_layers=4, num_filters=3),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.architecture)
def test_every_network_takes_and_gives_the_same_arrays(config: NetworkConfig) -> None:
    model: Any = build_network(config)
    assert sorted(tensor.name for tensor in model.inputs) == ["is_hidden", "pitch"]
    assert list(model.output) == ["logits"]
    pitch = np.full((2, 8, 4), -1, dtype=np.int32)
    logits = model({"pitch": pitch, "is_hidden": np.ones((2, 8, 4), np.float32)})
    found = np.asarray(logits["logits"])
    assert found.shape == (2, 8, 4, 46)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_the_config_decides_which_network_is_built() -> None:
    beat, paper = (build_network(config) for config in CONFIGS)
    assert any(layer.name == "fold" for layer in beat.layers)
    assert any(layer.name == "planes" for layer in paper.layers)
