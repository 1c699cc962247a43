"""One performance of one line: what was played, and what it sounded like.

The material that the Synthesis Generator and the Expression Generator learn from. Made
from clip records by `musegen.midi_ddsp.takes.reading`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.note_frames import NoteFrames, note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Take:
    """A recording of one line, T frames at 250 Hz.

    Args:
        piece: The music.
        recording: The recording, unique among takes.
        split: `train`, `valid` or `test`.
        instrument: Name.
        notes: One voice, in order of time, none overlapping.
        parameters: What it sounds like, T frames, read from the recording.
        units: [num_notes, 11], each note measured in the units of
            `musegen.midi_ddsp.expression_units`.
        controls: [num_notes, 6], the controls of the released MIDI-DDSP.
        audio: [64 T] int16 at 16 kHz, the recording.

    Raises:
        InputError: Lengths do not fit.
    """

    piece: str
    recording: str
    split: str
    instrument: str
    notes: tuple[PlayedNote, ...]
    parameters: SynthesisParameters
    units: NDArray[np.float32]
    controls: NDArray[np.float32]
    audio: NDArray[np.int16]

    def __post_init__(self) -> None:
        if not len(self.notes) == len(self.units) == len(self.controls):
            raise InputError(
                f"{self.recording}: {len(self.notes)} notes, but {len(self.units)} "
                f"rows of units and {len(self.controls)} of controls"
            )

    @property
    def num_frames(self) -> int:
        """T."""
        return self.parameters.num_frames

    def frames(self) -> NoteFrames:
        """Return which note sounds in each of the T frames."""
        return note_frames(self.notes, self.num_frames)
