"""Likelihood of four-part pieces under a network, by the published protocols.

All values are natural-log losses. Silent cells count as units of loss 0, as in the
released evaluator, and are also reported apart.

Conventions:
    framewise   Frames in random or chronological order; inside a frame the voices in
                random order, each predicted with the network's own best guesses of the
                voices before it. Not a chain-rule likelihood. Nats a frame.
    notewise    All cells one after another, each given the truth of those before. Nats
                a cell.
    given       Nats a hidden cell when some voices are given: the mean over all orders,
                by drawing how many of the hidden cells are already known (unbiased).

Source:
    Huang et al., ISMIR 2017, section 4, and the released evaluator, which evaluates
    whole pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, NUM_VOICES
from musegen.coconet.predicting import LogitsFunction, log_probabilities
from musegen.data.errors import PitchRangeError
from musegen.engine.seeds import generator

Piece = NDArray[np.int16]  # (time, voice), MIDI pitch, -1 = silence
Advance = Callable[[int], None]
_CELLS_PER_CALL = 16384  # time steps in one forward pass; bounds memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Losses of one piece.

    Args:
        units: Loss of each scored frame or cell, averaged over orderings in
            probability space.
        single_units: The same for one ordering: the plain mean over orderings.
        is_silent: Which units are wholly silent (their loss is 0).
    """

    units: NDArray[np.float64]
    single_units: NDArray[np.float64]
    is_silent: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """Mean over all units."""
        return float(self.units.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Losses of many pieces.

    Args:
        piece_mean: Mean over pieces of the mean over units.
        single_piece_mean: The same for one ordering in place of the average.
        piece_standard_error: Standard deviation over pieces by the root of their
            number.
        unit_mean: Mean over all units of all pieces.
        sounding_unit_mean: Same without silent units.
        num_pieces: Pieces.
        num_units: Units.
    """

    piece_mean: float
    single_piece_mean: float
    piece_standard_error: float
    unit_mean: float
    sounding_unit_mean: float
    num_pieces: int
    num_units: int


def summarize(likelihoods: Sequence[Likelihood]) -> Summary:
    """Aggregate as the published tables do (means over pieces) and over units."""
    means = [likelihood.mean for likelihood in likelihoods]
    piece_mean, piece_standard_error = summarize_means(means)
    units = np.concatenate([likelihood.units for likelihood in likelihoods])
    silent = np.concatenate([likelihood.is_silent for likelihood in likelihoods])
    sounding = units[~silent]
    return Summary(
        piece_mean=piece_mean,
        single_piece_mean=float(
            np.mean([likelihood.single_units.mean() for likelihood in likelihoods])
        ),
        piece_standard_error=piece_standard_error,
        unit_mean=float(units.mean()),
        sounding_unit_mean=float(sounding.mean()) if sounding.size else 0.0,
        num_pieces=len(means),
        num_units=len(units),
    )


def summarize_means(means: Sequence[float]) -> tuple[float, float]:
    """Return the mean over pieces and its standard error."""
    values = np.array(means, dtype=float)
    return float(values.mean()), float(values.std() / np.sqrt(len(values)))


def framewise(
    piece: Piece,
    logits: LogitsFunction,
    *,
    order: str,
    num_orderings: int = 1,
    max_units: int | None = None,
    seed: int,
    advance: Advance | None = None,
) -> Likelihood:
    """Score a piece frame by frame.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        logits: The network.
        order: `random` or `chronological`.
        num_orderings: Orderings averaged in probability space.
        max_units: Score only so many frames, drawn at random; None scores all. The mean
            is an unbiased estimate.
        seed: Of the orderings and the draw; the caller derives it from the piece.
        advance: Called with the number of frames done.

    Returns:
        Nats of each scored frame, the sum of its four voices.

    Raises:
        PitchRangeError: A pitch is not one of the network's 46.
        ValueError: No such order.
    """
    pitch = _pitch_index(piece)
    chosen = _chosen_units(len(pitch), max_units, seed)
    runs = []
    for index in range(num_orderings):
        rng = generator(seed, "framewise", index)
        rank = _ranks(len(pitch), order, rng)
        runs.append(_framewise_once(pitch, rank, chosen, logits, rng, advance))
    return _likelihood(runs, np.asarray((pitch < 0).all(axis=1))[chosen])


def _framewise_once(
    pitch: NDArray[np.int16],
    rank: NDArray[np.int64],
    chosen: NDArray[np.int64],
    logits: LogitsFunction,
    rng: np.random.Generator,
    advance: Advance | None,
) -> NDArray[np.float64]:
    num_steps = len(pitch)
    voice_orders = rng.permuted(np.tile(np.arange(NUM_VOICES), (num_steps, 1)), axis=1)
    losses = []
    size = max(1, _CELLS_PER_CALL // num_steps)
    for first in range(0, len(chosen), size):
        frames = chosen[first : first + size]
        losses.append(_score_frames(pitch, rank, frames, voice_orders[frames], logits))
        if advance is not None:
            advance(len(frames))
    return np.concatenate(losses)


def _score_frames(
    pitch: NDArray[np.int16],
    rank: NDArray[np.int64],
    frames: NDArray[np.int64],
    voice_orders: NDArray[np.int64],
    logits: LogitsFunction,
) -> NDArray[np.float64]:
    rows = np.arange(len(frames))
    state = np.repeat(pitch[None], len(frames), axis=0)
    is_hidden = np.repeat(
        (rank[None, :] >= rank[frames][:, None])[:, :, None], NUM_VOICES, axis=2
    )
    losses = np.zeros(len(frames))
    for place in range(NUM_VOICES):
        voice = voice_orders[:, place]
        log_p = log_probabilities(logits(state, is_hidden)[rows, frames, voice])
        truth = pitch[frames, voice]
        is_note = truth >= 0
        losses -= np.where(is_note, log_p[rows, np.maximum(truth, 0)], 0.0)
        state[rows, frames, voice] = log_p.argmax(axis=-1)
        is_hidden[rows, frames, voice] = False
    return losses


def notewise(
    piece: Piece,
    logits: LogitsFunction,
    *,
    order: str,
    num_orderings: int = 1,
    max_units: int | None = None,
    seed: int,
    advance: Advance | None = None,
) -> Likelihood:
    """Score a piece cell by cell: the exact chain rule of one or more orderings.

    Chronological means in order of time, soprano to bass inside a step. Arguments as
    for `framewise`; nats of each cell.
    """
    pitch = _pitch_index(piece)
    chosen = _chosen_units(pitch.size, max_units, seed)
    runs = []
    for index in range(num_orderings):
        rng = generator(seed, "notewise", index)
        rank = _ranks(pitch.size, order, rng)
        runs.append(_notewise_once(pitch, rank, chosen, logits, advance))
    return _likelihood(runs, (pitch < 0).reshape(-1)[chosen])


def _notewise_once(
    pitch: NDArray[np.int16],
    rank: NDArray[np.int64],
    chosen: NDArray[np.int64],
    logits: LogitsFunction,
    advance: Advance | None,
) -> NDArray[np.float64]:
    flat = pitch.reshape(-1)
    losses = []
    size = max(1, _CELLS_PER_CALL // len(pitch))
    for first in range(0, len(chosen), size):
        cells = chosen[first : first + size]
        is_hidden = (rank[None, :] >= rank[cells][:, None]).reshape(-1, *pitch.shape)
        state = np.repeat(pitch[None], len(cells), axis=0)
        rows, steps, voices = np.arange(len(cells)), *np.divmod(cells, NUM_VOICES)
        log_p = log_probabilities(logits(state, is_hidden)[rows, steps, voices])
        truth = flat[cells]
        losses.append(np.where(truth >= 0, -log_p[rows, np.maximum(truth, 0)], 0.0))
        if advance is not None:
            advance(len(cells))
    return np.concatenate(losses)


def given_voices(
    piece: Piece,
    logits: LogitsFunction,
    *,
    given: Sequence[int],
    num_draws: int,
    seed: int,
) -> float:
    """Mean loss of a hidden cell when some voices are given throughout.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        logits: The network.
        given: Voices shown, 0 = soprano.
        num_draws: Draws of the number and the choice of known cells.
        seed: Of the draws.

    Returns:
        Nats a cell of the other voices, the mean over all orders; silent cells are left
        out.
    """
    pitch = _pitch_index(piece)
    rng = generator(seed, "given", *given)
    target = np.ones(pitch.shape, dtype=bool)
    target[:, list(given)] = False
    target &= pitch >= 0
    num_cells = int(target.sum())
    if not num_cells:
        return 0.0
    masks = np.zeros((num_draws, *pitch.shape), dtype=bool)
    for mask in masks:
        chosen = rng.permutation(num_cells)[: int(rng.integers(1, num_cells + 1))]
        mask[tuple(axis[chosen] for axis in np.nonzero(target))] = True
    # Silent cells of hidden voices stay visible as rests: no network predicts silence.
    losses = []
    size = max(1, _CELLS_PER_CALL // len(pitch))
    for first in range(0, num_draws, size):
        batch = masks[first : first + size]
        state = np.repeat(pitch[None], len(batch), axis=0)
        log_p = log_probabilities(logits(state, batch))
        truth = np.maximum(state, 0)[..., None].astype(np.int64)
        cell = -np.take_along_axis(log_p, truth, axis=-1)[..., 0]
        losses.extend((cell * batch).sum(axis=(1, 2)) / batch.sum(axis=(1, 2)))
    return float(np.mean(losses))


def _pitch_index(piece: Piece) -> NDArray[np.int16]:
    pitch = np.asarray(piece, dtype=np.int16)
    highest = MIN_PITCH + NUM_PITCHES - 1
    is_outside = (pitch >= 0) & ((pitch < MIN_PITCH) | (pitch > highest))
    if is_outside.any():
        step, voice = np.argwhere(is_outside)[0].tolist()
        raise PitchRangeError(
            f"voice {voice + 1} of the piece has pitch {pitch[step, voice]} at step "
            f"{step}, and the network knows {MIN_PITCH} to {highest}: transpose the "
            "piece or leave it out"
        )
    return np.where(pitch >= 0, pitch - MIN_PITCH, -1).astype(np.int16)


def _ranks(num_units: int, order: str, rng: np.random.Generator) -> NDArray[np.int64]:
    """Place of each unit in the order."""
    if order == "chronological":
        return np.arange(num_units)
    if order == "random":
        return rng.permutation(num_units)
    raise ValueError(f"order must be 'random' or 'chronological'; received {order!r}")


def _chosen_units(
    num_units: int, max_units: int | None, seed: int
) -> NDArray[np.int64]:
    """Which units are scored, ascending."""
    if max_units is None or max_units >= num_units:
        return np.arange(num_units)
    drawn = generator(seed, "units").permutation(num_units)[:max_units]
    return np.sort(drawn)


def _likelihood(
    runs: Sequence[NDArray[np.float64]], is_silent: NDArray[np.bool_]
) -> Likelihood:
    stacked = np.stack(runs)
    return Likelihood(
        units=_mean_probability(stacked),
        single_units=stacked.mean(axis=0),
        is_silent=is_silent,
    )


def _mean_probability(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over the first axis in probability space."""
    lowest = losses.min(axis=0)
    return np.asarray(lowest - np.log(np.exp(lowest - losses).mean(axis=0)))
