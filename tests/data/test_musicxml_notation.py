from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.musicxml_layout import Bar, Event, Segment
from musegen.data.musicxml_notation import Symbol, notate, notate_bar
from musegen.data.score import Note, TimeSignature

FOUR = TimeSignature(tick=0, numerator=4, denominator=4)
EVENT = Event(
    start=Fraction(0), end=Fraction(4), notes=(Note(onset=0, duration=1, pitch=60),)
)


def bar(*lengths: Fraction | int | str, start: int = 0) -> list[Segment]:
    """Make segments that follow one another; a leading `r` makes a rest."""
    segments, at = [], Fraction(start)
    for item in lengths:
        text = str(item)
        length = Fraction(text.removeprefix("r"))
        event = None if text.startswith("r") else EVENT
        segments.append(Segment(start=at, end=at + length, event=event))
        at += length
    return segments


def words(symbols: list[Symbol]) -> list[str]:
    return [
        ("r" if s.event is None else "")
        + s.kind
        + "." * s.dots
        + (f"/{s.tuplet[0]}" if s.tuplet else "")
        + ("~" if s.is_tied_out else "")
        for s in symbols
    ]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        (["1/3"] * 3 + ["3"], ["eighth/3"] * 3 + ["half."]),
        (["2/3"] * 3 + ["r2"], ["quarter/3"] * 3 + ["rhalf"]),
        (["4/3"] * 3, ["half/3"] * 3),
        (["2/3", "1/3", "3"], ["quarter/3", "eighth/3", "half."]),
        (["1/6"] * 3 + ["1/2", "3"], ["16th/3"] * 3 + ["eighth", "half."]),
        (["1/5"] * 5 + ["r3"], ["16th/5"] * 5 + ["rquarter", "rhalf"]),
        (["2/5"] * 5 + ["2"], ["eighth/5"] * 5 + ["half"]),
        (["1/7"] * 7 + ["r3"], ["16th/7"] * 7 + ["rquarter", "rhalf"]),
        # a rest of a triplet is part of its bracket
        (["1/3", "r2/3", "3"], ["eighth/3", "rquarter/3", "half."]),
        # a triplet note tied over the beat
        (
            ["2/3", "5/6", "1/2", "2"],
            ["quarter/3", "eighth/3~", "eighth", "eighth", "half"],
        ),
        # a triplet that begins on a half beat
        (
            ["1/2"] + ["1/3"] * 3 + ["5/2"],
            ["eighth"] + ["eighth/3"] * 3 + ["eighth~", "half"],
        ),
        # triplets and sixteenths in one beat: dots inside the bracket
        (
            ["1/4", "1/12", "2/3", "3"],
            ["16th./3", "32nd/3", "quarter/3", "half."],
        ),
    ],
)
def test_tuplets_are_recognised(lengths: list[str], expected: list[str]) -> None:
    assert words(notate(bar(*lengths), FOUR)) == expected


def test_a_mixture_no_tuplet_holds_keeps_exact_lengths() -> None:
    symbols = notate(bar("1/5", "2/15", "2/3", "3"), FOUR)
    assert [s.length for s in symbols][:2] == [Fraction(1, 5), Fraction(2, 15)]
    assert symbols[0].tuplet is None
    assert [symbols[0].kind, symbols[1].kind] == ["32nd", "32nd"]


def test_brackets_open_and_close_once_a_tuplet() -> None:
    symbols = notate(bar(*["1/3"] * 6, "2"), FOUR)
    assert [s.opens_tuplet for s in symbols] == [i in {0, 3} for i in range(7)]
    assert [s.closes_tuplet for s in symbols] == [i in {2, 5} for i in range(7)]


def test_beams_and_hooks() -> None:
    symbols = notate(bar("3/4", "1/4", "1/4", "1/2", "1/4", "r1/2", "1/2", "1"), FOUR)
    assert [s.beams for s in symbols] == [
        ("begin",),
        ("end", "backward hook"),
        ("begin", "forward hook"),
        ("continue",),
        ("end", "backward hook"),
        (),
        (),
        (),
    ]


def test_ties_reach_into_other_bars_only_where_told() -> None:
    segment = Segment(
        start=Fraction(0),
        end=Fraction(5, 4),
        event=EVENT,
        is_tied_in=True,
        is_tied_out=False,
    )
    rest = Segment(start=Fraction(5, 4), end=Fraction(4))
    first, second, *rests = notate([segment, rest], FOUR)
    assert (first.is_tied_in, first.is_tied_out) == (True, True)
    assert (second.is_tied_in, second.is_tied_out) == (True, False)
    assert not any(s.is_tied_in or s.is_tied_out for s in rests)


def test_the_first_piece_of_a_segment_has_its_fermata() -> None:
    whole, half = bar("5/4", "r11/4")
    segments = [replace(whole, has_fermata=True), replace(half, has_fermata=True)]
    symbols = notate(segments, FOUR)
    assert [s.start for s in symbols if s.has_fermata] == [0, Fraction(5, 4)]


@pytest.mark.parametrize("has_fermata", [False, True])
def test_a_complete_bar_of_silence_is_one_rest(has_fermata: bool) -> None:
    measure = Bar(
        number=1,
        start=0,
        end=1920,
        at=Fraction(0),
        length=Fraction(4),
        offset=Fraction(0),
        signature=FOUR,
    )
    (silence,) = bar("r4")
    (rest,) = notate_bar([replace(silence, has_fermata=has_fermata)], measure)
    assert (rest.kind, rest.has_fermata) == ("", has_fermata)
    assert rest.length == 4
    assert words(notate_bar(bar("r1", "r3"), measure)) == [
        "rquarter",
        "rquarter",
        "rhalf",
    ]
    pickup = replace(measure, length=Fraction(1), offset=Fraction(3))
    assert words(notate_bar(bar("r1", start=3), pickup)) == ["rquarter"]


@settings(max_examples=50, deadline=None)
@given(
    cuts=st.sets(st.integers(1, 4 * 48 - 1).map(lambda n: Fraction(n, 48)), max_size=8),
    rests=st.integers(0, 511),
)
def test_lengths_add_up_for_any_places(cuts: set[Fraction], rests: int) -> None:
    edges = [Fraction(0), *sorted(cuts), Fraction(4)]
    segments = [
        Segment(start=left, end=right, event=None if rests >> index & 1 else EVENT)
        for index, (left, right) in enumerate(itertools.pairwise(edges))
    ]
    symbols = notate(segments, FOUR)
    at = Fraction(0)
    for symbol in symbols:
        assert symbol.start == at
        at += symbol.length
    assert at == 4
    ends = {symbol.start + symbol.length for symbol in symbols}
    assert set(edges[1:]) <= ends
