"""The beat is the note value at whose speed a chorale would move."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.beat_level import (
    choose_beat_level,
    note_value_name,
    parse_beat_level,
)
from musegen.data.errors import UsageError
from musegen.data.score import Note, Score, Tempo, TimeSignature

CHORALE = [1, 1, 1, 1, 0.5, 0.5, 1, 2, 1, 1, 1, 1, 1, 0.5, 0.5, 2] * 2
REEL = [0.5] * 64
JIG = [0.5, 0.5, 0.5, 1, 0.5] * 10
HYMN = [2, 2, 2, 1, 1, 4] * 4


def tune(lengths: list[float], *, ticks: int = 480, start: int = 0) -> list[Note]:
    notes, onset = [], start
    for index, length in enumerate(lengths):
        duration = round(length * ticks)
        notes.append(Note(onset=onset, duration=duration, pitch=60 + index % 7))
        onset += duration
    return notes


def piece(
    qpm: float | None = None, *, metre: str = "4/4", pickup: int = 0, ticks: int = 480
) -> Score:
    numerator, denominator = (int(number) for number in metre.split("/"))
    return Score(
        ticks_per_quarter=ticks,
        tempos=() if qpm is None else (Tempo(tick=0, qpm=qpm),),
        time_signatures=(
            TimeSignature(tick=0, numerator=numerator, denominator=denominator),
        ),
        pickup=pickup,
    )


@pytest.mark.parametrize(
    ("lengths", "qpm", "metre", "quarters"),
    [
        (CHORALE, 72, "4/4", "1"),
        (CHORALE, 120, "4/4", "1"),
        (CHORALE, None, "4/4", "1"),
        (REEL, 120, "4/4", "2"),
        (REEL, 160, "4/4", "2"),
        (REEL, 90, "4/4", "1"),
        (REEL, None, "4/4", "1"),
        ([1.0] * 32, 176, "4/4", "2"),
        (HYMN, 120, "4/4", "2"),
        (HYMN, 100, "2/2", "2"),
        (HYMN, None, "2/2", "2"),
        ([2, 2, 2, 4, 2], 140, "3/2", "2"),
        (JIG, 165, "6/8", "3/2"),
        (JIG, 180, "6/8", "3/2"),
        (JIG, None, "6/8", "3/2"),
        ([0.5] * 48, 60, "6/8", "1/2"),
        ([0.5] * 48, 340, "12/8", "3"),
        ([0.5] * 45, 170, "9/8", "3/2"),
        ([1, 1, 1, 2, 1] * 8, 90, "3/4", "1"),
        ([1.0] * 48, 180, "3/4", "3"),
        ([0.5] * 30, 150, "3/8", "3/2"),
        ([0.5] * 40, 150, "5/8", "1"),
        ([1.0] * 40, 100, "5/4", "1"),
    ],
)
def test_the_beat_of_a_tune(
    lengths: list[float], qpm: float | None, metre: str, quarters: str
) -> None:
    level = choose_beat_level(tune(lengths), piece(qpm, metre=metre))
    assert level.quarters == Fraction(quarters), level.reason


@pytest.mark.parametrize(("lengths", "qpm"), [(CHORALE, 72.0), (REEL, 120.0)])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_the_notation_does_not_change_the_sounding_beat(
    lengths: list[float], qpm: float, factor: float
) -> None:
    usual = choose_beat_level(tune(lengths), piece(qpm)).quarters
    scaled = tune([length * factor for length in lengths])
    level = choose_beat_level(scaled, piece(qpm * factor))
    assert level.quarters == usual * Fraction(factor)


@given(shifts=st.lists(st.integers(-20, 20), min_size=32, max_size=32))
@settings(max_examples=20, deadline=None)
def test_human_timing_does_not_change_the_beat(shifts: list[int]) -> None:
    played = [
        Note(onset=max(note.onset + shift, 0), duration=note.duration, pitch=note.pitch)
        for note, shift in zip(tune(CHORALE), shifts, strict=True)
    ]
    assert choose_beat_level(played, piece(84)).quarters == 1


def test_a_pickup_and_another_resolution_do_not_change_the_beat() -> None:
    notes = tune([1, *CHORALE], ticks=96)
    assert choose_beat_level(notes, piece(72, pickup=96, ticks=96)).quarters == 1


def test_the_tempo_at_the_notes_counts() -> None:
    score = Score(
        ticks_per_quarter=480,
        tempos=(
            Tempo(tick=0, qpm=30),
            Tempo(tick=480, qpm=176),
            Tempo(tick=960, qpm=180),
        ),
    )
    level = choose_beat_level(tune([1.0] * 32, start=960), score)
    assert level.quarters == 2
    assert "90 a minute" in level.reason


def test_the_metre_of_most_notes_counts() -> None:
    score = Score(
        ticks_per_quarter=480,
        tempos=(Tempo(tick=0, qpm=165),),
        time_signatures=(
            TimeSignature(tick=0, numerator=4, denominator=4),
            TimeSignature(tick=1920, numerator=6, denominator=8),
        ),
    )
    level = choose_beat_level(tune([1, 1, 1, 1, *JIG]), score)
    assert level.quarters == Fraction(3, 2)
    assert "in 6/8" in level.reason


@pytest.mark.parametrize(
    ("lengths", "qpm", "metre", "reason"),
    [
        (
            [1.0] * 32,
            176,
            "4/4",
            "beat = half note, 88 a minute: most melody notes are quarters at 176 a "
            "minute, in 4/4",
        ),
        (
            HYMN,
            None,
            "2/2",
            "beat = half note: the commonest melody notes are halves in 2/2, and no "
            "tempo is given",
        ),
        (
            [1 / 3] * 48,
            60,
            "4/4",
            "beat = quarter note, 60 a minute: most melody notes are triplet eighths "
            "at 180 a minute, in 4/4",
        ),
    ],
)
def test_the_reason_is_said_in_musicians_words(
    lengths: list[float], qpm: float | None, metre: str, reason: str
) -> None:
    assert choose_beat_level(tune(lengths), piece(qpm, metre=metre)).reason == reason


def test_no_notes_and_one_note_have_a_beat_too() -> None:
    empty = choose_beat_level([], piece(metre="6/8"))
    assert empty.quarters == Fraction(3, 2)
    assert "no melody notes" in empty.reason
    assert choose_beat_level(tune([0]), Score(ticks_per_quarter=480)).quarters == 1


def test_empty_melody_in_two_metres_takes_the_first() -> None:
    score = Score(
        ticks_per_quarter=480,
        time_signatures=(
            TimeSignature(tick=0, numerator=2, denominator=2),
            TimeSignature(tick=1920, numerator=6, denominator=8),
        ),
    )
    assert choose_beat_level([], score).quarters == 2


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("eighth", "1/2"),
        ("quarter", "1"),
        ("Half", "2"),
        ("half note", "2"),
        ("dotted-quarter", "3/2"),
        ("dotted half", "3"),
        ("dotted_eighth", "3/4"),
        ("1/4", "1"),
        ("3/8", "3/2"),
        ("1", "4"),
        ("2/1", "8"),
        ("1/32", "1/8"),
    ],
)
def test_a_beat_is_parsed(text: str, quarters: str) -> None:
    assert parse_beat_level(text) == Fraction(quarters)


@pytest.mark.parametrize(
    "text",
    ["", "crotchet", "1/3", "5/8", "0", "-1/4", "1/0", "1/64", "4", "9/8", "25e-2"],
)
def test_what_is_no_beat_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"no note value.*dotted-quarter.*3/8"):
        parse_beat_level(text)


def test_a_length_without_a_name_is_a_share_of_a_whole() -> None:
    assert note_value_name(Fraction(3, 2)) == "dotted quarter"
    assert note_value_name(Fraction(5, 2)) == "5/8 of a whole"
