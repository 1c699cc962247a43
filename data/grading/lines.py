"""Four voices as lines of written notes and rests: what the grading function reads.

A line covers its voice without gaps inside; ties are merged and bar lines do not count.
Letters and accidentals are chosen in `musegen.data.grading.naming`, or given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.corpora.jsb_arrays import NUM_VOICES
from musegen.data.errors import InputError
from musegen.data.score import Note
from musegen.data.spelling import Spelling

SIXTEENTHS_PER_QUARTER = 4


@dataclass(frozen=True, slots=True)
class LineNote:
    """One note or rest of a line.

    Args:
        onset: First tick.
        duration: Length in ticks, above 0.
        pitch: MIDI number, None for a rest.
        spelling: The written pitch; None where it is not known, and for a rest.
    """

    onset: int
    duration: int
    pitch: int | None
    spelling: Spelling | None = None

    @property
    def end(self) -> int:
        """First tick after the note."""
        return self.onset + self.duration


Line = tuple[LineNote, ...]
"""Notes and rests of one voice in order, none overlapping another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FourParts:
    """What is graded.

    Args:
        lines: Soprano, alto, tenor, bass.
        ticks_per_quarter: Ticks of a quarter note, at least 1.
        bar_starts: First ticks of the bars, ascending; () takes all for one bar. They
            only decide which interval the grading function leaves out.

    Raises:
        InputError: There are not four lines.
    """

    lines: tuple[Line, ...]
    ticks_per_quarter: int
    bar_starts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.lines) != NUM_VOICES:
            raise InputError(
                f"music in {NUM_VOICES} parts is graded; got {len(self.lines)}"
            )


def grid_parts(
    grid: npt.ArrayLike,
    *,
    is_onset: npt.ArrayLike | None = None,
    steps_per_beat: int = STEPS_PER_QUARTER,
) -> FourParts:
    """Return the lines of a grid; equal neighbouring steps are one note.

    Args:
        grid: (time, voice) MIDI pitches, -1 for silence; soprano first.
        is_onset: (time, voice), where a pitch is struck again though it does not
            change; None: nowhere. A mark on silence means nothing.
        steps_per_beat: Steps of a quarter note, at least 1; they are the ticks.

    Raises:
        InputError: The grid has another shape, or `is_onset` has another than it.
    """
    pitch = np.asarray(grid, dtype=np.int64)
    if pitch.ndim != 2 or pitch.shape[1] != NUM_VOICES or not len(pitch):
        raise InputError(
            f"a grid of {NUM_VOICES} voices has the shape (time, {NUM_VOICES}); "
            f"got {pitch.shape}"
        )
    begins = np.ones(pitch.shape, dtype=np.bool_)
    begins[1:] = pitch[1:] != pitch[:-1]
    if is_onset is not None:
        marked = np.asarray(is_onset, dtype=np.bool_)
        if marked.shape != pitch.shape:
            raise InputError(
                f"is_onset has the shape of the grid, {pitch.shape}; got {marked.shape}"
            )
        begins |= marked & (pitch >= 0)
    return FourParts(
        lines=tuple(
            _grid_line(pitch[:, voice], begins[:, voice]) for voice in range(NUM_VOICES)
        ),
        ticks_per_quarter=steps_per_beat,
    )


def _grid_line(pitch: npt.NDArray[np.int64], begins: npt.NDArray[np.bool_]) -> Line:
    starts: list[int] = np.flatnonzero(begins).tolist()
    sounding: list[int] = pitch[starts].tolist()
    return tuple(
        LineNote(start, end - start, value if value >= 0 else None)
        for (start, end), value in zip(
            pairwise([*starts, len(pitch)]), sounding, strict=True
        )
    )


def note_line(notes: Sequence[Note], *, end: int | None = None) -> Line:
    """Return the line of a voice's notes, with its gaps as rests.

    Args:
        notes: Sorted, one after another; a note that runs into the next ends there,
            and one without length is left out.
        end: First tick after the piece: a voice that ends before has a rest there.
    """
    line: list[LineNote] = []
    position = 0
    sounding = [note for note in notes if note.duration > 0]
    ends = [min(note.end, later.onset) for note, later in pairwise(sounding)]
    ends += [note.end for note in sounding[-1:]]
    for note, note_end in zip(sounding, ends, strict=True):
        if note_end <= note.onset:
            continue
        if note.onset > position:
            line.append(LineNote(position, note.onset - position, None))
        line.append(LineNote(note.onset, note_end - note.onset, note.pitch))
        position = note_end
    if end is not None and end > position:
        line.append(LineNote(position, end - position, None))
    return tuple(line)
