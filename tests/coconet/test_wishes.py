"""Musicians' words become statements about steps, or a sentence that says why not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from musegen.coconet.composing import ComposeConfig, prepare_composition
from musegen.coconet.constraints import (
    Cadence,
    PinnedChord,
    PinnedNote,
    VoiceRange,
)
from musegen.coconet.melody import prepare_melody
from musegen.coconet.score_task import ScoreTask
from musegen.coconet.wish_words import parse_chord_wish, parse_pin, parse_range
from musegen.coconet.wishes import (
    Wishes,
    constraints_of,
    key_of_score,
    tonic_chord,
)
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key
from musegen.data.score import BarBeat, KeySignature, Note, Part, Score

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


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"pins": (parse_pin("a@1:1=C4"), parse_pin("a@1:1=E4"))}, "--pin alto in bar"),
        ({"chords": (parse_chord_wish("1=C"),) * 2}, "--chord in bar 1"),
        ({"ranges": (parse_range("a=C4..C5"),) * 2}, "--range alto was given twice"),
        ({"forbidden": (parse_range("a=C4..C5"),) * 2}, "--forbid alto=C4..C5 was"),
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


def test_forbidden_ranges_and_crossing_become_constraints() -> None:
    several = (parse_range("a=C4..E4"), parse_range("a=A4..A4"))
    found = statements(melody(), forbidden=several, ranges=(parse_range("t=C4..C5"),))
    assert found == (
        VoiceRange(voices=(2,), lowest=60, highest=72),
        VoiceRange(voices=(1,), lowest=60, highest=64, is_forbidden=True),
        VoiceRange(voices=(1,), lowest=69, highest=69, is_forbidden=True),
    )
    ordered = constraints_of(Wishes(forbids_crossing=True), melody())
    assert ordered is not None
    assert (ordered.statements, ordered.forbids_crossing) == ((), True)


@pytest.mark.parametrize(("sharps", "name"), [(None, "F#"), (1, "F#"), (-6, "Gb")])
def test_messages_spell_by_the_key_of_the_score(sharps: int | None, name: str) -> None:
    task = melody(*([66] * 8), sharps=sharps)
    found = constraints_of(Wishes(chords=(parse_chord_wish("1:1=Am"),)), task)
    assert found is not None
    with pytest.raises(UsageError, match=f"the chord is Am, .* given there as {name}4"):
        found.resolve(
            task.pitch_index, task.is_free, allow_rests=False, writes_rests=False
        )


def test_pitches_are_shifted_with_the_score() -> None:
    task = melody(48, 50, 52)
    found = constraints_of(Wishes(pins=(parse_pin("alto@1:1=C3"),)), task)
    assert found is not None
    assert found.shift == task.shift == 12
    assert found.statements == (PinnedNote(voice=1, start=0, end=4, pitch=48),)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"pins": (parse_pin("s@1:1=C4"),)}, "--pin soprano does nothing in bar 1"),
        ({"pins": (parse_pin("a@9:1=C4"),)}, "bar 9, beat 1 is not in the score"),
        ({"ranges": (parse_range("s=C4..C5"),)}, "--range soprano does nothing"),
        ({"forbidden": (parse_range("s=C4..C5"),)}, "--forbid soprano does nothing"),
        (
            {
                "forbidden": (parse_range("a=C4..C5"),),
                "ranges": (parse_range("a=D5..E5"),),
            },
            "--forbid alto=C4..C5 does nothing: --range alto=D5..E5 already keeps to",
        ),
        (
            {"forbidden": (parse_range("b=C0..B1"),)},
            "--forbid bass=C0..B1 does nothing: the network writes only C2..A5",
        ),
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


@pytest.mark.parametrize(
    ("metre", "final_beats", "steps"),
    [
        ((4, 4), None, 8),
        ((3, 4), None, 12),  # no beat but the first is strong
        ((2, 4), None, 4),
        ((6, 8), None, 4),
        ((4, 4), 1, 4),
        ((4, 4), 99, 28),  # a beat is left for the chord before
    ],
)
def test_a_cadence_that_nothing_given_ends_takes_strong_beats(
    metre: tuple[int, int], final_beats: int | None, steps: int
) -> None:
    key = Key(tonic=0, is_minor=False)
    task = prepare_composition(ComposeConfig(key=key, metre=metre, num_bars=2))
    found = cadence(task, key=key, final_beats=final_beats)
    assert (found.final_steps, found.approach_steps) == (steps, 4)
    open_end = cadence(task, key=key, has_approach=False)
    assert open_end.approach_steps == 0


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
