"""Where random numbers become pitches: temperature, nucleus, what is allowed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, REST_CLASS
from musegen.coconet.drawing import (
    NUM_CLASSES,
    Allowed,
    Heat,
    draw_cells,
    draw_pitches,
    has_room,
    uniform_numbers,
)
from musegen.data.errors import NumericsError

INFINITE = float("inf")


def random_scores(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    ("temperature", "expected"), [(1.0, 0.8), (0.5, 16 / 17), (2.0, 2 / 3)]
)
def test_temperature_raises_probabilities_to_its_inverse(
    temperature: float, expected: float
) -> None:
    scores = np.zeros((4000, 2), dtype=np.float32)
    scores[:, 1] = np.log(4.0)
    uniforms = np.random.default_rng(0).random(4000)
    drawn = draw_pitches(scores, uniforms, heat=Heat(temperature=temperature))
    assert drawn.mean() == pytest.approx(expected, abs=0.03)


def test_the_extremes_of_temperature() -> None:
    scores = random_scores(2, 50, 4, NUM_PITCHES)
    uniforms = np.random.default_rng(1).random((2, 50, 4))
    best = scores.argmax(axis=-1)
    for cold in (0.0, 1e-6, 1e-310):
        drawn = draw_pitches(scores, uniforms, heat=Heat(temperature=cold))
        assert np.array_equal(drawn, best)
    warm = draw_pitches(scores, uniforms, heat=Heat())
    assert 0.02 < (warm == best).mean() < 0.5
    hot = draw_pitches(scores, uniforms, heat=Heat(temperature=INFINITE))
    assert np.array_equal(hot, (uniforms * NUM_PITCHES).astype(int))


@pytest.mark.parametrize("temperature", [0.0, 0.7, INFINITE])
def test_only_what_is_allowed_is_drawn(temperature: float) -> None:
    rng = np.random.default_rng(2)
    scores = random_scores(500, NUM_CLASSES)
    is_allowed = rng.random(scores.shape) < 0.1
    is_allowed[np.arange(500), rng.integers(0, NUM_CLASSES, 500)] = True
    heat = Heat(temperature=temperature)
    drawn = draw_pitches(scores, rng.random(500), heat=heat, is_allowed=is_allowed)
    classes = np.where(drawn < 0, REST_CLASS, drawn)
    assert is_allowed[np.arange(500), classes].all()
    assert (drawn == -1).any()


def test_infinite_temperature_is_even_over_what_is_allowed() -> None:
    is_allowed = np.zeros((6000, NUM_CLASSES), dtype=bool)
    is_allowed[:, [3, 30, REST_CLASS]] = True
    drawn = draw_pitches(
        random_scores(6000, NUM_CLASSES),
        np.random.default_rng(0).random(6000),
        heat=Heat(temperature=INFINITE),
        is_allowed=is_allowed,
    )
    for pitch in (3, 30, -1):
        assert (drawn == pitch).mean() == pytest.approx(1 / 3, abs=0.03)


def test_silence_is_not_drawn_unless_allowed() -> None:
    scores = np.zeros((1000, NUM_CLASSES), dtype=np.float32)
    scores[:, REST_CLASS] = 20.0
    uniforms = np.random.default_rng(0).random(1000)
    assert draw_pitches(scores, uniforms, heat=Heat()).min() >= 0
    is_allowed = np.ones(scores.shape, dtype=bool)
    drawn = draw_pitches(scores, uniforms, heat=Heat(), is_allowed=is_allowed)
    assert (drawn == -1).all()


@pytest.mark.parametrize("temperature", [0.0, 1.0, INFINITE])
@pytest.mark.parametrize("top_p", [0.1, 1.0])
def test_silence_that_is_not_scored_is_drawn_where_nothing_else_may_be(
    temperature: float, top_p: float
) -> None:
    is_allowed = np.zeros((2, NUM_CLASSES), dtype=bool)
    is_allowed[0, REST_CLASS] = True
    is_allowed[1, [5, REST_CLASS]] = True
    drawn = draw_pitches(
        random_scores(2, NUM_PITCHES),
        np.array([0.999, 0.999]),
        heat=Heat(temperature=temperature, top_p=top_p),
        is_allowed=is_allowed,
    )
    assert drawn.tolist() == [-1, 5]


def test_the_nucleus_keeps_the_fewest_that_reach_the_share() -> None:
    probabilities = np.array([0.05, 0.5, 0.15, 0.3])
    scores = np.tile(np.log(probabilities), (8000, 1)).astype(np.float32)
    uniforms = np.random.default_rng(0).random(8000)
    for top_p, kept in [
        (1e-9, [1]),
        (0.4, [1]),
        (0.6, [1, 3]),
        (0.81, [1, 2, 3]),
        (1.0, [0, 1, 2, 3]),
    ]:
        drawn = draw_pitches(scores, uniforms, heat=Heat(top_p=top_p))
        share = np.bincount(drawn, minlength=4) / len(drawn)
        expected = np.zeros(4)
        expected[kept] = probabilities[kept] / probabilities[kept].sum()
        assert np.abs(share - expected).max() < 0.02
        assert sorted(set(drawn)) == kept


def test_the_smallest_nucleus_is_the_likeliest_class() -> None:
    scores = random_scores(300, NUM_PITCHES)
    uniforms = np.random.default_rng(1).random(300)
    drawn = draw_pitches(scores, uniforms, heat=Heat(top_p=1e-12, temperature=5.0))
    assert np.array_equal(drawn, scores.argmax(axis=-1))


def test_the_nucleus_is_taken_after_temperature_and_among_what_is_allowed() -> None:
    scores = np.log(np.array([[0.9, 0.06, 0.04]] * 2000)).astype(np.float32)
    uniforms = np.random.default_rng(0).random(2000)
    even = draw_pitches(scores, uniforms, heat=Heat(temperature=INFINITE, top_p=0.5))
    assert sorted(set(even)) == [0, 1]  # two of three equal ones reach a half
    is_allowed = np.array([[False, True, True]] * 2000)
    second = draw_pitches(scores, uniforms, heat=Heat(top_p=0.5), is_allowed=is_allowed)
    assert set(second) == {1}


def test_scores_are_left_as_they_are() -> None:
    scores = random_scores(20, NUM_PITCHES)
    before = scores.copy()
    draw_pitches(scores, np.full(20, 0.3), heat=Heat(temperature=0.5, top_p=0.5))
    assert np.array_equal(scores, before)


@pytest.mark.parametrize("top_p", [0.5, 1.0])
def test_the_ends_of_the_random_numbers_draw_pitches_that_can_sound(
    top_p: float,
) -> None:
    scores = np.full((1, 1, 2, NUM_PITCHES), -1e5, dtype=np.float32)
    scores[..., 20:22] = 0.0
    uniforms = np.array([[[0.0, np.nextafter(1.0, 0.0)]]])
    drawn = draw_pitches(scores, uniforms, heat=Heat(temperature=0.99, top_p=top_p))
    assert drawn.tolist() == [[[20, 21 if top_p == 1.0 else 20]]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_an_error(bad: float) -> None:
    scores = np.zeros((1, 1, 4, NUM_PITCHES), dtype=np.float32)
    scores[0, 0, 2, 7] = bad
    with pytest.raises(NumericsError, match="not numbers"):
        draw_pitches(scores, np.zeros((1, 1, 4)), heat=Heat(temperature=0.0))


@pytest.mark.parametrize(
    ("temperature", "top_p", "words"),
    [
        (-0.1, 1.0, "temperature must be at least 0; received -0.1"),
        (np.nan, 1.0, "temperature must be at least 0; received nan"),
        (1.0, 0.0, r"top_p must lie in \(0, 1\]; received 0.0"),
        (1.0, 1.01, r"top_p must lie in \(0, 1\]; received 1.01"),
        (1.0, np.nan, r"top_p must lie in \(0, 1\]; received nan"),
    ],
)
def test_heat_out_of_range_is_refused(
    temperature: float, top_p: float, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Heat(temperature=temperature, top_p=top_p)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_voices_do_not_cross_where_that_is_forbidden(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pitch = rng.integers(-1, NUM_PITCHES, (2, 8, 4)).astype(np.int16)
    is_drawn = rng.random(pitch.shape) < 0.6
    classes = rng.random((2, 8, 4, NUM_CLASSES)) < 0.5
    classes[..., :NUM_PITCHES] |= rng.random((2, 8, 4, 1)) < 0.5
    allowed = Allowed(classes=classes, forbids_crossing=True)
    possible = has_room(pitch, is_drawn, allowed)
    is_drawn &= possible[..., None]
    result = draw_cells(
        random_scores(2, 8, 4, NUM_CLASSES, seed=seed),
        pitch,
        is_drawn,
        uniforms=rng.random(pitch.shape),
        heat=Heat(temperature=2.0),
        allowed=allowed,
    )
    assert np.array_equal(result[~is_drawn], pitch[~is_drawn])
    chosen = np.where(result < 0, REST_CLASS, result)[..., None]
    is_met = np.take_along_axis(classes, chosen.astype(np.int64), axis=-1)[..., 0]
    assert is_met[is_drawn].all()
    upper, lower = result[..., :-1], result[..., 1:]
    crosses = (upper >= 0) & (lower >= 0) & (upper < lower)
    is_touched = is_drawn[..., :-1] | is_drawn[..., 1:]
    assert not (crosses & is_touched).any()


def test_room_is_left_for_voices_drawn_later() -> None:
    pitch = np.array([[[-1, -1, -1, 20]]], dtype=np.int16)
    is_open = np.array([[[True, True, True, False]]])
    classes = np.zeros((1, 1, 4, NUM_CLASSES), dtype=bool)
    classes[..., 0, 10:40] = True
    classes[..., 1, 25:35] = True
    classes[..., 2, 15:30] = True
    allowed = Allowed(classes=classes, forbids_crossing=True)
    only_soprano = is_open & (np.arange(4) == 0)
    only_tenor = is_open & (np.arange(4) == 2)
    drawn: dict[str, set[int]] = {"soprano": set(), "tenor": set()}
    for uniform in np.linspace(0, 0.999, 50):
        for name, is_drawn in (("soprano", only_soprano), ("tenor", only_tenor)):
            result = draw_cells(
                np.zeros((1, 1, 4, NUM_PITCHES), dtype=np.float32),
                pitch,
                is_drawn,
                uniforms=np.full(pitch.shape, uniform),
                heat=Heat(),
                allowed=allowed,
                is_open=is_open,
            )
            drawn[name].add(int(result[is_drawn][0]))
    assert drawn["soprano"] == set(range(25, 40))  # the alto needs 25 at least
    assert drawn["tenor"] == set(range(20, 30))


def test_a_column_without_room_is_found() -> None:
    pitch = np.array([[[10, -1, -1, 30], [30, -1, -1, 10]]], dtype=np.int16)
    is_open = pitch < 0
    allowed = replace(Allowed.pitches(2), forbids_crossing=True)
    assert has_room(pitch, is_open, allowed).tolist() == [[False, True]]
    with_rests = replace(Allowed.pitches(2, allow_rests=True), forbids_crossing=True)
    assert has_room(pitch, is_open, with_rests).all()


def test_crossing_is_free_unless_forbidden() -> None:
    pitch = np.array([[[10, -1, 40, 0]]], dtype=np.int16)
    result = draw_cells(
        np.zeros((1, 1, 4, NUM_PITCHES), dtype=np.float32),
        pitch,
        pitch < 0,
        uniforms=np.full(pitch.shape, 0.99),
        heat=Heat(),
    )
    assert result[0, 0, 1] == 45


def with_tones(*tones: int, num_steps: int = 1) -> Allowed:
    """What lets every step sound anything that has these pitch classes."""
    needed = np.zeros((1, num_steps, 12), dtype=bool)
    needed[..., list(tones)] = True
    return replace(Allowed.pitches(num_steps), tones=needed)


@given(seed=st.integers(0, 2**32 - 1), top_p=st.sampled_from([0.1, 1.0]))
@settings(max_examples=30, deadline=None)
def test_tones_that_have_to_sound_do(seed: int, top_p: float) -> None:
    rng = np.random.default_rng(seed)
    pitch = rng.integers(0, NUM_PITCHES, (2, 8, 4)).astype(np.int16)
    is_drawn = rng.random(pitch.shape) < 0.7
    allowed = with_tones(0, 4, 10, num_steps=8)
    possible = has_room(pitch, is_drawn, allowed)
    is_drawn &= possible[..., None]
    result = draw_cells(
        random_scores(2, 8, 4, NUM_CLASSES, seed=seed),
        pitch,
        is_drawn,
        uniforms=rng.random(pitch.shape),
        heat=Heat(temperature=0.0 if seed % 2 else 1.5, top_p=top_p),
        allowed=allowed,
    )
    assert np.array_equal(result[~is_drawn], pitch[~is_drawn])
    for tone in (0, 4, 10):
        assert (result % 12 == tone).any(axis=2)[possible].all()


def test_tones_are_left_to_cells_that_are_written_later() -> None:
    pitch = np.array([[[40, 4, 4, 4]]], dtype=np.int16)
    only_soprano = np.array([[[True, False, False, False]]])
    is_later = np.array([[[False, True, False, False]]])
    allowed = replace(with_tones(0, 4), is_later=is_later)

    def drawn(allowed: Allowed) -> set[int]:
        return {
            int(
                draw_cells(
                    np.zeros((1, 1, 4, NUM_PITCHES), dtype=np.float32),
                    pitch,
                    only_soprano,
                    uniforms=np.full(pitch.shape, uniform),
                    heat=Heat(),
                    allowed=allowed,
                )[0, 0, 0]
            )
            for uniform in np.linspace(0, 0.999, 92)
        }

    assert drawn(allowed) == set(range(12, NUM_PITCHES))  # the alto takes the C, 12
    assert {pitch % 12 for pitch in drawn(replace(allowed, is_later=None))} == {0}


def test_voices_of_a_chord_cross_only_where_they_have_to() -> None:
    pitch = np.array([[[20, -1, -1, -1]], [[0, -1, -1, 30]]], dtype=np.int16)
    rng = np.random.default_rng(0)
    for _ in range(20):
        result = draw_cells(
            np.zeros((2, 1, 4, NUM_PITCHES), dtype=np.float32),
            pitch,
            pitch < 0,
            uniforms=rng.random(pitch.shape),
            heat=Heat(),
            allowed=with_tones(2, 6, 9),
        )
        assert (np.diff(result[0, 0]) <= 0).all()
        assert {2, 6, 9} <= set((result[1, 0] % 12).tolist())


def test_allowed_is_cut_with_the_steps() -> None:
    classes = np.ones((1, 6, 4, NUM_CLASSES), dtype=bool)
    classes[0, 2] = False
    cut = Allowed(classes=classes, forbids_crossing=True).window(slice(2, 4))
    assert cut.classes.shape == (1, 2, 4, NUM_CLASSES)
    assert not cut.classes[0, 0].any()
    assert cut.forbids_crossing
    assert not cut.needed_tones.any()
    whole = with_tones(7, num_steps=6)
    whole.needed_tones[0, 3] = False
    assert np.argwhere(whole.window(slice(2, 4)).needed_tones).tolist() == [[0, 0, 7]]


def test_what_is_allowed_is_joined_item_by_item() -> None:
    is_later = np.ones((1, 2, 4), dtype=bool)
    items = [with_tones(3, num_steps=2), replace(Allowed.pitches(2), is_later=is_later)]
    joined = Allowed.join(items)
    assert joined.classes.shape == (2, 2, 4, NUM_CLASSES)
    assert joined.needed_tones.sum(axis=(1, 2)).tolist() == [2, 0]
    assert joined.later_cells.sum(axis=(1, 2)).tolist() == [0, 8]


def test_items_without_a_question_leave_their_generator_alone() -> None:
    is_asked = np.zeros((2, 3, 4), dtype=bool)
    is_asked[1, 0, 0] = True
    streams = [np.random.default_rng(0), np.random.default_rng(1)]
    numbers = uniform_numbers(streams, is_asked)
    assert (numbers[0] == 0.0).all()
    assert streams[0].random() == np.random.default_rng(0).random()
    assert streams[1].random() != np.random.default_rng(1).random()
