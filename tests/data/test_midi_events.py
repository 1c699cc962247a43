from __future__ import annotations

import io

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data import midi_events
from musegen.data.midi_chunks import parse_midi
from musegen.data.midi_events import MidiEvent, midi_file_bytes, track_bytes


def test_file_has_the_bytes_that_the_standard_names() -> None:
    track = track_bytes([MidiEvent(200, midi_events.NOTE_ON | 2, b"\x3c\x40")])
    assert track == b"MTrk\x00\x00\x00\x09\x81\x48\x92\x3c\x40\x00\xff\x2f\x00"
    data = midi_file_bytes([track], ticks_per_quarter=96)
    assert data == b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60" + track


@given(
    ticks=st.lists(st.integers(0, 2**30), min_size=1, max_size=5),
    text=st.binary(max_size=200),
)
def test_events_come_back_from_their_bytes(ticks: list[int], text: bytes) -> None:
    events = [MidiEvent(tick, midi_events.LYRIC, text) for tick in sorted(ticks)]
    data = midi_file_bytes([track_bytes(events)], ticks_per_quarter=480)
    file = parse_midi(data, name="song.mid")
    read = [e for e in file.tracks[0].events if e.kind == midi_events.LYRIC]
    assert read == events
    assert file.problems == file.tracks[0].problems == ()


@pytest.mark.parametrize("wait", [0, 127, 128, 16383, 16384, 2**28 - 1, 2**28, 10**9])
def test_mido_reads_every_wait(wait: int) -> None:
    track = track_bytes([MidiEvent(wait, midi_events.NOTE_ON, b"\x3c\x40")])
    data = midi_file_bytes([track], ticks_per_quarter=480)
    read = mido.MidiFile(file=io.BytesIO(data))
    assert sum(message.time for message in read.tracks[0]) == wait
