"""Words of musicians, read as wishes, or refused in a sentence that says how."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from musegen.coconet.wish_words import (
    parse_chord_wish,
    parse_key,
    parse_pin,
    parse_pitch,
    parse_pitch_class,
    parse_range,
)
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key
from musegen.data.score import BarBeat
from musegen.data.spelling import pitch_name


@pytest.mark.parametrize("pitch", [0, 11, 36, 60, 61, 69, 127])
@pytest.mark.parametrize("sharps", [-3, 3])
def test_pitches_are_read_as_they_are_named(pitch: int, sharps: int) -> None:
    assert parse_pitch(pitch_name(pitch, sharps=sharps)) == pitch
    assert parse_pitch(str(pitch)) == pitch


@pytest.mark.parametrize("text", ["", "H4", "C", "C#", "128", "C11", "4C", "-1"])
def test_what_is_no_pitch_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no pitch: write a name such as F#4"):
        parse_pitch(text)


def test_pins_are_read() -> None:
    pin = parse_pin("alto@3:2=F#4")
    assert (pin.voice, pin.place, pin.pitch) == (
        1,
        BarBeat(bar=3, beat=Fraction(2)),
        66,
    )
    assert parse_pin("b@1=rest").pitch is None


@pytest.mark.parametrize(
    ("name", "classes", "bass"),
    [
        ("C", {0, 4, 7}, None),
        ("Am", {9, 0, 4}, None),
        ("F#dim", {6, 9, 0}, None),
        ("Bb7", {10, 2, 5, 8}, None),
        ("Ebmaj7", {3, 7, 10, 2}, None),
        ("Dm7b5", {2, 5, 8, 0}, None),
        ("Gsus4", {7, 0, 2}, None),
        ("G/B", {7, 11, 2}, 11),
        ("C/Bb", {0, 4, 7}, 10),
    ],
)
def test_chords_are_read(name: str, classes: set[int], bass: int | None) -> None:
    wish = parse_chord_wish(f"4:1={name}")
    assert (set(wish.pitch_classes), wish.bass) == (classes, bass)


@pytest.mark.parametrize("name", ["", "H", "Cx", "am", "C13", "C/", "C/H"])
def test_what_is_no_chord_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"is no (chord|note)"):
        parse_chord_wish(f"4:1={name}")


@pytest.mark.parametrize(
    ("text", "tonic", "is_minor"),
    [
        ("G", 7, False),
        ("Em", 4, True),
        ("Bb", 10, False),
        ("F#m", 6, True),
        ("C minor", 0, True),
        ("eb major", 3, False),
        ("Dmaj", 2, False),
    ],
)
def test_keys_are_read(text: str, tonic: int, is_minor: bool) -> None:
    assert parse_key(text) == Key(tonic=tonic, is_minor=is_minor)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_pin, "alto=C4"),
        (parse_pin, "alto@3:2"),
        (parse_pin, "viola@3:2=C4"),
        (parse_pin, "alto@3:0=C4"),
        (parse_chord_wish, "Am"),
        (parse_range, "C3..C4"),
        (parse_range, "alto=C3"),
        (parse_range, "alto=C4..C3"),
        (parse_key, "H"),
        (parse_key, "Gmm"),
        (parse_pitch_class, "h"),
    ],
)
def test_wrong_words_are_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


def test_a_chord_keeps_its_name_and_begins_with_its_root() -> None:
    wish = parse_chord_wish("4:1= G7/B ")
    assert (wish.name, wish.pitch_classes[0], wish.bass) == ("G7/B", 7, 11)


def test_messages_name_the_option_that_a_range_is_for() -> None:
    for text in ("alto=C4", "alto=C4..C3"):
        with pytest.raises(UsageError, match=f"--forbid {text}"):
            parse_range(text, option="--forbid")
    assert str(parse_range("t=C3..F#3")) == "tenor=C3..F#3"
