"""`Score` to and from the `NoteSequence` protocol buffer of note_seq (extra `magenta`).

A NoteSequence holds notes, velocities, programs, drums, part names, controllers, pitch
bends, tempos, metres, keys by tonic, texts and the title. Its times are seconds; the
ticks come back exactly, through its tempos and `ticks_per_quarter`.

It cannot hold: the pickup; lyrics; fermatas; channels; changes of program within a part
(each program comes back as a part of its own); the program of a part without notes,
controllers or pitch bends; enharmonic keys (Cb comes back as B, C# as Db, Gb as F#).
From a NoteSequence a `Score` takes no quantized steps, beats, sections or sub-sequence
limits; chord symbols become markers.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

from musegen.data.adapters.seconds import TempoMap, tempo_map_from_seconds
from musegen.data.errors import MissingPackageError
from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    Score,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

# note_seq.constants.STANDARD_PPQ: what its own code takes where a sequence does not
# say.
_STANDARD_TICKS_PER_QUARTER = 220
_DEFAULT_VELOCITY = Note(onset=0, duration=0, pitch=0).velocity
# Fifths between the major key on a tonic and the signature of a mode on it.
_MODE_FIFTHS = {
    "MAJOR": 0,
    "MINOR": -3,
    "NOT_SPECIFIED": 0,
    "MIXOLYDIAN": -1,
    "DORIAN": -2,
    "PHRYGIAN": -4,
    "LYDIAN": 1,
    "LOCRIAN": -5,
}


@dataclass(slots=True, kw_only=True)
class _Line:
    """What a sequence has of one instrument."""

    notes: list[Note] = field(default_factory=list)
    controls: list[ControlChange] = field(default_factory=list)
    pitch_bends: list[PitchBend] = field(default_factory=list)


def to_note_seq(score: Score) -> NoteSequence:
    """Return a score as a NoteSequence; `instrument` is the index of the part.

    Raises:
        MissingPackageError: note_seq, or a package it needs, is not installed.
    """
    result: NoteSequence = _load_music_pb2().NoteSequence()
    result.ticks_per_quarter = score.ticks_per_quarter
    result.sequence_metadata.title = score.title
    tempo_map = TempoMap(ticks_per_quarter=score.ticks_per_quarter, tempos=score.tempos)
    at = tempo_map.seconds_at
    result.total_time = at(score.end)
    for tempo in score.tempos:
        result.tempos.add(time=at(tempo.tick), qpm=tempo.qpm)
    for metre in score.time_signatures:
        result.time_signatures.add(
            time=at(metre.tick),
            numerator=metre.numerator,
            denominator=metre.denominator,
        )
    modes = result.KeySignature.Mode
    for key in score.key_signatures:
        result.key_signatures.add(
            time=at(key.tick),
            key=(7 * key.sharps + (9 if key.is_minor else 0)) % 12,
            mode=modes.Value("MINOR" if key.is_minor else "MAJOR"),
        )
    for marker in score.markers:
        result.text_annotations.add(time=at(marker.tick), text=marker.text)
    for index, part in enumerate(score.parts):
        _add_part(result, part, index, tempo_map)
    return result


def _add_part(
    result: NoteSequence, part: Part, index: int, tempo_map: TempoMap
) -> None:
    at = tempo_map.seconds_at
    result.instrument_infos.add(instrument=index, name=part.name)
    for note in part.notes:
        result.notes.add(
            pitch=note.pitch,
            velocity=note.velocity,
            start_time=at(note.onset),
            end_time=at(note.end),
            instrument=index,
            program=part.program_at(note.onset),
            is_drum=part.is_drum,
        )
    for control in part.controls:
        result.control_changes.add(
            time=at(control.tick),
            control_number=control.number,
            control_value=control.value,
            instrument=index,
            program=part.program_at(control.tick),
            is_drum=part.is_drum,
        )
    for bend in part.pitch_bends:
        result.pitch_bends.add(
            time=at(bend.tick),
            bend=bend.value,
            instrument=index,
            program=part.program_at(bend.tick),
            is_drum=part.is_drum,
        )


def from_note_seq(sequence: NoteSequence) -> Score:
    """Return the music of a NoteSequence, a part for each instrument and program.

    Args:
        sequence: Times between two ticks go to the nearer one. Without
            `ticks_per_quarter` 220 is taken, as note_seq does; a note without a
            velocity has the default one.

    Raises:
        MissingPackageError: note_seq, or a package it needs, is not installed.
        ValueError: A note ends before it begins, or its pitch is not 0 to 127.
    """
    _load_music_pb2()
    resolution = sequence.ticks_per_quarter or _STANDARD_TICKS_PER_QUARTER
    tempo_map = tempo_map_from_seconds(
        ((tempo.time, tempo.qpm) for tempo in sequence.tempos),
        ticks_per_quarter=resolution,
    )
    tick = tempo_map.tick_at
    kinds = sequence.TextAnnotation.TextAnnotationType
    return Score(
        ticks_per_quarter=resolution,
        parts=_parts(sequence, tempo_map),
        tempos=tuple(tempo_map.tempos),
        time_signatures=tuple(
            TimeSignature(
                tick=tick(s.time), numerator=s.numerator, denominator=s.denominator
            )
            for s in sorted(sequence.time_signatures, key=lambda s: s.time)
        ),
        key_signatures=tuple(
            _key_signature(s.key, sequence.KeySignature.Mode.Name(s.mode), tick(s.time))
            for s in sorted(sequence.key_signatures, key=lambda s: s.time)
        ),
        title=sequence.sequence_metadata.title,
        markers=tuple(
            TextEvent(tick=tick(e.time), text=e.text)
            for e in sorted(sequence.text_annotations, key=lambda e: e.time)
            if e.annotation_type != kinds.Value("BEAT")
        ),
    )


def _parts(sequence: NoteSequence, tempo_map: TempoMap) -> tuple[Part, ...]:
    """Collect the parts in order of instrument number; unused ones keep their name."""
    tick = tempo_map.tick_at
    lines: dict[tuple[int, int, bool], _Line] = defaultdict(_Line)
    for note in sequence.notes:
        onset = tick(note.start_time)
        lines[note.instrument, note.program, note.is_drum].notes.append(
            Note(
                onset=onset,
                duration=tick(note.end_time) - onset,
                pitch=note.pitch,
                velocity=note.velocity or _DEFAULT_VELOCITY,
            )
        )
    for change in sequence.control_changes:
        lines[change.instrument, change.program, change.is_drum].controls.append(
            ControlChange(
                tick=tick(change.time),
                number=change.control_number,
                value=change.control_value,
            )
        )
    for bend in sequence.pitch_bends:
        lines[bend.instrument, bend.program, bend.is_drum].pitch_bends.append(
            PitchBend(tick=tick(bend.time), value=bend.bend)
        )
    names = {info.instrument: info.name for info in sequence.instrument_infos}
    for number in names.keys() - {instrument for instrument, _, _ in lines}:
        lines[number, 0, False] = _Line()
    return tuple(
        Part(
            notes=sorted_notes(line.notes),
            name=names.get(instrument, ""),
            program=program,
            is_drum=is_drum,
            controls=tuple(line.controls),
            pitch_bends=tuple(line.pitch_bends),
        )
        for (instrument, program, is_drum), line in sorted(
            lines.items(), key=lambda item: item[0]
        )
    )


def _key_signature(tonic: int, mode: str, tick: int) -> KeySignature:
    """Return the signature of a tonic and mode, at most six flats or sharps."""
    fifths = 7 * tonic + _MODE_FIFTHS[mode]
    sharps = (fifths + 5) % 12 - 5
    return KeySignature(tick=tick, sharps=sharps, is_minor=mode == "MINOR")


def _load_music_pb2() -> ModuleType:
    """Return note_seq's protocol buffers.

    Raises:
        MissingPackageError: note_seq is not installed, or one of its own dependencies
            (`audioop` left Python's library in 3.13).
    """
    try:
        with warnings.catch_warnings():
            # note_seq -> pydub warns of ffmpeg and of audioop, neither of which we use.
            warnings.simplefilter("ignore")
            from note_seq.protobuf import music_pb2
    except ModuleNotFoundError as error:
        package = "note-seq" if error.name == "note_seq" else error.name or "note-seq"
        raise MissingPackageError(
            "audioop-lts" if "audioop" in package else package,
            extra="magenta",
            purpose="reading and writing NoteSequences",
        ) from error
    module: ModuleType = music_pb2
    return module
