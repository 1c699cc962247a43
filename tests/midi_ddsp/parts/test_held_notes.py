"""Notes of a part by time, with their pedal, programs and channel."""

from __future__ import annotations

from musegen.data.score import (
    ControlChange,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
)
from musegen.midi_ddsp.parts.held_notes import (
    held_notes,
    programs_of_notes,
    with_channel,
)
from musegen.midi_ddsp.parts.timing import TempoMap
from musegen.midi_ddsp.parts.voice_allocation import HeldNote

NOTE = Note(onset=500, duration=250, pitch=60, velocity=33)
VOLUME = ControlChange(tick=0, number=7, value=50)
PEDAL = ControlChange(tick=0, number=64, value=127)
LIFT = ControlChange(tick=1500, number=64, value=0)


def score_of(*parts: Part) -> Score:
    """A tick is a millisecond."""
    return Score(ticks_per_quarter=1000, parts=parts, tempos=(Tempo(tick=0, qpm=60.0),))


def held(part: Part, *, holds_pedal: bool = True) -> list[HeldNote | None]:
    return held_notes(part, TempoMap(score_of(part)), holds_pedal=holds_pedal)


def test_a_note_has_its_absolute_times() -> None:
    (note,) = held(Part(notes=(NOTE,)))
    assert note == HeldNote(
        pitch=60, onset_s=0.5, key_end_s=0.75, end_s=0.75, velocity=33, tick=500
    )


def test_the_pedal_holds_a_note_unless_it_is_ignored() -> None:
    part = Part(notes=(NOTE,), controls=(PEDAL, LIFT))
    (note,), (plain,) = held(part), held(part, holds_pedal=False)
    assert note and (note.key_end_s, note.end_s) == (0.75, 1.5)
    assert plain and plain.end_s == 0.75


def test_the_last_notes_do_not_ring_for_ever() -> None:
    late = ControlChange(tick=10**8, number=64, value=0)
    (note,) = held(Part(notes=(NOTE,), controls=(PEDAL, late)))
    assert note and note.end_s == 10.75


def test_a_note_of_no_length_is_none() -> None:
    assert held(Part(notes=(Note(onset=5, duration=0, pitch=60),))) == [None]


def test_each_note_has_the_program_of_its_tick() -> None:
    notes = tuple(Note(onset=onset, duration=1, pitch=60) for onset in (0, 9, 10, 30))
    changes = (ProgramChange(tick=10, program=5), ProgramChange(tick=20, program=7))
    part = Part(notes=notes, program=3, program_changes=changes)
    assert programs_of_notes(part) == [3, 3, 5, 7]
    assert programs_of_notes(part) == [part.program_at(n.onset) for n in notes]


def test_a_track_without_notes_lends_its_controllers_to_its_channel() -> None:
    bend = PitchBend(tick=0, value=100)
    lender = Part(channel=2, controls=(VOLUME,), pitch_bends=(bend,))
    taker = Part(channel=2, notes=(NOTE,), controls=(LIFT,))
    other = Part(channel=3, notes=(NOTE,))
    score = score_of(lender, taker, other)
    assert with_channel(score, 1).controls == (VOLUME, LIFT)
    assert with_channel(score, 1).pitch_bends == (bend,)
    assert with_channel(score, 2) is other


def test_tracks_with_notes_keep_their_controllers_to_themselves() -> None:
    first = Part(channel=0, notes=(NOTE,), controls=(VOLUME,))
    second = Part(channel=0, notes=(NOTE,))
    assert with_channel(score_of(first, second), 1) is second
