"""Which cells a network is trained to fill: masks over (time, voice), True = hidden.

Each kind is a function of a shape and a generator. `orderless` is the paper's; the
others show the network the contexts it is used in, which uniform masks almost never
contain: whole voices missing, spans missing, the past only, whole frames missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES

Mask = NDArray[np.bool_]
MaskSampler = Callable[[int, np.random.Generator], Mask]


def orderless(num_steps: int, generator: np.random.Generator) -> Mask:
    """Hide k cells chosen uniformly, k uniform on 1 to all.

    Source:
        Huang et al., ISMIR 2017 (orderless NADE); every size of context is equally
        likely.
    """
    num_cells = num_steps * NUM_VOICES
    num_hidden = int(generator.integers(1, num_cells + 1))
    is_hidden = np.zeros(num_cells, dtype=bool)
    is_hidden[generator.permutation(num_cells)[:num_hidden]] = True
    return is_hidden.reshape(num_steps, NUM_VOICES)


def frames(num_steps: int, generator: np.random.Generator) -> Mask:
    """Hide whole frames, their number uniform; one in eight of them is partly shown.

    The contexts of framewise evaluation in random order: all other frames are wholly
    known or wholly unknown while the voices of one frame are predicted one after
    another.
    """
    num_hidden = int(generator.integers(1, num_steps + 1))
    chosen = generator.permutation(num_steps)[:num_hidden]
    is_hidden = np.zeros((num_steps, NUM_VOICES), dtype=bool)
    is_hidden[chosen] = True
    partly = chosen[: max(1, num_hidden // 8)]
    is_hidden[partly] = _some_voices(len(partly), generator)
    return is_hidden


def future(num_steps: int, generator: np.random.Generator) -> Mask:
    """Hide everything after a moment, and some voices of the frame at that moment.

    The hidden length is log-uniform: the frames just after the moment are those that a
    prediction in order of time asks for.
    """
    length = int(np.exp(generator.uniform(0.0, np.log(num_steps + 1))))
    now = num_steps - min(length, num_steps)
    is_hidden = np.zeros((num_steps, NUM_VOICES), dtype=bool)
    is_hidden[now:] = True
    is_hidden[now] = _some_voices(1, generator)[0]
    return is_hidden


def voices(num_steps: int, generator: np.random.Generator) -> Mask:
    """Hide whole voices, then show some of their cells again (half of the time none).

    In half of the draws the soprano alone is given, as when harmonising a melody; else
    any choice of one to three hidden voices. The cells shown again are those a Gibbs
    sampler has filled.
    """
    hidden_voice = np.array([False, True, True, True])
    if generator.random() < 0.5:
        hidden_voice = _some_voices(1, generator)[0]
        hidden_voice[generator.integers(NUM_VOICES)] = False
        if not hidden_voice.any():
            hidden_voice[generator.integers(1, NUM_VOICES)] = True
    hidden_rate = 1.0 if generator.random() < 0.5 else generator.random()
    is_hidden = generator.random((num_steps, NUM_VOICES)) < hidden_rate
    is_hidden &= hidden_voice
    return is_hidden


def spans(num_steps: int, generator: np.random.Generator) -> Mask:
    """Hide spans of one beat to four bars, in all voices or in some."""
    is_hidden = np.zeros((num_steps, NUM_VOICES), dtype=bool)
    for _ in range(int(generator.integers(1, 5))):
        length = int(np.exp(generator.uniform(np.log(4), np.log(65))))
        start = int(generator.integers(-length + 1, num_steps))
        if generator.random() < 0.5:
            which = np.ones(NUM_VOICES, dtype=bool)
        else:
            which = _some_voices(1, generator)[0]
        is_hidden[max(0, start) : start + length] |= which
    return is_hidden


KINDS: Mapping[str, MaskSampler] = {
    "orderless": orderless,
    "frames": frames,
    "future": future,
    "voices": voices,
    "spans": spans,
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
    num_steps: int, mixture: Mapping[str, float], *, generator: np.random.Generator
) -> Mask:
    """Draw a mask of a kind chosen by weight.

    Args:
        num_steps: Length, at least 1.
        mixture: Weight of each kind (keys of `KINDS`), at least one above 0.
        generator: Source of randomness.

    Returns:
        (time, voice), True = hidden, at least one cell.

    Raises:
        ValueError: An unknown kind, a negative weight, or none above 0.
    """
    check_mixture(mixture)
    kinds = list(mixture)
    weights = np.array([mixture[kind] for kind in kinds], dtype=float)
    kind = kinds[int(generator.choice(len(kinds), p=weights / weights.sum()))]
    is_hidden = KINDS[kind](num_steps, generator)
    if not is_hidden.any():
        is_hidden[generator.integers(num_steps), generator.integers(NUM_VOICES)] = True
    return is_hidden


def _some_voices(num_draws: int, generator: np.random.Generator) -> Mask:
    """Hide one to four voices in each row, every number equally likely."""
    rank = generator.random((num_draws, NUM_VOICES)).argsort(axis=1).argsort(axis=1)
    num_hidden = generator.integers(1, NUM_VOICES + 1, size=(num_draws, 1))
    return np.asarray(rank < num_hidden)
