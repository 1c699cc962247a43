"""The notes of a performance of which nobody has written down the notes.

For: edits that go note by note (`parameter_edits`), on parameters out of a file that
does not say where notes are. Not for recordings, whose sound tells more
(`musegen.midi_ddsp.analysis.analysing`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.pitch_track import (
    TRACK_RATE_HZ,
    PitchTrack,
    hold_unvoiced,
)
from musegen.midi_ddsp.analysis.segmentation import segment_notes
from musegen.midi_ddsp.edits.level import level_db
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.parameters import A4_HZ, SynthesisParameters


def find_notes(parameters: SynthesisParameters) -> NDArray[np.int64]:
    """Return the note of each frame, told by pitch and level, [T].

    Args:
        parameters: At any frame rate.

    Returns:
        The number of the note, from 0; -1 where there is none.
    """
    ratio = TRACK_RATE_HZ / parameters.frame_rate_hz
    num_heard = round(parameters.num_frames * ratio)
    nearest = np.round(np.arange(num_heard) / ratio).astype(np.intp)
    nearest = np.minimum(nearest, parameters.num_frames - 1)
    f0_hz = parameters.f0_hz[nearest].astype(np.float64)
    is_pitched = f0_hz > 0
    track = PitchTrack(
        f0_hz=hold_unvoiced(f0_hz, is_pitched, fallback_hz=A4_HZ).astype(np.float32),
        confidence=is_pitched.astype(np.float32),
        voiced=is_pitched,
    )
    notes = segment_notes(track, level_db(parameters)[nearest])
    index = note_frames(notes, num_heard).note_index.astype(np.int64)
    if ratio == 1:
        return index
    back = np.round(np.arange(parameters.num_frames) * ratio).astype(np.intp)
    return index[np.minimum(back, num_heard - 1)] if num_heard else back * 0 - 1
