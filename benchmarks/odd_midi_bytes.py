"""MIDI files that are unlike others in time, texts and bytes; for `odd_midi_files`."""

from __future__ import annotations

import random

import odd_midi_writing as w
from odd_midi_music import CLARINET, FLUTE, SCALE, VIOLIN, line

from musegen.data import midi_events
from musegen.data.midi_events import MidiEvent

# === Time ===


def smpte_time() -> bytes:
    """Ticks by frames a second instead of quarters."""
    return w.midi(
        w.track(w.program(FLUTE), w.notes(SCALE)), division=(256 - 25) << 8 | 40
    )


def format_2() -> bytes:
    """Two sequences, one after another."""
    return w.midi(line(VIOLIN), line(FLUTE, channel=1), file_format=2)


def tempo_changes() -> bytes:
    """A new tempo each quarter, from 20 to 400."""
    speeds = (20, 400, 60, 240.5, 33.3, 180, 90, 120)
    changes = [w.tempo(qpm, tick=480 * i) for i, qpm in enumerate(speeds)]
    return w.midi(w.track(*changes), line(VIOLIN))


def one_tick_a_quarter() -> bytes:
    """The coarsest resolution."""
    events = w.notes(SCALE, step=1, length=1)
    return w.midi(w.track(w.program(FLUTE), events), division=1)


def finest_ticks() -> bytes:
    """The finest resolution."""
    events = w.notes(SCALE, step=32767, length=32767)
    return w.midi(w.track(w.program(FLUTE), events), division=32767)


def seven_eight() -> bytes:
    """A metre that changes each bar."""
    metres = [
        MidiEvent(1680 * i, midi_events.TIME_SIGNATURE, bytes((7 - i, 3, 12, 8)))
        for i in range(3)
    ]
    return w.midi(w.track(metres), line(CLARINET))


# === Texts ===


def latin_1_names() -> bytes:
    """A name that is no UTF-8."""
    return w.midi(w.track(w.name("Flöte à bec".encode("latin-1")), w.notes(SCALE)))


def utf_8_names() -> bytes:
    """A name in Japanese, with a picture."""
    return w.midi(w.track(w.name("ヴァイオリン 🎻"), w.program(VIOLIN), w.notes(SCALE)))


def karaoke() -> bytes:
    """Words as texts and as lyrics."""
    kind, lyric = midi_events.TEXT, midi_events.LYRIC
    heads = [MidiEvent(0, kind, text) for text in (b"@KMIDI KARAOKE FILE", b"@TTune")]
    words = [MidiEvent(480 * i, kind, b"\\la" if i == 0 else b"la") for i in range(8)]
    lyrics = [MidiEvent(480 * i, lyric, b"la\r") for i in range(8)]
    return w.midi(
        w.track(heads, words), w.track(w.program(VIOLIN), w.notes(SCALE), lyrics)
    )


# === Bytes ===


def running_status() -> bytes:
    """Notes without status bytes, ended by velocity 0."""
    body = b"\x00\xc0\x49\x00\x90"
    for index, pitch in enumerate(SCALE):
        wait = b"" if index == 0 else b"\x00"
        body += wait + bytes((pitch, 80)) + b"\x83\x60" + bytes((pitch, 0))
    body += b"\x00\xff\x2f\x00"
    return w.midi(b"MTrk" + len(body).to_bytes(4, "big") + body)


def truncated() -> bytes:
    """The last quarter of the file is missing."""
    whole = w.midi(line(VIOLIN), line(FLUTE, channel=1))
    return whole[: len(whole) * 3 // 4]


def no_end_of_track() -> bytes:
    """A track that stops without saying so."""
    body = line(FLUTE)[8:-4]
    return w.midi(b"MTrk" + len(body).to_bytes(4, "big") + body)


def riff() -> bytes:
    """A MIDI file inside RIFF."""
    data = w.midi(line(FLUTE))
    chunk = b"data" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"RMID" + chunk


def foreign_chunks() -> bytes:
    """A chunk that is not of the format, and a system exclusive message."""
    body = b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7" + line(FLUTE)[8:]
    tracks = b"XFIH\0\0\0\4abcd" + b"MTrk" + len(body).to_bytes(4, "big") + body
    header = w.midi()[:10] + b"\0\1" + w.DIVISION.to_bytes(2, "big")
    return header + tracks


def empty_file() -> bytes:
    """No byte at all."""
    return b""


def a_text() -> bytes:
    """Words."""
    return b"Dear reader,\nthis is no music at all.\n" * 20


def a_web_page() -> bytes:
    """What a download may give instead."""
    return b"<!DOCTYPE html><html><body>404: no such tune</body></html>"


def header_alone() -> bytes:
    """No track."""
    return w.midi()


def noise_in_a_header() -> bytes:
    """A header, and then bytes by chance."""
    return w.midi() + random.Random(3).randbytes(500)
