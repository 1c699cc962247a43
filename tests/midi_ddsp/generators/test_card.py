"""Cards say what a model is, what it learned from, and what it cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from musegen.engine.training_facts import TrainingFacts
from musegen.midi_ddsp.generators.card import LICENCE, render_card
from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS, SYNTHESIS_PRESETS
from musegen.midi_ddsp.generators.training_config import TrainingConfig

METRICS = {"valid/loss": 1.2345, "valid/pitch": 0.5, "train/loss": 77.7}
SYNTHESIS, EXPRESSION = SYNTHESIS_PRESETS["default"], EXPRESSION_PRESETS["default"]


def card_of(
    config: TrainingConfig, metrics: Mapping[str, float] = METRICS, measured: str = ""
) -> str:
    facts = TrainingFacts(
        config=config,
        source="clips of tunes (CC0)",
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
        LICENCE,
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
