"""Chords are told from legato playing."""

from __future__ import annotations

import pytest

from musegen.data.polyphony import find_chords, is_monophonic, sound_together
from musegen.data.score import Note


def note(onset: int, end: int, pitch: int = 60) -> Note:
    return Note(onset=onset, duration=end - onset, pitch=pitch)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (note(0, 480), note(480, 960), False),  # one after another
        (note(0, 480), note(0, 10), True),  # begin together
        (note(0, 540), note(480, 960), False),  # an eighth of a quarter
        (note(0, 720), note(480, 960), False),  # half of the shorter
        (note(0, 721), note(480, 960), True),
        (note(0, 480), note(440, 480), False),  # nested, but short
        (note(0, 480), note(0, 0), False),  # no length
        (note(0, 480), note(240, 240), False),
    ],
)
def test_what_sounds_together(first: Note, second: Note, expected: bool) -> None:
    assert sound_together(first, second, ticks_per_quarter=480) is expected
    assert sound_together(second, first, ticks_per_quarter=480) is expected


def test_chords_are_found_also_under_a_held_note() -> None:
    notes = [
        note(0, 1920, 48),
        note(480, 960, 60),
        note(960, 1440, 64),
        note(960, 1440, 67),
    ]
    chords = find_chords(notes, ticks_per_quarter=480)
    assert [chord.tick for chord in chords] == [480, 960]
    assert [[item.pitch for item in chord.notes] for chord in chords] == [
        [48, 60],
        [48, 64, 67],
    ]


def test_unisons_and_restruck_notes_are_no_chords() -> None:
    notes = [note(0, 480), note(0, 400), note(100, 480)]
    assert is_monophonic(notes, ticks_per_quarter=480)
    assert not is_monophonic([*notes, note(0, 480, 64)], ticks_per_quarter=480)
