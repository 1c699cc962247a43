"""Which cells a network is trained to fill: masks over (time, voice), True = hidden.

Each kind is a function of the places of a crop and a generator. `orderless` is the
paper's; the others show the network the contexts it is used in, which uniform masks
almost never contain: whole voices missing, beats, spans, bars or cadences missing, the
past only, whole frames missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.planes import STEPS_PER_BEAT

Mask = NDArray[np.bool_]
Emphasis = NDArray[np.float32]

_FRONTIER_STEPS = 4.0  # how fast the emphasis of `future` fades
_FAR_EMPHASIS = 0.02
_PARTLY_SHOWN_EMPHASIS = 8.0
_BAR_STEPS = 16  # where no metre is known


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """What a mask may depend on; step 0 lies on a beat.

    Args:
        num_steps: Length, at least 1.
        bar_lines: (time,), True on the first step of each bar; none where unknown.
        fermatas: (time,), True under a fermata; none where unknown.
    """

    num_steps: int
    bar_lines: NDArray[np.bool_]
    fermatas: NDArray[np.bool_]

    @classmethod
    def bare(cls, num_steps: int) -> Places:
        """Return places without known bar lines or fermatas."""
        nothing = np.zeros(num_steps, dtype=bool)
        return cls(num_steps=num_steps, bar_lines=nothing, fermatas=nothing)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnMask:
    """A mask and how its cells count.

    Args:
        kind: Key of `KINDS`.
        is_hidden: (time, voice), at least one True.
        emphasis: (time, voice), weight of each hidden cell beside the others.
    """

    kind: str
    is_hidden: Mask
    emphasis: Emphasis


MaskSampler = Callable[[Places, np.random.Generator], Mask]


def orderless(places: Places, generator: np.random.Generator) -> Mask:
    """Hide k cells chosen uniformly, k uniform on 1 to all.

    Source:
        Huang et al., ISMIR 2017 (orderless NADE); every size of context is equally
        likely.
    """
    return _some_of(places.num_steps * NUM_VOICES, generator).reshape(-1, NUM_VOICES)


def beats(places: Places, generator: np.random.Generator) -> Mask:
    """Hide k beats of single voices, k uniform on 1 to all: what block sampling asks.

    Held notes then cannot be copied from the step before.
    """
    num_beats = -(-places.num_steps // STEPS_PER_BEAT)
    chosen = _some_of(num_beats * NUM_VOICES, generator).reshape(-1, NUM_VOICES)
    return np.repeat(chosen, STEPS_PER_BEAT, axis=0)[: places.num_steps]


def frames(places: Places, generator: np.random.Generator) -> Mask:
    """Hide whole frames, their number uniform; one in eight of them is partly shown.

    The contexts of framewise evaluation in random order: all other frames are wholly
    known or wholly unknown while the voices of one frame are predicted one after
    another.
    """
    num_hidden = int(generator.integers(1, places.num_steps + 1))
    chosen = generator.permutation(places.num_steps)[:num_hidden]
    is_hidden = np.zeros((places.num_steps, NUM_VOICES), dtype=bool)
    is_hidden[chosen] = True
    partly = chosen[: max(1, num_hidden // 8)]
    is_hidden[partly] = _some_voices(len(partly), generator)
    return is_hidden


def future(places: Places, generator: np.random.Generator) -> Mask:
    """Hide everything after a moment, and some voices of the frame at that moment.

    In a third of the draws some voices are given throughout, as when a melody is
    harmonised in order of time.
    """
    now = int(generator.integers(places.num_steps))
    is_hidden = np.zeros((places.num_steps, NUM_VOICES), dtype=bool)
    is_hidden[now:] = True
    is_hidden[now] = _some_voices(1, generator)[0]
    if generator.random() < 1 / 3:
        is_hidden &= _hidden_voices(generator)
    return is_hidden


def voices(places: Places, generator: np.random.Generator) -> Mask:
    """Hide whole voices, then show some of their cells again (half of the time none).

    In half of the draws the soprano alone is given, as when harmonising a melody; else
    any choice of one to three hidden voices. The cells shown again, steps or whole
    beats, are those a Gibbs sampler has filled.
    """
    hidden_rate = 1.0 if generator.random() < 0.5 else generator.random()
    unit = 1 if generator.random() < 0.5 else STEPS_PER_BEAT
    num_units = -(-places.num_steps // unit)
    is_hidden = generator.random((num_units, NUM_VOICES)) < hidden_rate
    is_hidden = np.repeat(is_hidden, unit, axis=0)[: places.num_steps]
    return is_hidden & _hidden_voices(generator)


def spans(places: Places, generator: np.random.Generator) -> Mask:
    """Hide spans of one beat to four bars, in all voices or in some."""
    is_hidden = np.zeros((places.num_steps, NUM_VOICES), dtype=bool)
    for _ in range(int(generator.integers(1, 5))):
        length = int(np.exp(generator.uniform(np.log(4), np.log(65))))
        start = int(generator.integers(-length + 1, places.num_steps))
        is_hidden[max(0, start) : start + length] |= _all_or_some(generator)
    return is_hidden


def bars(places: Places, generator: np.random.Generator) -> Mask:
    """Hide one to four whole bars in a row, in all voices or in some."""
    starts = np.flatnonzero(places.bar_lines)
    if not len(starts):
        first = STEPS_PER_BEAT * int(generator.integers(_BAR_STEPS // STEPS_PER_BEAT))
        starts = np.arange(first, max(places.num_steps, first + 1), _BAR_STEPS)
    edges = np.append(starts, places.num_steps)
    index = int(generator.integers(len(starts)))
    last = min(index + int(generator.integers(1, 5)), len(edges) - 1)
    is_hidden = np.zeros((places.num_steps, NUM_VOICES), dtype=bool)
    is_hidden[edges[index] : edges[last]] = _all_or_some(generator)
    return is_hidden


def cadence(places: Places, generator: np.random.Generator) -> Mask:
    """Hide the two to eight beats that lead into the end of a phrase, and that end.

    A phrase ends with a note under a fermata; where none is known, with the crop.
    """
    under = places.fermatas
    ends = np.flatnonzero(under & ~np.append(under[1:], False)) + 1
    end = int(generator.choice(ends)) if len(ends) else places.num_steps
    length = STEPS_PER_BEAT * int(generator.integers(2, 9))
    is_hidden = np.zeros((places.num_steps, NUM_VOICES), dtype=bool)
    is_hidden[max(0, end - length) : end] = _all_or_some(generator)
    return is_hidden


KINDS: Mapping[str, MaskSampler] = {
    "orderless": orderless,
    "beats": beats,
    "frames": frames,
    "future": future,
    "voices": voices,
    "spans": spans,
    "bars": bars,
    "cadence": cadence,
}


def check_mixture(mixture: Mapping[str, float]) -> None:
    """Refuse weights that no kind can be drawn by.

    Raises:
        ValueError: An unknown kind, a negative weight, or none above 0.
    """
    if unknown := sorted(set(mixture) - set(KINDS)):
        raise ValueError(
            f"mask_mixture knows {', '.join(KINDS)}; received {', '.join(unknown)}"
        )
    weights = list(mixture.values())
    if not (all(weight >= 0.0 for weight in weights) and sum(weights) > 0.0):
        raise ValueError(
            "mask_mixture needs weights of at least 0, one of them above 0; received "
            f"{dict(mixture)}"
        )


def draw_mask(
    places: Places, mixture: Mapping[str, float], *, generator: np.random.Generator
) -> DrawnMask:
    """Draw a mask of a kind chosen by weight.

    Args:
        places: Of the crop.
        mixture: Weight of each kind (keys of `KINDS`), at least one above 0.
        generator: Source of randomness.

    Raises:
        ValueError: An unknown kind, a negative weight, or none above 0.
    """
    check_mixture(mixture)
    kinds = list(mixture)
    weights = np.array([mixture[kind] for kind in kinds], dtype=float)
    kind = kinds[int(generator.choice(len(kinds), p=weights / weights.sum()))]
    is_hidden = KINDS[kind](places, generator)
    if not is_hidden.any():
        step, voice = generator.integers(places.num_steps), generator.integers(4)
        is_hidden[step, voice] = True
    return DrawnMask(kind=kind, is_hidden=is_hidden, emphasis=emphasis(kind, is_hidden))


def emphasis(kind: str, is_hidden: Mask) -> Emphasis:
    """Return how much each hidden cell counts beside the others of its example.

    After a moment, what comes next is asked for; what lies far ahead can hardly be
    known and would drown it. Of frames, the partly shown ones stand for three of the
    four predictions of a frame. Elsewhere all cells count alike.
    """
    weights = np.ones(is_hidden.shape, dtype=np.float32)
    if kind == "future":
        now = int(is_hidden.any(axis=1).argmax())
        ahead = np.maximum(np.arange(len(is_hidden)) - now, 0)
        fading = _FAR_EMPHASIS + np.exp(-ahead / _FRONTIER_STEPS)
        weights *= fading[:, None].astype(np.float32)
    elif kind == "frames":
        num_hidden = is_hidden.sum(axis=1)
        is_partly = (num_hidden > 0) & (num_hidden < NUM_VOICES)
        weights[is_partly] = _PARTLY_SHOWN_EMPHASIS
    return weights


def _some_of(num_cells: int, generator: np.random.Generator) -> Mask:
    """Hide k of them chosen uniformly, k uniform on 1 to all."""
    num_hidden = int(generator.integers(1, num_cells + 1))
    is_hidden = np.zeros(num_cells, dtype=bool)
    is_hidden[generator.permutation(num_cells)[:num_hidden]] = True
    return is_hidden


def _hidden_voices(generator: np.random.Generator) -> NDArray[np.bool_]:
    """Alto, tenor and bass in half of the draws, else any one to three voices."""
    hidden = np.array([False, True, True, True])
    if generator.random() < 0.5:
        hidden = _some_voices(1, generator)[0]
        hidden[generator.integers(NUM_VOICES)] = False
        if not hidden.any():
            hidden[generator.integers(1, NUM_VOICES)] = True
    return hidden


def _all_or_some(generator: np.random.Generator) -> NDArray[np.bool_]:
    if generator.random() < 0.5:
        return np.ones(NUM_VOICES, dtype=bool)
    return np.asarray(_some_voices(1, generator)[0])


def _some_voices(num_draws: int, generator: np.random.Generator) -> Mask:
    """Hide one to four voices in each row, every number equally likely."""
    rank = generator.random((num_draws, NUM_VOICES)).argsort(axis=1).argsort(axis=1)
    num_hidden = generator.integers(1, NUM_VOICES + 1, size=(num_draws, 1))
    return np.asarray(rank < num_hidden)
