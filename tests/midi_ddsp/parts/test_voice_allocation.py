"""Chords to voices: minimal, stable, and nothing lost."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.parts.voice_allocation import (
    HeldNote,
    allocate_voices,
    can_follow,
    is_legato_overlap,
)


def held(onset_s: float, end_s: float, pitch: int, key_s: float = -1.0) -> HeldNote:
    key_end_s = end_s if key_s < 0.0 else key_s
    return HeldNote(pitch=pitch, onset_s=onset_s, key_end_s=key_end_s, end_s=end_s)


def pitches(notes: list[HeldNote], **choices: int) -> list[list[int]]:
    voices = allocate_voices(notes, **choices).voices
    return [[placed.note.pitch for placed in voice] for voice in voices]


NOTES = st.lists(
    st.builds(
        lambda onset, length, pitch: held(onset / 20, (onset + length) / 20, pitch),
        onset=st.integers(0, 60),
        length=st.integers(1, 30),
        pitch=st.integers(40, 60),
    ),
    max_size=30,
)


def most_at_once(notes: list[HeldNote]) -> int:
    return max(
        (
            sum(other.onset_s <= note.onset_s < other.end_s for other in notes)
            for note in notes
        ),
        default=0,
    )


# === What is legato ===


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param((0.0, 1.0), (0.95, 2.0), True, id="50 ms of long notes"),
        pytest.param((0.0, 1.0), (0.82, 2.0), True, id="180 ms of long notes"),
        pytest.param((0.0, 4.0), (3.5, 8.0), False, id="half a second"),
        pytest.param((0.0, 0.1), (0.06, 0.16), True, id="40 of 100 ms"),
        pytest.param((0.0, 0.1), (0.04, 0.14), False, id="60 of 100 ms"),
        pytest.param((0.0, 1.0), (1.0, 2.0), False, id="no overlap"),
        pytest.param((0.0, 1.0), (0.95, 1.0), False, id="ends with it"),
        pytest.param((0.0, 1.0), (0.0, 2.0), False, id="begins with it"),
    ],
)
def test_short_overlaps_are_legato(
    first: tuple[float, float], second: tuple[float, float], expected: bool
) -> None:
    assert is_legato_overlap(held(*first, 60), held(*second, 62)) is expected


def test_a_pitch_struck_again_follows_itself() -> None:
    assert can_follow(held(0, 2, 60), held(1, 3, 60))
    assert not can_follow(held(0, 2, 60), held(1, 3, 61))
    assert not can_follow(held(0, 4, 60), held(1, 3, 60))


# === Voices ===


def test_a_legato_line_stays_one_voice_and_says_so() -> None:
    notes = [held(i * 0.5, i * 0.5 + 0.55, 60 + i) for i in range(20)]
    (voice,) = allocate_voices(notes).voices
    assert [placed.is_legato for placed in voice] == [False] + [True] * 19
    assert [placed.offset_s for placed in voice[:-1]] == [
        note.onset_s for note in notes[1:]
    ]
    assert voice[-1].offset_s == notes[-1].end_s


def test_detached_and_adjoining_notes_are_not_legato() -> None:
    notes = [held(0, 0.4, 60), held(0.5, 1, 62), held(1, 2, 64)]
    (voice,) = allocate_voices(notes).voices
    assert not any(placed.is_legato for placed in voice)
    assert [placed.offset_s for placed in voice] == [0.4, 1, 2]


def test_chords_keep_their_lines_from_the_top() -> None:
    chords = [(72, 67, 60, 48), (74, 67, 59, 43), (72, 67, 60, 48)]
    notes = [held(i, i + 1, p) for i, chord in enumerate(chords) for p in chord]
    assert pitches(notes[::-1]) == [[72, 74, 72], [67] * 3, [60, 59, 60], [48, 43, 48]]


def test_a_melody_alone_stays_in_the_voice_it_came_from() -> None:
    notes = [held(0, 1, p) for p in (72, 64, 48)]
    notes += [held(1, 2, 74), held(2, 3, 76), held(3, 4, 47)]
    notes += [held(4, 5, p) for p in (72, 65, 48)]
    assert pitches(notes) == [[72, 74, 76, 72], [64, 65], [48, 47, 48]]


def test_a_lone_line_does_not_hop_to_idle_voices() -> None:
    chord = [held(0, 0.5, p) for p in (79, 71, 62)]
    melody = [79, 74, 70, 74, 79, 83, 76, 71, 64, 67, 72]
    notes = [held(1 + i / 4, 1.2 + i / 4, p) for i, p in enumerate(melody)]
    assert pitches(chord + notes) == [[79, *melody], [71], [62]]


def test_a_held_bass_under_quick_notes_takes_two_voices() -> None:
    notes = [held(0, 4, 40), *(held(i / 4, i / 4 + 0.25, 70 + i) for i in range(16))]
    assert pitches(notes) == [list(range(70, 86)), [40]]


def test_equal_notes_are_both_kept() -> None:
    assert pitches([held(0, 1, 60), held(0, 1, 60)]) == [[60], [60]]


@settings(max_examples=30, deadline=None)
@given(notes=NOTES)
def test_no_note_is_lost_or_moved(notes: list[HeldNote]) -> None:
    found = allocate_voices(notes, max_voices=30)
    placed = [placed.note for voice in found.voices for placed in voice]
    assert Counter(placed) == Counter(notes)
    assert not found.left_out and not found.stopped and not found.released


@settings(max_examples=30, deadline=None)
@given(notes=NOTES)
def test_a_voice_sounds_one_note_beyond_legato(notes: list[HeldNote]) -> None:
    for voice in allocate_voices(notes, max_voices=30).voices:
        for first, second in pairwise(voice):
            assert can_follow(first.note, second.note)
            assert first.offset_s == min(first.note.end_s, second.note.onset_s)
            overlaps = first.note.end_s > second.note.onset_s
            is_new_pitch = first.note.pitch != second.note.pitch
            assert second.is_legato is (overlaps and is_new_pitch)
        assert voice[-1].offset_s == voice[-1].note.end_s


@settings(max_examples=30, deadline=None)
@given(notes=NOTES)
def test_there_are_no_more_voices_than_notes_at_once(notes: list[HeldNote]) -> None:
    assert len(allocate_voices(notes, max_voices=30).voices) <= most_at_once(notes)


@settings(max_examples=30, deadline=None)
@given(chords=st.lists(st.lists(st.integers(30, 90), max_size=6), max_size=12))
def test_block_chords_take_as_many_voices_as_their_largest(
    chords: list[list[int]],
) -> None:
    notes = [held(i, i + 1, p) for i, chord in enumerate(chords) for p in chord]
    largest = max(map(len, chords), default=0)
    assert len(allocate_voices(notes, max_voices=30).voices) == largest


@settings(max_examples=30, deadline=None)
@given(notes=NOTES, data=st.data())
def test_the_order_in_which_notes_come_does_not_matter(
    notes: list[HeldNote], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(notes))
    assert allocate_voices(notes) == allocate_voices(shuffled)


@settings(max_examples=30, deadline=None)
@given(notes=NOTES)
def test_voices_come_from_the_highest_down(notes: list[HeldNote]) -> None:
    means = [sum(voice) / len(voice) for voice in pitches(notes)]
    assert means == sorted(means, reverse=True)


# === Too many at once ===


def test_notes_held_by_the_pedal_give_way_first() -> None:
    ringing, sounding = held(0, 9, 60, key_s=0.5), held(0, 9, 64)
    new = held(1, 2, 67)
    found = allocate_voices([ringing, sounding, new], max_voices=2)
    assert found.released == (ringing,)
    assert [[p.offset_s for p in voice] for voice in found.voices] == [[9], [1, 2]]
    assert not found.stopped and not found.left_out


def test_then_the_note_that_has_sounded_longest() -> None:
    old, young, new = held(0, 9, 60), held(0.5, 9, 64), held(1, 2, 67)
    found = allocate_voices([old, young, new], max_voices=2)
    assert found.stopped == (old,)
    assert not any(placed.is_legato for voice in found.voices for placed in voice)


def test_a_chord_of_more_notes_than_voices_leaves_the_lowest_out() -> None:
    found = allocate_voices([held(0, 1, p) for p in range(60, 80)])
    assert len(found.voices) == 16
    assert [note.pitch for note in found.left_out] == [63, 62, 61, 60]


@settings(max_examples=30, deadline=None)
@given(notes=NOTES, max_voices=st.integers(1, 3))
def test_every_note_is_in_a_voice_or_left_out(
    notes: list[HeldNote], max_voices: int
) -> None:
    found = allocate_voices(notes, max_voices=max_voices)
    assert len(found.voices) <= max_voices
    placed = [placed.note for voice in found.voices for placed in voice]
    assert Counter([*placed, *found.left_out]) == Counter(notes)
    for voice in found.voices:
        assert all(a.offset_s <= b.note.onset_s for a, b in pairwise(voice))
        assert all(placed.offset_s > placed.note.onset_s for placed in voice)
