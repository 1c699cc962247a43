"""A voice is taken out of a score note for note, or the reason why not is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import EmptyScoreError, PolyphonyError
from musegen.data.polyphony import is_monophonic
from musegen.data.score import (
    KeySignature,
    Note,
    Part,
    Score,
    TimeSignature,
    sorted_notes,
)
from musegen.data.voices import extract_melody


def note(onset: int, end: int, pitch: int = 60) -> Note:
    return Note(onset=onset, duration=end - onset, pitch=pitch)


def piece(*parts: tuple[Note, ...], names: tuple[str, ...] = ()) -> Score:
    labels = names or ("",) * len(parts)
    return Score(
        ticks_per_quarter=480,
        parts=tuple(
            Part(notes=sorted_notes(notes), name=name)
            for notes, name in zip(parts, labels, strict=True)
        ),
    )


def test_the_notes_are_the_very_notes_of_the_score() -> None:
    legato = (note(0, 500, 60), note(480, 960, 62), note(960, 961, 127))
    score = piece((note(0, 960, 40),), legato)
    voice = extract_melody(score, voice="2")
    assert voice.part_index == 1
    assert all(
        got is given
        for got, given in zip(voice.notes, score.parts[1].notes, strict=True)
    )
    assert (voice.other_notes, voice.cut_notes, voice.notices) == ((), (), ())


def test_the_choice_of_a_melody_is_passed_on() -> None:
    score = piece((note(0, 480, 60),), (note(0, 480, 72),))
    voice = extract_melody(score)
    assert voice.part_index == 1
    assert [notice.code for notice in voice.notices] == ["voice-chosen"]


def test_a_chord_is_named_with_its_place_and_a_way_out() -> None:
    chord = (note(0, 480), note(1920, 2880, 64), note(2400, 2880, 70))
    score = Score(
        ticks_per_quarter=480,
        parts=(Part(notes=chord),),
        key_signatures=(
            KeySignature(tick=0, sharps=-3),
            KeySignature(tick=2500, sharps=5),
        ),
        time_signatures=(TimeSignature(tick=0, numerator=3, denominator=4),),
    )
    with pytest.raises(PolyphonyError) as caught:
        extract_melody(score)
    assert str(caught.value) == (
        "part 1, bar 2, beat 3: E4 and Bb4 sound together, where a melody has one note "
        "at a time; --voice top takes the highest line, --voice bottom the lowest"
    )


def test_a_chord_in_one_of_several_parts_offers_the_line_of_that_part() -> None:
    triad = tuple(
        note(onset, onset + 480, pitch) for onset in (0, 480) for pitch in (60, 64, 67)
    )
    score = piece((note(0, 480, 72),), (*triad, note(960, 999), note(960, 999, 50)))
    with pytest.raises(PolyphonyError) as caught:
        extract_melody(score, voice="2")
    message = str(caught.value)
    assert "C4, E4 and G4 sound together (and at 2 more places)" in message
    assert "--voice track:2:top" in message
    two = piece(triad)
    with pytest.raises(PolyphonyError, match="and at one more place"):
        extract_melody(two)


def test_a_unison_is_read_once_and_said() -> None:
    short, long, grace = note(0, 400), note(0, 480), note(0, 0, 62)
    voice = extract_melody(piece((short, long, grace, note(480, 960))))
    assert voice.notes == (grace, long, note(480, 960))
    assert voice.other_notes == (short,)
    (remark,) = voice.notices
    assert remark.code == "unison-notes"
    assert str(remark) == "bar 1, beat 1: 1 note is doubled at the unison and read once"


def test_top_is_the_highest_note_that_begins() -> None:
    upper = (note(0, 480, 72), note(480, 960, 74))
    lower = (note(0, 960, 60), note(240, 1920, 64), note(960, 1920, 55))
    voice = extract_melody(piece(lower, upper), voice="top")
    assert voice.notes == upper  # neither 64 nor 55 comes out under a held note
    assert voice.part_index == 1
    assert voice.other_notes == lower
    (remark,) = voice.notices
    assert remark.code == "notes-left-out"
    assert remark.message == "3 notes are below the top line and left out of it"


@pytest.mark.parametrize(("onset", "is_line"), [(1800, False), (1801, True)])
def test_an_inner_entry_before_the_outer_note_ends_is_left_out(
    onset: int, is_line: bool
) -> None:
    long, entry = note(0, 1920, 72), note(onset, 2880, 60)
    voice = extract_melody(piece((long, entry)), voice="top")
    assert voice.notes == ((long, entry) if is_line else (long,))


def test_bottom_is_the_lowest() -> None:
    upper = (note(0, 480, 72), note(480, 960, 74))
    lower = (note(0, 480, 60), note(480, 960, 55))
    voice = extract_melody(piece(upper, lower), voice="bottom")
    assert (voice.notes, voice.part_index) == (lower, 1)
    assert "above the bottom line" in voice.notices[0].message


@pytest.mark.parametrize(("edge", "step"), [("top", 5), ("bottom", -5)])
def test_a_note_held_under_a_later_one_is_cut_and_said(edge: str, step: int) -> None:
    held, later = note(0, 960, 60), note(480, 960, 60 + step)
    voice = extract_melody(piece((held, later)), voice=edge)
    assert voice.notes == (note(0, 480, 60), later)
    assert voice.notes[1] is later
    assert voice.cut_notes == ((held, voice.notes[0]),)
    assert voice.part_index == 0
    (remark,) = voice.notices
    assert remark.code == "notes-cut"
    assert f"1 note is shortened in the {edge} line" in remark.message


def test_a_legato_overlap_in_the_top_line_is_left_as_it_is() -> None:
    line = (note(0, 500, 60), note(480, 980, 64), note(960, 1440, 62))
    voice = extract_melody(piece(line), voice="track:1:top")
    assert voice.notes == line
    assert voice.notices == ()


def test_a_note_of_no_length_under_a_chord_is_left_out() -> None:
    notes = (note(0, 0, 50), note(0, 480, 60), note(0, 0, 64), note(700, 700, 40))
    voice = extract_melody(piece(notes), voice="top")
    assert voice.notes == (note(0, 0, 64), note(0, 480, 60), note(700, 700, 40))


def test_unisons_of_two_parts_are_one_note_of_the_top() -> None:
    score = piece((note(0, 480, 60),), (note(0, 960, 60),))
    assert extract_melody(score, voice="top").notes == (note(0, 960, 60),)


def test_only_drums_are_an_empty_score() -> None:
    kit = Part(notes=(note(0, 10, 38),), is_drum=True)
    with pytest.raises(EmptyScoreError, match="percussion has no melody"):
        extract_melody(Score(ticks_per_quarter=480, parts=(kit,)))


@given(
    st.lists(
        st.lists(
            st.builds(
                Note,
                onset=st.integers(0, 40).map(lambda item: item * 60),
                duration=st.integers(0, 1200),
                pitch=st.integers(55, 75),
            ),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["top", "bottom"]),
)
@settings(max_examples=50, deadline=None)
def test_an_outer_line_is_one_voice_and_nothing_is_lost(
    parts: list[list[Note]], edge: str
) -> None:
    given_notes = [item for notes in parts for item in notes]
    score = piece(*(tuple(notes) for notes in parts))
    voice = extract_melody(score, voice=edge)
    assert is_monophonic(voice.notes, ticks_per_quarter=480)
    uncut = {id(cut): written for written, cut in voice.cut_notes}
    whole = [uncut.get(id(item), item) for item in voice.notes]
    assert sorted([*whole, *voice.other_notes]) == sorted(given_notes)
    for item in voice.notes:
        ahead = [
            other.pitch
            for other in given_notes
            if other.onset == item.onset and other.duration and item.duration
        ]
        assert item.pitch == (max if edge == "top" else min)([*ahead, item.pitch])
