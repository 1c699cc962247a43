"""Windows of notes and rests: what the Expression Generator is told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.original.training_windows import (
    Augmentation,
    draw_augmentation,
    draw_windows,
    rows_of_takes,
    transposed,
    window_batch,
)
from musegen.midi_ddsp.takes.take import Take

Takes = tuple[Take, ...]
NO_ROWS = np.zeros((0, 11), np.float32)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_rows_are_notes_and_rests_to_the_end_of_the_take(takes: Takes) -> None:
    rows = rows_of_takes(takes, "training")[0]
    take = takes[0]
    assert rows.length_s.sum() == pytest.approx(take.num_frames / 250)
    is_note = rows.pitch > 0
    assert rows.pitch[is_note].tolist() == [note.pitch for note in take.notes]
    np.testing.assert_array_equal(rows.controls[is_note], take.controls)
    assert (rows.controls[~is_note] == 0).all()
    assert not is_note[0]
    assert not is_note[-1]


def test_takes_without_notes_are_no_material(takes: Takes) -> None:
    silent = dataclasses.replace(
        takes[0], notes=(), units=NO_ROWS[:, :11], controls=NO_ROWS[:, :6]
    )
    assert len(rows_of_takes([silent, takes[1]], "training")) == 1
    with pytest.raises(TrainingError, match="no validation take has a note"):
        rows_of_takes([silent], "validation")


def test_windows_are_any_place_of_any_piece(takes: Takes) -> None:
    pieces = rows_of_takes(takes, "training")
    windows = draw_windows(pieces, count=300, window_rows=4, generator=random())
    assert {piece for piece, _ in windows} == {0, 1, 2}
    firsts = {first for piece, first in windows if piece == 0}
    assert firsts == set(range(pieces[0].num_rows - 3))


def test_short_pieces_are_filled_with_rows_that_do_not_count(takes: Takes) -> None:
    pieces = rows_of_takes(takes, "training")
    rows = pieces[1].num_rows
    windows = draw_windows(
        [pieces[1]], count=2, window_rows=rows + 3, generator=random()
    )
    batch = window_batch(
        [pieces[1]], windows, window_rows=rows + 3, augmentation=Augmentation()
    )
    assert batch["counted"].sum(axis=1).tolist() == [rows, rows]
    assert (batch["note_pitch"][:, rows:] == 0).all()
    np.testing.assert_array_equal(batch["controls"][0, :rows], pieces[1].controls)
    assert batch["instrument"].tolist() == [[4], [4]]


def test_a_batch_is_moved_and_stretched_and_its_controls_are_not(takes: Takes) -> None:
    pieces = rows_of_takes(takes, "training")
    plain, moved = (
        window_batch(pieces, [(0, 1)], window_rows=4, augmentation=augmentation)
        for augmentation in (
            Augmentation(),
            Augmentation(transposition=-2, duration_factor=1.1),
        )
    )
    is_note = plain["note_pitch"] > 0
    np.testing.assert_array_equal(
        moved["note_pitch"], np.where(is_note, plain["note_pitch"] - 2, 0)
    )
    np.testing.assert_allclose(moved["length_s"], 1.1 * plain["length_s"], rtol=1e-6)
    np.testing.assert_array_equal(moved["controls"], plain["controls"])


def test_moved_notes_stay_notes() -> None:
    pitch = np.array([0, 1, 60, 127], np.int32)
    assert transposed(pitch, -3).tolist() == [0, 1, 57, 124]
    assert transposed(pitch, 3).tolist() == [0, 4, 63, 127]


def test_every_change_is_drawn_alike() -> None:
    draws = random()
    drawn = [
        draw_augmentation(
            max_transposition=3, duration_factors=(0.9, 1.1), generator=draws
        )
        for _ in range(200)
    ]
    assert {change.transposition for change in drawn} == set(range(-3, 4))
    assert {change.duration_factor for change in drawn} == {0.9, 1.1}
