from __future__ import annotations

from dataclasses import replace

from musegen.coconet.card import render_card
from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.presets import PRESETS
from musegen.coconet.training import CoconetTrainingConfig
from musegen.coconet.training_data import CHORALES
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training_facts import TrainingFacts

CHORALE_DATA = TrainingData(
    source="chorales of music21 10.5.1, standard split",
    collection=CHORALES,
    licence="The encodings are Margaret Greentree's.",
    weights_licence="Apache-2.0",
)
MINE = TrainingData(source="mine.parquet", options=("--data", "mine.parquet"))
START = StartingModel(name="first", digest="0123456789abcdef", licence="CC0")


def words(card: str) -> str:
    """The card in one line, long commands put together."""
    return " ".join(card.replace("\\\n", " ").split())


def facts() -> TrainingFacts[CoconetTrainingConfig]:
    return TrainingFacts(
        config=CoconetTrainingConfig(),
        data=CHORALE_DATA,
        num_parameters=4672586,
        num_steps=6200,
        best_step=6000,
        seconds=3600.0,
        metrics={"valid/orderless": 0.5, "train/loss": 0.9},
    )


def test_the_card_states_data_training_figures_and_the_command() -> None:
    card = words(render_card("coconet_jsb_base", facts()))
    for text in (
        "# coconet_jsb_base",
        "4,672,586 parameters",
        "chorales of music21 10.5.1, standard split",
        "6200 steps of 32 crops of 96 sixteenths, 60 minutes",
        "step 6000",
        "| orderless | 0.5000 |",
        "orderless 0.12, beats 0.12",
        "Muon, peak",
        "onset 0.5, metre 0.65, fermata 0.5",
        "it writes rests",
        "musegen train coconet --from coconet_jsb_base --run runs/more",
        "musegen train coconet --precision mixed_bfloat16 --run runs/coconet_jsb_base",
        "Margaret Greentree",
        "under Apache-2.0",
        "It knows Bach's chorales and nothing else.",
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


def test_the_card_of_other_data_claims_no_licence_and_no_bach() -> None:
    card = words(render_card("mine", replace(facts(), data=MINE)))
    for text in (
        "Trained on: mine.parquet, training pieces only, transposed by up to 6",
        "The licence of the data is for its owner to state.",
        "No licence of the weights is stated",
        "--data mine.parquet --run runs/mine",
        "--from mine --data mine.parquet --run runs/more",
        "It knows what it was trained on and nothing else.",
    ):
        assert text in card
    for text in ("Greentree", "public domain", "Apache", "Bach"):
        assert text not in card


def test_the_command_trains_the_run_and_not_the_default_one() -> None:
    tiny = PRESETS["tiny"]
    config = replace(tiny, seed=5, loop=replace(tiny.loop, num_steps=7))
    card = words(render_card("x", replace(facts(), config=config)))
    expected = "--preset tiny --steps 7 --precision float32 --seed 5 --run runs/x"
    assert expected in card
    config = replace(tiny, mask_mixture={"orderless": 1.0})
    card = words(render_card("x", replace(facts(), config=config)))
    assert "`config.json` being that of the run's folder" in card
    assert "musegen train coconet --config config.json --run runs/x" in card


def test_the_card_names_the_model_that_was_trained_further() -> None:
    network = PRESETS["tiny"].network
    config = replace(PRESETS["default"], network=network)
    card = words(render_card("x", replace(facts(), config=config, start=START)))
    assert "They began as those of `first`" in card
    assert "musegen train coconet --precision mixed_bfloat16 --from first --run" in card
    assert "under CC0" in card
    assert "Bach's chorales and nothing else" not in card
