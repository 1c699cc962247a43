"""A run's config: JSON and back, what it refuses, what may change on resuming."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from musegen.data.errors import TrainingError
from musegen.engine.checkpoints import Checkpoint, RunState, save_checkpoint
from musegen.engine.training_configs import CONFIG_NAME
from musegen.midi_ddsp.inference.presets import PRESETS
from musegen.midi_ddsp.inference.training_config import (
    InferenceTrainingConfig,
    claim_folder,
    read_run_config,
)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_json_brings_every_preset_back(name: str) -> None:
    text = json.dumps(PRESETS[name].to_json())
    assert InferenceTrainingConfig.from_json(json.loads(text)) == PRESETS[name]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"minutes": -1}, "minutes must not be negative"),
        ({"optimizer": "sgd"}, "optimizer must be one of adam, muon"),
        ({"precision": "float16"}, "precision must be one of"),
        ({"num_reverbs": 3}, "is not told the instrument"),
        ({"speed": 3}, "unknown keys in the config: speed"),
        ({"loop": {"steps": 3}}, "the config does not fit"),
    ],
    ids=["batch", "minutes", "optimizer", "precision", "rooms", "key", "loop"],
)
def test_what_is_no_run_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InferenceTrainingConfig.from_json(fields)


def test_only_the_length_of_a_run_may_change(tmp_path: Path) -> None:
    config = PRESETS["tiny"]
    claim_folder(tmp_path, config, resume=False)
    assert read_run_config(tmp_path) == config
    longer = dataclasses.replace(config, minutes=3.0)
    claim_folder(tmp_path, longer, resume=True)
    assert read_run_config(tmp_path) == longer
    with pytest.raises(TrainingError, match="another batch_size"):
        claim_folder(tmp_path, dataclasses.replace(config, batch_size=2), resume=True)


def test_a_folder_with_a_run_is_not_begun_again(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.npz", Checkpoint(state=RunState()))
    with pytest.raises(TrainingError, match="holds a run already"):
        claim_folder(tmp_path, PRESETS["tiny"], resume=False)


def test_missing_and_damaged_configs_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run to resume"):
        read_run_config(tmp_path)
    (tmp_path / CONFIG_NAME).write_text("[1]", encoding="utf-8")
    with pytest.raises(TrainingError, match="no training config of this version"):
        read_run_config(tmp_path)
