from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.corpora.measures import Measure, place_measures, time_signatures
from musegen.data.score import Note, Part, Score

QUARTER = 480


def spans(*quarters: int) -> list[tuple[int, int]]:
    """Measures of so many quarters, one after the other."""
    placed, position = [], 0
    for duration in quarters:
        placed.append((position * QUARTER, duration * QUARTER))
        position += duration
    return placed


def offsets(measures: tuple[Measure, ...]) -> list[float]:
    return [measure.offset / QUARTER for measure in measures]


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [
        ((4, 4, 4), [0, 0, 0]),
        ((1, 4, 4, 3), [3, 0, 0, 0]),  # pickup and last bar
        ((1, 4, 3, 1, 4, 3), [3, 0, 0, 3, 0, 0]),  # a repeat sign within a bar
        ((4, 2, 2, 4), [0, 0, 2, 0]),
        ((4, 1, 4), [0, 3, 0]),  # an upbeat of its own
        ((1, 4, 3, 4, 4), [3, 0, 0, 0, 0]),  # a bar cut short at a repeat
        ((4, 3, 4), [0, 0, 0]),  # too long for an upbeat
        ((4, 3, 3, 4), [0, 0, 0, 0]),  # two that make no bar
        ((8, 4), [0, 0]),  # two bars in one measure
        ((4, 0, 4), [0, 0]),  # an empty measure is none
        ((3,), [0]),  # one short measure is no pickup
    ],
)
def test_place_of_measures_in_4_4(
    quarters: tuple[int, ...], expected: list[int]
) -> None:
    assert offsets(place_measures(spans(*quarters), [(0, 4, 4)])) == expected


def test_without_a_metre_it_is_4_4() -> None:
    (measure,) = place_measures(spans(4), [])
    assert (measure.numerator, measure.denominator, measure.bar_ticks) == (4, 4, 1920)


def test_a_change_of_metre_begins_a_bar_or_an_upbeat() -> None:
    changed = [(0, 4, 4), (8 * QUARTER, 3, 4)]
    assert offsets(place_measures(spans(4, 4, 3, 3), changed)) == [0, 0, 0, 0]
    assert offsets(place_measures(spans(4, 4, 1, 3), changed)) == [0, 0, 2, 0]


def test_metres_are_stated_again_where_a_bar_is_cut_short() -> None:
    measures = place_measures(spans(1, 4, 3, 4, 4), [(0, 4, 4)])
    assert [s.tick // QUARTER for s in time_signatures(measures)] == [0, 8]


def test_metres_are_stated_once_where_bars_go_on() -> None:
    measures = place_measures(spans(1, 4, 3, 1, 4, 3), [(0, 4, 4)])
    assert [s.tick for s in time_signatures(measures)] == [0]


def test_metres_after_an_upbeat_of_its_own() -> None:
    changed = [(0, 4, 4), (8 * QUARTER, 3, 4)]
    stated = time_signatures(place_measures(spans(4, 4, 1, 3, 3), changed))
    assert [(s.tick // QUARTER, s.numerator) for s in stated] == [
        (0, 4),
        (8, 3),
        (9, 3),
    ]


@given(st.lists(st.integers(1, 4), min_size=2, max_size=12))
def test_a_score_counts_its_bars_as_the_measures_say(quarters: list[int]) -> None:
    measures = place_measures(spans(*quarters), [(0, 4, 4)])
    end = measures[-1].tick + measures[-1].duration
    score = Score(
        ticks_per_quarter=QUARTER,
        parts=(Part(notes=(Note(onset=0, duration=end, pitch=60),)),),
        time_signatures=time_signatures(measures),
        pickup=measures[0].duration if measures[0].offset else 0,
    )
    for measure in measures:
        if measure.offset == 0:
            assert score.bar_beat(measure.tick).beat == 1
