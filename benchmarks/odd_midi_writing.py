"""MIDI files by hand, event by event, right or wrong, for `odd_midi_files`."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from musegen.data import midi_events
from musegen.data.midi_events import MidiEvent, track_bytes

DIVISION = 480
"""Ticks a quarter; at 120 quarters a minute half a second."""

_BEND_CENTRE = 8192


def notes(
    pitches: Sequence[int],
    *,
    channel: int = 0,
    start: int = 0,
    step: int = DIVISION,
    length: int = DIVISION,
    velocity: int = 80,
) -> list[MidiEvent]:
    """Return notes that begin `step` ticks apart and last `length`."""
    events = []
    for index, pitch in enumerate(pitches):
        onset = start + index * step
        on, off = midi_events.NOTE_ON | channel, midi_events.NOTE_OFF | channel
        events.append(MidiEvent(onset, on, bytes((pitch, velocity))))
        events.append(MidiEvent(onset + length, off, bytes((pitch, 64))))
    return events


def chord(pitches: Iterable[int], *, start: int = 0, length: int) -> list[MidiEvent]:
    """Return notes that begin and end together."""
    return notes(tuple(pitches), start=start, step=0, length=length)


def program(number: int, *, channel: int = 0, tick: int = 0) -> list[MidiEvent]:
    """Return a program change."""
    return [MidiEvent(tick, midi_events.PROGRAM | channel, bytes((number,)))]


def control(
    number: int, value: int, *, channel: int = 0, tick: int = 0
) -> list[MidiEvent]:
    """Return a controller change."""
    return [MidiEvent(tick, midi_events.CONTROL | channel, bytes((number, value)))]


def bend(value: int, *, channel: int = 0, tick: int = 0) -> list[MidiEvent]:
    """Return a pitch bend of -8192 to 8191."""
    high, low = divmod(value + _BEND_CENTRE, 128)
    return [MidiEvent(tick, midi_events.BEND | channel, bytes((low, high)))]


def bend_range(semitones: int, *, channel: int = 0) -> list[MidiEvent]:
    """Return the controllers that set how far a bend goes."""
    pairs = ((101, 0), (100, 0), (6, semitones), (38, 0), (101, 127), (100, 127))
    return [event for pair in pairs for event in control(*pair, channel=channel)]


def tempo(qpm: float, *, tick: int = 0) -> list[MidiEvent]:
    """Return a tempo."""
    microseconds = round(60e6 / qpm)
    return [MidiEvent(tick, midi_events.TEMPO, microseconds.to_bytes(3, "big"))]


def name(text: str | bytes) -> list[MidiEvent]:
    """Return the name of a track; text is written as UTF-8."""
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return [MidiEvent(0, midi_events.TRACK_NAME, data)]


def track(*groups: Iterable[MidiEvent]) -> bytes:
    """Return a track of events in any order; on one tick notes begin last."""
    events = [event for group in groups for event in group]
    events.sort(
        key=lambda event: (event.tick, event.kind & ~0xF == midi_events.NOTE_ON)
    )
    return track_bytes(events)


def unsorted_track(*groups: Iterable[MidiEvent]) -> bytes:
    """Return a track of events in the order they are given, ticks never falling."""
    return track_bytes(event for group in groups for event in group)


def midi(*tracks: bytes, division: int = DIVISION, file_format: int = 1) -> bytes:
    """Return a file; a negative `division` is SMPTE time as the format writes it."""
    header = struct.pack(">4sIHHH", b"MThd", 6, file_format, len(tracks), division)
    return header + b"".join(tracks)
