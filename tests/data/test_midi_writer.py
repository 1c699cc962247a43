from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import mido
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

from musegen.data import midi
from musegen.data.errors import OutputError, OutputExistsError
from musegen.data.midi_reader import read_midi
from musegen.data.midi_writer import midi_bytes, midi_notices, write_midi
from musegen.data.score import (
    BarBeat,
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

T = TypeVar("T", TextEvent, ControlChange, PitchBend)
TICKS = st.integers(0, 5000)
BYTES = st.integers(0, 127)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)


def notes_of(*triples: tuple[int, int, int]) -> tuple[Note, ...]:
    return sorted_notes(
        Note(onset=onset, duration=duration, pitch=pitch)
        for onset, duration, pitch in triples
    )


def by_tick(events: list[T]) -> tuple[T, ...]:
    return tuple(sorted(events, key=lambda event: event.tick))


def without_nesting(notes: list[Note]) -> tuple[Note, ...]:
    """Keep notes whose ends rise with their onsets, pitch by pitch, as MIDI needs."""
    kept: list[Note] = []
    ends: dict[int, int] = {}
    for note in sorted(notes):
        if note.end >= ends.get(note.pitch, 0):
            kept.append(note)
            ends[note.pitch] = note.end
    return tuple(kept)


NOTES = st.lists(
    st.builds(
        Note,
        onset=TICKS,
        duration=st.integers(0, 900),
        pitch=st.integers(58, 62) | BYTES,
        velocity=st.integers(1, 127),
    ),
    max_size=12,
).map(without_nesting)


@st.composite
def program_changes(
    draw: st.DrawFn, program: int, first_onset: int
) -> tuple[ProgramChange, ...]:
    """After the first note, each to another program than the one before."""
    made = []
    ticks = st.integers(first_onset + 1, first_onset + 3000)
    for tick in sorted(draw(st.sets(ticks, max_size=3))):
        others = [other for other in range(128) if other != program]
        program = draw(st.sampled_from(others))
        made.append(ProgramChange(tick=tick, program=program))
    return tuple(made)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    channel = draw(st.integers(0, 15))
    text = st.lists(st.builds(TextEvent, tick=TICKS, text=TEXTS), max_size=3)
    control = st.builds(ControlChange, tick=TICKS, number=BYTES, value=BYTES)
    bend = st.builds(PitchBend, tick=TICKS, value=st.integers(-8192, 8191))
    notes, program = draw(NOTES), draw(BYTES)
    first_onset = notes[0].onset if notes else 0
    return Part(
        notes=notes,
        name=draw(TEXTS),
        program=program,
        channel=channel,
        is_drum=channel == 9,
        lyrics=by_tick(draw(text)),
        controls=by_tick(draw(st.lists(control, max_size=3))),
        pitch_bends=by_tick(draw(st.lists(bend, max_size=3))),
        program_changes=draw(program_changes(program, first_onset)),
    )


def distinct_ticks(minimum: int = 0) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(minimum, 9999), max_size=3, unique=True).map(sorted)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    microseconds = st.integers(1, 2**24 - 1)
    metre = st.tuples(st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 128]))
    key = st.tuples(st.integers(-7, 7), st.booleans())
    pickup = draw(st.just(0) | st.integers(1, 2000))
    metre_ticks = [0, *draw(distinct_ticks(2001))] if pickup else draw(distinct_ticks())
    return Score(
        ticks_per_quarter=draw(st.integers(1, 32767)),
        parts=tuple(draw(st.lists(parts(), max_size=4))),
        tempos=tuple(
            Tempo(tick=tick, qpm=60e6 / draw(microseconds))
            for tick in draw(distinct_ticks())
        ),
        time_signatures=tuple(
            TimeSignature(tick=tick, numerator=numerator, denominator=denominator)
            for tick in metre_ticks
            for numerator, denominator in [draw(metre)]
        ),
        key_signatures=tuple(
            KeySignature(tick=tick, sharps=sharps, is_minor=is_minor)
            for tick in draw(distinct_ticks())
            for sharps, is_minor in [draw(key)]
        ),
        pickup=pickup,
        title=draw(TEXTS),
        markers=by_tick(
            draw(st.lists(st.builds(TextEvent, tick=TICKS, text=TEXTS), max_size=3))
        ),
    )


@given(score=scores())
def test_score_comes_back_exactly(score: Score) -> None:
    data = midi_bytes(score)
    assert read_midi(data).score == score
    assert midi_bytes(score) == data
    assert midi_notices(score) == ()


