"""The card of trained generators says what they were trained on, and how."""

from __future__ import annotations

import dataclasses

from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.original.exporting_card import (
    ExportFacts,
    Half,
    TakenHalf,
    TrainedHalf,
    render_export_card,
    trainings,
)
from musegen.midi_ddsp.original.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
)

RESULT = TrainingResult(
    state=RunState(step=500, best_step=400, seconds=600.0),
    stopped_early=False,
    metrics={"valid/loss": 0.0123},
)
FACTS = ExportFacts(
    data=TrainingData(
        source="performances of our own, CC0", weights_licence="Apache-2.0"
    ),
    instruments=("violin", "flute"),
    has_rooms=False,
    num_parameters={"Synthesis Generator": 4_429_383, "Expression Generator": 541_062},
    halves={
        "Synthesis Generator": TrainedHalf(
            config=SynthesisTrainingConfig(is_adversarial=False), result=RESULT
        ),
        "Expression Generator": TrainedHalf(
            config=ExpressionTrainingConfig(), result=RESULT
        ),
    },
    measured="RMSE 0.1",
)


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_card_says_what_there_is_to_say() -> None:
    card = words(render_export_card("ours", FACTS))
    for sentence in (
        "# ours",
        "| Synthesis Generator | 4,429,383 |",
        "It was trained on violin, flute. It has no rooms",
        "Trained on: performances of our own, CC0.",
        "The weights are under Apache-2.0.",
        "500 steps of 16, 10 minutes, weights of step 400",
        "without a discriminator. Validation, pieces never trained on: 0.0123.",
        "500 steps of 256",
        "RMSE 0.1",
    ):
        assert sentence in card


def test_what_was_not_trained_or_measured_is_said() -> None:
    facts = dataclasses.replace(FACTS, halves={}, measured="", has_rooms=True)
    card = words(render_export_card("ours", facts))
    assert "Synthesis Generator: the synthesis half is untrained" in card
    assert "Expression Generator: the expression half is untrained" in card
    assert "--stage expression --preset paper --from" in card
    assert "Nothing yet beyond the validation of the runs." in card
    assert "It has a room for each" in card


def test_what_was_taken_or_begun_from_another_model_is_named() -> None:
    trained = TrainedHalf(
        config=ExpressionTrainingConfig(), result=RESULT, begun_from="urmp"
    )
    taken = TakenHalf(model="urmp", told="7 steps of 3.")
    halves: dict[str, Half] = {
        "Synthesis Generator": taken,
        "Expression Generator": trained,
    }
    facts = dataclasses.replace(FACTS, halves=halves)
    card = words(render_export_card("ours", facts))
    assert "Synthesis Generator: taken from 'urmp' as it was. 7 steps of 3." in card
    assert "begun from the weights of 'urmp'" in card
    assert "untrained" not in card
    silent = {"Synthesis Generator": TakenHalf(model="urmp")}
    facts = dataclasses.replace(FACTS, halves=silent)
    assert "That model's card says" in words(render_export_card("ours", facts))


def test_a_model_that_takes_a_half_can_tell_how_it_was_trained() -> None:
    told = trainings(FACTS)
    assert told["Synthesis Generator"].startswith("500 steps of 16, 10 minutes")
    assert told["Expression Generator"].endswith(
        "Data: performances of our own, CC0 (violin, flute)."
    )
    taken = TakenHalf(model="urmp", told="7 steps of 3.")
    for half, words_told in (
        (taken, "7 steps of 3."),
        (TakenHalf(model="urmp"), "As it is in 'urmp'."),
    ):
        facts = dataclasses.replace(FACTS, halves={"Synthesis Generator": half})
        assert trainings(facts) == {"Synthesis Generator": words_told}
