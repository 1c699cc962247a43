"""The rows of notes and rests that MIDI-DDSP's networks read, and their frames.

By default timed absolutely; `compat=True` gives the rows and the conditioning of the
released code, its faults included. Not for tables that people edit
(`musegen.midi_ddsp.tables.note_table`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.note_frames import NoteFrames, frame_spans, seconds_to_frame
from musegen.midi_ddsp.notes import PlayedNote

# A second for the reverberation to fade.
TAIL_FRAMES = 250
# The released code numbers no more rows than these; later ones have no positions.
COMPAT_MAX_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRows:
    """Notes and rests in the order in which they sound, one after the other.

    Args:
        pitch: [R] int32, 0 for a rest.
        onset: [R] int64, first frame of each row: the sum of the lengths before it.
        length: [R] int64, frames of each row.
        note_index: [R] int32, which of the notes it is; -1 for a rest.
        num_notes: How many notes there are.
    """

    pitch: NDArray[np.int32]
    onset: NDArray[np.int64]
    length: NDArray[np.int64]
    note_index: NDArray[np.int32]
    num_notes: int

    @property
    def num_rows(self) -> int:
        """Rows R, rests included."""
        return len(self.pitch)

    @property
    def num_frames(self) -> int:
        """Frames of all rows together, T."""
        return int(self.length.sum())

    @property
    def offset(self) -> NDArray[np.int64]:
        """[R] int64, the frame after the last of each row."""
        return self.onset + self.length


def note_rows(
    notes: Sequence[PlayedNote],
    *,
    tail_frames: int = TAIL_FRAMES,
    compat: bool = False,
) -> NoteRows:
    """Return the rows of notes and rests, with a rest before, between and after.

    By default the frames are those of `note_frames`: a rest stands before the first
    note where it does not begin at once, and in every gap. With `compat`, each row
    keeps its own length and begins where the lengths before it end; so an overlap
    delays all that follows, chords become one note after the other, a first rest stands
    there even if it is empty, and notes may be empty.

    Args:
        notes: One voice in any order; with `compat`, any notes in the file's order.
        tail_frames: Length of the rest at the end, at least 0.
        compat: Whether to do as the released code does.

    Raises:
        PolyphonyError: Two notes begin at the same time, without `compat`.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
    """
    spans = _own_spans(notes) if compat else frame_spans(notes)
    order = np.arange(len(notes)) if compat else np.argsort(spans[:, 0])
    rows: list[tuple[int, int]] = []
    end = 0
    for place, index in enumerate(order):
        start, stop = (int(frame) for frame in spans[index])
        if start > end or (compat and place == 0):
            rows.append((-1, start - end))
        rows.append((int(index), stop - start))
        end = stop
    rows.append((-1, tail_frames))
    note_index = np.array([index for index, _ in rows], dtype=np.int32)
    length = np.array([frames for _, frames in rows], dtype=np.int64)
    return NoteRows(
        pitch=np.array(
            [notes[index].pitch if index >= 0 else 0 for index in note_index],
            dtype=np.int32,
        ),
        onset=np.cumsum(length) - length,
        length=length,
        note_index=note_index,
        num_notes=len(notes),
    )


def _own_spans(notes: Sequence[PlayedNote]) -> NDArray[np.int64]:
    """[num_notes, 2]: begin and end of each note, whatever the others do."""
    spans = [
        (seconds_to_frame(note.onset_s), seconds_to_frame(note.offset_s))
        for note in notes
    ]
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def row_frames(rows: NoteRows, *, compat: bool = False) -> NoteFrames:
    """Spread rows over frames.

    By default only notes have flags and positions, any number of them: the same as
    `note_frames` of the notes. With `compat`, rests too raise the onset and the offset
    flag, an empty first row raises the offset flag of the last frame of all, and rows
    after the hundredth have no positions.

    Args:
        rows: As `note_rows` gives them, with the same choice of `compat`.
        compat: Whether to do as the released code does.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
    """
    num_frames = rows.num_frames
    is_note = rows.note_index >= 0
    onset = np.zeros(num_frames, dtype=np.bool_)
    offset = np.zeros(num_frames, dtype=np.bool_)
    flagged = np.full(rows.num_rows, True) if compat else is_note
    flagged = flagged & (rows.onset < num_frames)
    onset[rows.onset[flagged]] = True
    offset[rows.offset[flagged] - 1] = True
    row_of_frame = np.repeat(np.arange(rows.num_rows), rows.length)
    counted = np.arange(1, num_frames + 1) - rows.onset[row_of_frame]
    has_position = is_note & (
        (np.arange(rows.num_rows) < COMPAT_MAX_ROWS) if compat else True
    )
    position = counted / np.maximum(rows.length, 1)[row_of_frame]
    return NoteFrames(
        pitch=rows.pitch[row_of_frame],
        onset=onset,
        offset=offset,
        note_index=rows.note_index[row_of_frame],
        position=np.where(has_position[row_of_frame], position, 0).astype(np.float32),
        num_notes=rows.num_notes,
    )
