"""What a training run says of itself, for the card of the model that came of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from musegen.engine.run_inputs import StartingModel, TrainingData

if TYPE_CHECKING:
    from musegen.engine.training import TrainingResult

NOT_STATED = "not stated"
_WIDTH = 88  # characters a line of a card
_FEW_DIGITS = 12  # of a digest

Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class TrainingFacts(Generic[Config]):
    """What a run says of itself.

    Args:
        config: The run.
        data: What it learned from.
        start: The model whose weights it began with; None for fresh ones.
        num_parameters: Of the network.
        num_steps: Optimiser steps done.
        best_step: Step whose averaged weights were kept.
        seconds: Time spent.
        metrics: Validated values of the best step.
    """

    config: Config
    data: TrainingData
    start: StartingModel | None = None
    num_parameters: int
    num_steps: int
    best_step: int
    seconds: float
    metrics: Mapping[str, float]


def facts_of_run(
    config: Config,
    network: Any,
    result: TrainingResult,
    *,
    data: TrainingData,
    start: StartingModel | None = None,
) -> TrainingFacts[Config]:
    """Return the facts of a run that has ended.

    Args:
        config: The run.
        network: Keras network that is shipped.
        result: How it ended.
        data: What it learned from.
        start: The model whose weights it began with; None for fresh ones.
    """
    return TrainingFacts(
        config=config,
        data=data,
        start=start,
        num_parameters=network.count_params(),
        num_steps=result.state.step,
        best_step=result.state.best_step,
        seconds=result.state.seconds,
        metrics=result.metrics,
    )


def weights_licence(data: TrainingData, start: StartingModel | None = None) -> str:
    """Return the licence of weights, as far as musegen may say one.

    Args:
        data: What they learned from.
        start: The model whose weights they began as, which has its say.
    """
    if not data.weights_licence:
        return NOT_STATED
    return data.weights_licence if start is None else start.licence


def data_and_licence(
    data: TrainingData, start: StartingModel | None = None, *, details: str = ""
) -> str:
    """Return the paragraph of a card on data and licence.

    Args:
        data: What was learned from.
        start: The model whose weights a run began with.
        details: What follows the name of the data: `, training pieces only`.
    """
    licence = weights_licence(data, start)
    sentences = [
        f"Trained on: {data.source}{details}.",
        data.licence or "The licence of the data is for its owner to state.",
        f"The weights are under {licence}."
        if not licence.startswith(NOT_STATED)
        else "No licence of the weights is stated: that is for whoever trained them.",
    ]
    if start is not None:
        sentences.append(
            f"They began as those of `{start.name}` (SHA-256 of its config "
            f"{start.digest[:_FEW_DIGITS]}), whose licence is: {start.licence}."
        )
    return textwrap.fill(" ".join(sentences), _WIDTH, break_on_hyphens=False)
