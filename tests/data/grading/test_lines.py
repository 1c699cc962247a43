"""Grids and notes become lines without gaps."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.data.grading.lines import FourParts, LineNote, grid_parts, note_line
from musegen.data.score import Note

GRID = np.array(
    [(72, 67, 64, 48), (72, 67, -1, 48), (74, 67, -1, 48), (74, 65, 60, 50)]
)


def test_equal_neighbouring_steps_are_one_note() -> None:
    parts = grid_parts(GRID)
    assert parts.ticks_per_quarter == 4
    assert parts.lines[0] == (LineNote(0, 2, 72), LineNote(2, 2, 74))
    assert parts.lines[2] == (
        LineNote(0, 1, 64),
        LineNote(1, 2, None),
        LineNote(3, 1, 60),
    )


def test_onsets_strike_a_note_again_but_no_rest() -> None:
    is_onset = np.zeros(GRID.shape, dtype=bool)
    is_onset[1, 0] = is_onset[2, 2] = True
    parts = grid_parts(GRID, is_onset=is_onset)
    assert [note.onset for note in parts.lines[0]] == [0, 1, 2]
    assert parts.lines[2] == grid_parts(GRID).lines[2]


def test_steps_per_beat_is_the_resolution() -> None:
    assert grid_parts(GRID, steps_per_beat=2).ticks_per_quarter == 2


@pytest.mark.parametrize("shape", [(0, 4), (4, 3), (4,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"shape \(time, 4\)"):
        grid_parts(np.zeros(shape))


def test_onsets_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="is_onset has the shape"):
        grid_parts(GRID, is_onset=np.zeros((3, 4)))


def test_three_lines_are_refused() -> None:
    with pytest.raises(InputError, match="4 parts is graded; got 3"):
        FourParts(lines=((), (), ()), ticks_per_quarter=4)


def test_gaps_between_notes_are_rests() -> None:
    notes = [
        Note(onset=4, duration=2, pitch=60),
        Note(onset=8, duration=4, pitch=62),
    ]
    assert note_line(notes, end=14) == (
        LineNote(0, 4, None),
        LineNote(4, 2, 60),
        LineNote(6, 2, None),
        LineNote(8, 4, 62),
        LineNote(12, 2, None),
    )
    assert note_line(notes)[-1] == LineNote(8, 4, 62)


def test_a_note_ends_where_the_next_begins() -> None:
    notes = [
        Note(onset=0, duration=9, pitch=60),
        Note(onset=4, duration=0, pitch=61),
        Note(onset=4, duration=2, pitch=62),
        Note(onset=4, duration=4, pitch=62),
    ]
    assert note_line(notes) == (LineNote(0, 4, 60), LineNote(4, 4, 62))
