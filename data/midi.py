"""MIDI in and out: the door to `midi_reader` (to scores) and `midi_writer` (back)."""

from __future__ import annotations

from musegen.data.midi_reader import read_midi
from musegen.data.midi_writer import midi_bytes, midi_notices, write_midi

__all__ = ["midi_bytes", "midi_notices", "read_midi", "write_midi"]
