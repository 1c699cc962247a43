"""Ordering candidates for a task: likelihood under the network, less faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH
from musegen.coconet.predicting import (
    IsHidden,
    LogitsFunction,
    PitchIndex,
    log_probabilities,
)
from musegen.coconet.voice_leading import VoiceLeading, voice_leading
from musegen.coconet.windows import WindowConfig, windows
from musegen.engine.seeds import generator

NUM_MASKS = 4  # halves of the free cells scored given the other half
# What one fault weighs, in nats: about what an event of one in twenty costs. Our own
# choice, until candidates are graded.
FAULT_NATS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateScore:
    """How good a candidate is.

    Args:
        nats_per_cell: Mean loss of a free cell given half of the others, lower is
            likelier.
        leading: Counts of faults.
        cost: What candidates are ordered by, lower is better.
    """

    nats_per_cell: float
    leading: VoiceLeading
    cost: float


def score_candidates(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    window_config: WindowConfig,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> list[CandidateScore]:
    """Score filled grids; all are scored with the same masks.

    Args:
        pitch: (batch, time, voice) indices, filled.
        is_free: (time, voice): which cells were filled.
        logits: The network.
        window_config: How a long score is cut; only what a window keeps is scored.
        seed: Of the masks.
        advance: Called with 1 after each forward pass (`NUM_MASKS` for each window).

    Returns:
        One score an item.
    """
    rng = generator(seed, "ranking")
    losses = np.zeros(len(pitch))
    for _ in range(NUM_MASKS):
        is_hidden = is_free & (rng.random(is_free.shape) < 0.5)
        for window in windows(pitch.shape[1], window_config):
            seen = slice(window.start, window.end)
            kept = slice(
                window.keep_start - window.start, window.keep_end - window.start
            )
            losses += _loss(pitch[:, seen], is_hidden[seen], kept, logits)
            if advance is not None:
                advance(1)
    num_cells = max(1, int(is_free.sum()))
    nats = losses / (0.5 * NUM_MASKS * num_cells)
    scores = []
    for item, loss in zip(pitch, nats, strict=True):
        leading = voice_leading(np.where(item >= 0, item + MIN_PITCH, -1))
        faults = leading.num_parallels + leading.crossings / 4
        cost = float(loss) + FAULT_NATS * faults / num_cells
        scores.append(
            CandidateScore(nats_per_cell=float(loss), leading=leading, cost=cost)
        )
    return scores


def _loss(
    pitch: PitchIndex,
    is_hidden: NDArray[np.bool_],
    kept: slice,
    logits: LogitsFunction,
) -> NDArray[np.float64]:
    hidden = np.repeat(is_hidden[None], len(pitch), axis=0)
    log_p = log_probabilities(logits(pitch, hidden)[:, kept])
    truth = np.maximum(pitch[:, kept], 0)[..., None].astype(np.int64)
    cells = -np.take_along_axis(log_p, truth, axis=-1)[..., 0]
    return np.asarray((cells * hidden[:, kept]).sum(axis=(1, 2)))
