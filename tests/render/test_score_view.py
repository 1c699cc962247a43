from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import KeySignature, Note, Part, Score, TimeSignature
from musegen.render.bar_range import BarRange
from musegen.render.palette import DRUM_COLOR, VOICE_COLORS
from musegen.render.score_view import (
    bar_spans,
    find_part,
    last_bar_number,
    name_of_pitch,
    part_labels,
    printable,
    require_notes,
    score_keys,
    score_voices,
)

TICKS = 12


def melody(num_quarters: int, *, pitch: int = 60) -> tuple[Note, ...]:
    return tuple(
        Note(onset=TICKS * i, duration=TICKS, pitch=pitch) for i in range(num_quarters)
    )


def score_of(num_quarters: int, **fields: object) -> Score:
    defaults: dict[str, object] = {"parts": (Part(notes=melody(num_quarters)),)}
    return Score(ticks_per_quarter=TICKS, **(defaults | fields))  # type: ignore[arg-type]


def test_bars_without_metre_are_four_quarters() -> None:
    spans = bar_spans(score_of(9), max_bars=99)
    assert [(s.number, s.start, s.end) for s in spans] == [
        (1, 0, 48),
        (2, 48, 96),
        (3, 96, 144),
    ]
    assert [s.metre for s in spans] == ["4/4"] * 3
    assert not any(s.is_new_metre for s in spans)


def test_pickup_is_bar_zero() -> None:
    spans = bar_spans(score_of(5, pickup=TICKS), max_bars=99)
    assert [(s.number, s.start, s.end) for s in spans] == [(0, 0, 12), (1, 12, 60)]


def test_score_within_its_pickup_has_only_bar_zero() -> None:
    score = score_of(1, pickup=2 * TICKS)
    assert last_bar_number(score) == 0
    spans = bar_spans(score, max_bars=99)
    assert [(s.number, s.start, s.end) for s in spans] == [(0, 0, 24)]


def test_change_of_metre_starts_a_bar_and_is_marked() -> None:
    metres = (
        TimeSignature(tick=0, numerator=3, denominator=4),
        TimeSignature(tick=36, numerator=6, denominator=8),
    )
    spans = bar_spans(score_of(7, time_signatures=metres), max_bars=99)
    assert [(s.start, s.end, s.beat_ticks) for s in spans] == [
        (0, 36, 12),
        (36, 72, 6),
        (72, 108, 6),
    ]
    assert [s.is_new_metre for s in spans] == [False, True, False]


def test_last_bar_shown_ends_where_a_change_of_metre_cuts_it() -> None:
    metres = (
        TimeSignature(tick=0, numerator=4, denominator=4),
        TimeSignature(tick=60, numerator=3, denominator=4),
    )
    score = score_of(9, time_signatures=metres)
    spans = bar_spans(score, bars=BarRange(first=2, last=2), max_bars=99)
    assert [(s.number, s.start, s.end) for s in spans] == [(2, 48, 60)]


@pytest.mark.parametrize(
    ("bars", "numbers"),
    [
        (BarRange(first=2, last=3), [2, 3]),
        (BarRange(first=3), [3, 4]),
        (BarRange(first=0, last=1), [0, 1]),
        (BarRange(first=4, last=99), [4]),
    ],
)
def test_range_of_bars_counts_both_ends(bars: BarRange, numbers: list[int]) -> None:
    score = score_of(15, pickup=TICKS)
    assert [s.number for s in bar_spans(score, bars=bars, max_bars=99)] == numbers


@pytest.mark.parametrize("last", [None, 2])
def test_range_from_zero_begins_with_the_first_bar_there_is(last: int | None) -> None:
    spans = bar_spans(score_of(8), bars=BarRange(first=0, last=last), max_bars=9)
    assert [s.number for s in spans] == [1, 2]


@pytest.mark.parametrize("first", [5, 99])
def test_range_after_the_end_names_the_bars_there_are(first: int) -> None:
    with pytest.raises(UsageError, match=f"bar {first} .* bars 1 to 4"):
        bar_spans(score_of(16), bars=BarRange(first=first), max_bars=9)


def test_pickup_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="bar 0 is not in the score"):
        bar_spans(score_of(16), bars=BarRange(first=0, last=0), max_bars=9)


def test_bars_beyond_the_limit_are_not_even_counted() -> None:
    far = Note(onset=10**12, duration=1, pitch=60)
    score = score_of(0, parts=(Part(notes=(far,)),))
    assert [s.number for s in bar_spans(score, max_bars=2)] == [1, 2]


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (4, 3)])
def test_range_of_bars_refuses_nonsense(first: int, last: int) -> None:
    with pytest.raises(ValueError, match=f"got first {first}, last {last}"):
        BarRange(first=first, last=last)


