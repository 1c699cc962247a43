"""What a network may be told beside the pitches: onsets, metre, phrase ends.

Each plane is optional, step by step: 0 says that nothing is known there. A network
takes the planes that its config names and never hears of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES

if TYPE_CHECKING:
    from musegen.data.corpora.chorales import Chorale

Codes = NDArray[np.int8]

UNKNOWN = 0
HELD, STRUCK = 1, 2  # onset: the note goes on, or begins
PLAIN, FERMATA = 1, 2  # fermata: none, or the step sounds under one
_BEATS_TOLD = 8  # beats since and until a bar line that are told apart
NUM_ONSETS = 3
NUM_METRES = 1 + _BEATS_TOLD * _BEATS_TOLD
NUM_FERMATAS = 3
STEPS_PER_BEAT = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """What is told about a batch of grids; all int8, 0 = unknown.

    Args:
        onset: (batch, time, voice): 1 = held, 2 = struck; silent cells are 1.
        metre: (batch, time), codes of `metre_codes`.
        fermata: (batch, time): 1 = none, 2 = the step sounds under a fermata.
    """

    onset: Codes
    metre: Codes
    fermata: Codes

    def __post_init__(self) -> None:
        shape = self.metre.shape
        if (
            len(shape) != 2
            or self.fermata.shape != shape
            or self.onset.shape != (*shape, NUM_VOICES)
        ):
            raise ValueError(
                "planes must be (batch, time), onset (batch, time, "
                f"{NUM_VOICES}); received metre {shape}, fermata {self.fermata.shape}, "
                f"onset {self.onset.shape}"
            )

    @classmethod
    def unknown(cls, num_steps: int, *, num_items: int = 1) -> Planes:
        """Return planes that tell nothing."""
        flat = np.zeros((num_items, num_steps), dtype=np.int8)
        onset = np.zeros((num_items, num_steps, NUM_VOICES), dtype=np.int8)
        return cls(onset=onset, metre=flat, fermata=flat)

    def window(self, steps: slice) -> Planes:
        """Return the planes of some steps."""
        return Planes(
            onset=self.onset[:, steps],
            metre=self.metre[:, steps],
            fermata=self.fermata[:, steps],
        )

    def spread(self, num_items: int) -> Planes:
        """Return planes for `num_items` items; those of one item serve all."""
        if len(self.metre) == num_items:
            return self
        steps = self.metre.shape[1]
        return Planes(
            onset=np.broadcast_to(self.onset, (num_items, steps, NUM_VOICES)),
            metre=np.broadcast_to(self.metre, (num_items, steps)),
            fermata=np.broadcast_to(self.fermata, (num_items, steps)),
        )


def metre_codes(
    bar_phase: NDArray[np.integer], bar_length: NDArray[np.integer]
) -> Codes:
    """Say where in the bar each step lies.

    Args:
        bar_phase: (time,), steps since the bar line, at least 0.
        bar_length: (time,), steps in a full bar.

    Returns:
        (time,): 1 + 8 x beats since the bar line + beats until the next, both at most
        7. A strong beat of any metre is told from a weak one, and three-four from
        four-four.
    """
    phase = np.asarray(bar_phase, dtype=np.int64)
    left = np.maximum(np.asarray(bar_length, dtype=np.int64) - 1 - phase, 0)
    most = _BEATS_TOLD - 1
    since = np.clip(phase // STEPS_PER_BEAT, 0, most)
    until = np.clip(left // STEPS_PER_BEAT, 0, most)
    return np.asarray(1 + _BEATS_TOLD * since + until, dtype=np.int8)


def begins_bar(metre: Codes) -> NDArray[np.bool_]:
    """Return (time,), True on the first step of each bar whose metre is known."""
    is_first_beat = (metre > 0) & ((metre - 1) // _BEATS_TOLD == 0)
    before = np.concatenate([[False], is_first_beat[:-1]])
    return np.asarray(is_first_beat & ~before)


def onset_codes(is_onset: NDArray[np.bool_]) -> Codes:
    """Return 2 where a note begins and 1 elsewhere, same shape."""
    return np.where(is_onset, STRUCK, HELD).astype(np.int8)


def fermata_codes(is_fermata: NDArray[np.bool_]) -> Codes:
    """Return 2 under a fermata and 1 elsewhere, same shape."""
    return np.where(is_fermata, FERMATA, PLAIN).astype(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """A grid to train on or to measure with, and what is known about it.

    Args:
        pitch: (time, voice) int16, MIDI pitch, -1 = silence.
        onset: (time, voice), as in `Planes`.
        metre: (time,), as in `Planes`.
        fermata: (time,), as in `Planes`.
    """

    pitch: NDArray[np.int16]
    onset: Codes
    metre: Codes
    fermata: Codes

    @property
    def planes(self) -> Planes:
        """What is told of this piece, a batch of one."""
        return Planes(
            onset=self.onset[None], metre=self.metre[None], fermata=self.fermata[None]
        )


def piece_of_grid(grid: NDArray[np.integer]) -> Piece:
    """Wrap a bare grid, of which nothing else is known."""
    pitch = np.asarray(grid, dtype=np.int16)
    flat = np.zeros(len(pitch), dtype=np.int8)
    return Piece(
        pitch=pitch,
        onset=np.zeros(pitch.shape, dtype=np.int8),
        metre=flat,
        fermata=flat,
    )


def piece_of_chorale(chorale: Chorale) -> Piece:
    """Take over a chorale with its onsets, metre and fermatas."""
    return Piece(
        pitch=np.asarray(chorale.grid, dtype=np.int16),
        onset=onset_codes(chorale.is_onset),
        metre=metre_codes(chorale.bar_phase, chorale.bar_length_steps),
        fermata=fermata_codes(chorale.is_fermata),
    )


def pieces_of_chorales(chorales: Sequence[Chorale], split: str) -> list[Piece]:
    """Take over the chorales of one split, in their order."""
    return [piece_of_chorale(chorale) for chorale in chorales if chorale.split == split]
