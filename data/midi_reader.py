"""MIDI files to scores: every note, and a notice for all that is repaired or not kept.

Measured on symusic 0.6 and mido 1.3.3 against hand-built bytes, and why neither reads
here. symusic keeps ticks, zero-length and overlapping notes, tempo in microseconds and
key, but drops the channel number, unclosed notes and broken UTF-8 names, and refuses
SMPTE time, RIFF and every truncated file. mido refuses truncated tracks, foreign chunks
and wrong lengths. Both agree with this reader on whole files, which the tests check.

Conventions: same-pitch notes that overlap on one channel of one track are paired first
in, first out; one part is one (track, channel), and a program set at a tick holds for
all its notes there; of several tempi, metres or keys at one tick the first track's
holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from musegen.data import midi_events
from musegen.data.errors import FileFormatError
from musegen.data.files import read_bytes
from musegen.data.midi_chunks import MidiFile, MidiTrack, parse_midi
from musegen.data.midi_events import MidiEvent
from musegen.data.midi_metre import pickup_from_tag, split_pickup
from musegen.data.midi_parts import ProgramMap, TrackReader
from musegen.data.midi_remarks import Remarks
from musegen.data.read_result import ReadResult
from musegen.data.score import (
    KeySignature,
    Part,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
)

_MICROSECONDS_A_MINUTE = 60e6
_MAX_DENOMINATOR_POWER = 7
_Dated = TypeVar("_Dated", Tempo, TimeSignature, KeySignature)


def read_midi(source: Path | bytes, *, name: str | None = None) -> ReadResult:
    """Read a Standard MIDI File of format 0, 1 or 2, plain or inside RIFF.

    Args:
        source: A path, or the content itself.
        name: Name for messages; without it the path, or "the input" for bytes.

    Returns:
        The score, which may hold no notes, and a notice for each repair and each kind
        of event that a score has no place for.

    Raises:
        InputError: There is no such file, it is a folder, or it may not be read.
        FileFormatError: It is empty, not MIDI, or so damaged that no note can be read.

    Source:
        "Standard MIDI Files 1.0", MIDI Manufacturers Association, RP-001 (1996).
    """
    data, label = read_bytes(source, name=name)
    file = parse_midi(data, name=label)
    remarks = Remarks()
    remarks.add_problems(file.problems)
    tempo, file = _in_quarters(file, remarks)
    file = _in_sequence(file, remarks)
    for number, track in enumerate(file.tracks, 1):
        remarks.add_problems(track.problems, prefix=f"track {number} ")
    parts, title = _read_parts(file, remarks)
    score = _with_conductor(file, tempo, parts, title, remarks)
    if remarks.damage and not score.num_notes:
        raise FileFormatError(
            f"{label}: the MIDI file is damaged and no note could be read: "
            f"{remarks.damage}; export or download it again"
        )
    return ReadResult(score=score, notices=remarks.notices(score))


# === Time ===


def _in_quarters(file: MidiFile, remarks: Remarks) -> tuple[Tempo | None, MidiFile]:
    """Give a file in SMPTE time a resolution in quarter notes that keeps every tick.

    A quarter note is half a second (at 29.97 frames a second, 500.5 ms), so that one
    tempo says the same times exactly. Only an odd number of ticks a second doubles the
    ticks.
    """
    if not file.frames_per_second:
        return None, file
    is_drop = file.frames_per_second == 29
    ticks_a_second = (30 if is_drop else file.frames_per_second) * file.ticks_per_frame
    factor = 1 + ticks_a_second % 2
    resolution = ticks_a_second * factor // 2
    qpm = _MICROSECONDS_A_MINUTE / (500_500 if is_drop else 500_000)
    remarks.add(
        "smpte-time",
        f"times are in SMPTE frames; read as {resolution} ticks a quarter note at "
        f"{qpm:.6g} quarter notes a minute, which is exact",
    )
    tracks = tuple(_moved(track, factor=factor) for track in file.tracks)
    return Tempo(tick=0, qpm=qpm), replace(
        file, tracks=tracks, ticks_per_quarter=resolution
    )


def _in_sequence(file: MidiFile, remarks: Remarks) -> MidiFile:
    """Lay the independent sequences of a format 2 file one after another."""
    if file.file_format != 2 or len(file.tracks) < 2:
        return file
    remarks.add(
        "sequences-joined",
        f"a format 2 file of {len(file.tracks)} sequences; laid one after another, "
        "each with the tempo and metre before it until it sets its own",
    )
    tracks: list[MidiTrack] = []
    offset = 0
    for track in file.tracks:
        tracks.append(_moved(track, offset=offset))
        offset += track.end
    return replace(file, tracks=tuple(tracks))


def _moved(track: MidiTrack, *, factor: int = 1, offset: int = 0) -> MidiTrack:
    def move(tick: int) -> int:
        return tick * factor + offset

    return MidiTrack(
        events=tuple(MidiEvent(move(e.tick), e.kind, e.data) for e in track.events),
        end=move(track.end),
        problems=tuple(
            problem
            if problem.tick is None
            else replace(problem, tick=move(problem.tick))
            for problem in track.problems
        ),
    )


# === Parts ===


def _read_parts(file: MidiFile, remarks: Remarks) -> tuple[list[Part], str]:
    """Return the parts of all tracks and the title."""
    programs = ProgramMap(file.tracks)
    by_track: list[list[Part]] = []
    title = ""
    for index, track in enumerate(file.tracks):
        is_first = index == 0 and file.file_format != 2
        reader = TrackReader(
            track, number=index + 1, programs=programs, remarks=remarks
        )
        parts = reader.parts(may_be_nameless=not is_first)
        has_notes = any(part.notes for part in parts)
        if is_first and (file.file_format == 0 or not has_notes):
            title = reader.name
        if file.file_format == 0 and len(parts) > 1:
            parts = [replace(part, name="") for part in parts]
        by_track.append(parts)
    if file.file_format == 1 and len(by_track) > 1:
        _share_setup(by_track)
    return [part for parts in by_track for part in parts], title


def _share_setup(by_track: list[list[Part]]) -> None:
    """Move settings that the first track makes for other tracks to their parts.

    A MIDI channel hears controllers and bends from whichever track; a part without
    notes that only holds them would be no line of the music.
    """
    for part in list(by_track[0]):
        if part.notes or part.lyrics:
            continue
        for parts in by_track[1:]:
            found = [
                i for i, p in enumerate(parts) if p.notes and p.channel == part.channel
            ]
            if found and part.channel is not None:
                heir = parts[found[0]]
                parts[found[0]] = replace(
                    heir,
                    controls=_by_tick((*part.controls, *heir.controls)),
                    pitch_bends=_by_tick((*part.pitch_bends, *heir.pitch_bends)),
                )
                by_track[0].remove(part)
                break


# === Tempo, metre, key, markers ===


def _with_conductor(
    file: MidiFile,
    tempo: Tempo | None,
    parts: list[Part],
    title: str,
    remarks: Remarks,
) -> Score:
    """Return the score: the parts, and what holds for all of them."""
    reader = _ConductorReader(remarks)
    for number, track in enumerate(file.tracks, 1):
        for event in track.events:
            reader.read(event, number)
    if tempo is not None:
        remarks.not_kept("tempo", len(reader.tempos))
        reader.tempos = [(0, tempo)]
    signatures = _one_a_tick(reader.signatures, "time signature", remarks)
    pickup, kept = split_pickup(
        signatures,
        ticks_per_quarter=file.ticks_per_quarter,
        stated_pickup=reader.stated_pickup,
    )
    if pickup:
        quarters = Fraction(pickup, file.ticks_per_quarter)
        remarks.add(
            "pickup", f"the short first bar is a pickup of {quarters} quarters", 0
        )
    return Score(
        ticks_per_quarter=file.ticks_per_quarter,
        parts=tuple(parts),
        tempos=_one_a_tick(reader.tempos, "tempo", remarks),
        time_signatures=kept,
        key_signatures=_one_a_tick(reader.keys, "key signature", remarks),
        pickup=pickup,
        title=title,
        markers=_by_tick(reader.markers),
    )


class _ConductorReader:
    """Collects what holds for the whole score, each with the number of its track."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self.tempos: list[tuple[int, Tempo]] = []
        self.signatures: list[tuple[int, TimeSignature]] = []
        self.keys: list[tuple[int, KeySignature]] = []
        self.markers: list[TextEvent] = []
        self.stated_pickup: int | None = None

    def read(self, event: MidiEvent, track: int) -> None:
        """Take the event if it is of such a kind."""
        tick, kind, data = event
        if kind == midi_events.TEMPO:
            if len(data) < 3 or not (microseconds := int.from_bytes(data[:3], "big")):
                self._ignored("tempo", event)
                return
            qpm = _MICROSECONDS_A_MINUTE / microseconds
            self.tempos.append((track, Tempo(tick=tick, qpm=qpm)))
        elif kind == midi_events.TIME_SIGNATURE:
            if len(data) < 2 or not data[0] or data[1] > _MAX_DENOMINATOR_POWER:
                self._ignored("time signature", event)
                return
            signature = TimeSignature(
                tick=tick, numerator=data[0], denominator=2 ** data[1]
            )
            self.signatures.append((track, signature))
        elif kind == midi_events.KEY_SIGNATURE:
            sharps = int.from_bytes(data[:1], "big", signed=True)
            if len(data) < 2 or not -7 <= sharps <= 7 or data[1] > 1:
                self._ignored("key signature", event)
                return
            key = KeySignature(tick=tick, sharps=sharps, is_minor=bool(data[1]))
            self.keys.append((track, key))
        elif kind == midi_events.MARKER:
            text = self._remarks.decode(data, tick)
            self.markers.append(TextEvent(tick=tick, text=text))
        elif kind == midi_events.TEXT and track == 1 and data.isascii():
            pickup = pickup_from_tag(data.decode())
            self.stated_pickup = self.stated_pickup if pickup is None else pickup

    def _ignored(self, kind: str, event: MidiEvent) -> None:
        self._remarks.add(
            "impossible-value",
            f"a {kind} with an impossible value is ignored ({event.data.hex(' ')})",
            event.tick,
        )


def _one_a_tick(
    found: list[tuple[int, _Dated]], kind: str, remarks: Remarks
) -> tuple[_Dated, ...]:
    """Keep one value a tick: the first track's, and in it the last."""
    chosen: dict[int, tuple[int, _Dated]] = {}
    for track, value in found:
        if value.tick not in chosen or chosen[value.tick][0] == track:
            chosen[value.tick] = (track, value)
    others = Counter(v.tick for _, v in found if v != chosen[v.tick][1])
    if others:
        remarks.add(
            "conflicting-values",
            f"more than one {kind} at one place ({len(others)} places); the first "
            "track's is kept, of one track the last",
            min(others),
        )
    return tuple(chosen[tick][1] for tick in sorted(chosen))


_Ticked = TypeVar("_Ticked")


def _by_tick(events: Iterable[_Ticked]) -> tuple[_Ticked, ...]:
    """Sort by tick alone: at one tick the order of the file stays."""
    return tuple(sorted(events, key=lambda event: event.tick))  # type: ignore[attr-defined]
