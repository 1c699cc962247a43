"""The training loop of the engine, whose rate also falls exponentially.

What both generators' trainings share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from musegen.engine.keras_predictor import output_names
from musegen.engine.timed_loop import TimedLoop
from musegen.engine.training import (
    Batch,
    LoopConfig,
    Progress,
    TrainingLoop,
    TrainingResult,
)
from musegen.midi_ddsp.original.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
)

_DECAY_STEPS = 1000  # Source: Wu et al., ICLR 2022, and its program

Validate = Callable[[Any], Mapping[str, float]]


def decayed(config: LoopConfig, *, step: int, decay: float) -> LoopConfig:
    """Return a config whose rate has fallen by `decay` each 1000 steps up to `step`."""
    rate = config.learning_rate * decay ** (step / _DECAY_STEPS)
    return replace(config, learning_rate=rate)


class DecayedLoop(TrainingLoop):
    """Trains at a rate that falls exponentially, beside the config's own schedule.

    Args:
        decay: What the rate is multiplied by in 1000 steps.
        **arguments: Of `TrainingLoop`.
    """

    def __init__(self, *, decay: float, **arguments: Any) -> None:
        super().__init__(arguments.pop("model"), **arguments)
        self.decay = decay
        self._peak = self.config

    def _step(self) -> float:
        self.config = decayed(self._peak, step=self.state.step, decay=self.decay)
        return super()._step()


class DecayedTimedLoop(TimedLoop):
    """The same for a budget of time.

    Args:
        decay: See `DecayedLoop`.
        **arguments: Of `TimedLoop`.
    """

    def __init__(self, *, decay: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.decay = decay
        self._peak = self._whole

    def _step(self) -> float:
        self._whole = decayed(self._peak, step=self.state.step, decay=self.decay)
        return super()._step()


def run_loop(
    model: Any,
    *,
    config: SynthesisTrainingConfig | ExpressionTrainingConfig,
    batch_at: Callable[[int], Batch],
    validate: Validate,
    run_dir: Path,
    resume: bool,
    progress: Progress | None,
) -> TrainingResult:
    """Train to the end and give the model the best averaged weights.

    Args:
        model: Compiled; its outputs are losses, see `compile_losses`.
        config: The run.
        batch_at: From step number to a batch.
        validate: From the model to named values.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.

    Raises:
        TrainingError: The run cannot start or go on.
    """
    arguments: dict[str, Any] = {
        "model": model,
        "decay": config.decay,
        "batch_at": batch_at,
        "validate": validate,
        "config": config.loop,
        "run_dir": run_dir,
        "progress": progress,
    }
    loop: TrainingLoop
    if config.minutes:
        loop = DecayedTimedLoop(budget_s=60.0 * config.minutes, **arguments)
    else:
        loop = DecayedLoop(**arguments)
    result = loop.run(resume=resume)
    loop.load_best()
    return result


def compile_losses(model: Any, optimizer: Any) -> None:
    """Compile a model whose outputs [B], by name, are losses to be lowered together.

    Args:
        model: The model.
        optimizer: Its optimizer.
    """

    def mean_of_output(_: Any, values: Any) -> Any:
        return values

    losses = dict.fromkeys(output_names(model), mean_of_output)
    model.compile(optimizer=optimizer, loss=losses, jit_compile=False)


def loss_batch(model: Any, inputs: Mapping[str, Any]) -> Batch:
    """Return a batch for such a model: its outputs have no targets."""
    size = len(next(iter(inputs.values())))
    nothing = np.zeros(size, np.float32)
    return dict(inputs), dict.fromkeys(output_names(model), nothing), None


def loss_validator(
    batches: Sequence[Mapping[str, Any]], terms: tuple[str, ...]
) -> Validate:
    """Return a function that computes the same batches' losses each time.

    Args:
        batches: Inputs, all of one size but the last.
        terms: Names of the losses whose sum is `valid/loss`.
    """

    def validate(model: Any) -> Mapping[str, float]:
        sums: dict[str, float] = {}
        count = 0
        for inputs in batches:
            losses = model.predict_on_batch(dict(inputs))
            count += len(next(iter(losses.values())))
            for name, values in losses.items():
                sums[name] = sums.get(name, 0.0) + float(np.sum(values))
        means = {f"valid/{name}": total / count for name, total in sums.items()}
        return {**means, "valid/loss": sum(means[f"valid/{name}"] for name in terms)}

    return validate
