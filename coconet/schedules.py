"""Annealing: which share of the free cells is drawn anew at each step of a sampler."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    """From the step of a run to the share of cells drawn anew."""

    def rate_at(self, step: int, num_steps: int) -> float:
        """Return the share, 0 to 1, at `step` (from 0) of `num_steps`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearSchedule:
    """A share that falls in a straight line, then stays.

    Args:
        highest_rate: At first, 0 to 1.
        lowest_rate: In the end, 0 to `highest_rate`.
        annealed_share: Share of the steps in which it falls, above 0, at most 1; eta in
            the paper.

    Source:
        Yao et al., "On the Equivalence Between Deep NADE and Generative Stochastic
        Networks", 2014. The defaults are the values of the released Coconet code.
    """

    highest_rate: float = 0.9
    lowest_rate: float = 0.1
    annealed_share: float = 0.7

    def __post_init__(self) -> None:
        _check_rates(self.highest_rate, self.lowest_rate)
        if not 0.0 < self.annealed_share <= 1.0:
            raise ValueError(
                f"annealed_share must lie in (0, 1]; received {self.annealed_share}"
            )

    def rate_at(self, step: int, num_steps: int) -> float:
        """Return the share at a step; see `Schedule`."""
        fall = (self.highest_rate - self.lowest_rate) / (
            self.annealed_share * num_steps
        )
        return max(self.lowest_rate, self.highest_rate - step * fall)


@dataclass(frozen=True, slots=True, kw_only=True)
class CosineSchedule:
    """A share that falls along half a wave: slowly, fast, slowly.

    Args:
        highest_rate: At first, 0 to 1.
        lowest_rate: At the last step, 0 to `highest_rate`.

    Source:
        The shape is the one of Loshchilov and Hutter's learning rates, 2017; its use
        for masks is our own.
    """

    highest_rate: float = 0.9
    lowest_rate: float = 0.1

    def __post_init__(self) -> None:
        _check_rates(self.highest_rate, self.lowest_rate)

    def rate_at(self, step: int, num_steps: int) -> float:
        """Return the share at a step; see `Schedule`."""
        part = step / max(1, num_steps - 1)
        wave = (1.0 + math.cos(math.pi * min(part, 1.0))) / 2.0
        return self.lowest_rate + (self.highest_rate - self.lowest_rate) * wave


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantSchedule:
    """The same share at every step: plain blocked Gibbs sampling.

    Args:
        rate: 0 to 1; one minus the paper's visible fraction rho.
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        _check_rates(self.rate, self.rate)

    def rate_at(self, step: int, num_steps: int) -> float:
        """Return the share; see `Schedule`."""
        del step, num_steps
        return self.rate


def _check_rates(highest: float, lowest: float) -> None:
    if not 0.0 <= lowest <= highest <= 1.0:
        raise ValueError(
            "rates must satisfy 0 <= lowest_rate <= highest_rate <= 1; received "
            f"{lowest} and {highest}"
        )


AnySchedule = LinearSchedule | CosineSchedule | ConstantSchedule

# Source: Magenta's released sampler; a PyTorch port of it, and SUNMASK's sampler.
MAGENTA = LinearSchedule()
PYTORCH_PORT = LinearSchedule(
    highest_rate=0.999, lowest_rate=0.001, annealed_share=0.75
)
