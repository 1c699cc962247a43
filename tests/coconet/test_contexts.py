"""Contexts: what is shown to whom, how much of a piece is seen, what a truth costs."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.coconet.contexts import (
    CallConfig,
    pitch_index,
    score_cells,
    score_frames,
    seen_steps,
    truth_scores,
)
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex, log_probabilities
from musegen.data.errors import InputError, PitchRangeError


class Recorder:
    def __init__(self) -> None:
        self.asked: list[tuple[PitchIndex, IsHidden]] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.asked.append((pitch.copy(), is_hidden.copy()))
        return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


def numbered(num_steps: int) -> PitchIndex:
    """A piece whose pitches tell the step."""
    return np.repeat(np.arange(num_steps) % NUM_PITCHES, 4).reshape(-1, 4).astype("i2")


def test_cells_of_lower_rank_are_shown_and_no_others() -> None:
    recorder, pitch = Recorder(), numbered(4)
    rank = np.random.default_rng(0).permutation(16).reshape(4, 4)
    rank[2, 1] = -1  # always shown
    cells = np.array([0, 7, 12])
    score_cells(pitch, rank, cells, recorder, CallConfig())
    ((shown, is_hidden),) = recorder.asked
    for row, cell in enumerate(cells):
        assert np.array_equal(is_hidden[row], rank >= rank.reshape(-1)[cell])
        assert np.array_equal(shown[row], pitch)
    assert not is_hidden[:, 2, 1].any()


def test_a_limited_context_holds_the_unit_and_begins_on_a_beat() -> None:
    steps = np.arange(40)
    config = CallConfig(context_steps=8)
    seen = seen_steps(steps, 40, config)
    assert seen.shape == (40, 20)
    assert (seen[:, 0] % 4 == 0).all()
    assert (np.diff(seen, axis=1) == 1).all()
    assert (seen >= 0).all()
    assert (seen < 40).all()
    assert ((seen[:, :1] <= steps[:, None]) & (steps[:, None] <= seen[:, -1:])).all()
    inner = (steps >= 8) & (steps < 32)
    assert (steps - seen[:, 0])[inner].min() >= 8
    assert (seen[:, -1] - steps)[inner].min() >= 8


@pytest.mark.parametrize("context_steps", [None, 40, 20])
def test_a_context_wide_enough_is_the_whole_piece(context_steps: int | None) -> None:
    config = CallConfig(context_steps=context_steps)
    seen = seen_steps(np.array([0, 5]), 40, config)
    assert np.array_equal(seen, np.tile(np.arange(40), (2, 1)))


def test_the_network_is_asked_about_the_window_alone() -> None:
    recorder, pitch = Recorder(), numbered(24)
    rank = np.arange(96).reshape(24, 4)
    config = CallConfig(context_steps=4)
    score_cells(pitch, rank, np.array([4 * 14]), recorder, config)
    score_frames(
        pitch, np.arange(24), np.array([14]), np.array([[0, 1, 2, 3]]), recorder, config
    )
    for shown, is_hidden in recorder.asked[:2]:
        assert shown[0, :, 0].tolist() == list(range(8, 20))
        assert (~is_hidden[0]).all(axis=1).tolist() == [True] * 6 + [False] * 6


def test_calls_are_no_larger_than_asked() -> None:
    recorder, pitch, done = Recorder(), numbered(8), list[int]()
    rank = np.arange(32).reshape(8, 4)
    config = CallConfig(steps_per_call=40)
    score_cells(pitch, rank, np.arange(32), recorder, config, done.append)
    assert [len(shown) for shown, _ in recorder.asked] == [5] * 6 + [2]
    assert done == [5] * 6 + [2]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"steps_per_call": 0}, "at least 1"), ({"context_steps": 6}, "whole beats")],
)
def test_impossible_calls_are_refused(wrong: dict[str, int], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        CallConfig(**wrong)


def test_a_limited_context_needs_whole_beats() -> None:
    with pytest.raises(InputError, match="this one has 41 steps"):
        seen_steps(np.array([3]), 41, CallConfig(context_steps=4))


def test_the_truth_is_looked_up_and_silence_is_free() -> None:
    drawn = np.random.default_rng(1).normal(size=(3, NUM_PITCHES + 1))
    log_p = log_probabilities(drawn.astype(np.float32))
    best = int(log_p[0].argmax())
    found = truth_scores(log_p, np.array([best, 5, -1], dtype=np.int16))
    assert found.losses == pytest.approx([-log_p[0, best], -log_p[1, 5], 0.0])
    assert found.is_hit.tolist() == [True, int(log_p[1].argmax()) == 5, False]


@pytest.mark.parametrize("pitch", [MIN_PITCH - 1, MIN_PITCH + NUM_PITCHES])
def test_a_pitch_the_network_does_not_know_is_named(pitch: int) -> None:
    piece = np.full((4, 4), MIN_PITCH, dtype=np.int16)
    piece[2, 1] = pitch
    words = f"voice 2 of piece 7 has pitch {pitch} at step 2"
    with pytest.raises(PitchRangeError, match=words):
        pitch_index(piece, where="piece 7")
