"""Musicians' words become statements about steps, or a sentence that says why not."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from musegen.coconet.constraints import (
    Cadence,
    Constraints,
    PinnedChord,
    PinnedNote,
    VoiceRange,
)
from musegen.coconet.melody import prepare_melody
from musegen.coconet.score_task import ScoreTask
from musegen.coconet.wishes import (
    Wishes,
    constraints_of,
    key_of_score,
    parse_chord_wish,
    parse_key,
    parse_pin,
    parse_pitch,
    parse_pitch_class,
    parse_range,
    tonic_chord,
)
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key
from musegen.data.score import BarBeat, KeySignature, Note, Part, Score
from musegen.data.spelling import pitch_name

Untyped = Any  # options are of many types

QUARTER = 480
G_MAJOR = (67, 69, 71, 72, 74, 72, 71, 69, 67, 69, 71, 69, 67, 66, 69, 67)


def melody(
    *pitches: int,
    sharps: int | None = None,
    is_minor: bool = False,
    level: int = 1,
    given: tuple[int, ...] = (0,),
) -> ScoreTask:
    notes = tuple(
        Note(onset=i * QUARTER, duration=QUARTER, pitch=pitch)
        for i, pitch in enumerate(pitches or G_MAJOR)
    )
    keys: tuple[KeySignature, ...] = ()
    if sharps is not None:
        keys = (KeySignature(tick=0, sharps=sharps, is_minor=is_minor),)
    score = Score(
        ticks_per_quarter=QUARTER, parts=(Part(notes=notes),), key_signatures=keys
    )
    return prepare_melody(score, beat_level=Fraction(level), given=given)


def statements(task: ScoreTask, **wishes: Untyped) -> tuple[object, ...]:
    found = constraints_of(Wishes(**wishes), task)
    assert found is not None
    assert found.shift == task.shift
    return found.statements


def test_no_wish_is_no_constraint() -> None:
    assert constraints_of(Wishes(), melody()) is None


# === Reading ===


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


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"pins": (parse_pin("a@1:1=C4"), parse_pin("a@1:1=E4"))}, "--pin alto in bar"),
        ({"chords": (parse_chord_wish("1=C"),) * 2}, "--chord in bar 1"),
        ({"ranges": (parse_range("a=C4..C5"),) * 2}, "--range alto was given twice"),
    ],
)
def test_a_wish_is_said_once(wishes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Wishes(**wishes)


# === On the grid ===


def test_a_pin_lasts_to_the_end_of_its_beat() -> None:
    first, second = parse_pin("alto@2:3=C4"), parse_pin("bass@1:1.5=C3")
    assert statements(melody(), pins=(first, second)) == (
        PinnedNote(voice=1, start=24, end=28, pitch=60),
        PinnedNote(voice=3, start=2, end=4, pitch=48),
    )
    wide = statements(melody(level=2), pins=(first,))
    assert wide == (PinnedNote(voice=1, start=12, end=16, pitch=60),)


def test_chords_and_ranges_become_statements() -> None:
    wish = parse_chord_wish("1:2=Am/C")
    found = statements(melody(), chords=(wish,), ranges=(parse_range("t=C3..G4"),))
    assert found == (
        PinnedChord(start=4, end=8, pitch_classes=(9, 0, 4), bass=0),
        VoiceRange(voices=(2,), lowest=48, highest=67),
    )


def test_pitches_are_shifted_with_the_score() -> None:
    task = melody(48, 50, 52)
    found = constraints_of(Wishes(pins=(parse_pin("alto@1:1=C3"),)), task)
    assert task.shift == 12
    assert found == Constraints(
        statements=(PinnedNote(voice=1, start=0, end=4, pitch=48),), shift=12
    )


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"pins": (parse_pin("s@1:1=C4"),)}, "--pin soprano does nothing in bar 1"),
        ({"pins": (parse_pin("a@9:1=C4"),)}, "bar 9, beat 1 is not in the score"),
        ({"ranges": (parse_range("s=C4..C5"),)}, "--range soprano does nothing"),
    ],
)
def test_a_wish_that_cannot_act_is_refused(wishes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        constraints_of(Wishes(**wishes), melody())


def test_a_place_before_the_music_is_refused() -> None:
    late = Note(onset=8 * QUARTER, duration=QUARTER, pitch=72)
    score = Score(ticks_per_quarter=QUARTER, parts=(Part(notes=(late,)),))
    task = prepare_melody(score, beat_level=Fraction(1))
    with pytest.raises(UsageError, match="name a place from bar 3, beat 1 to bar 3"):
        constraints_of(Wishes(chords=(parse_chord_wish("1:1=C"),)), task)


# === Cadences and keys ===


def cadence(task: ScoreTask, **wishes: Untyped) -> Cadence:
    (found,) = statements(task, cadence="authentic", **wishes)
    assert isinstance(found, Cadence)
    return found


def test_a_cadence_ends_with_the_last_given_note() -> None:
    found = cadence(melody())
    assert (found.tonic, found.is_minor) == (7, False)
    assert (found.end, found.final_steps, found.approach_steps) == (64, 4, 4)


def test_a_cadence_takes_the_key_that_is_asked_for() -> None:
    found = cadence(melody(), key=Key(tonic=4, is_minor=True))
    assert (found.tonic, found.is_minor) == (4, True)
    assert not found.has_picardy_third


def test_a_major_third_at_the_end_of_a_minor_key_is_kept() -> None:
    found = cadence(melody(69, 71, 72, 73), key=Key(tonic=9, is_minor=True))
    assert found.has_picardy_third


def test_a_single_note_has_no_approach() -> None:
    assert cadence(melody(67), key=Key(tonic=7, is_minor=False)).approach_steps == 0


def test_the_key_signature_says_the_key_that_is_heard() -> None:
    assert key_of_score(melody()) == Key(tonic=7, is_minor=False)
    assert key_of_score(melody(sharps=1)) == Key(tonic=7, is_minor=False)
    minor = (64, 66, 67, 69, 71, 69, 67, 66, 64, 63, 64, 64)
    assert key_of_score(melody(*minor, sharps=1)) == Key(tonic=4, is_minor=True)
    assert key_of_score(melody(sharps=-3)) == Key(tonic=3, is_minor=False)
    assert key_of_score(melody(sharps=-3, is_minor=True)) == Key(tonic=0, is_minor=True)


def test_the_tonic_chord_has_its_root_below() -> None:
    wish = tonic_chord(Key(tonic=4, is_minor=True), BarBeat(bar=1, beat=Fraction(1)))
    assert (wish.pitch_classes, wish.bass) == ((4, 7, 11), 4)