def test_zero_length_note_on_the_last_bar_line_has_its_bar() -> None:
    notes = (*melody(4), Note(onset=48, duration=0, pitch=60))
    score = score_of(0, parts=(Part(notes=notes),))
    assert [s.number for s in bar_spans(score, max_bars=9)] == [1, 2]


def test_score_without_notes_is_refused_in_one_sentence() -> None:
    with pytest.raises(EmptyScoreError, match="no notes in its 1 parts"):
        require_notes(score_of(0))
    require_notes(score_of(1))


def test_control_characters_never_leave_a_name() -> None:
    assert printable("A\x1b[31mlto\x00\n 2 \u202e") == "A[31mlto 2"


def test_long_name_is_cut_with_an_ellipsis() -> None:
    assert printable("x" * 50, max_characters=5) == "xxxx\N{HORIZONTAL ELLIPSIS}"
    assert printable("x" * 5, max_characters=5) == "xxxxx"


@given(st.text())
def test_printable_text_is_one_clean_line(text: str) -> None:
    line = printable(text)
    assert len(line) <= 40
    assert not any(unicodedata.category(c).startswith("C") for c in line)
    assert line == line.strip()


def test_names_follow_the_key_in_force() -> None:
    keys = (KeySignature(tick=12, sharps=-3), KeySignature(tick=24, sharps=4))
    assert [name_of_pitch(63, keys, tick=t) for t in (0, 12, 23, 24)] == [
        "Eb4",
        "Eb4",
        "Eb4",
        "D#4",
    ]


def test_score_without_key_is_spelled_in_the_key_it_seems_to_have() -> None:
    pitches = (63, 65, 67, 68, 70, 72, 74)  # E flat major
    notes = tuple(
        Note(onset=TICKS * i, duration=TICKS, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )
    keys = score_keys(score_of(0, parts=(Part(notes=notes),)))
    assert keys == (KeySignature(tick=0, sharps=-3),)


def test_own_key_is_kept() -> None:
    key = KeySignature(tick=0, sharps=5)
    assert score_keys(score_of(4, key_signatures=(key,))) == (key,)


def test_labels_are_unique() -> None:
    parts = [Part(name=name) for name in ("Flute", "", "Flute", "\x07")]
    assert part_labels(parts) == ("Flute (1)", "Part 2", "Flute (3)", "Part 4")


def choir() -> Score:
    notes = melody(1)
    names = ("Soprano", "Silent", "Solo", "Kit", "")
    return score_of(
        0,
        parts=tuple(
            Part(
                name=name,
                notes=() if name == "Silent" else notes,
                is_drum=name == "Kit",
            )
            for name in names
        ),
    )


def test_voices_are_the_parts_with_notes() -> None:
    voices = score_voices(choir(), frozenset({0}))
    assert [(v.part, v.label, v.letter) for v in voices] == [
        (0, "Soprano", "S"),
        (2, "Solo", "1"),
        (3, "Kit", "x"),
        (4, "Part 5", "2"),
    ]
    assert [v.color for v in voices] == [
        VOICE_COLORS[0],
        VOICE_COLORS[1],
        DRUM_COLOR,
        VOICE_COLORS[2],
    ]
    assert [v.legend for v in voices] == [
        "Soprano (given)",
        "Solo",
        "Kit (drums)",
        "Part 5",
    ]


def test_more_voices_than_letters_share_a_question_mark() -> None:
    parts = tuple(Part(notes=melody(1)) for _ in range(40))
    letters = [v.letter for v in score_voices(score_of(0, parts=parts), frozenset())]
    assert len(set(letters[:34])) == 34
    assert letters[-1] == "?"


def test_given_part_that_is_not_there_is_named_from_one() -> None:
    with pytest.raises(VoiceNotFoundError, match=r"part 6 .* 5 parts"):
        score_voices(choir(), frozenset({0, 5}))


@pytest.mark.parametrize(
    ("wanted", "index"), [("1", 0), ("5", 4), ("sOLO", 2), ("Part 5", 4)]
)
def test_part_is_found_by_number_and_name(wanted: str, index: int) -> None:
    assert find_part(choir(), wanted) == index


@pytest.mark.parametrize("wanted", ["0", "6", "tenor", "", "-1"])
def test_part_that_is_not_there_lists_those_that_are(wanted: str) -> None:
    with pytest.raises(VoiceNotFoundError, match=r"no part is called .* 1 Soprano, "):
        find_part(choir(), wanted)


def test_name_of_several_parts_is_refused() -> None:
    parts = tuple(Part(name="Violin", notes=melody(1)) for _ in range(2))
    score = score_of(0, parts=parts)
    with pytest.raises(VoiceNotFoundError, match="several parts are called 'violin'"):
        find_part(score, "violin")
    assert find_part(score, "violin (2)") == 1
