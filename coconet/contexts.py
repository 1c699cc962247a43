"""Scoring units of a piece, each in a context of its own, in batches of equal size.

A context is said by ranks: a cell is shown to those of higher rank. This knows neither
protocols nor orders; `musegen.coconet.evaluation` and `musegen.coconet.given_voices`
make the ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, NUM_VOICES
from musegen.coconet.predicting import (
    LogitsFunction,
    PitchIndex,
    log_probabilities,
)
from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.errors import InputError, PitchRangeError

Piece = NDArray[np.int16]  # (time, voice), MIDI pitch, -1 = silence
PiecePitch = NDArray[np.int16]  # the same, MIN_PITCH subtracted
Rank = NDArray[np.int64]  # (time, voice), place in the order, -1 = always shown
Advance = Callable[[int], object]

STEPS_PER_CALL = 4096
"""Time steps in one forward pass. Measured with the shipped model on two cores: 16384
takes 15 % longer where nothing else runs, and as long where training runs beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConfig:
    """How the network is called; neither changes the exact protocols' meaning.

    Args:
        steps_per_call: Time steps in one forward pass, at least 1; bounds memory.
        context_steps: Only so many steps to either side of the beat of a unit are given
            to the network, whole beats; None gives the whole piece (exact). At the ends
            of a piece the same width is kept.
    """

    steps_per_call: int = STEPS_PER_CALL
    context_steps: int | None = None

    def __post_init__(self) -> None:
        if self.steps_per_call < 1:
            raise ValueError(
                f"steps_per_call must be at least 1; received {self.steps_per_call}"
            )
        context = self.context_steps
        if context is not None and (context < 0 or context % STEPS_PER_QUARTER):
            raise ValueError(
                f"context_steps must be whole beats of {STEPS_PER_QUARTER} steps; "
                f"received {context}"
            )

    def width(self, num_steps: int) -> int:
        """Return how many steps of a piece the network is given at once."""
        if self.context_steps is None:
            return num_steps
        return min(num_steps, 2 * self.context_steps + STEPS_PER_QUARTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellScores:
    """Losses of cells.

    Args:
        losses: Nats, 0 for a silent cell.
        is_hit: Whether the likeliest class is the truth; False for a silent cell.
    """

    losses: NDArray[np.float64]
    is_hit: NDArray[np.bool_]


def pitch_index(piece: Piece, *, where: str = "the piece") -> PiecePitch:
    """Return a piece in the network's pitches.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        where: What the message calls it.

    Raises:
        PitchRangeError: A pitch is not one of the network's 46.
    """
    pitch = np.asarray(piece, dtype=np.int16)
    highest = MIN_PITCH + NUM_PITCHES - 1
    is_outside = (pitch >= 0) & ((pitch < MIN_PITCH) | (pitch > highest))
    if is_outside.any():
        step, voice = np.argwhere(is_outside)[0].tolist()
        raise PitchRangeError(
            f"voice {voice + 1} of {where} has pitch {pitch[step, voice]} at step "
            f"{step}, and the network knows {MIN_PITCH} to {highest}: transpose the "
            "piece or leave it out"
        )
    return np.where(pitch >= 0, pitch - MIN_PITCH, -1).astype(np.int16)


def score_cells(
    pitch: PiecePitch,
    rank: Rank,
    cells: NDArray[np.int64],
    logits: LogitsFunction,
    config: CallConfig,
    advance: Advance | None = None,
) -> CellScores:
    """Score cells, each given the truth of all cells of lower rank.

    Args:
        pitch: (time, voice).
        rank: (time, voice).
        cells: (cell,), which: step * 4 + voice.
        logits: The network; any number of classes from 46, the pitches first.
        config: How it is called.
        advance: Called with the number of cells done.
    """
    steps, voices = np.divmod(cells, NUM_VOICES)
    losses, hits = [], []
    for part in _batches(len(cells), config.width(len(pitch)), config.steps_per_call):
        step, voice = steps[part], voices[part]
        seen = seen_steps(step, len(pitch), config)
        is_hidden = rank[seen] >= rank[step, voice][:, None, None]
        rows, place = np.arange(len(step)), step - seen[:, 0]
        log_p = log_probabilities(logits(pitch[seen], is_hidden)[rows, place, voice])
        scores = truth_scores(log_p, pitch[step, voice])
        losses.append(scores.losses)
        hits.append(scores.is_hit)
        if advance is not None:
            advance(len(step))
    return CellScores(losses=np.concatenate(losses), is_hit=np.concatenate(hits))


def score_frames(
    pitch: PiecePitch,
    rank: NDArray[np.int64],
    frames: NDArray[np.int64],
    voice_orders: NDArray[np.int64],
    logits: LogitsFunction,
    config: CallConfig,
    advance: Advance | None = None,
) -> CellScores:
    """Score frames, voice after voice, each given the network's own best guesses.

    A best guess that is fed back is always one of the pitches: a network that has a
    class for silence is never fed its own rest.

    Args:
        pitch: (time, voice).
        rank: (time,), place of each frame in the order.
        frames: (frame,), which.
        voice_orders: (frame, voice), the voices of each scored frame in their order.
        logits: The network; any number of classes from 46, the pitches first.
        config: How it is called.
        advance: Called with the number of frames done.

    Returns:
        Arrays of (frame, voice).
    """
    losses = np.zeros((len(frames), NUM_VOICES))
    is_hit = np.zeros((len(frames), NUM_VOICES), dtype=bool)
    for part in _batches(len(frames), config.width(len(pitch)), config.steps_per_call):
        frame, order = frames[part], voice_orders[part]
        seen = seen_steps(frame, len(pitch), config)
        rows, place = np.arange(len(frame)), frame - seen[:, 0]
        state = pitch[seen]
        is_hidden = np.repeat(
            (rank[seen] >= rank[frame][:, None])[:, :, None], NUM_VOICES, axis=2
        )
        for voice in order.T:
            log_p = log_probabilities(logits(state, is_hidden)[rows, place, voice])
            scores = truth_scores(log_p, pitch[frame, voice])
            losses[part][rows, voice] = scores.losses
            is_hit[part][rows, voice] = scores.is_hit
            state[rows, place, voice] = log_p[:, :NUM_PITCHES].argmax(axis=-1)
            is_hidden[rows, place, voice] = False
        if advance is not None:
            advance(len(frame))
    return CellScores(losses=losses, is_hit=is_hit)


def truth_scores(log_p: NDArray[np.float64], truth: PitchIndex) -> CellScores:
    """Score the truth under log probabilities.

    Args:
        log_p: (..., class), of at least the 46 pitches.
        truth: (...), pitch index, -1 = silence, which costs nothing.
    """
    is_note = truth >= 0
    index = np.maximum(truth, 0).astype(np.int64)[..., None]
    chosen = np.take_along_axis(log_p, index, axis=-1)[..., 0]
    return CellScores(
        losses=np.where(is_note, -chosen, 0.0),
        is_hit=np.asarray(is_note & (log_p.argmax(axis=-1) == truth)),
    )


def seen_steps(
    steps: NDArray[np.int64], num_steps: int, config: CallConfig
) -> NDArray[np.int64]:
    """Return the steps that the network is given for each unit.

    Args:
        steps: (row,), where the units lie.
        num_steps: Length of the piece.
        config: Says how much is seen.

    Returns:
        (row, width), consecutive steps that hold the unit and begin on a beat.

    Raises:
        InputError: A limited context, and a piece that is not whole beats long.
    """
    width = config.width(num_steps)
    if config.context_steps is not None and num_steps % STEPS_PER_QUARTER:
        raise InputError(
            f"a context of {config.context_steps} steps needs pieces of whole beats, "
            f"and this one has {num_steps} steps: leave the context out"
        )
    if width == num_steps or config.context_steps is None:
        first = np.zeros_like(steps)
    else:
        beat = steps // STEPS_PER_QUARTER * STEPS_PER_QUARTER
        first = np.clip(beat - config.context_steps, 0, num_steps - width)
    return np.asarray(first[:, None] + np.arange(width))


def _batches(num_rows: int, width: int, steps_per_call: int) -> Iterator[slice]:
    size = max(1, steps_per_call // width)
    for first in range(0, num_rows, size):
        yield slice(first, first + size)
