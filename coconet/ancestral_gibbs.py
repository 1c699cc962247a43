"""Ancestral Gibbs: blocks of cells drawn anew, within a block one cell after another.

Slower than independent Gibbs by the size of the block, without its assumption that the
cells of a block do not depend on one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from musegen.coconet.ancestral import Order, check_order, draw_in_order
from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed, Heat
from musegen.coconet.predicting import IsHidden, LogitsFunction, PitchIndex
from musegen.coconet.sampling import check_steps, choose_in_batch, start
from musegen.coconet.schedules import AnySchedule, ConstantSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class AncestralGibbsConfig:
    """Blocked Gibbs whose blocks are sampled ancestrally.

    Args:
        num_steps: Blocks, at least 1; the first is all that is free.
        order: Within a block, as in `AncestralConfig`.
        temperature: Of each draw, at least 0; 0 takes the most likely pitch.
        top_p: Share of probability that is drawn from, above 0, at most 1.
        schedule: Which share of the cells is in a block.
        block_steps: 1 takes single cells, more takes stretches of a voice at least so
            long.

    Source:
        Huang et al., 2017, where contiguous blocks of half of the cells were judged
        about as musical as Bach.
    """

    num_steps: int = 4
    order: Order = "random"
    temperature: float = 1.0
    top_p: float = 1.0
    schedule: AnySchedule = field(default_factory=ConstantSchedule)
    block_steps: int = 4

    def __post_init__(self) -> None:
        check_steps(self.num_steps, self.block_steps)
        check_order(self.order)
        _ = self.heat

    @property
    def heat(self) -> Heat:
        """Temperature and nucleus of the draws."""
        return Heat(temperature=self.temperature, top_p=self.top_p)

    def num_forwards(self, num_free: int) -> int:
        """Return about how many forward passes so many free cells take."""
        return sum(self.foretold(step, num_free) for step in range(self.num_steps))

    def foretold(self, step: int, num_free: int) -> int:
        """Return about how many forward passes one step takes."""
        if step == 0 or not num_free:
            return num_free
        rate = self.schedule.rate_at(step, self.num_steps)
        return max(1, round(rate * num_free))


def ancestral_gibbs_sample(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: AncestralGibbsConfig,
    generators: Sequence[np.random.Generator],
    allowed: Allowed | None = None,
    control: Control | None = None,
) -> PitchIndex:
    """Fill free cells by blocked Gibbs sampling with ancestral blocks.

    Arguments, result and errors as of `gibbs_sample`; progress is reported as
    `num_forwards` foretells it, however many cells the blocks have.
    """
    state = start(pitch, is_free, generators)
    control = control or Control()
    num_free = int(is_free.sum(axis=(1, 2)).max(initial=0))
    for step in range(config.num_steps if num_free else 0):
        is_drawn = is_free
        if step > 0:
            if control.must_stop():
                break
            is_drawn = choose_in_batch(
                is_free,
                config.schedule.rate_at(step, config.num_steps),
                block_steps=config.block_steps,
                generators=generators,
            )
        state = draw_in_order(
            state,
            is_drawn,
            logits=logits,
            order=config.order,
            heat=config.heat,
            generators=generators,
            allowed=allowed,
            control=control,
            foretold=config.foretold(step, num_free),
        )
        if not is_drawn.any():
            control.done(config.foretold(step, num_free))
    return np.asarray(state)
