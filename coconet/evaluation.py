"""Likelihood of four-part pieces under a network, by the published protocols.

Conventions:
    framewise   Frames in random or chronological order; inside a frame the voices in
                random order, each predicted with the network's own best guesses of the
                voices before it. Not a chain-rule likelihood. Nats a frame.
    notewise    All cells one after another, each given the truth of those before: the
                exact chain rule. Nats a cell.

Several orderings are averaged in probability space, unit by unit. What the losses mean
together is in `musegen.coconet.likelihood`, hidden voices beside given ones in
`musegen.coconet.given_voices`.

Source:
    Huang et al., ISMIR 2017, section 4, and the released evaluator, which evaluates
    whole pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.contexts import (
    Advance,
    CallConfig,
    CellScores,
    Piece,
    Rank,
    pitch_index,
    score_cells,
    score_frames,
)
from musegen.coconet.likelihood import Likelihood
from musegen.coconet.predicting import LogitsFunction
from musegen.engine.seeds import generator

CHRONOLOGICAL = "chronological"
RANDOM = "random"
SCORE_ORDER = (0, 1, 2, 3)  # soprano to bass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfig:
    """In which order a piece is read, and how much of it is scored.

    Args:
        order: `random` or `chronological`.
        num_orderings: Orderings averaged in probability space, at least 1.
        max_units: Score only so many units, drawn at random; None scores all. The mean
            is an unbiased estimate.
        voice_order: The voices inside a step where cells come in order of time.
        call: How the network is called.
    """

    order: str = CHRONOLOGICAL
    num_orderings: int = 1
    max_units: int | None = None
    voice_order: tuple[int, ...] = SCORE_ORDER
    call: CallConfig = field(default_factory=CallConfig)

    def __post_init__(self) -> None:
        if self.order not in (RANDOM, CHRONOLOGICAL):
            raise ValueError(
                f"order must be 'random' or 'chronological'; received {self.order!r}"
            )
        if self.num_orderings < 1:
            raise ValueError(
                f"num_orderings must be at least 1; received {self.num_orderings}"
            )
        if self.max_units is not None and self.max_units < 1:
            raise ValueError(f"max_units must be at least 1; received {self.max_units}")
        if sorted(self.voice_order) != list(range(NUM_VOICES)):
            raise ValueError(
                f"voice_order must hold each of 0 to {NUM_VOICES - 1} once; received "
                f"{self.voice_order}"
            )


def framewise(
    piece: Piece,
    logits: LogitsFunction,
    config: OrderConfig,
    *,
    seed: int,
    advance: Advance | None = None,
) -> Likelihood:
    """Score a piece frame by frame.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        logits: The network.
        config: Order; `voice_order` has no influence, as voices come in random order.
        seed: Of the orderings and of the units drawn; the caller derives it from the
            piece.
        advance: Called with the number of frames done, over all orderings.

    Returns:
        A unit is a frame: nats of its four voices.

    Raises:
        PitchRangeError: A pitch is not one of the network's 46.
    """
    pitch = pitch_index(piece)
    chosen = chosen_units(np.arange(len(pitch)), config.max_units, seed)
    runs = []
    for index in range(config.num_orderings):
        rng = generator(seed, "framewise", index)
        rank = _ranks(len(pitch), config.order, rng)
        voice_orders = rng.permuted(
            np.tile(np.arange(NUM_VOICES), (len(pitch), 1)), axis=1
        )[chosen]
        runs.append(
            score_frames(
                pitch, rank, chosen, voice_orders, logits, config.call, advance
            )
        )
    losses = np.stack([run.losses for run in runs])  # (ordering, frame, voice)
    is_silent = pitch[chosen] < 0
    return Likelihood(
        units=_mean_probability(losses.sum(axis=-1)),
        single_units=losses.sum(axis=-1).mean(axis=0),
        is_silent=np.asarray(is_silent.all(axis=1)),
        cell_losses=losses.mean(axis=0).reshape(-1),
        cell_hits=np.mean([run.is_hit for run in runs], axis=0).reshape(-1),
        cell_voices=np.tile(np.arange(NUM_VOICES), len(chosen)),
        is_cell_silent=is_silent.reshape(-1),
    )


def notewise(
    piece: Piece,
    logits: LogitsFunction,
    config: OrderConfig,
    *,
    seed: int,
    advance: Advance | None = None,
) -> Likelihood:
    """Score a piece cell by cell: the exact chain rule of one or more orderings.

    Chronological means in order of time and, inside a step, of `config.voice_order`.
    All such orderings are the same one, so it is run once, whatever `num_orderings`
    says. Arguments as for `framewise`; a unit is a cell.
    """
    pitch = pitch_index(piece)
    cells = chosen_units(np.arange(pitch.size), config.max_units, seed)
    runs = []
    for index in range(num_distinct_orderings(config)):
        if config.order == CHRONOLOGICAL:
            rank = chronological_rank(len(pitch), config.voice_order)
        else:
            rng = generator(seed, "notewise", index)
            rank = _ranks(pitch.size, config.order, rng).reshape(pitch.shape)
        runs.append(score_cells(pitch, rank, cells, logits, config.call, advance))
    return cell_likelihood(runs, cells, is_silent=(pitch < 0).reshape(-1)[cells])


def num_distinct_orderings(config: OrderConfig) -> int:
    """Return how many orderings `notewise` runs: there is one order of time."""
    return 1 if config.order == CHRONOLOGICAL else config.num_orderings


def chronological_rank(num_steps: int, voice_order: Sequence[int]) -> Rank:
    """Return the place of each cell, (time, voice), in order of time."""
    place = np.argsort(np.asarray(voice_order))
    return np.asarray(NUM_VOICES * np.arange(num_steps)[:, None] + place)


def chosen_units(
    units: NDArray[np.int64], max_units: int | None, seed: int
) -> NDArray[np.int64]:
    """Return which units are scored, ascending."""
    if max_units is None or max_units >= len(units):
        return units
    drawn = generator(seed, "units").permutation(len(units))[:max_units]
    return np.asarray(units[np.sort(drawn)])


def cell_likelihood(
    runs: Sequence[CellScores],
    cells: NDArray[np.int64],
    *,
    is_silent: NDArray[np.bool_],
) -> Likelihood:
    """Put together the scores of the same cells in several orderings.

    Args:
        runs: One an ordering, arrays of (cell,).
        cells: (cell,), step * 4 + voice.
        is_silent: (cell,).
    """
    losses = np.stack([run.losses for run in runs])
    single = losses.mean(axis=0)
    return Likelihood(
        units=_mean_probability(losses),
        single_units=single,
        is_silent=is_silent,
        cell_losses=single,
        cell_hits=np.mean([run.is_hit for run in runs], axis=0),
        cell_voices=cells % NUM_VOICES,
        is_cell_silent=is_silent,
    )


def _ranks(num_units: int, order: str, rng: np.random.Generator) -> NDArray[np.int64]:
    """Place of each unit in the order."""
    if order == CHRONOLOGICAL:
        return np.arange(num_units)
    return rng.permutation(num_units)


def _mean_probability(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over the first axis in probability space."""
    lowest = losses.min(axis=0)
    return np.asarray(lowest - np.log(np.exp(lowest - losses).mean(axis=0)))
