"""The two generators of the original MIDI-DDSP, run in NumPy with its own weights.

Made for imported weights: equal to the recorded outputs of the original program. The
networks that we train ourselves are elsewhere in `musegen.midi_ddsp`.
"""
