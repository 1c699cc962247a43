"""What every task has in common: one grid, one shift, planes, remarks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from musegen.coconet.completion import prepare_completion
from musegen.coconet.planes import HELD, STRUCK, UNKNOWN
from musegen.coconet.score_task import ScoreTask
from musegen.data.score import Note, Part, Score

QUARTER = 480


def duet(low: int = 48, high: int = 72) -> Score:
    def line(pitch: int, *onsets: int) -> Part:
        return Part(
            notes=tuple(
                Note(onset=onset * QUARTER, duration=QUARTER, pitch=pitch)
                for onset in onsets
            )
        )

    return Score(
        ticks_per_quarter=QUARTER, parts=(line(high, 0, 1, 3), line(low, 0, 1, 2, 3))
    )


def task(score: Score) -> ScoreTask:
    return prepare_completion(score, beat_level=Fraction(1))


def test_onsets_are_told_where_they_are_known() -> None:
    onset = task(duet()).planes.onset[0]
    assert onset[:4, 0].tolist() == [STRUCK, HELD, HELD, HELD]
    assert onset[4, 0] == STRUCK  # repeated
    assert (onset[8:12, 0] == UNKNOWN).all()  # the rest is to be filled
    assert (onset[:, 1:3] == UNKNOWN).all()


def test_free_cells_are_silent_in_the_task_of_filling() -> None:
    found = task(duet())
    filling = found.fill_task()
    assert (filling.pitch[found.is_free] == -1).all()
    assert (filling.pitch[~found.is_free] >= 0).all()
    assert filling.place is not None
    assert filling.place(4) == "bar 1, beat 2"
    assert found.given_voices == (0, 3)


def test_one_shift_serves_all_voices() -> None:
    found = task(duet(low=36, high=60))
    assert found.shift == 0
    moved = task(duet(low=24, high=48))
    assert moved.shift == 12
    assert np.array_equal(moved.pitch_index, found.pitch_index)
    assert np.array_equal(moved.pitch, np.where(found.pitch < 0, -1, found.pitch - 12))
    (notice,) = (n for n in moved.notices if n.code == "transposed-for-inference")
    assert "the voices lie outside the range" in notice.message


def test_notes_beyond_the_network_are_read_octaves_off_and_said() -> None:
    found = task(duet(low=20, high=76))
    (notice,) = (n for n in found.notices if n.code == "read-octaves-off")
    assert "kept as they were written" in notice.message
    assert found.pitch_index[:, 3].min() >= 0
    assert found.pitch[0, 3] == 20


def test_kept_notes_are_those_that_were_not_removed() -> None:
    score = duet()
    found = prepare_completion(score, bars=((1, 1),), beat_level=Fraction(1))
    assert all(given.kept == () for given in found.voices)
    assert all(given.kept == given.extracted.notes for given in task(score).voices)
