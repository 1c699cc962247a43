"""What a training run says of itself, for the card of the model that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from musegen.engine.training import TrainingResult

Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class TrainingFacts(Generic[Config]):
    """What a run says of itself.

    Args:
        config: The run.
        source: The data in words, licences included.
        num_parameters: Of the network.
        num_steps: Optimiser steps done.
        best_step: Step whose averaged weights were kept.
        seconds: Time spent.
        metrics: Validated values of the best step.
    """

    config: Config
    source: str
    num_parameters: int
    num_steps: int
    best_step: int
    seconds: float
    metrics: Mapping[str, float]


def facts_of_run(
    config: Config, network: Any, result: TrainingResult, *, source: str
) -> TrainingFacts[Config]:
    """Return the facts of a run that has ended.

    Args:
        config: The run.
        network: Keras network that is shipped.
        result: How it ended.
        source: The data in words, licences included.
    """
    return TrainingFacts(
        config=config,
        source=source,
        num_parameters=network.count_params(),
        num_steps=result.state.step,
        best_step=result.state.best_step,
        seconds=result.state.seconds,
        metrics=result.metrics,
    )
