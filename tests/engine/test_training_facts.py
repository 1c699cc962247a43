"""Facts are those of the run, and a card says of licences what is known."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training import TrainingResult
from musegen.engine.training_facts import (
    TrainingFacts,
    data_and_licence,
    facts_of_run,
    weights_licence,
)

TUNES = TrainingData(source="ten tunes")
OURS = TrainingData(
    source="our tunes", licence="The tunes are free.", weights_licence="Apache-2.0"
)
START = StartingModel(name="first", digest="0123456789abcdef", licence="CC0")


def test_the_best_step_is_the_one_that_was_kept() -> None:
    result = TrainingResult(
        state=RunState(step=90, best_step=60, seconds=12.5),
        stopped_early=True,
        metrics={"valid/loss": 0.5},
    )
    network = SimpleNamespace(count_params=lambda: 1234)
    assert facts_of_run("the config", network, result, data=TUNES, start=START) == (
        TrainingFacts(
            config="the config",
            data=TUNES,
            start=START,
            num_parameters=1234,
            num_steps=90,
            best_step=60,
            seconds=12.5,
            metrics={"valid/loss": 0.5},
        )
    )


@pytest.mark.parametrize(
    ("data", "start", "licence"),
    [
        (OURS, None, "Apache-2.0"),
        (OURS, START, "CC0"),
        (TUNES, None, "not stated"),
        (TUNES, START, "not stated"),
    ],
)
def test_weights_have_a_licence_where_data_and_beginning_give_one(
    data: TrainingData, start: StartingModel | None, licence: str
) -> None:
    assert weights_licence(data, start) == licence


def test_a_card_states_no_licence_that_is_not_known() -> None:
    assert " ".join(data_and_licence(TUNES, details=", in part").split()) == (
        "Trained on: ten tunes, in part. The licence of the data is for its owner to "
        "state. No licence of the weights is stated: that is for whoever trained them."
    )


def test_a_card_names_the_model_that_the_weights_began_as() -> None:
    paragraph = data_and_licence(OURS, START)
    assert max(map(len, paragraph.splitlines())) <= 88
    assert " ".join(paragraph.split()) == (
        "Trained on: our tunes. The tunes are free. The weights are under CC0. They "
        "began as those of `first` (SHA-256 of its config 0123456789ab), whose licence "
        "is: CC0."
    )
