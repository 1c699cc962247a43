"""Runs as data: they come back from JSON, and refuse what cannot be trained."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS, SYNTHESIS_PRESETS
from musegen.midi_ddsp.generators.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
    TrainingConfig,
)

CONFIGS = [*SYNTHESIS_PRESETS.values(), *EXPRESSION_PRESETS.values()]


@pytest.mark.parametrize("config", CONFIGS)
def test_every_preset_comes_back_from_json(config: TrainingConfig) -> None:
    data = json.loads(json.dumps(config.to_json()))
    assert type(config).from_json(data) == config


def test_what_is_left_out_has_its_default() -> None:
    assert SynthesisTrainingConfig.from_json({}) == SynthesisTrainingConfig()
    assert ExpressionTrainingConfig.from_json({"seed": 4}).seed == 4


def test_one_kind_of_run_is_not_read_as_the_other() -> None:
    with pytest.raises(ValueError, match="batch_size"):
        SynthesisTrainingConfig.from_json(ExpressionTrainingConfig().to_json())


@pytest.mark.parametrize(
    ("cls", "name", "value"),
    [
        (SynthesisTrainingConfig, "num_played", 0),
        (SynthesisTrainingConfig, "num_changed", -1),
        (SynthesisTrainingConfig, "crop_frames", 251),
        (SynthesisTrainingConfig, "num_validation_batches", 0),
        (SynthesisTrainingConfig, "minutes", -1.0),
        (SynthesisTrainingConfig, "precision", "float16"),
        (ExpressionTrainingConfig, "batch_size", 0),
        (ExpressionTrainingConfig, "window_notes", 0),
        (ExpressionTrainingConfig, "max_transposition", -1),
        (ExpressionTrainingConfig, "minutes", -1.0),
    ],
)
def test_what_cannot_be_trained_is_named(
    cls: type[Any],
    name: str,
    value: Any,  # noqa: ANN401 - fields are of many types
) -> None:
    with pytest.raises(ValueError, match=name):
        cls(**{name: value})
    with pytest.raises(ValueError, match=name):
        cls.from_json({**cls().to_json(), name: value})


def test_the_baseline_is_the_default_told_nothing() -> None:
    default, baseline = SYNTHESIS_PRESETS["default"], SYNTHESIS_PRESETS["baseline"]
    assert not baseline.network.is_told_expression
    told = dataclasses.replace(baseline.network, is_told_expression=True)
    assert dataclasses.replace(baseline, network=told) == default
