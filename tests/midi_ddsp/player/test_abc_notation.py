"""abc notation: pitches and lengths against what the notation means."""

from __future__ import annotations

from fractions import Fraction

import pytest

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.player.abc_notation import key_sharps, read_tune, split_book


def melody(body: str, key: str = "C") -> list[tuple[int, Fraction]]:
    tune = read_tune(f"X: 1\nT: Test\nL: 1/4\nK: {key}\n{body}\n")
    return [(note.pitch, note.duration) for note in tune.notes]


def pitches(body: str, key: str = "C") -> list[int]:
    return [pitch for pitch, _ in melody(body, key)]


@pytest.mark.parametrize(
    ("key", "sharps"),
    [
        ("G", 1),
        ("Bb", -2),
        ("F#m", 3),
        ("A Mixolydian", 2),
        ("Edor", 2),
        ("E Minor", 1),
        ("Glyd % two sharps", 2),
        ("Bphr", 1),
        ("Hp", 0),
    ],
)
def test_keys(key: str, sharps: int) -> None:
    assert key_sharps(key) == sharps


def test_octaves() -> None:
    assert pitches("C, C c c'") == [48, 60, 72, 84]


def test_the_key_alters_its_letters_in_every_octave() -> None:
    assert pitches("F f C c", "D") == [66, 78, 61, 73]
    assert pitches("B e A", "Bb") == [70, 75, 69]


def test_accidentals_hold_until_the_bar_line() -> None:
    assert pitches("^F F =F F | F") == [66, 66, 65, 65, 65]
    assert pitches("_B B | B =B", "F") == [70, 70, 70, 71]


def test_lengths() -> None:
    lengths = [length for _, length in melody("C C2 C/ C/2 C3/2 C//")]
    assert lengths == [
        Fraction(1),
        Fraction(2),
        Fraction(1, 2),
        Fraction(1, 2),
        Fraction(3, 2),
        Fraction(1, 4),
    ]


def test_broken_rhythm_triplets_and_ties() -> None:
    halves = Fraction(1, 2)
    assert melody("C>D E<F") == [
        (60, 3 * halves),
        (62, halves),
        (64, halves),
        (65, 3 * halves),
    ]
    assert melody("(3CDE F")[-2:] == [(64, Fraction(2, 3)), (65, Fraction(1))]
    assert melody("C2-|C D") == [(60, Fraction(3)), (62, Fraction(1))]


def test_a_rest_leaves_a_gap() -> None:
    tune = read_tune("X:1\nL:1/4\nK:C\nC z2 D\n")
    assert [note.onset for note in tune.notes] == [0, 3]


def test_what_is_no_note_is_left_out() -> None:
    assert pitches('"Am"{cd}C !trill!D | [1 uE :|[2 vF |] % A B') == [60, 62, 64, 65]


def test_of_a_chord_the_last_note_is_kept() -> None:
    assert pitches("[CEG] D") == [67, 62]


def test_a_key_may_change_within_a_line() -> None:
    assert pitches("F [K:G] F") == [65, 66]


def test_a_book_is_split_at_its_numbers() -> None:
    book = "% words\nX: 1\nT: A\nK: C\nC\n\nX: 2\nT: B\nK: C\nD\n"
    assert [read_tune(text).title for text in split_book(book)] == ["A", "B"]


def test_the_unit_follows_from_the_metre_where_it_is_not_told() -> None:
    for metre, unit in (("2/4", Fraction(1, 4)), ("6/8", Fraction(1, 2))):
        tune = read_tune(f"X:1\nM:{metre}\nK:C\nC\n")
        assert tune.notes[0].duration == unit


def test_a_tune_without_a_key_is_refused() -> None:
    with pytest.raises(FileFormatError, match="tune 7"):
        read_tune("X: 7\nT: A\nC D E\n")
