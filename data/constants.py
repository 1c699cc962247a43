"""Numbers that belong to MIDI and to notation, each written once."""

from __future__ import annotations

MAX_MIDI_PITCH = 127  # inclusive
MAX_MIDI_VELOCITY = 127  # inclusive
DRUM_CHANNEL = 9  # General MIDI channel 10, counted from 0
DEFAULT_TEMPO_QPM = 120.0  # Standard MIDI File specification: no tempo event means this
DEFAULT_TICKS_PER_QUARTER = 480
STEPS_PER_QUARTER = 4  # the chorale raster: sixteenth notes
