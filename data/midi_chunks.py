"""A Standard MIDI File from bytes to timed events, with each repair told.

Source: "Standard MIDI Files 1.0", MIDI Manufacturers Association, RP-001 (1996).
Lenient where files in the wild differ: wrong lengths, missing ends, foreign chunks and
truncation are read around, and each is returned as a `Problem`. What the events mean
for a score is the business of `musegen.data.midi_reader`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from musegen.data.errors import FileFormatError
from musegen.data.files import foreign_format
from musegen.data.midi_events import END_OF_TRACK, META, SYSTEM, MidiEvent

_SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_AGAIN = "export or download it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A departure from the format that was read around.

    Args:
        code: As in `musegen.data.notices.Notice`.
        message: One sentence for people.
        tick: Where in the track, in the file's own ticks; None for the file as a whole.
        is_damage: Whether notes may be missing because of it.
    """

    code: str
    message: str
    tick: int | None = None
    is_damage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiTrack:
    """The events of one track in file order, and the tick at which it ends."""

    events: tuple[MidiEvent, ...]
    end: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MidiFile:
    """A file as it stands.

    Args:
        file_format: 0, 1 or 2.
        ticks_per_quarter: At least 1; 0 where `frames_per_second` counts instead.
        tracks: In file order.
        problems: Those that belong to no track.
        frames_per_second: SMPTE rate 24, 25, 29 (which means 29.97) or 30; 0 if not
            used.
        ticks_per_frame: At least 1 with `frames_per_second`, else 0.
    """

    file_format: int
    ticks_per_quarter: int
    tracks: tuple[MidiTrack, ...]
    problems: tuple[Problem, ...] = ()
    frames_per_second: int = 0
    ticks_per_frame: int = 0


class _DamageError(Exception):
    """Internal: an event cannot be read; the text says why."""


def parse_midi(data: bytes, *, name: str) -> MidiFile:
    """Read the chunks and events of a MIDI file, also inside RIFF (RMID).

    Args:
        data: The whole file.
        name: Name for messages.

    Returns:
        The events, with a problem for each place that broke the format.

    Raises:
        FileFormatError: Not MIDI, no usable header, or no time division.
    """
    problems: list[Problem] = []
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = _unwrap_riff(data, name, problems)
    if data[:4] != b"MThd":
        raise FileFormatError(f"{name}: {foreign_format(data)}")
    if len(data) < 14:
        raise FileFormatError(f"{name}: the file ends inside its header; {_AGAIN}")
    length, file_format, num_tracks, division = struct.unpack(">IHHH", data[4:14])
    if length < 6 or 8 + length > len(data):
        raise FileFormatError(
            f"{name}: the header says it is {length} bytes long, but it has 6; {_AGAIN}"
        )
    tracks = _read_tracks(data, 8 + length, problems)
    if not tracks and num_tracks:
        raise FileFormatError(f"{name}: the file ends before its first track; {_AGAIN}")
    problems += _header_problems(file_format, num_tracks, len(tracks))
    is_unusable = file_format > 2 or (file_format == 0 and len(tracks) > 1)
    frames, ticks_per_frame, ticks_per_quarter = _read_division(division, name)
    return MidiFile(
        file_format=1 if is_unusable else file_format,
        ticks_per_quarter=ticks_per_quarter,
        tracks=tuple(tracks),
        problems=tuple(problems),
        frames_per_second=frames,
        ticks_per_frame=ticks_per_frame,
    )


def _header_problems(
    file_format: int, num_announced: int, num_read: int
) -> Iterator[Problem]:
    """Yield what the header says that is not so."""
    if num_announced != num_read:
        message = f"tracks that the header announces: {num_announced}; read: {num_read}"
        yield Problem(
            code="track-count", message=message, is_damage=num_read < num_announced
        )
    if not num_read:
        yield Problem(code="no-tracks", message="the file has no tracks")
    if file_format > 2:
        message = f"MIDI format {file_format} does not exist; read as format 1"
        yield Problem(code="unknown-midi-format", message=message)
    if file_format == 0 and num_read > 1:
        message = f"format 0 with {num_read} tracks, not one; read as format 1"
        yield Problem(code="unknown-midi-format", message=message)


def _read_division(division: int, name: str) -> tuple[int, int, int]:
    """Return (frames a second, ticks a frame, ticks a quarter); the unused are 0."""
    if not division & 0x8000:
        if division == 0:
            raise FileFormatError(
                f"{name}: the header says 0 ticks a quarter note, so that no note has "
                f"a time; {_AGAIN}"
            )
        return 0, 0, division
    frames, ticks_per_frame = 256 - (division >> 8), division & 0xFF
    if frames not in (24, 25, 29, 30) or ticks_per_frame == 0:
        raise FileFormatError(
            f"{name}: the header says {frames} frames a second of {ticks_per_frame} "
            f"ticks, which is no SMPTE time; {_AGAIN}"
        )
    return frames, ticks_per_frame, 0


def _unwrap_riff(data: bytes, name: str, problems: list[Problem]) -> bytes:
    """Return the MIDI file inside a RIFF file of type RMID."""
    position, content, extras = 12, b"", 0
    while position + 8 <= len(data):
        kind, length = struct.unpack("<4sI", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        if kind == b"data" and not content:
            content = body
        else:
            extras += 1
        position += 8 + length + length % 2
    if not content:
        raise FileFormatError(f"{name}: a RIFF file without MIDI data in it; {_AGAIN}")
    if extras:
        problems.append(
            Problem(
                code="riff-not-kept",
                message=f"blocks beside the music in the RIFF file, not kept: {extras}",
            )
        )
    return content


def _read_tracks(
    data: bytes, position: int, problems: list[Problem]
) -> list[MidiTrack]:
    tracks: list[MidiTrack] = []
    while position < len(data):
        magic = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "big")
        start, stop = position + 8, position + 8 + length
        if magic == b"MTrk" and start <= len(data):
            track, position = _read_track(data, start, length)
            tracks.append(track)
            continue
        if _is_boundary(data, position) and magic != b"MTrk":
            code, message, end = "unknown-chunk", f"a block {magic!r} is not kept", stop
        else:
            following = data.find(b"MTrk", position + 1)
            end = len(data) if following < 0 else following
            code, message = (
                "stray-bytes",
                f"bytes between or after the tracks, not kept: {end - position}",
            )
        problems.append(Problem(code=code, message=message))
        position = end
    return tracks