@given(score=scores())
def test_symusic_and_mido_read_the_same_notes(score: Score) -> None:
    data = midi_bytes(score)
    expected = sorted(
        (note.onset, note.duration, note.pitch, note.velocity)
        for part in score.parts
        for note in part.notes
    )
    other: Any = symusic.Score.from_midi(data)
    assert expected == sorted(
        (note.time, note.duration, note.pitch, note.velocity)
        for track in other.tracks
        for note in track.notes
    )
    tracks = mido.MidiFile(file=io.BytesIO(data), charset="utf-8").tracks
    channels = [
        sorted({message.channel for message in track if message.type == "note_on"})
        for track in tracks[1:]
    ]
    assert channels == [[part.channel] if part.notes else [] for part in score.parts]


@given(qpm=st.floats(4.0, 1000.0))
def test_tempo_keeps_its_microseconds(qpm: float) -> None:
    score = Score(ticks_per_quarter=480, tempos=(Tempo(tick=0, qpm=qpm),))
    (tempo,) = read_midi(midi_bytes(score)).score.tempos
    assert round(60e6 / tempo.qpm) == round(60e6 / qpm)


def test_wait_beyond_the_format_is_bridged() -> None:
    part = Part(channel=0, notes=notes_of((10**9, 10**9, 60)))
    score = Score(ticks_per_quarter=480, parts=(part,))
    result = read_midi(midi_bytes(score))
    assert (result.score, result.notices) == (score, ())


def test_zero_length_note_between_two_of_its_pitch_comes_back() -> None:
    part = Part(channel=0, notes=notes_of((0, 50, 60), (50, 0, 60), (50, 50, 60)))
    score = Score(ticks_per_quarter=480, parts=(part,))
    assert read_midi(midi_bytes(score)).score == score


def test_nested_notes_keep_onsets_and_are_told() -> None:
    part = Part(name="Viola", channel=0, notes=notes_of((0, 900, 60), (480, 100, 60)))
    score = Score(ticks_per_quarter=480, parts=(part,))
    (notice,) = midi_notices(score)
    assert notice.code == "nested-note"
    assert notice.place == BarBeat(bar=1, beat=Fraction(2))
    assert "part 1 (Viola)" in notice.message
    (again,) = read_midi(midi_bytes(score)).score.parts
    assert again.notes == notes_of((0, 580, 60), (480, 420, 60))


def test_fermatas_are_told_once_and_change_no_byte() -> None:
    plain = Part(channel=0, notes=notes_of((0, 480, 60)))
    under = replace(plain, fermatas=(0,))
    score = Score(ticks_per_quarter=480, parts=(under, under))
    (notice,) = midi_notices(score)
    assert notice.code == "fermatas-not-in-midi"
    assert "fermatas (2)" in notice.message
    assert midi_bytes(score) == midi_bytes(replace(score, parts=(plain, plain)))


@pytest.mark.parametrize(("is_drum", "channel"), [(True, 3), (False, 9)])
def test_percussion_on_another_channel_is_told(is_drum: bool, channel: int) -> None:
    part = Part(is_drum=is_drum, channel=channel)
    (notice,) = midi_notices(Score(ticks_per_quarter=480, parts=(part,)))
    assert notice.code == "drum-channel"
    assert str(channel + 1) in notice.message


# === Channels ===


def channels_of(parts: list[Part]) -> list[int | None]:
    score = Score(ticks_per_quarter=480, parts=tuple(parts))
    return [part.channel for part in read_midi(midi_bytes(score)).score.parts]


def test_parts_without_a_channel_get_free_ones_and_percussion_the_tenth() -> None:
    note = notes_of((0, 9, 60))
    parts = [
        Part(notes=note),
        Part(notes=note, channel=0),
        Part(notes=note, is_drum=True),
        Part(notes=note),
        Part(name="only a name"),
    ]
    assert channels_of(parts) == [1, 0, 9, 2, None]


def test_parts_beyond_the_channels_share_with_their_program() -> None:
    parts = [Part(notes=notes_of((0, 9, 60)), program=index) for index in range(15)]
    parts += [replace(parts[4], name="second")]
    assert channels_of(parts) == [c for c in range(16) if c != 9] + [4]


def test_programs_on_one_channel_return_before_their_notes() -> None:
    flute = Part(channel=0, program=73, notes=notes_of((0, 9, 72), (960, 9, 74)))
    oboe = Part(channel=0, program=68, notes=notes_of((480, 9, 60), (960, 9, 62)))
    score = Score(ticks_per_quarter=480, parts=(flute, oboe))
    data = midi_bytes(score)
    assert read_midi(data).score == score
    assert heard_programs(data) == [(72, 73), (60, 68), (74, 73), (62, 68)]


def heard_programs(data: bytes) -> list[tuple[int, int]]:
    """(pitch, program) of each note of one channel, as a player hears them."""
    in_force, heard = 0, []
    for message in mido.MidiFile(file=io.BytesIO(data)).merged_track:
        if message.type == "program_change":
            in_force = message.program
        elif message.type == "note_on":
            heard.append((message.note, in_force))
    return heard


