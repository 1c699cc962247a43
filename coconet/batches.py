"""Batches to train and validate on: crops, transposition, what is told, masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, NUM_VOICES
from musegen.coconet.masks import Places, draw_mask
from musegen.coconet.planes import (
    FERMATA,
    STEPS_PER_BEAT,
    STRUCK,
    UNKNOWN,
    Piece,
    Planes,
    begins_bar,
)
from musegen.engine.training import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How often a crop's network is told what is known beside the pitches.

    Args:
        metre: Share of crops with their metre.
        fermata: Share of crops with their fermatas.
        onset: Share of crops with onsets; in those, each voice's with even chance.
    """

    metre: float = 0.65
    fermata: float = 0.5
    onset: float = 0.5

    def __post_init__(self) -> None:
        for name in ("metre", "fermata", "onset"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(
                    f"{name} must lie in [0, 1]; received {getattr(self, name)}"
                )


EVERYTHING = Telling(metre=1.0, fermata=1.0, onset=1.0)
NOTHING = Telling(metre=0.0, fermata=0.0, onset=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """One batch before it becomes a framework's.

    Args:
        pitch: (batch, time, voice) index, -1 = silence.
        is_hidden: Same shape.
        emphasis: Same shape, how much hidden cells count beside one another.
        told: What the network is told.
        onset: (batch, time, voice), the true onset codes, 0 = unknown.
    """

    pitch: NDArray[np.int32]
    is_hidden: NDArray[np.bool_]
    emphasis: NDArray[np.float32]
    told: Planes
    onset: NDArray[np.int8]


def draw_batch(
    pieces: Sequence[Piece],
    *,
    batch_size: int,
    crop_steps: int,
    mixture: Mapping[str, float],
    max_transposition: int,
    telling: Telling,
    generator: np.random.Generator,
) -> Draw:
    """Draw crops and masks.

    Args:
        pieces: Each at least `crop_steps` long.
        batch_size: Crops.
        crop_steps: Steps of each; crops begin on a beat.
        mixture: Weight of each kind of mask.
        max_transposition: Semitones either way, within the network's range.
        telling: What is told how often.
        generator: Source of randomness.
    """
    rows = [
        _draw_crop(
            pieces[int(generator.integers(len(pieces)))],
            crop_steps,
            mixture,
            max_transposition,
            telling,
            generator,
        )
        for _ in range(batch_size)
    ]
    pitch, is_hidden, emphasis, onset, told, metre, fermata = (
        np.stack(column) for column in zip(*rows, strict=True)
    )
    return Draw(
        pitch=pitch,
        is_hidden=is_hidden,
        emphasis=emphasis,
        onset=onset,
        told=Planes(onset=told, metre=metre, fermata=fermata),
    )


def _draw_crop(
    piece: Piece,
    crop_steps: int,
    mixture: Mapping[str, float],
    max_transposition: int,
    telling: Telling,
    generator: np.random.Generator,
) -> tuple[NDArray[np.generic], ...]:
    """Pitch, is_hidden, emphasis, true onset, told onset, metre, fermata of a crop."""
    num_starts = (len(piece.pitch) - crop_steps) // STEPS_PER_BEAT + 1
    start = STEPS_PER_BEAT * int(generator.integers(num_starts))
    steps = slice(start, start + crop_steps)
    pitch = transposed(
        np.asarray(piece.pitch[steps], dtype=np.int32), max_transposition, generator
    )
    metre, fermata, onset = piece.metre[steps], piece.fermata[steps], piece.onset[steps]
    places = Places(
        num_steps=crop_steps, bar_lines=begins_bar(metre), fermatas=fermata == FERMATA
    )
    mask = draw_mask(places, mixture, generator=generator)
    tells_metre, tells_fermata, tells_onset = generator.random(3) < (
        telling.metre,
        telling.fermata,
        telling.onset,
    )
    # At a rate of 1 all voices are told, below it each with even chance.
    is_voice_told = generator.random(NUM_VOICES) < max(0.5, 2.0 * telling.onset - 1.0)
    return (
        pitch,
        mask.is_hidden,
        mask.emphasis,
        onset,
        onset * (tells_onset & is_voice_told & ~mask.is_hidden).astype(np.int8),
        metre * np.int8(tells_metre),
        fermata * np.int8(tells_fermata),
    )


def transposed(
    crop: NDArray[np.int32], limit: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return pitch indices, transposed by a uniform interval that stays in range."""
    is_note = crop >= 0
    index = np.where(is_note, crop - MIN_PITCH, -1)
    if not is_note.any():
        return index
    lowest, highest = int(index[is_note].min()), int(index.max())
    low, high = max(-limit, -lowest), min(limit, NUM_PITCHES - 1 - highest)
    shift = int(generator.integers(low, high + 1)) if low <= high else 0
    return np.where(is_note, index + shift, -1)


def is_onset_asked(draw: Draw) -> NDArray[np.bool_]:
    """Which onsets are a question: the note stays on its pitch and nothing is told.

    Only cells that are shown, beside a shown cell, are asked: onsets are written when
    the pitches are.
    """
    before = np.full_like(draw.pitch, -1)
    before[:, 1:] = draw.pitch[:, :-1]
    hidden_before = np.ones_like(draw.is_hidden)
    hidden_before[:, 1:] = draw.is_hidden[:, :-1]
    stays = (draw.pitch >= 0) & (draw.pitch == before)
    is_open = (draw.told.onset == UNKNOWN) & (draw.onset != UNKNOWN)
    return np.asarray(stays & is_open & ~draw.is_hidden & ~hidden_before)


def keras_batch(
    draw: Draw, *, planes: Sequence[str], onset_share: float | None
) -> Batch:
    """Return inputs, targets and weights as a compiled model takes them.

    Args:
        draw: The batch.
        planes: Planes that the network takes.
        onset_share: Weight of the onsets beside the pitches; None where the network
            writes no onsets.
    """
    from musegen.coconet.losses import cell_weights, onset_weights

    inputs = {
        "pitch": draw.pitch,
        "is_hidden": draw.is_hidden.astype(np.float32),
        **{name: getattr(draw.told, name).astype(np.int32) for name in planes},
    }
    targets: dict[str, NDArray[np.generic]] = {"logits": draw.pitch}
    weights = {"logits": cell_weights(draw.is_hidden, draw.emphasis)}
    if onset_share is not None:
        targets["onset_odds"] = (draw.onset == STRUCK).astype(np.float32)
        weights["onset_odds"] = onset_weights(is_onset_asked(draw), share=onset_share)
    return inputs, targets, weights
