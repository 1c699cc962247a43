from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.musicxml_metre import (
    beat_group,
    levels,
    nearest_type,
    note_value,
    odd_part,
    split_by_metre,
)
from musegen.data.score import TimeSignature


def metre(numerator: int, denominator: int) -> TimeSignature:
    return TimeSignature(tick=0, numerator=numerator, denominator=denominator)


def split(
    start: float, end: float, numerator: int, denominator: int, *, is_rest: bool = False
) -> list[float]:
    """Lengths that [start, end) is cut into."""
    pieces = split_by_metre(
        Fraction(start),
        Fraction(end),
        levels(metre(numerator, denominator)),
        is_rest=is_rest,
    )
    return [float(right - left) for left, right in pieces]


@pytest.mark.parametrize(
    ("length", "value"),
    [
        (Fraction(1), ("quarter", 0)),
        (Fraction(3, 2), ("quarter", 1)),
        (Fraction(3), ("half", 1)),
        (Fraction(8), ("breve", 0)),
        (Fraction(1, 16), ("64th", 0)),
        (Fraction(3, 32), ("64th", 1)),
        (Fraction(5, 4), None),
        (Fraction(7, 4), None),
        (Fraction(1, 3), None),
        (Fraction(1024), None),
    ],
)
def test_values_of_lengths(length: Fraction, value: tuple[str, int] | None) -> None:
    assert note_value(length) == value


def test_nearest_type_is_the_longest_that_is_not_longer() -> None:
    lengths = (Fraction(1, 3), Fraction(5, 4), Fraction(999), Fraction(1, 9999))
    names = [nearest_type(length) for length in lengths]
    assert names == ["16th", "quarter", "maxima", "1024th"]


@pytest.mark.parametrize(
    ("start", "end", "numerator", "denominator", "pieces"),
    [
        (0, 4, 4, 4, [4]),
        (1, 3, 4, 4, [2]),  # syncopation over the middle
        (0.5, 1.5, 4, 4, [1]),
        (0, 1.25, 4, 4, [1, 0.25]),
        (0.75, 2, 4, 4, [0.25, 1]),
        (0.5, 3.5, 4, 4, [1.5, 1.5]),
        (0.5, 2.5, 3, 4, [0.5, 1.5]),
        (0, 3, 6, 8, [3]),
        (1, 2, 6, 8, [0.5, 0.5]),  # the beat of 6/8 is always seen
        (0, 4.5, 9, 8, [3, 1.5]),
        (0, 6, 12, 8, [6]),
        (1.5, 4.5, 12, 8, [1.5, 1.5]),
        (0, 5, 5, 4, [3, 2]),
        (2, 4, 5, 4, [2]),
        (0, 3.5, 7, 8, [1.5, 1, 1]),
        (0, 1.5, 3, 8, [1.5]),
        (0, 4, 2, 2, [4]),
    ],
)
def test_notes_are_split_where_beats_must_be_seen(
    start: float, end: float, numerator: int, denominator: int, pieces: list[float]
) -> None:
    assert split(start, end, numerator, denominator) == pieces


@pytest.mark.parametrize(
    ("start", "end", "pieces"),
    [
        (1, 3, [1, 1]),
        (0, 3, [2, 1]),
        (0.5, 1.5, [0.5, 0.5]),
        (0, 2, [2]),
        (0.25, 4, [0.25, 0.5, 1, 2]),
    ],
)
def test_rests_are_never_syncopated(
    start: float, end: float, pieces: list[float]
) -> None:
    assert split(start, end, 4, 4, is_rest=True) == pieces


@given(
    edges=st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(
        lambda e: e[0] < e[1]
    ),
    signature=st.sampled_from(
        [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (8, 8)]
    ),
    is_rest=st.booleans(),
)
def test_pieces_are_single_values_that_fill_the_stretch(
    edges: tuple[int, int], signature: tuple[int, int], is_rest: bool
) -> None:
    start, end = (Fraction(edge, 16) for edge in edges)
    pieces = list(
        split_by_metre(start, end, levels(metre(*signature)), is_rest=is_rest)
    )
    assert pieces[0][0] == start
    assert pieces[-1][1] == end
    assert [right for _, right in pieces[:-1]] == [left for left, _ in pieces[1:]]
    assert all(note_value(right - left) is not None for left, right in pieces)


@pytest.mark.parametrize(
    ("signature", "groups"),
    [
        ((4, 4), [0, 0, 1, 1, 2, 2]),
        ((6, 8), [0, 0, 0, 1, 1, 1]),
        ((3, 8), [0, 0, 0]),
        ((5, 8), [0, 0, 0, 1, 1]),
        ((7, 8), [0, 0, 0, 1, 1, 2, 2]),
        ((4, 8), [0, 0, 1, 1]),
        ((5, 4), [0, 0, 1, 1, 2, 2, 3, 3]),
        ((2, 2), [0, 0, 0, 0, 1, 1]),
    ],
)
def test_eighths_are_grouped_by_beats(
    signature: tuple[int, int], groups: list[int]
) -> None:
    found = [beat_group(Fraction(i, 2), metre(*signature)) for i in range(len(groups))]
    assert found == groups


def test_odd_part_names_the_tuplet() -> None:
    places = [Fraction(1, 8), Fraction(2, 3), Fraction(5, 6), Fraction(3, 10)]
    assert [odd_part(place) for place in places] == [1, 3, 3, 5]
