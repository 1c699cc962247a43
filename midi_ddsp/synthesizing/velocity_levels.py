"""The level of a note by its velocity: one law for all models that play lines.

Not for the sound font, which has its own, nor for formulas without a model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.edits.level import with_gain
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters

# A velocity of 80 is the level that was learned; a tenth of it is this much softer.
# Our own choice: between General MIDI's 40 and what players' files are like.
NEUTRAL_VELOCITY = 80
VELOCITY_DB = 30.0

_FADE_FRAMES = 5  # 20 ms, over which one note's level gives way to the next's

FloatArray = NDArray[np.float64]


def velocity_gains_db(notes: Sequence[PlayedNote]) -> FloatArray:
    """Return how much louder than learned each note is, [N] in dB.

    >>> velocity_gains_db([PlayedNote(pitch=60, onset_s=0, offset_s=1, velocity=8)])
    array([-30.])
    """
    velocity = np.array([max(note.velocity, 1) for note in notes], dtype=np.float64)
    return VELOCITY_DB * np.log10(velocity / NEUTRAL_VELOCITY)


def play_velocities(
    parameters: SynthesisParameters, notes: Sequence[PlayedNote]
) -> SynthesisParameters:
    """Return a performance in which notes are as loud as their velocities say.

    For models that know nothing of velocities. A rest keeps the level of the note
    before it, which may ring in it.

    Args:
        parameters: T frames, played as if all velocities were neutral.
        notes: One voice, at least one note, in order.
    """
    gains_db = velocity_gains_db(notes)
    if not gains_db.any():
        return parameters
    index = note_frames(notes, parameters.num_frames).note_index
    gain_db = gains_db[np.maximum(np.maximum.accumulate(index), 0)]
    half = _FADE_FRAMES // 2
    padded = np.pad(gain_db, half, mode="edge")
    faded = np.convolve(padded, np.full(_FADE_FRAMES, 1.0 / _FADE_FRAMES), "valid")
    return with_gain(parameters, faded)
