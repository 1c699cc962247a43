"""What refinement keeps to: constraints, rests, an early end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, REST_CLASS
from musegen.coconet.control import Control
from musegen.coconet.drawing import NUM_CLASSES, Allowed
from musegen.coconet.refinement import (
    RefinementConfig,
    refine,
)

Grid = NDArray[np.int16]


def flat(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A network without opinion."""
    return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


def generators(number: int) -> list[np.random.Generator]:
    return [np.random.default_rng(index) for index in range(number)]


def grid(*beats: tuple[int, int, int, int]) -> Grid:
    return np.repeat(np.array(beats, dtype=np.int16), 4, axis=0)[None]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_what_is_allowed_is_kept_to(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.random((2, 12, NUM_VOICES, NUM_CLASSES)) < 0.1
    some = rng.integers(0, NUM_CLASSES, (2, 12, NUM_VOICES, 1))
    np.put_along_axis(classes, some, True, axis=-1)
    pitch = np.where(some[..., 0] == REST_CLASS, -1, some[..., 0]).astype(np.int16)
    result = refine(
        pitch,
        np.ones(pitch.shape, dtype=bool),
        logits=writing_rests,
        config=RefinementConfig(num_rounds=4, temperature=3.0, top_p=0.9),
        generators=generators(2),
        allowed=Allowed(classes=classes),
    )
    drawn = np.where(result < 0, REST_CLASS, result).astype(np.int64)
    assert np.take_along_axis(classes, drawn[..., None], axis=-1).all()


def writing_rests(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A network without opinion that writes rests."""
    return np.zeros((*pitch.shape, NUM_CLASSES), dtype=np.float32)


def test_rests_are_written_where_they_are_allowed_and_only_there() -> None:
    pitch = grid(*[(30, 25, 20, 10)] * 4)
    is_free = np.ones(pitch.shape, dtype=bool)

    def silent(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        scores = writing_rests(pitch, is_hidden)
        scores[..., REST_CLASS] = 20.0
        return scores

    def refined(allowed: Allowed | None) -> Grid:
        return refine(
            pitch,
            is_free,
            logits=silent,
            config=RefinementConfig(num_rounds=8),
            generators=generators(1),
            allowed=allowed,
        )

    assert (refined(None) >= 0).all()
    allowed = Allowed.pitches(16)
    allowed.classes[:, 8:, 2, REST_CLASS] = True
    resting = refined(allowed)
    assert (resting[:, 8:, 2] == -1).any()
    resting[:, 8:, 2] = 0
    assert (resting >= 0).all()


def test_voices_do_not_cross_where_that_is_forbidden() -> None:
    pitch = grid(*[(30, 25, 20, 10)] * 6)
    classes = Allowed.pitches(24).classes
    result = refine(
        pitch,
        np.ones(pitch.shape, dtype=bool),
        logits=flat,
        config=RefinementConfig(num_rounds=20, crossing_nats=0.0),
        generators=generators(1),
        allowed=Allowed(classes=classes, forbids_crossing=True),
    )
    assert not np.array_equal(result, pitch)
    assert (np.diff(result, axis=-1) <= 0).all()


def test_notes_of_a_chord_are_not_passed_to_and_fro() -> None:
    pitch = grid((36, 28, 19, 12), (36, 28, 19, 12))
    pitch[0, 1:8:2, 1:3] = 31, 16  # alto and tenor take the third by turns

    def holding(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Likes what is shown a step or two before."""
        scores = flat(pitch, is_hidden)
        for lag in (1, 2):
            shown = np.where(is_hidden, -1, pitch)[:, :-lag]
            likes = np.arange(NUM_PITCHES) == shown[..., None]
            scores[:, lag:] += 30.0 * likes
        return scores

    needed = np.zeros((1, 8, 12), dtype=bool)
    needed[..., [0, 4]] = True
    result = refine(
        pitch,
        np.array([[False, True, True, False]]) & np.ones(pitch.shape, dtype=bool),
        logits=holding,
        config=RefinementConfig(num_rounds=2, parallel_nats=0.0),
        generators=generators(1),
        allowed=replace(Allowed.pitches(8), tones=needed),
    )
    for beat in (result[0, :4], result[0, 4:]):
        assert (beat == beat[0]).all()
        assert {0, 4} <= set((beat[0] % 12).tolist())


def test_the_nucleus_and_the_temperature_reach_the_draws() -> None:
    pitch = grid(*[(30, 25, 20, 10)] * 8)

    def leaning(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        scores = flat(pitch, is_hidden)
        scores[..., 12] = 3.0
        return scores

    def num_twelve(**changed: float) -> int:
        settings = {"num_rounds": 8, "parallel_nats": 0.0, "crossing_nats": 0.0}
        result = refine(
            pitch,
            np.ones(pitch.shape, dtype=bool),
            logits=leaning,
            config=RefinementConfig(**{**settings, **changed}),  # type: ignore[arg-type]
            generators=generators(1),
        )
        drawn = result[result != pitch]
        return int((drawn == 12).sum()) * 100 // len(drawn)

    assert num_twelve(temperature=0.0) == 100
    assert num_twelve(top_p=0.2, temperature=1.0) == 100
    assert num_twelve(temperature=1.0) < 60
    assert num_twelve(temperature=50.0) < 15


def test_what_has_settled_is_left_alone_and_still_counts() -> None:
    def opinionated(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        asked.append(pitch)
        scores = flat(pitch, is_hidden)
        for voice, favourite in enumerate((30, 25, 20, 10)):
            scores[..., voice, favourite] = 50.0
        return scores

    pitch = grid(*[(30, 25, 20, 10)] * 4)
    counts = {}
    for stops in (False, True):
        asked: list[Grid] = []
        told: list[int] = []
        result = refine(
            pitch,
            np.ones(pitch.shape, dtype=bool),
            logits=opinionated,
            config=RefinementConfig(
                num_rounds=12, temperature=0.0, stop_when_settled=stops
            ),
            generators=generators(1),
            control=Control(advance=told.append),
        )
        np.testing.assert_array_equal(result, pitch)
        assert sum(told) == 36
        counts[stops] = len(asked)
    assert counts == {False: 36, True: 12}  # four rounds of three passes


def test_a_settled_item_does_not_depend_on_one_that_goes_on() -> None:
    def first_is_settled(
        pitch: Grid, is_hidden: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        scores = flat(pitch, is_hidden)
        is_calm = pitch[:, 0, 0] == 30  # the melody, which is given
        for voice, favourite in enumerate((30, 25, 20, 10)):
            scores[is_calm, :, voice, favourite] = 90.0
        return scores

    calm, lively = grid(*[(30, 25, 20, 10)] * 4), grid(*[(31, 25, 20, 10)] * 4)
    is_free = np.ones(calm.shape, dtype=bool)
    is_free[..., 0] = False
    config = RefinementConfig(num_rounds=8, stop_when_settled=True)

    def refined(*items: Grid) -> tuple[Grid, list[float]]:
        streams = [np.random.default_rng(int(item[0, 0, 0])) for item in items]
        result = refine(
            np.concatenate(items),
            np.concatenate([is_free] * len(items)),
            logits=first_is_settled,
            config=config,
            generators=streams,
        )
        return result, [stream.random() for stream in streams]

    together, numbers = refined(calm, lively)
    for index, item in enumerate((calm, lively)):
        alone, number = refined(item)
        np.testing.assert_array_equal(together[index], alone[0])
        assert number == numbers[index : index + 1]


@pytest.mark.parametrize("stop_after", [0, 1, 3, 4])
def test_stopping_returns_the_last_whole_round(stop_after: int) -> None:
    asked: list[Grid] = []

    def counting(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        asked.append(pitch)
        return flat(pitch, is_hidden)

    def refined(num_rounds: int, limit: int) -> Grid:
        asked.clear()
        pitch = grid(*[(30, 25, 20, 10)] * 4)
        return refine(
            pitch,
            np.ones(pitch.shape, dtype=bool),
            logits=counting,
            config=RefinementConfig(num_rounds=num_rounds),
            generators=generators(1),
            control=Control(is_stopped=lambda: len(asked) >= limit),
        )

    whole = refined(stop_after // 3, 99)
    np.testing.assert_array_equal(refined(5, stop_after), whole)
    assert len(asked) == stop_after
