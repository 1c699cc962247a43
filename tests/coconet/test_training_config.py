"""The config of a run: what it refuses, and its way through JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musegen.coconet.batches import Telling
from musegen.coconet.config import BeatNetworkConfig, PaperNetworkConfig
from musegen.coconet.training import (
    CoconetTrainingConfig,
    read_config,
    read_run_config,
)
from musegen.data.errors import TrainingError
from musegen.engine.training import LoopConfig


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mask_mixture": {"zigzag": 1.0}}, "received zigzag"),
        ({"mask_mixture": {}}, "one of them above 0"),
        ({"crop_steps": 10}, "positive multiple of 4; received 10"),
        ({"crop_steps": 0}, "positive multiple of 4; received 0"),
        ({"batch_size": 0}, "batch_size must be at least 1; received 0"),
        ({"optimizer": "sgd"}, "one of muon, adamw; received 'sgd'"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        CoconetTrainingConfig(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 3},
        {"telling": Telling(metre=0.1, fermata=0.2, onset=0.3), "onset_share": 0.5},
        {"optimizer": "adamw", "weight_decay": 0.0, "max_transposition": 2},
        {"mask_mixture": {"bars": 2.0, "cadence": 1.0}},
        {"network": PaperNetworkConfig(num_layers=5)},
        {"loop": LoopConfig(num_steps=9, learning_rate=1.0, hold_share=0.25)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_config_comes_back_from_json_text(changed: dict[str, Any]) -> None:
    config = CoconetTrainingConfig(**changed)
    text = json.dumps(config.to_json())
    again = CoconetTrainingConfig.from_json(json.loads(text))
    assert again == config != CoconetTrainingConfig()


def test_what_json_does_not_say_is_the_default() -> None:
    found = CoconetTrainingConfig.from_json({"batch_size": 7})
    assert found == CoconetTrainingConfig(batch_size=7)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"colour": "red", "age": 3}, "unknown keys in the config: age, colour"),
        ({"network": {"architecture": "beat", "age": 3}}, "'beat': age"),
        ({"loop": {"num_steps": 1, "learning_rate": 1, "age": 3}}, "does not fit.*age"),
        ({"loop": {"num_steps": 1}}, "does not fit.*learning_rate"),
        ({"loop": 3}, "does not fit"),
        ({"telling": {"key": 1.0}}, "does not fit.*key"),
        ({"telling": {"metre": 2.0}}, r"metre must lie in \[0, 1\]"),
    ],
)
def test_json_that_is_no_config_is_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CoconetTrainingConfig.from_json(data)


@pytest.mark.parametrize("text", ["[1]", '{"age": 3}', "{", '{"network": {}}', "\xff"])
def test_a_file_that_is_no_config_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(TrainingError, match=r"mine\.json is no training config of"):
        read_config(path)


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run to resume: start it without"):
        read_run_config(tmp_path)


def test_the_default_config_trains_the_network_we_ship() -> None:
    config = CoconetTrainingConfig()
    assert config.network == BeatNetworkConfig()
    assert config.loop.num_steps == 7400
    assert sum(config.mask_mixture.values()) == pytest.approx(1.0)
