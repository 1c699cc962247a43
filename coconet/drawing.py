"""Drawing cells from logits: temperature, nucleus, and what each cell may be.

The one place where a random number becomes a pitch or a silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.columns import DRAWING_ORDER, NUM_TONES, Columns
from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, REST_CLASS
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.data.errors import NumericsError

NUM_CLASSES = NUM_PITCHES + 1  # the pitches, and silence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allowed:
    """What each cell may be.

    Args:
        classes: (batch or 1, time, voice, `NUM_CLASSES`), True = allowed; at least one
            class a free cell.
        forbids_crossing: Whether no drawn cell may lie beyond its sounding neighbour.
            The given cells must leave room for that.
        tones: (batch or 1, time, 12), pitch classes as the network sees them of which
            each has to sound in some voice of the step. The given cells must leave room
            for them. None: no tone has to.
        is_later: (batch or 1, time, voice), cells that are written afterwards: they are
            shown as they stand, and room is left for them as if they were open. None:
            there are none.
    """

    classes: NDArray[np.bool_]
    forbids_crossing: bool = False
    tones: NDArray[np.bool_] | None = None
    is_later: NDArray[np.bool_] | None = None

    @classmethod
    def pitches(cls, num_steps: int, *, allow_rests: bool = False) -> Allowed:
        """Return what allows every pitch, and silence where asked for."""
        classes = np.ones((1, num_steps, NUM_VOICES, NUM_CLASSES), dtype=bool)
        classes[..., REST_CLASS] = allow_rests
        return cls(classes=classes)

    @classmethod
    def join(cls, items: Sequence[Allowed]) -> Allowed:
        """Return what is allowed in a batch, of what is in each of its items.

        Args:
            items: At least one, of equal length, alike in `forbids_crossing`.
        """
        return cls(
            classes=np.concatenate([item.classes for item in items]),
            forbids_crossing=items[0].forbids_crossing,
            tones=np.concatenate([item.needed_tones for item in items]),
            is_later=np.concatenate([item.later_cells for item in items]),
        )

    def window(self, steps: slice) -> Allowed:
        """Return what is allowed in some steps."""
        return Allowed(
            classes=self.classes[:, steps],
            forbids_crossing=self.forbids_crossing,
            tones=self.needed_tones[:, steps],
            is_later=self.later_cells[:, steps],
        )

    @property
    def needed_tones(self) -> NDArray[np.bool_]:
        """`tones`, nowhere True where it is None."""
        if self.tones is not None:
            return self.tones
        return np.zeros((*self.classes.shape[:2], NUM_TONES), dtype=bool)

    @property
    def later_cells(self) -> NDArray[np.bool_]:
        """`is_later`, nowhere True where it is None."""
        if self.is_later is not None:
            return self.is_later
        return np.zeros(self.classes.shape[:3], dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """How boldly to draw.

    Args:
        temperature: At least 0; 0 takes the likeliest class, infinity any that is
            allowed.
        top_p: Share of probability that is drawn from, above 0, at most 1.
    """

    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature >= 0.0:
            raise ValueError(
                f"temperature must be at least 0; received {self.temperature}"
            )
        if not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"top_p must lie in (0, 1]; received {self.top_p}")


def uniform_numbers(
    generators: Sequence[np.random.Generator], is_asked: IsHidden
) -> NDArray[np.float64]:
    """Draw one number in [0, 1) for each cell.

    An item in which nothing is asked leaves its generator alone; it would otherwise
    draw or not by whether others of its batch have cells to fill.

    Args:
        generators: One an item.
        is_asked: (batch, time, voice).
    """
    return np.stack(
        [
            generator.random(asked.shape) if asked.any() else np.zeros(asked.shape)
            for generator, asked in zip(generators, is_asked, strict=True)
        ]
    )


def draw_cells(
    scores: Logits,
    pitch: PitchIndex,
    is_drawn: IsHidden,
    *,
    uniforms: NDArray[np.float64],
    heat: Heat,
    allowed: Allowed | None = None,
    is_open: IsHidden | None = None,
) -> PitchIndex:
    """Return the grids with some cells drawn anew.

    Args:
        scores: (batch, time, voice, class) logits.
        pitch: (batch, time, voice).
        is_drawn: Same shape; the other cells stay.
        uniforms: Same shape, in [0, 1).
        heat: Temperature and nucleus.
        allowed: What each cell may be; None: every pitch, no silence.
        is_open: Same shape, which cells have no pitch yet; at least those drawn, which
            None stands for. Room is left for them where voices depend on one another.

    Raises:
        NumericsError: A score is NaN or infinite.
    """
    result = np.array(pitch, dtype=np.int16)
    if allowed is None:
        allowed = Allowed.pitches(pitch.shape[1])
    classes = np.broadcast_to(allowed.classes, (*pitch.shape, NUM_CLASSES))
    is_bound = _is_bound(allowed, pitch) & is_drawn.any(axis=2)
    alone = is_drawn & ~is_bound[..., None]
    result[alone] = draw_pitches(
        scores[alone], uniforms[alone], heat=heat, is_allowed=classes[alone]
    )
    is_undecided = is_drawn if is_open is None else is_open | is_drawn
    # Voices that are held to notes of a chord could not uncross again: they cross only
    # where they have to.
    in_order = replace(allowed, forbids_crossing=True)
    columns = _columns(result, is_undecided, in_order, is_bound)
    is_ordered = np.zeros_like(is_bound)
    is_ordered[is_bound] = columns.is_possible()
    for rules, where in ((in_order, is_ordered), (allowed, is_bound & ~is_ordered)):
        if where.any():
            columns = _columns(result, is_undecided, rules, where)
            result[where] = _draw_columns(
                columns,
                result[where],
                is_drawn[where],
                scores=scores[where],
                uniforms=uniforms[where],
                heat=heat,
            )
    return result


def _draw_columns(
    columns: Columns,
    pitch: NDArray[np.int16],
    is_drawn: NDArray[np.bool_],
    *,
    scores: Logits,
    uniforms: NDArray[np.float64],
    heat: Heat,
) -> NDArray[np.int16]:
    """Draw one voice after another, each so that the others still can be drawn.

    All arrays begin with (column, voice); the result is (column, voice).
    """
    result = pitch.copy()
    for voice in DRAWING_ORDER:
        drawn = is_drawn[:, voice]
        if drawn.any():
            result[drawn, voice] = draw_pitches(
                scores[drawn, voice],
                uniforms[drawn, voice],
                heat=heat,
                is_allowed=columns.fits(voice, drawn),
            )
            columns.settle(voice, result[:, voice], drawn)
    return result


def draw_pitches(
    scores: NDArray[np.floating],
    uniforms: NDArray[np.float64],
    *,
    heat: Heat,
    is_allowed: NDArray[np.bool_] | None = None,
) -> NDArray[np.int16]:
    """Draw one class a cell by inverting the cumulative distribution.

    Args:
        scores: (..., class) logits: pitches, then, where there is one, silence.
        uniforms: (...) in [0, 1).
        heat: Temperature and nucleus.
        is_allowed: (..., at least as many classes), at least one True a cell; None:
            every pitch, no silence. Silence that the network does not score is drawn
            where nothing else is allowed.

    Returns:
        (...), pitch index, -1 = silence.

    Raises:
        NumericsError: A score is NaN or infinite.
    """
    if not np.isfinite(scores).all():
        raise NumericsError(
            "the network gave values that are not numbers: verify the model with "
            "'musegen doctor', or name another with --model"
        )
    if is_allowed is None:
        is_allowed = np.broadcast_to(
            np.arange(scores.shape[-1]) < NUM_PITCHES, scores.shape
        )
    can_be = is_allowed[..., : scores.shape[-1]]
    wide = np.where(can_be, scores.astype(np.float64), -np.inf)
    if heat.temperature == 0.0:
        drawn = wide.argmax(axis=-1)
    else:
        drawn = _draw(_weights(wide, heat), uniforms)
    is_silent = (drawn == REST_CLASS) | ~can_be.any(axis=-1)
    return np.where(is_silent, -1, drawn).astype(np.int16)


def _weights(wide: NDArray[np.float64], heat: Heat) -> NDArray[np.float64]:
    """Unnormalised probabilities; 0 for what is not allowed or not in the nucleus."""
    if np.isinf(heat.temperature):
        weights = np.where(np.isneginf(wide), 0.0, 1.0)
    else:
        best = wide.max(axis=-1, keepdims=True, initial=-np.inf)
        best[np.isneginf(best)] = 0.0
        with np.errstate(over="ignore"):
            weights = np.exp((wide - best) / heat.temperature)
    if heat.top_p == 1.0:
        return np.asarray(weights)
    order = np.argsort(-weights, axis=-1, kind="stable")
    falling = np.take_along_axis(weights, order, axis=-1)
    before = falling.cumsum(axis=-1) - falling
    is_kept = np.zeros(weights.shape, dtype=bool)
    total = falling.sum(axis=-1, keepdims=True)
    np.put_along_axis(is_kept, order, before < heat.top_p * total, axis=-1)
    return np.where(is_kept, weights, 0.0)


def _draw(
    weights: NDArray[np.float64], uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    cumulative = weights.cumsum(axis=-1)
    total = cumulative[..., -1]
    # Rounding must not carry a number just below 1 past the last class.
    threshold = np.minimum(uniforms * total, np.nextafter(total, 0.0))
    return np.asarray((cumulative <= threshold[..., None]).sum(axis=-1))


def has_room(pitch: PitchIndex, is_open: IsHidden, allowed: Allowed) -> IsHidden:
    """Say which steps can be filled as far as voices depend on one another.

    Arguments as of `draw_cells`; the result is (batch, time).
    """
    is_possible = np.ones(pitch.shape[:2], dtype=bool)
    is_bound = _is_bound(allowed, pitch)
    columns = _columns(pitch, is_open, allowed, is_bound)
    is_possible[is_bound] = columns.is_possible()
    return is_possible


def _is_bound(allowed: Allowed, pitch: PitchIndex) -> IsHidden:
    """(batch, time): where what a voice may be depends on the others."""
    if allowed.forbids_crossing:
        return np.ones(pitch.shape[:2], dtype=bool)
    is_needed = allowed.needed_tones.any(axis=2)
    return np.broadcast_to(is_needed, pitch.shape[:2])


def _columns(
    pitch: PitchIndex, is_open: IsHidden, allowed: Allowed, is_bound: IsHidden
) -> Columns:
    """The steps where voices depend on one another."""
    classes = np.broadcast_to(allowed.classes, (*pitch.shape, NUM_CLASSES))
    tones = np.broadcast_to(allowed.needed_tones, (*pitch.shape[:2], NUM_TONES))
    is_later = np.broadcast_to(allowed.later_cells, pitch.shape)
    return Columns(
        pitch[is_bound],
        (is_open | is_later)[is_bound],
        classes[is_bound],
        tones=tones[is_bound],
        forbids_crossing=allowed.forbids_crossing,
    )
