"""Facts are those of the run."""

from __future__ import annotations

from types import SimpleNamespace

from musegen.engine.checkpoints import RunState
from musegen.engine.training import TrainingResult
from musegen.engine.training_facts import TrainingFacts, facts_of_run


def test_the_best_step_is_the_one_that_was_kept() -> None:
    result = TrainingResult(
        state=RunState(step=90, best_step=60, seconds=12.5),
        stopped_early=True,
        metrics={"valid/loss": 0.5},
    )
    network = SimpleNamespace(count_params=lambda: 1234)
    assert facts_of_run("the config", network, result, source="ten tunes") == (
        TrainingFacts(
            config="the config",
            source="ten tunes",
            num_parameters=1234,
            num_steps=90,
            best_step=60,
            seconds=12.5,
            metrics={"valid/loss": 0.5},
        )
    )
