"""The training loop of every model: steps, validation, checkpoints, averages.

It knows nothing of music: a compiled Keras model, a function from step to batch and a
function that validates. The batch of a step depends only on the step, so a resumed run
sees what it would have seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musegen.data.errors import TrainingError
from musegen.engine.checkpoints import (
    Checkpoint,
    RunState,
    load_checkpoint,
    save_checkpoint,
)
from musegen.engine.moving_average import MovingAverage
from musegen.engine.population_statistics import PopulationStatistics
from musegen.engine.run_log import RunLog

CHECKPOINT_NAME = "checkpoint.npz"
BEST_NAME = "best.npz"

# Batches that the statistics of batch norm are measured on: as many as the published
# three epochs of 229 pieces, or fewer, so that measuring takes little of the time.
_MOST_MEASURED, _FEWEST_MEASURED = 32, 8
_STEPS_A_MEASURED_BATCH = 8

Batch = tuple[Any, Any, Any]  # inputs, targets, weights, as Keras takes them
Progress = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How long and how to train.

    Args:
        num_steps: Optimiser steps of the whole run.
        learning_rate: Peak, above 0 and finite.
        warmup_steps: Steps of linear rise.
        hold_share: Share of the steps at the peak before the cosine begins. While it
            holds, a run can be given more or fewer steps without harm.
        final_rate: Share of the peak left at the end of the cosine.
        average_decay: Of the moving average, by step.
        log_every: Steps between lines of the log.
        validate_every: Steps between validations.
        checkpoint_every: Steps between checkpoints.
        patience: Validations without improvement before stopping, 0 for never.
        monitor: Name of the validated value to lower.
    """

    num_steps: int
    learning_rate: float
    warmup_steps: int = 200
    hold_share: float = 0.0
    final_rate: float = 0.02
    average_decay: float = 0.999
    log_every: int = 50
    validate_every: int = 250
    checkpoint_every: int = 250
    patience: int = 0
    monitor: str = "valid/loss"

    def __post_init__(self) -> None:
        for name in ("num_steps", "log_every", "validate_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1; received {getattr(self, name)}"
                )
        if not 0.0 < self.learning_rate < math.inf:
            raise ValueError(
                "learning_rate must be above 0 and finite; received "
                f"{self.learning_rate}"
            )
        if not 0.0 <= self.hold_share <= 1.0:
            raise ValueError(
                f"hold_share must lie in [0, 1]; received {self.hold_share}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """How a run ended.

    Args:
        state: Where it stands.
        stopped_early: Out of patience.
        metrics: Values validated at the best step, and the last training loss.
    """

    state: RunState
    stopped_early: bool
    metrics: Mapping[str, float]


def learning_rate_at(step: int, config: LoopConfig) -> float:
    """Return the rate of step `step` (from 0): linear warm-up, hold, cosine."""
    warmup = min(1.0, (step + 1) / max(1, config.warmup_steps))
    held = config.hold_share * config.num_steps
    fraction = np.clip((step - held) / max(1.0, config.num_steps - held), 0.0, 1.0)
    cosine = 0.5 * (1.0 + np.cos(np.pi * fraction))
    return float(
        config.learning_rate
        * warmup
        * (config.final_rate + (1.0 - config.final_rate) * cosine)
    )


def require_no_run(run_dir: Path) -> None:
    """Refuse a folder in which a run has begun.

    Raises:
        TrainingError: There is a checkpoint in it.
    """
    if (run_dir / CHECKPOINT_NAME).exists():
        raise TrainingError(
            f"{run_dir} holds a run already: add --resume to go on with it, or name "
            "another folder with --run"
        )


class TrainingLoop:
    """One training run in one folder.

    Args:
        model: Compiled Keras model; its loss is what is lowered.
        batch_at: From step number (from 0) to a batch.
        validate: From the model to named values; called with averaged weights, and
            batch norm with statistics measured for them.
        config: Lengths and rates.
        run_dir: Folder for checkpoints and logs.
        progress: Called after each step with the step and the newest values.
    """

    def __init__(
        self,
        model: Any,
        *,
        batch_at: Callable[[int], Batch],
        validate: Callable[[Any], Mapping[str, float]],
        config: LoopConfig,
        run_dir: Path,
        progress: Progress | None = None,
    ) -> None:
        self.model = model
        self.batch_at = batch_at
        self.validate = validate
        self.config = config
        self.run_dir = run_dir
        self.progress = progress or (lambda _step, _values: None)
        self.state = RunState()
        model.optimizer.build(model.trainable_variables)
        self.average = MovingAverage(model, decay=config.average_decay)
        self.statistics = PopulationStatistics(model)

    def run(self, *, resume: bool) -> TrainingResult:
        """Train to the end of the config, from the start or from the last checkpoint.

        Raises:
            TrainingError: A run is there and `resume` is False; nothing is there and it
                is True; the loss is not a number.
        """
        if resume:
            self._restore(load_checkpoint(self.run_dir / CHECKPOINT_NAME))
        else:
            require_no_run(self.run_dir)
        log = RunLog(self.run_dir)
        log.truncate_after(self.state.step)
        try:
            return self._train(log)
        finally:
            log.close()

    def _train(self, log: RunLog) -> TrainingResult:
        config, losses = self.config, []
        metrics: dict[str, float] = {}
        stopped_early = self._is_out_of_patience()  # True where such a run is resumed
        base_seconds, started = self.state.seconds, time.monotonic()
        while self.state.step < config.num_steps and not stopped_early:
            losses.append(self._step())
            step = self.state.step
            self.state.seconds = base_seconds + time.monotonic() - started
            is_last = step == config.num_steps
            fresh: dict[str, float] = {}
            if step % config.log_every == 0 or is_last:
                fresh["train/loss"] = float(np.mean(losses))
                losses.clear()
            if step % config.validate_every == 0 or is_last:
                fresh.update(self._validated())
                stopped_early = self._is_out_of_patience()
            if fresh:
                metrics.update(fresh)
                log.write(step, self._with_run_values(fresh))
            if step % config.checkpoint_every == 0 or is_last or stopped_early:
                save_checkpoint(self.run_dir / CHECKPOINT_NAME, self._checkpoint())
            self.progress(step, metrics)
        return TrainingResult(
            state=self.state,
            stopped_early=stopped_early,
            metrics={**metrics, **self.state.best_metrics},
        )

    def _step(self) -> float:
        step = self.state.step
        self.model.optimizer.learning_rate = learning_rate_at(step, self.config)
        inputs, targets, weights = self.batch_at(step)
        self.model.reset_metrics()  # else Keras returns the mean since the start
        values = self.model.train_on_batch(inputs, targets, sample_weight=weights)
        loss = float(np.ravel(values)[0])  # of all outputs; each one's follows
        if not np.isfinite(loss):
            can_go_on = (self.run_dir / CHECKPOINT_NAME).exists()
            raise TrainingError(
                f"the loss became {loss} at step {step}: lower --learning-rate and "
                + ("--resume from the last checkpoint" if can_go_on else "start again")
            )
        self.state.step = step + 1
        self.average.update(step + 1)
        return loss

    def _validated(self) -> dict[str, float]:
        with self.average.applied(), self.statistics.measured(self._next_inputs()):
            values = {
                name: float(value) for name, value in self.validate(self.model).items()
            }
            value = values[self.config.monitor]
            state = self.state
            if state.best_value is None or value < state.best_value:
                state.best_value, state.best_step = value, state.step
                state.best_metrics = values
                state.validations_since_best = 0
                self._save_best()
            else:
                state.validations_since_best += 1
        return values

    def _next_inputs(self) -> Iterator[Any]:
        """Inputs of batches that the network has not seen yet."""
        count = self.config.validate_every // _STEPS_A_MEASURED_BATCH
        count = min(max(count, _FEWEST_MEASURED), _MOST_MEASURED)
        for step in range(self.state.step, self.state.step + count):
            yield self.batch_at(step)[0]

    def _save_best(self) -> None:
        arrays = _named("model", self.model.variables)
        checkpoint = Checkpoint(state=replace(self.state), arrays=arrays)
        save_checkpoint(self.run_dir / BEST_NAME, checkpoint)

    def load_best(self) -> RunState:
        """Give the model the averaged weights of the best validation."""
        checkpoint = load_checkpoint(self.run_dir / BEST_NAME)
        _assign("model", self.model.variables, checkpoint.arrays)
        return checkpoint.state

    def _is_out_of_patience(self) -> bool:
        patience = self.config.patience
        return patience > 0 and self.state.validations_since_best >= patience

    def _with_run_values(self, metrics: Mapping[str, float]) -> dict[str, float]:
        rate = learning_rate_at(self.state.step - 1, self.config)
        return {
            **metrics,
            "learning_rate": rate,
            "seconds": round(self.state.seconds, 1),
        }

    def _checkpoint(self) -> Checkpoint:
        arrays = {
            **_named("model", self.model.variables),
            **_named("optimizer", self.model.optimizer.variables),
            **{f"average/{i}": array for i, array in enumerate(self.average.arrays)},
        }
        return Checkpoint(state=replace(self.state), arrays=arrays)

    def _restore(self, checkpoint: Checkpoint) -> None:
        _assign("model", self.model.variables, checkpoint.arrays)
        _assign("optimizer", self.model.optimizer.variables, checkpoint.arrays)
        self.average.restore(
            [checkpoint.arrays[f"average/{i}"] for i in range(len(self.average.arrays))]
        )
        self.state = replace(checkpoint.state)


def _named(prefix: str, variables: Any) -> dict[str, Any]:
    from keras import ops

    return {
        f"{prefix}/{i}": np.array(ops.convert_to_numpy(v.value))
        for i, v in enumerate(variables)
    }


def _assign(prefix: str, variables: Any, arrays: Mapping[str, Any]) -> None:
    for index, variable in enumerate(variables):
        array = arrays.get(f"{prefix}/{index}")
        if array is None or tuple(array.shape) != tuple(variable.shape):
            raise TrainingError(
                f"the checkpoint does not fit this model at {prefix} variable "
                f"'{variable.path}': resume with the run's own config"
            )
        variable.assign(array)
