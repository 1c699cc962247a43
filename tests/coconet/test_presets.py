"""The runs that have a name."""

from __future__ import annotations

import json

import pytest

from musegen.coconet.config import (
    BROWSER,
    PAPER,
    BeatNetworkConfig,
    PaperNetworkConfig,
)
from musegen.coconet.paper_plan import count_parameters
from musegen.coconet.presets import PRESETS
from musegen.coconet.training import CoconetTrainingConfig


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_comes_back_from_json_text(name: str) -> None:
    text = json.dumps(PRESETS[name].to_json())
    again = CoconetTrainingConfig.from_json(json.loads(text))
    assert again == PRESETS[name]
    assert again.to_json() == PRESETS[name].to_json()


def test_the_presets_are_these() -> None:
    assert list(PRESETS) == ["default", "paper", "browser", "tiny"]


def test_the_default_preset_is_the_default_config() -> None:
    assert PRESETS["default"] == CoconetTrainingConfig()
    assert PRESETS["default"].network == BeatNetworkConfig()


@pytest.mark.parametrize(
    ("name", "network", "crop_steps", "trainable"),
    [("paper", PAPER, 64, 9_087_752), ("browser", BROWSER, 32, 545_108)],
)
def test_the_published_networks_are_trained_as_published(
    name: str, network: PaperNetworkConfig, crop_steps: int, trainable: int
) -> None:
    config = PRESETS[name]
    assert isinstance(config.network, PaperNetworkConfig)
    assert config.network == network
    assert count_parameters(config.network)[0] == trainable
    assert config.crop_steps == config.network.crop_steps == crop_steps
    assert (config.batch_size, config.max_transposition) == (20, 0)
    assert dict(config.mask_mixture) == {"orderless": 1.0}
    assert (config.optimizer, config.weight_decay) == ("adamw", 0.0)


def test_the_tiny_run_is_over_soon_and_validates_twice() -> None:
    config, default = PRESETS["tiny"], PRESETS["default"]
    assert config.loop.num_steps == 2 * config.loop.validate_every == 100
    assert isinstance(config.network, BeatNetworkConfig)
    assert isinstance(default.network, BeatNetworkConfig)
    assert config.network.step_channels < default.network.step_channels / 4
    assert config.network.planes == default.network.planes
    assert dict(config.mask_mixture) == dict(default.mask_mixture)
