"""A run as data: written, read, claimed and resumed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from musegen.data.errors import TrainingError
from musegen.engine.training import learning_rate_at
from musegen.engine.training_configs import CONFIG_NAME
from musegen.midi_ddsp.original.keras_config import SynthesisNetworkConfig
from musegen.midi_ddsp.original.training_config import (
    EXPRESSION_PRESETS,
    SYNTHESIS_PRESETS,
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
    claim_folder,
    read_run_config,
)

SYNTHESIS = SynthesisTrainingConfig(
    network=SynthesisNetworkConfig(units=3), batch_size=2
)
EXPRESSION = ExpressionTrainingConfig(duration_factors=(1.0, 2.0), decay=1.0)


def test_the_defaults_are_the_published_ones() -> None:
    synthesis, expression = SynthesisTrainingConfig(), ExpressionTrainingConfig()
    assert (synthesis.batch_size, synthesis.clip_frames) == (16, 1000)
    assert (expression.batch_size, expression.window_rows) == (256, 64)
    for config, rate in ((synthesis, 3e-4), (expression, 1e-4)):
        for step in (0, config.loop.num_steps - 1):
            assert learning_rate_at(step, config.loop) == rate


def test_presets_are_the_defaults_with_and_without_a_discriminator() -> None:
    gan = SYNTHESIS_PRESETS["paper-gan"]
    assert gan == SynthesisTrainingConfig()
    assert gan.is_adversarial
    assert SYNTHESIS_PRESETS["paper"] == dataclasses.replace(gan, is_adversarial=False)
    assert list(EXPRESSION_PRESETS) == ["paper"]
    assert EXPRESSION_PRESETS["paper"] == ExpressionTrainingConfig()


@pytest.mark.parametrize("config", [SYNTHESIS, EXPRESSION])
def test_json_gives_the_config_back(
    config: SynthesisTrainingConfig | ExpressionTrainingConfig,
) -> None:
    data = json.loads(json.dumps(config.to_json()))
    assert type(config).from_json(data) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"decay": 0.0}, "decay must lie in"),
        ({"minutes": -1.0}, "minutes must not be negative"),
    ],
)
def test_values_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    for config in (SYNTHESIS, EXPRESSION):
        with pytest.raises(ValueError, match=message):
            dataclasses.replace(config, **changes)


def test_wrong_augmentations_are_refused() -> None:
    with pytest.raises(ValueError, match="duration_factors must be positive"):
        ExpressionTrainingConfig(duration_factors=())
    with pytest.raises(ValueError, match="max_transposition must not be negative"):
        ExpressionTrainingConfig(max_transposition=-1)


def test_a_folder_goes_on_with_the_same_run_only(tmp_path: Path) -> None:
    claim_folder(tmp_path, SYNTHESIS, resume=False)
    assert read_run_config(tmp_path, SynthesisTrainingConfig) == SYNTHESIS
    longer = dataclasses.replace(SYNTHESIS, minutes=3.0)
    claim_folder(tmp_path, longer, resume=True)
    assert read_run_config(tmp_path, SynthesisTrainingConfig).minutes == 3.0
    with pytest.raises(TrainingError, match="started with another batch_size"):
        claim_folder(
            tmp_path, dataclasses.replace(SYNTHESIS, batch_size=5), resume=True
        )


def test_a_run_of_another_stage_is_not_resumed(tmp_path: Path) -> None:
    claim_folder(tmp_path, SYNTHESIS, resume=False)
    with pytest.raises(TrainingError, match="trains 'original_synthesis' and not"):
        claim_folder(tmp_path, EXPRESSION, resume=True)


def test_a_folder_without_a_run_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run to resume"):
        read_run_config(tmp_path, ExpressionTrainingConfig)
    (tmp_path / CONFIG_NAME).write_text("[]", encoding="utf-8")
    with pytest.raises(TrainingError, match="is no training config of this version"):
        read_run_config(tmp_path, ExpressionTrainingConfig)
