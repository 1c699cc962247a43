"""Configs refuse what no network can be built from and survive JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from musegen.coconet.config import (
    BROWSER,
    NUM_PITCHES,
    PAPER,
    PLANES,
    REST_CLASS,
    BeatNetworkConfig,
    NetworkConfig,
    PaperNetworkConfig,
    config_from_json,
    config_to_json,
)


@pytest.mark.parametrize(
    "config",
    [
        BeatNetworkConfig(),
        BeatNetworkConfig(beat_dilations=(1, 8), attention_after=(), dropout_rate=0.0),
        BeatNetworkConfig(planes=(), knows_beat_position=False),
        BeatNetworkConfig(planes=("metre",), writes_rests=False, writes_onsets=False),
        PAPER,
        BROWSER,
    ],
)
def test_a_config_comes_back_from_json_text(config: NetworkConfig) -> None:
    text = json.dumps(config_to_json(config))
    again = config_from_json(json.loads(text))
    assert again == config
    assert hash(again) == hash(config)  # no list where a tuple was


@pytest.mark.parametrize(
    "changed",
    [
        {"planes": ("metre",)},
        {"knows_beat_position": False},
        {"writes_rests": False},
        {"writes_onsets": False},
    ],
)
def test_what_a_network_knows_and_writes_is_in_its_json(
    changed: dict[str, Any],
) -> None:
    default, other = (
        config_to_json(config)
        for config in (BeatNetworkConfig(), BeatNetworkConfig(**changed))
    )
    assert {key for key in default if default[key] != other[key]} == set(changed)


def test_silence_is_a_class_only_where_it_is_written() -> None:
    assert BeatNetworkConfig().num_classes == 47 == REST_CLASS + 1
    assert BeatNetworkConfig(writes_rests=False).num_classes == NUM_PITCHES == 46


def test_the_network_we_ship_is_told_all_there_is() -> None:
    assert BeatNetworkConfig().planes == PLANES == ("onset", "metre", "fermata")
    assert BeatNetworkConfig().writes_onsets


def test_the_paper_s_network_is_told_and_writes_pitches_only() -> None:
    assert PAPER.planes == ()
    assert not (PAPER.writes_rests or PAPER.writes_onsets)
    fields = {field.name for field in dataclasses.fields(PAPER)}
    assert not fields & {"planes", "writes_rests", "writes_onsets"}


def test_the_default_paper_network_is_the_released_one() -> None:
    config = PaperNetworkConfig()
    assert (config.num_layers, config.num_filters) == (64, 128)
    assert config.num_dilation_blocks == 0
    assert config.batch_norm_epsilon == 1e-7


def test_json_names_the_architecture() -> None:
    assert config_to_json(BeatNetworkConfig())["architecture"] == "beat"
    assert config_to_json(PaperNetworkConfig())["architecture"] == "paper"


@pytest.mark.parametrize("architecture", ["doodle", None])
def test_an_unknown_architecture_is_refused(architecture: str | None) -> None:
    with pytest.raises(ValueError, match=r"one of \['beat', 'paper'\]; received"):
        config_from_json({"architecture": architecture})


def test_an_unknown_key_is_refused_by_name() -> None:
    data = {**config_to_json(BeatNetworkConfig()), "num_filters": 3, "colour": "red"}
    with pytest.raises(ValueError, match="'beat': colour, num_filters"):
        config_from_json(data)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_layers": 3}, "num_layers must be at least 4; received 3"),
        ({"num_filters": 0}, "num_filters must be at least 1; received 0"),
        ({"num_dilation_blocks": -1}, "num_dilation_blocks must be at least 0"),
        ({"crop_steps": 1}, "crop_steps must be at least 2; received 1"),
        ({"num_pointwise_splits": 0}, "num_pointwise_splits must be at least 1"),
    ],
)
def test_a_paper_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        PaperNetworkConfig(**changed)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"step_channels": 0}, "step_channels must be at least 1; received 0"),
        ({"beat_channels": 0}, "beat_channels must be at least 1; received 0"),
        ({"num_heads": 0}, "num_heads must be at least 1; received 0"),
        ({"num_step_blocks": -1}, "num_step_blocks must be at least 0; received -1"),
        ({"interval_reach": -1}, "interval_reach must be at least 0; received -1"),
        ({"steps_per_beat": 0}, "steps_per_beat must be at least 1; received 0"),
        ({"beat_channels": 12}, "multiple of num_heads; received 12 and 5"),
        ({"planes": ("metre", "key")}, "of onset, metre, fermata; received key"),
        ({"dropout_rate": 1.0}, r"must lie in \[0, 1\); received 1.0"),
        ({"dropout_rate": -0.1}, r"must lie in \[0, 1\); received -0.1"),
    ],
)
def test_a_beat_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        BeatNetworkConfig(**changed)
