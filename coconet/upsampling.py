"""From coarse to fine: first the beats, then their halves, then the sixteenths.

The strategy of upsampling on the real grid: at each level the network sees what is
drawn so far and knows that the steps between are still open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed, Heat, draw_cells, uniform_numbers
from musegen.coconet.predicting import IsHidden, LogitsFunction, PitchIndex
from musegen.coconet.sampling import check_steps, choose_in_batch, start
from musegen.coconet.schedules import MAGENTA, AnySchedule

STRIDES = (4, 2, 1)  # steps from one drawn step to the next, level by level


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsamplingConfig:
    """Independent Gibbs sampling, level by level.

    Args:
        num_steps: Forward passes of each level, at least 1.
        temperature: Of each draw, at least 0; 0 takes the most likely pitch.
        top_p: Share of probability that is drawn from, above 0, at most 1.
        schedule: Which share of a level's cells is drawn anew at each step.
    """

    num_steps: int = 16
    temperature: float = 0.99
    top_p: float = 1.0
    schedule: AnySchedule = field(default=MAGENTA)

    def __post_init__(self) -> None:
        check_steps(self.num_steps, 1)
        _ = self.heat

    @property
    def heat(self) -> Heat:
        """Temperature and nucleus of the draws."""
        return Heat(temperature=self.temperature, top_p=self.top_p)

    def num_forwards(self, num_free: int) -> int:
        """Return the forward passes that so many free cells take."""
        return len(STRIDES) * self.num_steps if num_free else 0


def upsampling_sample(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: UpsamplingConfig,
    generators: Sequence[np.random.Generator],
    allowed: Allowed | None = None,
    control: Control | None = None,
) -> PitchIndex:
    """Fill free cells from coarse to fine; time begins on a beat.

    Arguments, result and errors as of `gibbs_sample`. When stopped, all levels that are
    left are drawn in one forward pass.

    Source:
        The upsampling strategy of the released Coconet code. Differs from it: coarse
        levels are not written as if they were a shorter piece, and what is between is
        hidden, not held.
    """
    state = start(pitch, is_free, generators)
    control = control or Control()
    is_open = is_free.copy()
    for stride in STRIDES if is_free.any() else ():
        in_level = np.zeros_like(is_free)
        in_level[:, ::stride] = is_free[:, ::stride]
        for step in range(config.num_steps):
            is_stopped = control.must_stop()
            if is_stopped and not is_open.any():
                break
            is_drawn = is_open if is_stopped else in_level & is_open
            if step > 0 and not is_stopped:
                is_drawn = choose_in_batch(
                    in_level,
                    config.schedule.rate_at(step, config.num_steps),
                    block_steps=1,
                    generators=generators,
                )
            state = draw_cells(
                logits(state, is_drawn | is_open),
                state,
                is_drawn,
                uniforms=uniform_numbers(generators, is_free),
                heat=config.heat,
                allowed=allowed,
                is_open=is_drawn | is_open,
            )
            is_open &= ~is_drawn
            control.done()
    return state
