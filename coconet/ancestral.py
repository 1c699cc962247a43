"""Ancestral sampling: one cell a forward pass, each given all that came before.

The exact joint law of the network for the order that is taken, at one forward pass a
cell. Gibbs sampling (`musegen.coconet.sampling`) is much faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.control import Control, share_done
from musegen.coconet.drawing import Allowed, Heat, draw_cells, uniform_numbers
from musegen.coconet.predicting import IsHidden, LogitsFunction, PitchIndex
from musegen.coconet.sampling import start

Order = Literal["random", "chronological"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AncestralConfig:
    """One cell after another.

    Args:
        order: `random`, or `chronological`: from the first step to the last, soprano to
            bass in each.
        temperature: Of each draw, at least 0; 0 takes the most likely pitch.
        top_p: Share of probability that is drawn from, above 0, at most 1.
    """

    order: Order = "random"
    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        check_order(self.order)
        _ = self.heat

    @property
    def heat(self) -> Heat:
        """Temperature and nucleus of the draws."""
        return Heat(temperature=self.temperature, top_p=self.top_p)

    def num_forwards(self, num_free: int) -> int:
        """Return the forward passes that so many free cells take."""
        return num_free


def ancestral_sample(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: AncestralConfig,
    generators: Sequence[np.random.Generator],
    allowed: Allowed | None = None,
    control: Control | None = None,
) -> PitchIndex:
    """Fill free cells one by one.

    Arguments, result and errors as of `gibbs_sample`. When stopped, what is left is
    drawn at once, in one forward pass.

    Source:
        Huang et al., ISMIR 2017: orderless NADE, after Uria et al., "A Deep and
        Tractable Density Estimator", 2014.
    """
    state = start(pitch, is_free, generators)
    return draw_in_order(
        state,
        is_free,
        logits=logits,
        order=config.order,
        heat=config.heat,
        generators=generators,
        allowed=allowed,
        control=control or Control(),
        foretold=int(is_free.sum(axis=(1, 2)).max(initial=0)),
    )


def draw_in_order(
    state: PitchIndex,
    is_hidden: IsHidden,
    *,
    logits: LogitsFunction,
    order: Order,
    heat: Heat,
    generators: Sequence[np.random.Generator],
    allowed: Allowed | None,
    control: Control,
    foretold: int,
) -> PitchIndex:
    """Draw the hidden cells of each item one after another.

    Args:
        state: (batch, time, voice).
        is_hidden: Same shape; the cells to draw.
        logits: The network.
        order: In which order.
        heat: Of the draws.
        generators: One an item.
        allowed: What each cell may be.
        control: Hears of the work; when it says stop, the rest is drawn at once.
        foretold: Forward passes to report, however many there are.

    Returns:
        The grids, filled.
    """
    hidden = is_hidden.copy()
    places = [
        _places(free, order, generator)
        for free, generator in zip(is_hidden, generators, strict=True)
    ]
    num_passes = max((len(cells) for cells in places), default=0)
    for index in range(num_passes):
        is_last = control.must_stop()
        is_drawn = hidden
        if not is_last:
            is_drawn = np.zeros_like(hidden)
            for item, cells in enumerate(places):
                is_drawn[item][tuple(cells[index : index + 1].T)] = True
        state = draw_cells(
            logits(state, hidden),
            state,
            is_drawn,
            uniforms=uniform_numbers(generators, is_drawn),
            heat=heat,
            allowed=allowed,
            is_open=hidden,
        )
        hidden &= ~is_drawn
        if is_last:
            break
        control.done(share_done(index, num_passes, foretold))
    return state


def check_order(order: str) -> None:
    """Refuse an unknown order.

    Raises:
        ValueError: There is no such order.
    """
    if order not in get_args(Order):
        raise ValueError(
            f"order must be one of {', '.join(get_args(Order))}; received {order!r}"
        )


def _places(
    is_hidden: NDArray[np.bool_], order: Order, generator: np.random.Generator
) -> NDArray[np.int64]:
    """(cell, 2): time and voice of the hidden cells, in the order of drawing."""
    cells = np.argwhere(is_hidden)
    if order == "random" and len(cells):
        return np.asarray(generator.permutation(cells))
    return np.asarray(cells)
