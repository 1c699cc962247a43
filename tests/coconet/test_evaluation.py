"""The protocols of evaluation, against networks whose losses are known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.coconet.contexts import Advance, Piece
from musegen.coconet.evaluation import (
    OrderConfig,
    framewise,
    notewise,
)
from musegen.coconet.likelihood import Likelihood
from musegen.coconet.predicting import IsHidden, Logits, LogitsFunction, PitchIndex
from musegen.data.errors import PitchRangeError

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


def knowing(piece: Piece) -> LogitsFunction:
    def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = 60.0 * (np.arange(NUM_PITCHES) == (piece - MIN_PITCH)[..., None])
        return np.broadcast_to(scores, (*pitch.shape, NUM_PITCHES)).astype(np.float32)

    return logits


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


@pytest.mark.parametrize("order", ORDERS)
def test_a_network_that_knows_nothing_pays_for_every_pitch(order: str) -> None:
    piece = random_piece(8)
    by_frame = score(framewise, piece, uniform, order=order, num_orderings=3, seed=0)
    assert by_frame.units == pytest.approx(np.full(8, 4 * UNIFORM_NATS))
    by_note = score(notewise, piece, uniform, order=order, num_orderings=3, seed=0)
    assert by_note.units == pytest.approx(np.full(32, UNIFORM_NATS))
    assert by_note.mean == pytest.approx(UNIFORM_NATS)


@pytest.mark.parametrize("order", ORDERS)
def test_a_network_of_fixed_chances_pays_exactly_those(order: str) -> None:
    scores = np.random.default_rng(3).normal(size=(4, NUM_PITCHES)).astype(np.float32)

    def unigram(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        return np.broadcast_to(scores, (*pitch.shape, NUM_PITCHES)).copy()

    piece = random_piece(6)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(chances[np.arange(4), piece - MIN_PITCH])
    by_frame = score(framewise, piece, unigram, order=order, seed=1)
    assert by_frame.units == pytest.approx(expected.sum(axis=1), rel=1e-5)
    by_note = score(notewise, piece, unigram, order=order, seed=1)
    assert by_note.units == pytest.approx(expected.reshape(-1), rel=1e-5)


@pytest.mark.parametrize("order", ORDERS)
def test_a_network_that_knows_the_piece_pays_nothing(order: str) -> None:
    piece = random_piece(5)
    for protocol in PROTOCOLS:
        found = score(protocol, piece, knowing(piece), order=order, seed=0)
        assert found.units == pytest.approx(np.zeros(len(found.units)), abs=1e-6)
        assert found.cell_hits.tolist() == [1.0] * piece.size


def test_silent_cells_are_units_that_cost_nothing() -> None:
    piece = random_piece(3)
    piece[1] = -1
    piece[2, 3] = -1
    by_frame = score(framewise, piece, uniform, order="random", seed=0)
    assert by_frame.units == pytest.approx(UNIFORM_NATS * np.array([4, 0, 3]))
    assert by_frame.is_silent.tolist() == [False, True, False]
    by_note = score(notewise, piece, uniform, order="random", seed=0)
    sounds = (piece >= 0).reshape(-1)
    assert by_note.units == pytest.approx(UNIFORM_NATS * sounds)
    assert by_note.is_silent.tolist() == (~sounds).tolist()


def test_frames_in_time_are_predicted_from_the_past_alone() -> None:
    recorder, piece = Recorder(), random_piece(7)
    score(framewise, piece, recorder, order="chronological", seed=0)
    assert len(recorder.asked) == 4
    for place, (pitch, is_hidden) in enumerate(recorder.asked):
        for frame in range(7):
            assert is_hidden[frame, frame + 1 :].all()
            assert not is_hidden[frame, :frame].any()
            assert is_hidden[frame, frame].sum() == 4 - place
            assert np.array_equal(pitch[frame, :frame], piece[:frame] - MIN_PITCH)


def test_voices_of_a_frame_see_the_networks_own_guesses_not_the_truth() -> None:
    recorder, piece = Recorder(), random_piece(6)
    assert not (piece - MIN_PITCH == recorder.favourite).any()
    score(framewise, piece, recorder, order="random", seed=0)
    for pitch, is_hidden in recorder.asked[1:]:
        frames = np.arange(6)
        own, hidden = pitch[frames, frames], is_hidden[frames, frames]
        assert (own[~hidden] == recorder.favourite).all()


def test_the_voices_of_a_frame_come_in_any_order() -> None:
    recorder = Recorder()
    score(framewise, random_piece(40), recorder, order="chronological", seed=0)
    _, is_hidden = recorder.asked[1]
    first = (~is_hidden[np.arange(40), np.arange(40)]).argmax(axis=1)
    assert set(first.tolist()) == {0, 1, 2, 3}


def test_frames_in_random_order_see_ever_more_of_the_piece() -> None:
    recorder = Recorder()
    score(framewise, random_piece(9), recorder, order="random", seed=0)
    _, is_hidden = recorder.asked[0]
    num_hidden = is_hidden.all(axis=2).sum(axis=1)
    assert sorted(num_hidden.tolist()) == list(range(1, 10))
    assert num_hidden.tolist() != list(range(9, 0, -1))
    assert is_hidden[np.arange(9), np.arange(9)].all()
    assert np.array_equal(is_hidden.any(axis=2), is_hidden.all(axis=2))


def test_notes_in_time_are_each_given_the_truth_of_those_before() -> None:
    recorder, piece = Recorder(), random_piece(3)
    score(notewise, piece, recorder, order="chronological", seed=0)
    ((pitch, is_hidden),) = recorder.asked
    for cell in range(12):
        flat = is_hidden[cell].reshape(-1)
        assert flat[cell:].all()
        assert not flat[:cell].any()
        assert np.array_equal(pitch[cell], piece - MIN_PITCH)


def test_notes_in_random_order_see_ever_more_of_the_piece() -> None:
    recorder = Recorder()
    score(notewise, random_piece(4), recorder, order="random", seed=0)
    ((_, is_hidden),) = recorder.asked
    assert sorted(is_hidden.sum(axis=(1, 2)).tolist()) == list(range(1, 17))
    assert is_hidden.reshape(16, 16)[np.arange(16), np.arange(16)].all()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_orderings_are_averaged_as_probabilities(
    protocol: Protocol,
) -> None:
    piece = np.full((1, 4), MIN_PITCH + 3, dtype=np.int16)
    num_calls = 4 if protocol is framewise else 1
    num_cells = 4 if protocol is framewise else 1
    calls: list[int] = []

    def changing(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        calls.append(1)
        scores = uniform(pitch, is_hidden)
        if len(calls) > num_calls:  # the second ordering knows better
            scores[..., 3] = 5.0
        return scores

    found = score(protocol, piece, changing, order="random", num_orderings=2, seed=0)
    good = np.exp(5.0) / (np.exp(5.0) + NUM_PITCHES - 1)
    mean = (NUM_PITCHES**-num_cells + good**num_cells) / 2
    assert found.units == pytest.approx(np.full(len(found.units), -np.log(mean)))
    single = num_cells * (UNIFORM_NATS - np.log(good)) / 2
    assert found.single_units == pytest.approx(np.full(len(found.units), single))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_some_units_are_scored_as_they_would_be_among_all(
    protocol: Protocol, order: str
) -> None:
    def shown_matters(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = uniform(pitch, is_hidden)
        scores[..., 3] = is_hidden.sum(axis=(1, 2))[:, None, None] / 7
        return scores

    piece = random_piece(9)
    piece[:, 1] = MIN_PITCH + 3
    piece[4] = -1
    whole = score(protocol, piece, shown_matters, order=order, num_orderings=2, seed=5)
    some = score(
        protocol,
        piece,
        shown_matters,
        order=order,
        num_orderings=2,
        seed=5,
        max_units=6,
    )
    assert len(some.units) == len(some.is_silent) == 6
    places = [int(np.argmin(np.abs(whole.units - unit))) for unit in some.units]
    assert some.units == pytest.approx(whole.units[places])
    assert some.single_units == pytest.approx(whole.single_units[places])
    assert some.is_silent.tolist() == whole.is_silent[places].tolist()
    more = score(
        protocol,
        piece,
        shown_matters,
        order=order,
        num_orderings=2,
        seed=5,
        max_units=99,
    )
    assert np.array_equal(more.units, whole.units)


def test_scored_units_are_drawn_from_all_of_the_piece() -> None:
    piece = np.full((40, 4), MIN_PITCH, dtype=np.int16)
    piece[20:] = MIN_PITCH + 9

    def likes_the_first_half(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = uniform(pitch, is_hidden)
        scores[..., 0] = 50.0
        return scores

    means = [
        score(
            framewise,
            piece,
            likes_the_first_half,
            order="random",
            seed=seed,
            max_units=8,
        ).mean
        for seed in range(60)
    ]
    assert np.mean(means) == pytest.approx(100.0, rel=0.12)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_pieces_are_scored_in_parts_of_bounded_size(
    protocol: Protocol,
) -> None:
    recorder, advanced = Recorder(), list[int]()
    piece = random_piece(200)
    found = score(
        protocol, piece, recorder, order="random", seed=2, advance=advanced.append
    )
    assert sum(advanced) == len(found.units)
    assert len(advanced) > 1
    assert max(pitch.shape[0] * 200 for pitch, _ in recorder.asked) <= 16384


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_seed_chooses_the_order(protocol: Protocol) -> None:
    def knowing_more(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = uniform(pitch, is_hidden)
        scores[..., 0] = is_hidden.mean(axis=(1, 2))[:, None, None]
        return scores

    piece = np.full((6, 4), MIN_PITCH, dtype=np.int16)
    first, again, other = (
        score(protocol, piece, knowing_more, order="random", seed=seed).units
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_order_is_refused(protocol: Protocol) -> None:
    with pytest.raises(ValueError, match="received 'backwards'"):
        score(protocol, random_piece(2), uniform, order="backwards", seed=0)


@pytest.mark.parametrize("pitch", [35, 82])
def test_a_pitch_the_network_does_not_know_is_named(pitch: int) -> None:
    piece = random_piece(4)
    piece[2, 1] = pitch
    words = f"voice 2 of the piece has pitch {pitch} at step 2"
    with pytest.raises(PitchRangeError, match=words):
        score(notewise, piece, uniform, order="random", seed=0)
