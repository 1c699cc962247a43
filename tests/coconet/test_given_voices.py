"""Hidden voices beside given ones, against networks whose losses are known."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.coconet.contexts import CallConfig, Piece
from musegen.coconet.evaluation import OrderConfig
from musegen.coconet.given_voices import (
    given_chain_rule,
    given_one_shot,
    given_over_orders,
    num_hidden_cells,
)
from musegen.coconet.likelihood import piece_sums
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex

UNIFORM_NATS = float(np.log(NUM_PITCHES))
IN_TIME = OrderConfig()


def random_piece(num_steps: int) -> Piece:
    pitch = np.random.default_rng(0).integers(0, NUM_PITCHES, (num_steps, 4))
    return (pitch + MIN_PITCH).astype(np.int16)


def uniform(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


def one_of_two(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """All lower voices have one pitch, 5 or 9: the first known cell tells which."""
    scores = np.full((*pitch.shape, NUM_PITCHES), -100.0, dtype=np.float32)
    scores[..., 5] = 0.0
    knows_nothing = is_hidden[:, :, 1:].all(axis=(1, 2))
    scores[knows_nothing, ..., 9] = 0.0
    return scores


class Recorder:
    def __init__(self) -> None:
        self.asked: list[IsHidden] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.asked.append(is_hidden.copy())
        return uniform(pitch, is_hidden)


def monotone(num_steps: int) -> Piece:
    return np.full((num_steps, 4), MIN_PITCH + 5, dtype=np.int16)


def test_three_figures_of_a_network_that_needs_one_hint() -> None:
    piece = monotone(4)
    chain = given_chain_rule(piece, one_of_two, IN_TIME, given=[0], seed=0)
    assert chain.units == pytest.approx([np.log(2.0)] + [0.0] * 11, abs=1e-6)
    at_once = given_one_shot(piece, one_of_two, given=[0])
    assert at_once.units == pytest.approx([np.log(2.0)] * 12)
    drawn = given_over_orders(piece, one_of_two, given=[0], num_draws=4000, seed=0)
    assert drawn.mean == pytest.approx(np.log(2.0) / 12, abs=0.012)


def test_a_network_that_knows_nothing_pays_for_every_pitch() -> None:
    piece = random_piece(8)
    sums = [
        piece_sums(given_chain_rule(piece, uniform, IN_TIME, given=[3], seed=0)),
        piece_sums(given_one_shot(piece, uniform, given=[3])),
        given_over_orders(piece, uniform, given=[3], num_draws=9, seed=0),
    ]
    for found in sums:
        assert found.mean == pytest.approx(UNIFORM_NATS)
        assert found.voice_cells == (8, 8, 8, 0)
        assert found.voice_losses[:3] == pytest.approx([8 * UNIFORM_NATS] * 3)


def test_given_voices_and_rests_are_always_shown() -> None:
    piece = random_piece(6)
    piece[2, 3] = -1
    drawn, chain, at_once = Recorder(), Recorder(), Recorder()
    given_over_orders(piece, drawn, given=[0, 2], num_draws=200, seed=0)
    given_chain_rule(piece, chain, IN_TIME, given=[0, 2], seed=0)
    given_one_shot(piece, at_once, given=[0, 2])
    for recorder, num_masks in ((drawn, 200), (chain, 11), (at_once, 1)):
        is_hidden = np.concatenate(recorder.asked)
        assert is_hidden.shape == (num_masks, 6, 4)
        assert not is_hidden[:, :, [0, 2]].any()
        assert not is_hidden[:, 2, 3].any()
    counts = np.concatenate(drawn.asked).sum(axis=(1, 2))
    assert set(counts.tolist()) == set(range(1, 12))
    in_time = np.concatenate(chain.asked).sum(axis=(1, 2))
    assert in_time.tolist() == list(range(11, 0, -1))
    assert num_hidden_cells(piece, [0, 2]) == 11


def test_the_chain_goes_through_time_in_the_order_of_voices() -> None:
    recorder = Recorder()
    config = OrderConfig(voice_order=(0, 3, 1, 2))
    given_chain_rule(random_piece(2), recorder, config, given=[0], seed=0)
    is_hidden = np.concatenate(recorder.asked)
    shown = ~is_hidden[:, :, 1:]  # alto, tenor, bass; rows are cells in score order
    assert shown[2].sum() == 0  # the bass comes first
    assert shown[0].tolist() == [[False, False, True], [False] * 3]
    assert shown[1].tolist() == [[True, False, True], [False] * 3]
    assert shown[5].tolist() == [[True] * 3, [False] * 3]


def test_some_cells_of_the_chain_are_scored_as_among_all() -> None:
    piece = monotone(6)
    config = OrderConfig(max_units=4)
    some = [
        given_chain_rule(piece, one_of_two, config, given=[0], seed=seed)
        for seed in range(30)
    ]
    assert {len(found.units) for found in some} == {4}
    firsts = sum(found.units.sum() > 0.5 for found in some)
    assert 0 < firsts < 30  # the one cell that costs is sometimes among them


def test_batches_and_draws_do_what_they_say() -> None:
    piece = random_piece(5)

    def shown_matters(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = uniform(pitch, is_hidden)
        scores[..., 3] = is_hidden.sum(axis=(1, 2))[:, None, None] / 7
        return scores

    def drawn(num_draws: int = 8, steps_per_call: int = 4096, seed: int = 0) -> float:
        return given_over_orders(
            piece,
            shown_matters,
            given=[0],
            num_draws=num_draws,
            steps_per_call=steps_per_call,
            seed=seed,
        ).mean

    assert drawn() == drawn(steps_per_call=1)
    assert drawn() != drawn(num_draws=9)
    assert drawn() != drawn(seed=1)
    one, many = (
        given_chain_rule(
            piece,
            shown_matters,
            OrderConfig(call=CallConfig(steps_per_call=size)),
            given=[0],
            seed=0,
        ).units
        for size in (1, 4096)
    )
    assert np.array_equal(one, many)


def test_voices_that_were_never_drawn_are_told_as_unknown() -> None:
    piece = random_piece(40)
    found = given_over_orders(piece, uniform, given=[0], num_draws=1, seed=7)
    for cells, loss in zip(found.voice_cells, found.voice_losses, strict=True):
        assert loss == pytest.approx(cells * UNIFORM_NATS)
    assert found.voice_cells[0] == 0
    seen = {
        given_over_orders(piece, uniform, given=[0], num_draws=1, seed=seed).voice_cells
        for seed in range(100)
    }
    assert (0, 40, 40, 40) in seen
    assert any(0 in cells[1:] for cells in seen)


def test_nothing_left_to_predict_is_no_unit() -> None:
    piece = random_piece(2)
    piece[:, 1:] = -1
    chain = given_chain_rule(piece, uniform, IN_TIME, given=[0], seed=0)
    at_once = given_one_shot(piece, uniform, given=[0])
    drawn = given_over_orders(piece, uniform, given=[0], num_draws=3, seed=0)
    for found in (piece_sums(chain), piece_sums(at_once), drawn):
        assert found.num_units == 0
        assert found.loss == 0.0
        assert found.voice_cells == (0, 0, 0, 0)
