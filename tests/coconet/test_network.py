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
def test_every_network_takes_and_gives_what_its_config_says(
    config: NetworkConfig,
) -> None:
    model: Any = build_network(config)
    taken = ["pitch", "is_hidden", *config.planes]
    assert sorted(tensor.name for tensor in model.inputs) == sorted(taken)
    shape = (2, 8, 4)
    inputs: dict[str, Any] = {
        "pitch": np.full(shape, -1, dtype=np.int32),
        "is_hidden": np.ones(shape, np.float32),
    }
    for name in config.planes:
        inputs[name] = np.zeros(shape if name == "onset" else shape[:2], np.int32)
    found = {name: np.asarray(value) for name, value in model(inputs).items()}
    expected: dict[str, tuple[int, ...]] = {}
    expected["logits"] = (*shape, 47 if config.writes_rests else 46)
    expected |= {"onset_odds": shape} if config.writes_onsets else {}
    assert {name: array.shape for name, array in found.items()} == expected
    assert all(array.dtype == np.float32 for array in found.values())
    assert all(np.isfinite(array).all() for array in found.values())


def test_the_config_decides_which_network_is_built() -> None:
    beat, paper = (build_network(config) for config in CONFIGS)
    assert any(layer.name == "fold" for layer in beat.layers)
    assert any(layer.name == "planes" for layer in paper.layers)
