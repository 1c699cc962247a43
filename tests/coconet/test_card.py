from __future__ import annotations

from musegen.coconet.card import TrainingFacts, render_card
from musegen.coconet.training import CoconetTrainingConfig


def facts() -> TrainingFacts:
    return TrainingFacts(
        config=CoconetTrainingConfig(),
        source="chorales of music21 10.5.1, standard split",
        num_parameters=4672586,
        num_steps=6200,
        best_step=6000,
        seconds=3600.0,
        metrics={"valid/orderless": 0.5, "train/loss": 0.9},
    )


def test_the_card_states_data_training_figures_and_the_command() -> None:
    card = render_card("coconet_jsb_base", facts())
    for text in (
        "# coconet_jsb_base",
        "4,672,586 parameters",
        "chorales of music21 10.5.1, standard split",
        "6200 steps of 32 crops of 96 sixteenths,\n60 minutes",
        "step 6000",
        "| orderless | 0.5000 |",
        "orderless 0.25, frames 0.2",
        "musegen train coconet --run runs/coconet_jsb_base",
        "under Apache-2.0",
    ):
        assert text in card
    assert "train/loss" not in card


def test_the_card_says_when_nothing_was_measured() -> None:
    assert "Nothing yet" in render_card("x", facts())
    assert "| framewise | 1.9 |" in render_card(
        "x", facts(), measured="| framewise | 1.9 |"
    )
