"""MIDI-DDSP: notes to expression to sound, recordings to notes and expression."""
