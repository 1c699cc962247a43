"""Configs of networks come back from JSON and refuse nonsense."""

from __future__ import annotations

import json

import pytest

from musegen.midi_ddsp.generators.config import (
    ExpressionNetworkConfig,
    NetworkConfig,
    SynthesisNetworkConfig,
    config_from_json,
    config_to_json,
)


@pytest.mark.parametrize(
    "config",
    [
        SynthesisNetworkConfig(),
        SynthesisNetworkConfig(dilations=(1, 3), is_told_expression=False),
        ExpressionNetworkConfig(units=7, dropout=0.0),
    ],
)
def test_a_config_comes_back_from_json(config: NetworkConfig) -> None:
    text = json.dumps(config_to_json(config))
    assert config_from_json(json.loads(text)) == config


def test_the_context_is_that_of_all_blocks_in_frames() -> None:
    assert SynthesisNetworkConfig(dilations=(1, 2, 4)).context_frames == 14
    assert SynthesisNetworkConfig(dilations=()).context_frames == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"architecture": "line_to_parameters", "channels": 0}, "channels"),
        ({"architecture": "line_to_parameters", "dilations": [1, 0]}, "dilations"),
        ({"architecture": "notes_to_controls", "units": 0}, "units"),
        ({"architecture": "notes_to_controls", "dropout": 1.0}, "dropout"),
        ({"architecture": "notes_to_controls", "size": 1}, "size"),
        ({"architecture": "something"}, "something"),
    ],
    ids=["channels", "dilations", "units", "dropout", "unknown", "architecture"],
)
def test_what_does_not_fit_is_named(data: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        config_from_json(data)
