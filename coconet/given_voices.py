"""Likelihood of hidden voices when others are given: what harmonising is about.

Three figures, all in nats a hidden cell that sounds:
    random         The mean over all orders of the chain rule, by drawing how many and
                   which hidden cells are already known (unbiased, one forward a draw).
    chronological  The exact chain rule in order of time.
    one-shot       Every hidden cell at once: the sum of marginals, no chain rule.

Cells where a hidden voice is silent are no units, and are shown as rests: the published
network cannot predict silence. Only voices are hidden here; see
`musegen.coconet.evaluation` for whole pieces.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.contexts import (
    STEPS_PER_CALL,
    Advance,
    CellScores,
    Piece,
    PiecePitch,
    pitch_index,
    score_cells,
    truth_scores,
)
from musegen.coconet.evaluation import (
    OrderConfig,
    cell_likelihood,
    chosen_units,
    chronological_rank,
)
from musegen.coconet.likelihood import Likelihood, PieceSums
from musegen.coconet.predicting import LogitsFunction, log_probabilities
from musegen.engine.seeds import generator


def given_chain_rule(
    piece: Piece,
    logits: LogitsFunction,
    config: OrderConfig,
    *,
    given: Sequence[int],
    seed: int,
    advance: Advance | None = None,
) -> Likelihood:
    """Score the hidden voices by the exact chain rule in order of time.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        logits: The network.
        config: `voice_order` and what is scored; there is one ordering.
        given: Voices shown, 0 = soprano.
        seed: Of the units drawn.
        advance: Called with the number of cells done.

    Returns:
        A unit is a sounding cell of a hidden voice; there may be none.

    Raises:
        PitchRangeError: A pitch is not one of the network's 46.
    """
    pitch = pitch_index(piece)
    target = _target(pitch, given)
    rank = np.where(target, chronological_rank(len(pitch), config.voice_order), -1)
    cells = chosen_units(np.flatnonzero(target), config.max_units, seed)
    if not len(cells):
        return _nothing()
    scores = score_cells(pitch, rank, cells, logits, config.call, advance)
    return cell_likelihood([scores], cells, is_silent=np.zeros(len(cells), dtype=bool))


def given_one_shot(
    piece: Piece, logits: LogitsFunction, *, given: Sequence[int]
) -> Likelihood:
    """Score every cell of the hidden voices at once, none of them known.

    Arguments and result as for `given_chain_rule`; one forward pass.
    """
    pitch = pitch_index(piece)
    target = _target(pitch, given)
    cells = np.flatnonzero(target)
    if not len(cells):
        return _nothing()
    scores = _whole_pieces(pitch, target[None], logits)
    scored = CellScores(
        losses=scores.losses[0][target], is_hit=scores.is_hit[0][target]
    )
    return cell_likelihood([scored], cells, is_silent=np.zeros(len(cells), dtype=bool))


def given_over_orders(
    piece: Piece,
    logits: LogitsFunction,
    *,
    given: Sequence[int],
    num_draws: int,
    steps_per_call: int = STEPS_PER_CALL,
    seed: int,
    advance: Advance | None = None,
) -> PieceSums:
    """Estimate the mean over all orders of the loss of the hidden voices.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        logits: The network.
        given: Voices shown, 0 = soprano.
        num_draws: Draws of the number and the choice of known cells, at least 1.
        steps_per_call: Time steps in one forward pass.
        seed: Of the draws.
        advance: Called with the number of draws done.

    Returns:
        Sums over the sounding cells of the hidden voices. The whole is unbiased; each
        voice is estimated for itself, so the voices add up to it only nearly.
    """
    pitch = pitch_index(piece)
    target = _target(pitch, given)
    masks = _masks(target, num_draws, generator(seed, "given", *given))
    num_cells, size = int(target.sum()), max(1, steps_per_call // len(pitch))
    weight, loss, hits = np.zeros((3, num_draws, NUM_VOICES))
    for first in range(0, num_draws if num_cells else 0, size):
        part = slice(first, first + size)
        batch = masks[part]
        scores = _whole_pieces(pitch, batch, logits)
        share = batch / batch.sum(axis=(1, 2), keepdims=True)
        weight[part] = share.sum(axis=1)
        loss[part] = (share * scores.losses).sum(axis=1)
        hits[part] = (share * scores.is_hit).sum(axis=1)
        if advance is not None:
            advance(len(batch))
    total = float(loss.sum(axis=1).mean()) * num_cells
    drawn = weight.sum(axis=0)
    counts = np.where(drawn > 0, target.sum(axis=0), 0)
    scale = counts / np.where(drawn > 0, drawn, 1.0)
    return PieceSums(
        num_units=num_cells,
        num_sounding_units=num_cells,
        loss=total,
        single_loss=total,
        voice_cells=tuple(int(count) for count in counts),
        voice_losses=tuple(float(value) for value in scale * loss.sum(axis=0)),
        voice_hits=tuple(float(value) for value in scale * hits.sum(axis=0)),
    )


def num_hidden_cells(piece: Piece, given: Sequence[int]) -> int:
    """Return how many cells are predicted: those of hidden voices that sound."""
    return int(_target(np.asarray(piece), given).sum())


def _target(pitch: PiecePitch, given: Sequence[int]) -> NDArray[np.bool_]:
    target = pitch >= 0
    target[:, list(given)] = False
    return np.asarray(target)


def _masks(
    target: NDArray[np.bool_], num_draws: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw what is hidden: k of the n target cells, k uniform on 1 to n."""
    masks = np.zeros((num_draws, *target.shape), dtype=bool)
    where = np.nonzero(target)
    num_cells = len(where[0])
    for mask in masks if num_cells else ():
        chosen = rng.permutation(num_cells)[: int(rng.integers(1, num_cells + 1))]
        mask[tuple(axis[chosen] for axis in where)] = True
    return masks


def _whole_pieces(
    pitch: PiecePitch, is_hidden: NDArray[np.bool_], logits: LogitsFunction
) -> CellScores:
    """Score every cell under some masks, (draw, time, voice)."""
    state = np.repeat(pitch[None], len(is_hidden), axis=0)
    return truth_scores(log_probabilities(logits(state, is_hidden)), state)


def _nothing() -> Likelihood:
    """Return the likelihood of no cell at all."""
    none, never = np.zeros(0), np.zeros(0, dtype=bool)
    return Likelihood(
        units=none,
        single_units=none,
        is_silent=never,
        cell_losses=none,
        cell_hits=none,
        cell_voices=np.zeros(0, dtype=np.int64),
        is_cell_silent=never,
    )
