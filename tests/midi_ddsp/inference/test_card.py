"""The card says what was trained, on what, how long, and how well."""

from __future__ import annotations

from musegen.engine.run_inputs import TrainingData
from musegen.engine.training_facts import TrainingFacts
from musegen.midi_ddsp.inference.card import render_card
from musegen.midi_ddsp.inference.presets import PRESETS
from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig


def facts(metrics: dict[str, float]) -> TrainingFacts[InferenceTrainingConfig]:
    return TrainingFacts(
        config=PRESETS["default"],
        data=TrainingData(
            source="ten tunes (MIT)", options=("--data", "clips.parquet")
        ),
        num_parameters=791_166,
        num_steps=1200,
        best_step=1140,
        seconds=1500.0,
        metrics=metrics,
    )


def test_card_states_the_facts() -> None:
    card = render_card("trial", facts({"valid/loss": 3.21}), measured="Well enough.")
    card = " ".join(card.split())
    for text in (
        "# trial",
        "791,166 parameters",
        "ten tunes (MIT)",
        "1200 steps",
        "25 minutes",
        "step 1140",
        "3.210",
        "Well enough.",
        "--stage inference --precision float32",
        "--data clips.parquet",
        "No licence of the weights is stated",
    ):
        assert text in card


def test_card_admits_what_was_not_measured() -> None:
    card = render_card("trial", facts({}))
    assert "never trained on:\nnot measured." in card
    assert "Nothing yet" in card
