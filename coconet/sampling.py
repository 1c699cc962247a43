"""Blocked Gibbs sampling: from a network and what is given to filled grids.

A sampler knows nothing of weights: it gets a function from (pitch, is_hidden) to
logits. Known cells never change. Item k of a batch has its own stream of random
numbers, so that it does not depend on the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.predicting import (
    IsHidden,
    Logits,
    LogitsFunction,
    PitchIndex,
    check_shape,
)
from musegen.data.errors import NumericsError


@dataclass(frozen=True, slots=True, kw_only=True)
class GibbsConfig:
    """How to sample.

    Args:
        num_steps: Forward passes, at least 1.
        temperature: Of each draw, at least 0; 0 takes the most likely pitch.
        highest_rate: Share of cells drawn anew at first.
        lowest_rate: Share at the end.
        annealed_share: Share of the steps in which the rate falls.

    Source:
        The annealed masking probability of Yao et al., "On the Equivalence Between Deep
        NADE and Generative Stochastic Networks", 2014, with the values of the released
        Coconet code.
    """

    num_steps: int = 64
    temperature: float = 0.99
    highest_rate: float = 0.9
    lowest_rate: float = 0.1
    annealed_share: float = 0.7

    def __post_init__(self) -> None:
        if self.num_steps < 1:
            raise ValueError(f"num_steps must be at least 1; received {self.num_steps}")
        if not self.temperature >= 0.0:
            raise ValueError(
                f"temperature must be at least 0; received {self.temperature}"
            )
        if not 0.0 <= self.lowest_rate <= self.highest_rate <= 1.0:
            raise ValueError(
                "rates must satisfy 0 <= lowest_rate <= highest_rate <= 1; received "
                f"{self.lowest_rate} and {self.highest_rate}"
            )
        if not 0.0 < self.annealed_share <= 1.0:
            raise ValueError(
                f"annealed_share must lie in (0, 1]; received {self.annealed_share}"
            )

    def rate_at(self, step: int) -> float:
        """Return the probability that a free cell is drawn anew at `step` (from 0)."""
        fall = (self.highest_rate - self.lowest_rate) / (
            self.annealed_share * self.num_steps
        )
        return max(self.lowest_rate, self.highest_rate - step * fall)


def gibbs_sample(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: GibbsConfig,
    generators: Sequence[np.random.Generator],
    advance: Callable[[int], None] | None = None,
) -> PitchIndex:
    """Fill free cells by independent blocked Gibbs sampling.

    Args:
        pitch: (batch, time, voice), index or -1; free cells are ignored.
        is_free: Same shape, True = to be filled. The others never change.
        logits: The network.
        config: Steps, temperature, schedule.
        generators: One for each item of the batch.
        advance: Called with 1 after each forward pass.

    Returns:
        Same shape, every free cell a pitch.

    Raises:
        NumericsError: The network gave NaN or infinity.
        ValueError: The arrays are no grids, or generators are missing.

    Source:
        Huang et al., ISMIR 2017. Differs from the released code: the first step draws
        every free cell, so that no free cell is ever shown as silence, and known cells
        are never redrawn.
    """
    check_shape(pitch, is_free)
    if len(generators) != len(pitch):
        raise ValueError(
            f"one generator for each of {len(pitch)} items is needed; received "
            f"{len(generators)}"
        )
    state = np.array(pitch, dtype=np.int16)
    if not is_free.any():
        return state
    for step in range(config.num_steps):
        if step == 0:
            is_drawn = is_free
        else:
            is_drawn = is_free & (_uniforms(generators, is_free) < config.rate_at(step))
        scores = logits(state, is_drawn)
        uniforms = _uniforms(generators, is_free)
        drawn = draw_pitches(scores, uniforms, temperature=config.temperature)
        state = np.where(is_drawn, drawn, state).astype(np.int16)
        if advance is not None:
            advance(1)
    return state


def _uniforms(
    generators: Sequence[np.random.Generator], is_free: IsHidden
) -> NDArray[np.float64]:
    """One number a cell; an item with nothing free leaves its generator alone.

    It would otherwise draw or not by whether others of its batch have free cells.
    """
    return np.stack(
        [
            generator.random(free.shape) if free.any() else np.zeros(free.shape)
            for generator, free in zip(generators, is_free, strict=True)
        ]
    )


def draw_pitches(
    scores: Logits, uniforms: NDArray[np.float64], *, temperature: float
) -> PitchIndex:
    """Draw one pitch a cell by inverting the cumulative distribution.

    Args:
        scores: (batch, time, voice, pitch) logits.
        uniforms: (batch, time, voice) in [0, 1).
        temperature: At least 0; 0 takes the most likely pitch.

    Raises:
        NumericsError: A score is NaN or infinite.
    """
    if not np.isfinite(scores).all():
        raise NumericsError(
            "the network gave values that are not numbers: verify the model with "
            "'musegen doctor', or name another with --model"
        )
    if temperature == 0.0:
        return np.asarray(scores.argmax(axis=-1), dtype=np.int16)
    wide = scores.astype(np.float64)
    wide = (wide - wide.max(axis=-1, keepdims=True)) / temperature
    cumulative = np.exp(wide).cumsum(axis=-1)
    threshold = uniforms[..., None] * cumulative[..., -1:]
    return np.asarray((cumulative <= threshold).sum(axis=-1), dtype=np.int16)
