"""The training loop of the engine, with a budget of time in place of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from musegen.engine.training import (
    Batch,
    LoopConfig,
    Progress,
    TrainingLoop,
    TrainingResult,
)

# Nothing is known of a run's speed before its first steps, which also compile.
_FIRST_STEPS = 5


class TimedLoop(TrainingLoop):
    """Trains for some seconds, over all sittings; the schedule ends with the time.

    The rate of a step follows from the share of the time that is gone. Whether the time
    is over is asked at each validation, so validate often. The steps of the config are
    an upper bound.

    Args:
        budget_s: Seconds of training, validation included; more than 0.
        **arguments: Of `TrainingLoop`.
    """

    def __init__(self, *, budget_s: float, **arguments: Any) -> None:
        if budget_s <= 0:
            raise ValueError(f"budget_s must be positive; received {budget_s}")
        model = arguments.pop("model")
        super().__init__(model, **arguments)
        self.budget_s = budget_s
        self._whole = self.config

    @property
    def is_over(self) -> bool:
        """Whether the time is used up, or would be by half the next validation."""
        steps = max(self.state.step, 1)
        ahead = 0.5 * self._whole.validate_every * self.state.seconds / steps
        return self.state.seconds + min(ahead, 0.05 * self.budget_s) >= self.budget_s

    def _step(self) -> float:
        self.config = scheduled(
            self._whole,
            step=self.state.step,
            seconds=self.state.seconds,
            budget_s=self.budget_s,
        )
        return super()._step()

    def _is_out_of_patience(self) -> bool:
        return self.is_over or super()._is_out_of_patience()


def run_loop(
    model: Any,
    *,
    minutes: float,
    config: LoopConfig,
    batch_at: Callable[[int], Batch],
    validate: Callable[[Any], Mapping[str, float]],
    run_dir: Path,
    resume: bool,
    progress: Progress | None,
) -> TrainingResult:
    """Train to the end and give the model the best averaged weights.

    Args:
        model: Compiled.
        minutes: Length of the run over all sittings; 0 for as many steps as `config`
            says.
        config: Steps and rates.
        batch_at: From step number to a batch.
        validate: From the model to named values.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.

    Raises:
        TrainingError: The run cannot start or go on.
    """
    arguments: dict[str, Any] = {
        "batch_at": batch_at,
        "validate": validate,
        "config": config,
        "run_dir": run_dir,
        "progress": progress,
    }
    if minutes:
        loop: TrainingLoop = TimedLoop(
            budget_s=60.0 * minutes, model=model, **arguments
        )
    else:
        loop = TrainingLoop(model, **arguments)
    result = loop.run(resume=resume)
    loop.load_best()
    return result


def scheduled(
    config: LoopConfig, *, step: int, seconds: float, budget_s: float
) -> LoopConfig:
    """Return a config whose number of steps is what the time will suffice for.

    Args:
        config: Of the run; its steps are an upper bound.
        step: Steps done.
        seconds: Time they took.
        budget_s: Time there is.
    """
    if step < _FIRST_STEPS or seconds <= 0:
        return config
    expected = max(round(step * budget_s / seconds), step + 1)
    return replace(config, num_steps=min(expected, config.num_steps))
