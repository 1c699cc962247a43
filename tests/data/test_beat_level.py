from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from musegen.data.beat_level import (
    NAMED_LEVELS,
    choose_beat_level,
    level_name,
    parse_beat_level,
)
from musegen.data.errors import UsageError
from musegen.data.score import Note, Score, Tempo, TimeSignature

TICKS = 480


def line(quarters: Sequence[float]) -> tuple[Note, ...]:
    notes, onset = [], 0
    for length in quarters:
        ticks = round(length * TICKS)
        notes.append(Note(onset=onset, duration=ticks, pitch=70))
        onset += ticks
    return tuple(notes)


def score(qpm: float, numerator: int = 4, denominator: int = 4) -> Score:
    return Score(
        ticks_per_quarter=TICKS,
        tempos=(Tempo(tick=0, qpm=qpm),),
        time_signatures=(
            TimeSignature(tick=0, numerator=numerator, denominator=denominator),
        ),
    )


CHORALE = [1, 1, 1, 1, 0.5, 0.5, 1, 1, 2] * 3


@pytest.mark.parametrize(
    ("quarters", "qpm", "metre", "expected"),
    [
        (CHORALE, 72, (4, 4), Fraction(1)),
        ([length / 2 for length in CHORALE], 36, (4, 4), Fraction(1, 2)),
        ([length * 2 for length in CHORALE], 144, (4, 2), Fraction(2)),
        ([0.5] * 64, 216, (4, 4), Fraction(2)),  # a reel
        ([1, 0.5] * 16 + [0.5] * 24, 180, (6, 8), Fraction(3, 2)),  # a jig
        ([2, 2, 2, 2, 4, 4] * 4, 120, (4, 2), Fraction(2)),  # a slow hymn
        ([1, 1, 1] * 8, 90, (3, 4), Fraction(1)),
        ([1] * 20, 80, (5, 4), Fraction(1)),
    ],
)
def test_the_beat_level_follows_rhythm_and_tempo(
    quarters: list[float], qpm: float, metre: tuple[int, int], expected: Fraction
) -> None:
    level = choose_beat_level(line(quarters), score(qpm, *metre))
    assert level.quarters == expected
    assert level_name(expected) in level.reason


def test_the_same_sound_written_twice_as_fast_has_half_the_level() -> None:
    slow = choose_beat_level(line([1, 1, 0.5, 0.5, 1] * 6), score(66))
    fast = choose_beat_level(line([2, 2, 1, 1, 2] * 6), score(132))
    assert fast.quarters == 2 * slow.quarters


def test_played_timing_does_not_disturb_the_choice() -> None:
    quarters = [1 + 0.03 * (-1) ** index for index in range(32)]
    assert choose_beat_level(line(quarters), score(76)).quarters == 1


def test_a_single_note_has_a_level() -> None:
    assert choose_beat_level(line([1]), score(80)).quarters == 1


def test_a_level_is_no_longer_than_a_bar() -> None:
    assert choose_beat_level(line([2] * 8), score(200, 1, 4)).quarters <= 1
    assert choose_beat_level(line([0.25] * 8), score(60, 1, 16)).quarters == Fraction(
        1, 4
    )


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        *NAMED_LEVELS.items(),
        ("1/4", Fraction(1)),
        ("3/8", Fraction(3, 2)),
        (" Dotted quarter ", Fraction(3, 2)),
    ],
)
def test_a_level_is_read_from_names_and_shares(text: str, quarters: Fraction) -> None:
    assert parse_beat_level(text) == quarters


@pytest.mark.parametrize("text", ["", "crotchet", "0/4", "1/0", "-1/4", "quarter note"])
def test_what_is_no_level_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no beat level: use"):
        parse_beat_level(text)


def test_odd_levels_have_names_too() -> None:
    assert level_name(Fraction(5, 2)) == "5/8 note"
