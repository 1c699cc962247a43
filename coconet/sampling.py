"""Blocked Gibbs sampling: from a network and what is given to filled grids.

A sampler knows nothing of weights: it gets a function from (pitch, is_hidden) to
logits. Known cells never change. Item k of a batch has its own stream of random
numbers, so that it does not depend on the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from musegen.coconet.cell_choice import choose_cells
from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed, Heat, draw_cells, uniform_numbers
from musegen.coconet.predicting import (
    IsHidden,
    LogitsFunction,
    PitchIndex,
    check_shape,
)
from musegen.coconet.schedules import MAGENTA, AnySchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class GibbsConfig:
    """Independent blocked Gibbs: all chosen cells are drawn at once.

    Args:
        num_steps: Forward passes, at least 1.
        temperature: Of each draw, at least 0; 0 takes the most likely pitch.
        top_p: Share of probability that is drawn from, above 0, at most 1.
        schedule: Which share of the cells is drawn anew at each step.
        block_steps: 1 draws single cells anew, more stretches of a voice at least so
            long.
    """

    num_steps: int = 64
    temperature: float = 0.99
    top_p: float = 1.0
    schedule: AnySchedule = field(default=MAGENTA)
    block_steps: int = 1

    def __post_init__(self) -> None:
        check_steps(self.num_steps, self.block_steps)
        _ = self.heat

    @property
    def heat(self) -> Heat:
        """Temperature and nucleus of the draws."""
        return Heat(temperature=self.temperature, top_p=self.top_p)

    def num_forwards(self, num_free: int) -> int:
        """Return the forward passes that so many free cells take."""
        return self.num_steps if num_free else 0


def gibbs_sample(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: GibbsConfig,
    generators: Sequence[np.random.Generator],
    allowed: Allowed | None = None,
    control: Control | None = None,
) -> PitchIndex:
    """Fill free cells by independent blocked Gibbs sampling.

    Args:
        pitch: (batch, time, voice), index or -1; free cells are ignored.
        is_free: Same shape, True = to be filled. The others never change.
        logits: The network.
        config: Steps, temperature, schedule.
        generators: One for each item of the batch.
        allowed: What each cell may be; None: every pitch, no silence.
        control: Hears of each forward pass and may stop the work after the first, from
            which on every cell is filled.

    Returns:
        Same shape, every free cell drawn.

    Raises:
        NumericsError: The network gave NaN or infinity.
        ValueError: The arrays are no grids, or generators are missing.

    Source:
        Huang et al., ISMIR 2017. Differs from the released code: the first step draws
        every free cell, so that no free cell is ever shown as silence, and known cells
        are never redrawn.
    """
    state = start(pitch, is_free, generators)
    control = control or Control()
    if not is_free.any():
        return state
    for step in range(config.num_steps):
        is_drawn = is_free
        if step > 0:
            if control.must_stop():
                break
            rate = config.schedule.rate_at(step, config.num_steps)
            is_drawn = choose_in_batch(
                is_free, rate, block_steps=config.block_steps, generators=generators
            )
        state = draw_cells(
            logits(state, is_drawn),
            state,
            is_drawn,
            uniforms=uniform_numbers(generators, is_free),
            heat=config.heat,
            allowed=allowed,
        )
        control.done()
    return state


def start(
    pitch: PitchIndex, is_free: IsHidden, generators: Sequence[np.random.Generator]
) -> PitchIndex:
    """Check what a sampler was given and return the grids it works on, a copy.

    Raises:
        ValueError: The arrays are no grids, or generators are missing.
    """
    check_shape(pitch, is_free)
    if len(generators) != len(pitch):
        raise ValueError(
            f"one generator for each of {len(pitch)} items is needed; received "
            f"{len(generators)}"
        )
    return np.array(pitch, dtype=np.int16)


def choose_in_batch(
    is_free: IsHidden,
    rate: float,
    *,
    block_steps: int,
    generators: Sequence[np.random.Generator],
) -> IsHidden:
    """Choose what a step draws anew; items with nothing free draw no numbers.

    Arguments as of `choose_cells`, for a batch.
    """
    chosen = [
        choose_cells(free, rate, block_steps=block_steps, generator=generator)
        if free.any()
        else free
        for free, generator in zip(is_free, generators, strict=True)
    ]
    return np.stack(chosen)


def check_steps(num_steps: int, block_steps: int) -> None:
    """Refuse fewer than one step or shorter blocks than one.

    Raises:
        ValueError: So it is.
    """
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1; received {num_steps}")
    if block_steps < 1:
        raise ValueError(f"block_steps must be at least 1; received {block_steps}")
