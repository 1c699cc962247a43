"""The training loop of the engine, with a budget of time in place of steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from musegen.engine.training import LoopConfig, TrainingLoop

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
