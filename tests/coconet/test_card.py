from __future__ import annotations

from dataclasses import replace

from musegen.coconet.card import render_card
from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.training import CoconetTrainingConfig
from musegen.engine.training_facts import TrainingFacts


def facts() -> TrainingFacts[CoconetTrainingConfig]:
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
        "orderless 0.12, beats 0.12",
        "Muon, peak",
        "onset 0.5, metre 0.65, fermata 0.5",
        "it writes rests",
        "musegen train coconet --from coconet_jsb_base --run runs/more",
        "musegen train coconet --run runs/coconet_jsb_base",
        "under Apache-2.0",
    ):
        assert text in card
    assert "train/loss" not in card


def test_the_card_of_a_network_that_hears_pitches_only_says_so() -> None:
    config = CoconetTrainingConfig(
        network=BeatNetworkConfig(planes=(), writes_rests=False), optimizer="adamw"
    )
    card = render_card("bare", replace(facts(), config=config))
    for text in (
        "Nothing is told",
        "cannot write rests",
        "can be told:\nnothing",
        "AdamW",
    ):
        assert text in card


def test_the_card_says_when_nothing_was_measured() -> None:
    assert "Nothing yet" in render_card("x", facts())
    assert "| framewise | 1.9 |" in render_card(
        "x", facts(), measured="| framewise | 1.9 |"
    )
