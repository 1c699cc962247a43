"""MIDI events: the vocabulary of reader and writer, and the way to bytes.

Source: "Standard MIDI Files 1.0", MIDI Manufacturers Association, RP-001 (1996). The
way from bytes to events, lenient with files in the wild, is `musegen.data.midi_chunks`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

META = 0x100  # a meta event's kind is META + its type; any other kind is a status byte
TEXT = META + 0x01
TRACK_NAME = META + 0x03
INSTRUMENT_NAME = META + 0x04
LYRIC = META + 0x05
MARKER = META + 0x06
END_OF_TRACK = META + 0x2F
TEMPO = META + 0x51
TIME_SIGNATURE = META + 0x58
KEY_SIGNATURE = META + 0x59

NOTE_OFF, NOTE_ON, POLY_PRESSURE, CONTROL, PROGRAM, CHANNEL_PRESSURE, BEND = range(
    0x80, 0xF0, 0x10
)
SYSTEM = 0xF0  # and above, up to 0xFF: not a channel's

_MAX_DELTA = 0x0FFF_FFFF  # four bytes of seven bits


class MidiEvent(NamedTuple):
    """One event: absolute tick, status byte or `META` + type, and its data bytes."""

    tick: int
    kind: int
    data: bytes


def midi_file_bytes(tracks: Iterable[bytes], *, ticks_per_quarter: int) -> bytes:
    """Return a format 1 file of tracks made by `track_bytes`.

    Args:
        tracks: The first is the one with tempo and metre.
        ticks_per_quarter: 1 to 32767.
    """
    chunks = list(tracks)
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), ticks_per_quarter)
    return header + b"".join(chunks)


def track_bytes(events: Iterable[MidiEvent]) -> bytes:
    """Return one track chunk; its end-of-track event is added.

    A wait longer than the format's four bytes is bridged by empty text events.

    Args:
        events: In the order to write, ticks never falling.
    """
    body = bytearray()
    last_tick = 0
    for tick, kind, data in events:
        delta, last_tick = tick - last_tick, tick
        while delta > _MAX_DELTA:
            body += _length_bytes(_MAX_DELTA) + b"\xff\x01\x00"
            delta -= _MAX_DELTA
        body += _length_bytes(delta)
        if kind >= META:
            body += bytes((0xFF, kind - META)) + _length_bytes(len(data)) + data
        else:
            body.append(kind)
            body += data
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + len(body).to_bytes(4, "big") + bytes(body)


def _length_bytes(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))
