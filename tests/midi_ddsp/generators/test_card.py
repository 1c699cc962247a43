"""Cards say what a model is, what it learned from, and what it cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from musegen.engine.run_inputs import TrainingData
from musegen.engine.training_facts import TrainingFacts
from musegen.midi_ddsp.generators.card import render_card
from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS, SYNTHESIS_PRESETS
from musegen.midi_ddsp.generators.training_config import TrainingConfig
from musegen.midi_ddsp.records.training_data import VIRTUAL_PLAYER

METRICS = {"valid/loss": 1.2345, "valid/pitch": 0.5, "train/loss": 77.7}
SYNTHESIS, EXPRESSION = SYNTHESIS_PRESETS["default"], EXPRESSION_PRESETS["default"]


PLAYED = TrainingData(
    source="clips of tunes (CC0)",
    collection=VIRTUAL_PLAYER,
    weights_licence="Apache-2.0",
    options=("--data", "clips.parquet"),
)


def card_of(
    config: TrainingConfig,
    metrics: Mapping[str, float] = METRICS,
    measured: str = "",
    data: TrainingData = PLAYED,
) -> str:
    facts = TrainingFacts(
        config=config,
        data=data,
        num_parameters=1_234_567,
        num_steps=900,
        best_step=800,
        seconds=660.0,
        metrics=metrics,
    )
    return render_card("made", facts, measured=measured)


@pytest.mark.parametrize("config", [SYNTHESIS, EXPRESSION])
def test_a_card_names_data_licence_training_figures_and_limits(
    config: TrainingConfig,
) -> None:
    card = card_of(config, measured="Round trip: 0.99.")
    titles = re.findall(r"^## (.*)$", card, flags=re.MULTILINE)
    assert titles == ["Data and licence", "Training", "Measured", "Limits"]
    for words in (
        "# made\n",
        "1,234,567 parameters",
        "clips of tunes (CC0)",
        "Apache-2.0",
        "900 steps, 11 minutes",
        "800",
        f"seed {config.seed}",
        "loss 1.234, pitch 0.500",
        "Round trip: 0.99.",
    ):
        assert words in card
    assert "77.7" not in card  # what it was trained on is no figure of quality


@pytest.mark.parametrize(
    ("config", "stage", "limit"),
    [
        (SYNTHESIS, "synthesis", "imitate a sampled player"),
        (EXPRESSION, "expression", "not of people"),
    ],
)
def test_each_stage_is_told_from_the_other(
    config: TrainingConfig, stage: str, limit: str
) -> None:
    card = card_of(config)
    assert f"musegen train midi-ddsp --stage {stage} " in card
    assert limit in card


@pytest.mark.parametrize("config", [SYNTHESIS, EXPRESSION])
def test_other_recordings_are_neither_a_sampler_s_nor_of_a_licence_we_know(
    config: TrainingConfig,
) -> None:
    data = replace(PLAYED, collection="", weights_licence="")
    card = " ".join(card_of(config, data=data).split())
    assert "The licence of the data is for its owner to state." in card
    assert "No licence of the weights is stated" in card
    for words in ("Apache", "sampled player", "virtual player"):
        assert words not in card


def test_the_command_trains_what_was_trained() -> None:
    config = replace(
        SYNTHESIS_PRESETS["tiny"], num_played=2, precision="mixed_bfloat16", seed=4
    )
    card = " ".join(card_of(config).replace("\\\n", " ").split())
    assert (
        "musegen train midi-ddsp --stage synthesis --preset tiny --batch-size 2 "
        "--precision mixed_bfloat16 --seed 4 --data clips.parquet --run runs/made "
        "--export made"
    ) in card
    longer = " ".join(card_of(replace(EXPRESSION, minutes=9.5)).split())
    assert "--stage expression --minutes 9.5 --data clips.parquet" in longer
    assert "No preset trains the same" in card_of(replace(SYNTHESIS, crop_frames=10))


def test_without_figures_a_card_says_so() -> None:
    card = card_of(SYNTHESIS, metrics={})
    assert "Validation, pieces never trained on: none" in card
    assert "Nothing yet beyond the validation" in card


def test_the_baseline_is_said_to_hear_of_no_controls_and_to_promise_none() -> None:
    metrics = {"valid/pitch": 0.5, "valid/promise": 0.75}
    baseline = " ".join(card_of(SYNTHESIS_PRESETS["baseline"], metrics).split())
    ours = " ".join(card_of(SYNTHESIS, metrics).split())
    for words in ("nine controls", "the promise", "that nobody played", "promise 0.75"):
        assert words in ours
        assert words not in baseline
    for words in (
        "told nothing of expression",
        "from notes alone",
        "none are promised",
        "pitch 0.500",
        "--stage synthesis --preset baseline",
    ):
        assert words in baseline
        assert words not in ours.replace("pitch 0.500", "")
