"""Configs of DDSP Inference travel as JSON and refuse what makes no network."""

from __future__ import annotations

import json

import pytest

from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CompatNetworkConfig,
    CorrectionNetworkConfig,
    NetworkConfig,
    config_from_json,
    config_to_json,
)


@pytest.mark.parametrize(
    "config",
    [
        CorrectionNetworkConfig(channels=8, dilations=(1, 3)),
        AutoencoderNetworkConfig(units=8),
        CompatNetworkConfig(units=8, loudness_definition="old"),
    ],
    ids=["correction", "autoencoder", "compat"],
)
def test_json_brings_the_config_back(config: NetworkConfig) -> None:
    text = json.dumps(config_to_json(config))
    assert config_from_json(json.loads(text)) == config


def test_context_of_our_network_is_the_reach_of_its_taps() -> None:
    assert CorrectionNetworkConfig(dilations=(1, 2, 4)).context_frames == 7


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"architecture": "other"}, "architecture must be one of"),
        ({"architecture": "correction", "depth": 3}, "unknown keys.*depth"),
        ({"architecture": "correction", "channels": 0}, "channels must be at least 1"),
        ({"architecture": "compat", "filters": [1, 2]}, "filters must be four"),
        ({"architecture": "compat", "loudness_definition": "b"}, "new.*old"),
        ({"architecture": "compat", "dropout_rate": 1.0}, "dropout_rate must lie"),
    ],
    ids=["architecture", "key", "size", "filters", "loudness", "dropout"],
)
def test_what_is_no_config_is_refused(data: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config_from_json(data)
