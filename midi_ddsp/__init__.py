"""MIDI-DDSP: notes to expression to sound. Nothing here yet."""
