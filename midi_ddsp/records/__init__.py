"""MIDI-DDSP records: recordings or the virtual player to clips with their features."""