CHANGES = (ProgramChange(tick=480, program=40), ProgramChange(tick=960, program=73))


def test_program_changes_stand_before_the_notes_of_their_tick() -> None:
    notes = notes_of((0, 480, 72), (480, 480, 74), (960, 480, 76))
    part = Part(channel=0, program=73, notes=notes, program_changes=CHANGES)
    data = midi_bytes(Score(ticks_per_quarter=480, parts=(part,)))
    assert heard_programs(data) == [(72, 73), (74, 40), (76, 73)]
    assert read_midi(data).score.parts == (part,)


def test_parts_that_share_a_channel_keep_their_program_changes() -> None:
    flute = Part(
        channel=0,
        program=73,
        notes=notes_of((0, 9, 72), (700, 9, 74), (1200, 9, 76)),
        program_changes=CHANGES,
    )
    oboe = Part(channel=0, program=68, notes=notes_of((490, 9, 60), (970, 9, 62)))
    score = Score(ticks_per_quarter=480, parts=(flute, oboe))
    data = midi_bytes(score)
    assert heard_programs(data) == [(72, 73), (60, 68), (74, 40), (62, 68), (76, 73)]
    assert read_midi(data).score == score


def test_program_changes_alone_need_a_channel() -> None:
    assert channels_of([Part(program_changes=CHANGES)]) == [0]


def test_channel_is_not_shared_with_a_part_that_changes_its_program() -> None:
    note = notes_of((0, 9, 60))
    parts = [Part(notes=note, program=5) for _ in range(15)]
    parts[0] = replace(parts[0], program_changes=CHANGES)
    assert channels_of([*parts, Part(notes=note, program=5)])[-1] == 1


# === What cannot be written ===


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (Score(ticks_per_quarter=40_000), "at most 32767 ticks"),
        (Score(ticks_per_quarter=480, tempos=(Tempo(tick=0, qpm=1.0),)), "a tempo of"),
        (Score(ticks_per_quarter=480, tempos=(Tempo(tick=0, qpm=0.0),)), "a tempo of"),
        (
            Score(ticks_per_quarter=480, tempos=(Tempo(tick=0, qpm=float("inf")),)),
            "a tempo of",
        ),
        (
            Score(
                ticks_per_quarter=480,
                time_signatures=(TimeSignature(tick=0, numerator=4, denominator=3),),
            ),
            "a time signature of 4/3",
        ),
        (
            Score(
                ticks_per_quarter=480,
                time_signatures=(TimeSignature(tick=0, numerator=256, denominator=4),),
            ),
            "a time signature of 256/4",
        ),
        (
            Score(
                ticks_per_quarter=480,
                key_signatures=(KeySignature(tick=0, sharps=8),),
            ),
            "a key of 8 sharps",
        ),
        (
            Score(ticks_per_quarter=480, parts=(Part(name="Tuba", channel=16),)),
            "'Tuba': channel 16 does not exist",
        ),
        (
            Score(
                ticks_per_quarter=480,
                parts=(Part(controls=(ControlChange(tick=3, number=7, value=128),)),),
            ),
            "tick 3: a program, controller or bend",
        ),
        (
            Score(
                ticks_per_quarter=480,
                parts=(Part(pitch_bends=(PitchBend(tick=0, value=-8193),)),),
            ),
            "a program, controller or bend",
        ),
        (
            Score(
                ticks_per_quarter=480,
                parts=(Part(program_changes=(ProgramChange(tick=9, program=128),)),),
            ),
            "tick 9: a program, controller or bend",
        ),
    ],
)
def test_what_midi_has_no_number_for_is_refused(score: Score, reason: str) -> None:
    with pytest.raises(OutputError, match=reason):
        midi_bytes(score)


def test_lone_surrogate_in_a_name_does_not_stop_writing() -> None:
    score = Score(ticks_per_quarter=480, parts=(Part(channel=0, name="a\ud800"),))
    assert read_midi(midi_bytes(score)).score.parts[0].name == "a?"


def test_file_is_written_once_unless_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "Übung.mid"
    part = Part(channel=9, notes=notes_of((0, 1, 60)))
    score = Score(ticks_per_quarter=480, parts=(part,))
    (notice,) = write_midi(score, path)
    assert notice.code == "drum-channel"
    assert path.read_bytes() == midi_bytes(score)
    with pytest.raises(OutputExistsError):
        write_midi(score, path)
    assert write_midi(replace(score, parts=()), path, overwrite=True) == ()
    assert read_midi(path).score.parts == ()


def test_door_leads_to_reader_and_writer() -> None:
    assert midi.read_midi is read_midi
    assert (midi.midi_bytes, midi.midi_notices, midi.write_midi) == (
        midi_bytes,
        midi_notices,
        write_midi,
    )
