"""Absolute times of ticks, and places by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError
from musegen.data.score import Note, Part, Score, Tempo
from musegen.midi_ddsp.parts.timing import TempoMap, name_places


def score_with(tempos: list[Tempo], end: int = 480) -> Score:
    notes = (Note(onset=0, duration=end, pitch=60),)
    return Score(
        ticks_per_quarter=480, parts=(Part(notes=notes),), tempos=tuple(tempos)
    )


@settings(max_examples=30, deadline=None)
@given(
    changes=st.dictionaries(st.integers(0, 5000), st.floats(20.0, 400.0), max_size=8),
    tick=st.integers(0, 6000),
)
def test_times_are_those_of_the_score(changes: dict[int, float], tick: int) -> None:
    score = score_with([Tempo(tick=t, qpm=q) for t, q in sorted(changes.items())])
    expected = score.seconds_at(tick)
    assert TempoMap(score).seconds_at(tick) == pytest.approx(expected, abs=1e-9)


def test_without_a_tempo_a_quarter_is_half_a_second() -> None:
    assert TempoMap(score_with([])).seconds_at(480) == 0.5


@pytest.mark.parametrize("qpm", [0.0, -1.0, float("inf"), float("nan")])
def test_a_tempo_that_is_none_is_refused(qpm: float) -> None:
    with pytest.raises(InputError, match=r"tempo is above 0 .* bar 2, beat 1"):
        TempoMap(score_with([Tempo(tick=1920, qpm=qpm)]))


def test_a_score_longer_than_a_day_is_refused_and_the_note_named() -> None:
    with pytest.raises(InputError, match=r"lasts 27\.7\d* hours.*bar 1, beat 1"):
        TempoMap(score_with([], end=480 * 2 * 100_000))


def test_the_first_places_are_named_once_each() -> None:
    ticks = [0, 0, 480, 1920, 3840, 5760]
    named = name_places(score_with([]), ticks)
    assert named == "bar 1, beat 1; bar 1, beat 2; bar 2, beat 1; and 2 more"
