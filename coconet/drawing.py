"""Drawing cells from logits: temperature, nucleus, and what each cell may be.

The one place where a random number becomes a pitch or a silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, REST_CLASS
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.data.errors import NumericsError

NUM_CLASSES = NUM_PITCHES + 1  # the pitches, and silence
_ABOVE_ALL, _BELOW_ALL = NUM_PITCHES, -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allowed:
    """What each cell may be.

    Args:
        classes: (batch or 1, time, voice, `NUM_CLASSES`), True = allowed; at least one
            class a free cell.
        forbids_crossing: Whether no drawn cell may lie beyond its sounding neighbour.
            The given cells must leave room for that.
    """

    classes: NDArray[np.bool_]
    forbids_crossing: bool = False

    @classmethod
    def pitches(cls, num_steps: int, *, allow_rests: bool = False) -> Allowed:
        """Return what allows every pitch, and silence where asked for."""
        classes = np.ones((1, num_steps, NUM_VOICES, NUM_CLASSES), dtype=bool)
        classes[..., REST_CLASS] = allow_rests
        return cls(classes=classes)

    def window(self, steps: slice) -> Allowed:
        """Return what is allowed in some steps."""
        return replace(self, classes=self.classes[:, steps])


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
            None stands for. Room is left for them where crossing is forbidden.

    Raises:
        NumericsError: A score is NaN or infinite.
    """
    result = np.array(pitch, dtype=np.int16)
    if allowed is None:
        allowed = Allowed.pitches(pitch.shape[1])
    classes = np.broadcast_to(allowed.classes, (*pitch.shape, NUM_CLASSES))
    if not allowed.forbids_crossing:
        result[is_drawn] = draw_pitches(
            scores[is_drawn],
            uniforms[is_drawn],
            heat=heat,
            is_allowed=classes[is_drawn],
        )
        return result
    columns = _Columns(result, is_drawn if is_open is None else is_open, classes)
    for voice in range(NUM_VOICES):
        drawn = is_drawn[:, :, voice]
        fits = columns.fits(voice)
        result[:, :, voice][drawn] = draw_pitches(
            scores[:, :, voice][drawn],
            uniforms[:, :, voice][drawn],
            heat=heat,
            is_allowed=fits[drawn],
        )
        columns.descend(voice, fits, drawn)
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
    """Say which columns can be filled without crossing, (batch, time).

    Arguments as of `draw_cells`.
    """
    classes = np.broadcast_to(allowed.classes, (*pitch.shape, NUM_CLASSES))
    columns = _Columns(pitch, is_open, classes)
    is_possible = np.ones(pitch.shape[:2], dtype=bool)
    for voice in range(NUM_VOICES):
        fits = columns.fits(voice)
        is_possible &= fits.any(axis=-1) | ~is_open[:, :, voice]
        columns.descend(voice, fits, np.zeros_like(is_possible))
    return is_possible


class _Columns:
    """What leaves room for all voices of a step, looked at from the top voice down."""

    def __init__(
        self, pitch: PitchIndex, is_open: IsHidden, classes: NDArray[np.bool_]
    ) -> None:
        self._pitch = pitch
        self._is_open = is_open
        self._classes = classes
        self._floors = _floors(pitch, is_open, classes)
        self._ceiling = np.full(pitch.shape[:2], _ABOVE_ALL)

    def fits(self, voice: int) -> NDArray[np.bool_]:
        """Return (batch, time, class): what the voice may be if it is open."""
        index = np.arange(NUM_CLASSES)
        is_between = index >= self._floors[:, :, voice + 1, None]
        is_between &= index <= self._ceiling[..., None]
        is_between[..., REST_CLASS] = True
        return np.asarray(self._classes[:, :, voice] & is_between)

    def descend(
        self, voice: int, fits: NDArray[np.bool_], is_settled: NDArray[np.bool_]
    ) -> None:
        """Go on below a voice, whose open cells are settled by now or not."""
        # Silence leaves the most room, then the highest pitch that fits.
        highest = NUM_PITCHES - 1 - fits[..., NUM_PITCHES - 1 :: -1].argmax(axis=-1)
        roomiest = np.where(fits[..., REST_CLASS], -1, highest)
        is_undecided = self._is_open[:, :, voice] & ~is_settled
        taken = np.where(is_undecided, roomiest, self._pitch[:, :, voice])
        self._ceiling = np.where(taken >= 0, taken, _ABOVE_ALL)


def _floors(
    pitch: PitchIndex, is_open: IsHidden, classes: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Lowest pitch each voice can take so that those below it still fit.

    Returns:
        (batch, time, voice + 1); -1 where it may be silent, the last is -1.
    """
    floors = np.full((*pitch.shape[:2], NUM_VOICES + 1), _BELOW_ALL, dtype=np.int64)
    for voice in reversed(range(NUM_VOICES)):
        fits = classes[:, :, voice, :NUM_PITCHES] & (
            np.arange(NUM_PITCHES) >= floors[:, :, voice + 1, None]
        )
        lowest = np.where(fits.any(axis=-1), fits.argmax(axis=-1), _ABOVE_ALL)
        lowest[classes[:, :, voice, REST_CLASS]] = _BELOW_ALL
        floors[:, :, voice] = np.where(is_open[:, :, voice], lowest, pitch[:, :, voice])
    return floors
