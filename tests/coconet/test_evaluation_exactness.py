"""The chain rule in closed form, batches, contexts, and a class for rests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.coconet.contexts import Advance, CallConfig, Piece
from musegen.coconet.evaluation import (
    OrderConfig,
    chronological_rank,
    framewise,
    notewise,
)
from musegen.coconet.likelihood import Likelihood
from musegen.coconet.predicting import IsHidden, Logits, LogitsFunction, PitchIndex

UNIFORM_NATS = float(np.log(NUM_PITCHES))
ORDERS = ("random", "chronological")
PROTOCOLS = (framewise, notewise)
Protocol = Callable[..., Likelihood]


def score(
    protocol: Protocol,
    piece: Piece,
    logits: LogitsFunction,
    *,
    seed: int = 0,
    advance: Advance | None = None,
    **order: Any,  # noqa: ANN401 - fields of OrderConfig
) -> Likelihood:
    return protocol(piece, logits, OrderConfig(**order), seed=seed, advance=advance)


def random_piece(num_steps: int, seed: int = 0) -> Piece:
    pitch = np.random.default_rng(seed).integers(0, NUM_PITCHES, (num_steps, 4))
    return (pitch + MIN_PITCH).astype(np.int16)


def uniform(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


class Recorder:
    """Prefers one pitch everywhere and keeps what it was asked."""

    def __init__(self, favourite: int = 17) -> None:
        self.favourite = favourite
        self.asked: list[tuple[PitchIndex, IsHidden]] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.asked.append((pitch.copy(), is_hidden.copy()))
        scores = uniform(pitch, is_hidden)
        scores[..., self.favourite] = 1.0
        return scores


def markov(table: NDArray[np.float64]) -> LogitsFunction:
    """Each voice goes its own way: a pitch depends on the last one, if visible."""

    def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = uniform(pitch, is_hidden)
        before, is_known = pitch[:, :-1], ~is_hidden[:, :-1] & (pitch[:, :-1] >= 0)
        scores[:, 1:] = np.where(is_known[..., None], table[before], 0.0)
        return scores

    return logits


def random_table() -> NDArray[np.float64]:
    drawn = np.random.default_rng(5).normal(size=(NUM_PITCHES, NUM_PITCHES))
    return np.asarray(np.log(np.exp(drawn) / np.exp(drawn).sum(axis=1, keepdims=True)))


def transitions(piece: Piece) -> NDArray[np.float64]:
    """Nats of each cell but the first ones under the Markov network."""
    pitch = piece.astype(int) - MIN_PITCH
    return np.asarray(-random_table()[pitch[:-1], pitch[1:]])


def test_the_chain_rule_of_a_markov_network_is_its_closed_form() -> None:
    piece = random_piece(12)
    found = score(notewise, piece, markov(random_table()), order="chronological")
    expected = np.concatenate([np.full((1, 4), UNIFORM_NATS), transitions(piece)])
    assert found.units == pytest.approx(expected.reshape(-1), rel=1e-5)
    assert found.single_units == pytest.approx(found.units)


def test_a_limited_context_loses_what_lies_outside_it_and_nothing_else() -> None:
    piece = random_piece(16)
    whole = score(notewise, piece, markov(random_table()), order="chronological")
    some = score(
        notewise,
        piece,
        markov(random_table()),
        order="chronological",
        call=CallConfig(context_steps=4),
    )
    assert some.units == pytest.approx(whole.units)
    beat = score(
        notewise,
        piece,
        markov(random_table()),
        order="chronological",
        call=CallConfig(context_steps=0),
    )
    expected = whole.units.reshape(4, 4, 4).copy()
    expected[:, 0] = UNIFORM_NATS  # the step before the beat is not seen
    assert beat.units == pytest.approx(expected.reshape(-1))


def test_the_order_of_voices_changes_who_pays_as_the_chain_rule_says() -> None:
    """The alto doubles the soprano: it is free once the soprano is known."""
    piece = random_piece(6)
    piece[:, 1] = piece[:, 0]

    def doubling(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = uniform(pitch, is_hidden)
        row, step = np.nonzero(~is_hidden[:, :, 0])
        scores[row, step, 1, pitch[row, step, 0]] = 60.0
        return scores

    in_score_order = score(notewise, piece, doubling, order="chronological")
    assert in_score_order.mean == pytest.approx(UNIFORM_NATS * 3 / 4)
    alto_first = score(
        notewise, piece, doubling, order="chronological", voice_order=(1, 0, 2, 3)
    )
    assert alto_first.mean == pytest.approx(UNIFORM_NATS)


def test_the_rank_of_cells_in_time_follows_the_voice_order() -> None:
    rank = chronological_rank(2, (0, 3, 1, 2))  # soprano, bass, alto, tenor
    assert rank.tolist() == [[0, 2, 3, 1], [4, 6, 7, 5]]


def test_there_is_one_order_of_cells_in_time_whatever_is_asked_for() -> None:
    recorder, piece = Recorder(), random_piece(3)
    advanced: list[int] = []
    found = score(
        notewise,
        piece,
        recorder,
        order="chronological",
        num_orderings=5,
        advance=advanced.append,
    )
    assert sum(advanced) == piece.size
    assert len(recorder.asked) == 1
    assert len(found.units) == piece.size


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_size_of_a_batch_changes_nothing(protocol: Protocol, order: str) -> None:
    piece = random_piece(10)

    def looks_around(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        shown = np.where(is_hidden, 0, pitch + 1).sum(axis=(1, 2))
        steps = np.arange(NUM_PITCHES) * (1 + shown[:, None, None, None] % 7)
        return np.broadcast_to(steps / 50.0, (*pitch.shape, NUM_PITCHES)).astype(
            np.float32
        )

    large, small = (
        score(
            protocol,
            piece,
            looks_around,
            order=order,
            num_orderings=2,
            call=CallConfig(steps_per_call=size),
        )
        for size in (10_000, 1)
    )
    assert np.array_equal(large.units, small.units)
    assert np.array_equal(large.cell_hits, small.cell_hits)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_class_for_rests_counts_among_the_chances(protocol: Protocol) -> None:
    def uniform_with_rest(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        return np.zeros((*pitch.shape, NUM_PITCHES + 1), dtype=np.float32)

    piece = random_piece(4)
    piece[2] = -1
    found = score(protocol, piece, uniform_with_rest, order="random")
    cells = found.cell_losses.reshape(4, 4)
    assert cells[[0, 1, 3]] == pytest.approx(np.full((3, 4), np.log(NUM_PITCHES + 1)))
    assert cells[2].tolist() == [0.0] * 4


def test_a_rest_that_is_the_best_guess_is_never_fed_and_is_no_hit() -> None:
    asked: list[PitchIndex] = []

    def prefers_rests(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(np.where(is_hidden, -2, pitch))
        scores = np.zeros((*pitch.shape, NUM_PITCHES + 1), dtype=np.float32)
        scores[..., NUM_PITCHES], scores[..., 17] = 9.0, 5.0
        return scores

    piece = np.full((5, 4), MIN_PITCH + 17, dtype=np.int16)
    found = score(framewise, piece, prefers_rests, order="chronological")
    fed = asked[-1][np.arange(5), np.arange(5)]
    assert set(fed[fed != -2].tolist()) == {17}
    assert found.cell_hits.sum() == 0
    assert score(framewise, piece, Recorder(), order="random").cell_hits.sum() == 20


def test_hits_and_voices_are_told_cell_by_cell() -> None:
    piece = random_piece(3)
    piece[:, 2] = MIN_PITCH + 17
    piece[1, 2] = -1
    for protocol in PROTOCOLS:
        found = score(protocol, piece, Recorder(), order="random")
        expected = (piece == MIN_PITCH + 17).reshape(-1)
        assert found.cell_hits.astype(bool).tolist() == expected.tolist()
        assert found.cell_voices.tolist() == [0, 1, 2, 3] * 3
        assert found.is_cell_silent.tolist() == (piece < 0).reshape(-1).tolist()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"order": "backwards"}, "'backwards'"),
        ({"num_orderings": 0}, "received 0"),
        ({"max_units": 0}, "received 0"),
        ({"voice_order": (0, 0, 1, 2)}, "each of 0 to 3 once"),
    ],
)
def test_an_impossible_order_is_refused(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        OrderConfig(**wrong)