def _read_track(data: bytes, start: int, length: int) -> tuple[MidiTrack, int]:
    """Read one track whatever its length field says.

    Returns:
        The track and the position of the next chunk. The length field is believed when
        an end-of-track event stands there; otherwise that event is; a track that breaks
        is kept up to the break.
    """
    declared = start + length
    scan = _scan_events(data, start, min(declared, len(data)))
    if scan.is_ended and scan.position == declared:
        return MidiTrack(events=scan.events, end=scan.tick), declared
    if not scan.is_ended and declared < len(data) and not _is_boundary(data, declared):
        following = data.find(b"MTrk", declared)
        scan = _scan_events(data, start, len(data) if following < 0 else following)
    if scan.is_ended:
        is_padded = _is_boundary(data, declared) and not _is_track(data, scan.position)
        return _ended_track(
            scan,
            start,
            declared,
            next_position=declared if is_padded else scan.position,
        )
    if not scan.why and _is_boundary(data, declared):
        problem = Problem(
            code="no-end-of-track",
            message="has no end-of-track event; its last event ends it",
            tick=scan.tick,
        )
        return MidiTrack(
            events=scan.events, end=scan.tick, problems=(problem,)
        ), declared
    problem = Problem(
        code="truncated-file" if declared > len(data) else "damaged-track",
        message=f"breaks off ({scan.why or 'the file ends'}); read up to there",
        tick=scan.tick,
        is_damage=True,
    )
    track = MidiTrack(events=scan.events, end=scan.tick, problems=(problem,))
    if _is_boundary(data, declared):
        return track, declared
    following = data.find(b"MTrk", scan.position)
    return track, len(data) if following < 0 else following


def _ended_track(
    scan: _Scan, start: int, declared: int, *, next_position: int
) -> tuple[MidiTrack, int]:
    message = (
        f"is {scan.position - start} bytes long, its header says {declared - start}; "
        "read to its end-of-track event"
    )
    problem = Problem(code="wrong-track-length", message=message)
    track = MidiTrack(events=scan.events, end=scan.tick, problems=(problem,))
    return track, next_position


def _is_track(data: bytes, position: int) -> bool:
    return data[position : position + 4] == b"MTrk"


def _is_boundary(data: bytes, position: int) -> bool:
    """Whether the file ends at `position` or a chunk of any kind begins there."""
    length = int.from_bytes(data[position + 4 : position + 8], "big")
    is_foreign = data[position : position + 4].isalnum() and (
        position + 8 + length <= len(data)
    )
    return position == len(data) or _is_track(data, position) or is_foreign


class _Scan(NamedTuple):
    """What `_scan_events` read: up to `position`, ended or broken there (`why`)."""

    events: tuple[MidiEvent, ...]
    tick: int
    position: int
    is_ended: bool
    why: str


def _scan_events(data: bytes, position: int, stop: int) -> _Scan:
    """Read events until end of track, `stop` or damage."""
    events: list[MidiEvent] = []
    tick, running = 0, 0
    try:
        while position < stop:
            delta, after_delta = _read_length(data, position, stop)
            kind, body, after = _read_event(data, after_delta, stop, running)
            position, tick = after, tick + delta
            if kind == END_OF_TRACK:
                return _Scan(tuple(events), tick, position, True, "")
            if kind < SYSTEM:
                running = kind
            events.append(MidiEvent(tick, kind, body))
    except _DamageError as damage:
        return _Scan(tuple(events), tick, position, False, str(damage))
    return _Scan(tuple(events), tick, position, False, "")


def _read_length(data: bytes, position: int, stop: int) -> tuple[int, int]:
    """Read a number of up to four bytes of seven bits, the highest first."""
    value = 0
    for index in range(position, min(position + 4, stop)):
        value = value << 7 | data[index] & 0x7F
        if data[index] < 0x80:
            return value, index + 1
    why = "a number of more than four bytes"
    raise _DamageError("the data end" if stop < position + 4 else why)


def _read_event(
    data: bytes, position: int, stop: int, running: int
) -> tuple[int, bytes, int]:
    """Return kind, data bytes and the position after the event at `position`."""
    if position >= stop:
        raise _DamageError("the data end")
    kind = data[position]
    if kind < 0x80:
        if not running:
            raise _DamageError(f"byte {kind:#04x} where an event should start")
        kind = running
    else:
        position += 1
    if kind == 0xFF:
        if position >= stop:
            raise _DamageError("the data end")
        kind, position = META + data[position], position + 1
    if kind >= META or kind in (0xF0, 0xF7):
        length, position = _read_length(data, position, stop)
    elif kind >= SYSTEM:
        length = _SYSTEM_LENGTHS.get(kind, 0)
    else:
        length = 1 if kind & 0xE0 == 0xC0 else 2
    after = position + length
    if after > stop:
        raise _DamageError("the data end")
    body = data[position:after]
    if kind < SYSTEM and not body.isascii():
        raise _DamageError(f"a data byte above 127 in event {kind:#04x}")
    return kind, body, after
