"""What each 4-ms frame knows of the notes of one voice, by absolute time.

For conditioning networks and for measuring notes. Not for the rows of notes and rests
of the released MIDI-DDSP (`musegen.midi_ddsp.original.note_rows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import PolyphonyError
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ

if TYPE_CHECKING:
    from musegen.midi_ddsp.notes import PlayedNote


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFrames:
    """What each frame knows of the notes of one part.

    Args:
        pitch: [T] int32, the written pitch; 0 in rests (see `note_index` for pitch 0).
        onset: [T] bool, true on the first frame of a note.
        offset: [T] bool, true on the last frame of a note.
        note_index: [T] int32, which of the notes sounds; -1 in rests.
        position: [T] float32, place in the note: the frame counted from 1, divided by
            the note's frames; 0 in rests.
        num_notes: How many notes there are, those without a frame included.
    """

    pitch: NDArray[np.int32]
    onset: NDArray[np.bool_]
    offset: NDArray[np.bool_]
    note_index: NDArray[np.int32]
    position: NDArray[np.float32]
    num_notes: int

    @property
    def num_frames(self) -> int:
        """Frames T."""
        return len(self.pitch)

    def spans(self) -> NDArray[np.int64]:
        """Return [num_notes, 2]: the first frame of each note and the one after it.

        A note that has no frame in here has twice the same number.
        """
        spans = np.zeros((self.num_notes, 2), dtype=np.int64)
        sounding = spans_of_index(self.note_index)
        spans[self.note_index[sounding[:, 0]]] = sounding
        return spans


def seconds_to_frame(time_s: float) -> int:
    """Return the frame that stands nearest to a time (a half rounds to even)."""
    return round(time_s * FRAME_RATE_HZ)


def frame_spans(notes: Sequence[PlayedNote]) -> NDArray[np.int64]:
    """Return where each note begins and ends in frames, by absolute time.

    A note has at least one frame, and a later onset ends the note before. Only a note
    shorter than a frame can push the next one, by that frame.

    Args:
        notes: In any order; no two may begin at the same time.

    Returns:
        [num_notes, 2], the first frame and the one after the last, in the notes' order.

    Raises:
        PolyphonyError: Two notes begin at the same time.
    """
    spans = np.zeros((len(notes), 2), dtype=np.int64)
    order = sorted(range(len(notes)), key=lambda index: notes[index].onset_s)
    free = 0
    for place, index in enumerate(order):
        note = notes[index]
        start = max(seconds_to_frame(note.onset_s), free)
        end = seconds_to_frame(note.offset_s)
        if place + 1 < len(order):
            following = notes[order[place + 1]]
            if following.onset_s == note.onset_s:
                raise PolyphonyError(
                    f"two notes begin at {note.onset_s:.3f} s, where a single voice is "
                    "needed; choose one of them (`monophonic` does)"
                )
            end = min(end, seconds_to_frame(following.onset_s))
        free = max(end, start + 1)
        spans[index] = start, free
    return spans


def spans_of_index(note_index: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return where notes begin and end, of the note of each frame.

    Args:
        note_index: [T], -1 where there is none; each note in one piece.

    Returns:
        [num_notes, 2], the first frame and the one after the last, in order.
    """
    edges = np.flatnonzero(np.diff(note_index, prepend=-1, append=-1))
    spans = np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)
    return spans[note_index[edges[:-1]] >= 0]


def index_of_spans(spans: ArrayLike, num_frames: int) -> NDArray[np.int64]:
    """Return the note of each frame, -1 where there is none, [num_frames].

    Args:
        spans: [num_notes, 2], as `spans_of_index` gives them; what lies beyond the end
            is cut.
        num_frames: How many frames there are.
    """
    note_index = np.full(num_frames, -1, dtype=np.int64)
    for index, (start, end) in enumerate(np.asarray(spans, int).reshape(-1, 2)):
        note_index[start:end] = index
    return note_index


def note_frames(notes: Sequence[PlayedNote], num_frames: int) -> NoteFrames:
    """Spread notes over frames with absolute timing, any number of them.

    The onset frame is `round(onset_s * 250)`, and likewise the frame after the last.
    A later onset ends the note before; each note has at least one frame, unless it
    lies beyond the end.

    Args:
        notes: One voice, in any order.
        num_frames: T, at least 0; what lies beyond is cut.

    Raises:
        PolyphonyError: Two notes begin at the same time.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, for the position in the note and the place of
        the flags. Differs from the released code: positions of frames come from time
        and not from summed lengths, and there is no limit to the number of notes.
    """
    pitch = np.zeros(num_frames, dtype=np.int32)
    onset = np.zeros(num_frames, dtype=np.bool_)
    offset = np.zeros(num_frames, dtype=np.bool_)
    note_index = np.full(num_frames, -1, dtype=np.int32)
    position = np.zeros(num_frames, dtype=np.float32)
    for index, (start, end) in enumerate(frame_spans(notes)):
        stop = min(end, num_frames)
        if start >= stop:
            continue
        pitch[start:stop] = notes[index].pitch
        note_index[start:stop] = index
        position[start:stop] = np.arange(1, stop - start + 1) / (end - start)
        onset[start] = True
        offset[stop - 1] = True
    return NoteFrames(
        pitch=pitch,
        onset=onset,
        offset=offset,
        note_index=note_index,
        position=position,
        num_notes=len(notes),
    )
