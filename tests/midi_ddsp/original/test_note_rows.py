"""Rows of notes and rests: in absolute time, and as the released code has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.note_rows import (
    TAIL_FRAMES,
    NoteRows,
    note_rows,
    row_frames,
)


def note(onset_s: float, offset_s: float, pitch: int = 60) -> PlayedNote:
    return PlayedNote(pitch=pitch, onset_s=onset_s, offset_s=offset_s)


def rows_as_list(rows: NoteRows) -> list[tuple[int, int, int]]:
    """(Pitch, onset, length) of each row."""
    return list(
        zip(
            rows.pitch.tolist(),
            rows.onset.tolist(),
            rows.length.tolist(),
            strict=True,
        )
    )


OVERLAPPING = [note(0.2, 1.0, 60), note(0.96, 2.0, 62)]
TOUCHING = [note(0.2, 1.0, 60), note(1.0, 2.0, 62)]
GAP = [note(0.0, 1.0, 60), note(1.5, 2.0, 62)]


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (OVERLAPPING, [(0, 0, 50), (60, 50, 190), (62, 240, 260), (0, 500, 250)]),
        (TOUCHING, [(0, 0, 50), (60, 50, 200), (62, 250, 250), (0, 500, 250)]),
        (GAP, [(60, 0, 250), (0, 250, 125), (62, 375, 125), (0, 500, 250)]),
        ([], [(0, 0, 250)]),
    ],
    ids=["overlapping", "touching", "gap", "no notes"],
)
def test_rows_keep_absolute_time(
    notes: list[PlayedNote], expected: list[tuple[int, int, int]]
) -> None:
    rows = note_rows(notes)
    assert rows_as_list(rows) == expected
    onsets = rows.onset[rows.note_index >= 0].tolist()
    assert onsets == [round(one.onset_s * 250) for one in notes]
    last = max((round(one.offset_s * 250) for one in notes), default=0)
    assert rows.num_frames == last + TAIL_FRAMES


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (OVERLAPPING, [(0, 0, 50), (60, 50, 200), (62, 250, 260), (0, 510, 250)]),
        (TOUCHING, [(0, 0, 50), (60, 50, 200), (62, 250, 250), (0, 500, 250)]),
        (
            GAP,
            [(0, 0, 0), (60, 0, 250), (0, 250, 125), (62, 375, 125), (0, 500, 250)],
        ),
        (
            [note(0.2, 1.0, 60), note(0.2, 1.0, 64)],
            [(0, 0, 50), (60, 50, 200), (64, 250, 200), (0, 450, 250)],
        ),
    ],
    ids=["overlap delays", "touching", "empty first rest", "chord in sequence"],
)
def test_compat_rows_are_those_of_the_released_code(
    notes: list[PlayedNote], expected: list[tuple[int, int, int]]
) -> None:
    assert rows_as_list(note_rows(notes, compat=True)) == expected


def test_twenty_overlaps_end_760_ms_late_in_compat_and_in_time_otherwise() -> None:
    notes = [note(0.5 * k, 0.5 * k + 0.54) for k in range(20)]
    in_time = 250 * 0.5 * 19 + 135
    assert note_rows(notes, tail_frames=0).num_frames == round(in_time)
    assert note_rows(notes, tail_frames=0, compat=True).num_frames == round(
        in_time + 0.76 * 250
    )


@settings(max_examples=30)
@given(drawn=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 60)), max_size=150))
def test_frames_of_the_rows_are_those_of_the_notes(
    drawn: list[tuple[int, int]],
) -> None:
    notes, frame = [], 0
    for gap, length in drawn:
        onset = frame + gap
        notes.append(note(onset / 250, (onset + length) / 250, 1 + length))
        frame = onset + length
    rows = note_rows(notes)
    by_rows, by_notes = row_frames(rows), note_frames(notes, rows.num_frames)
    for name in ("pitch", "onset", "offset", "note_index", "position"):
        np.testing.assert_array_equal(getattr(by_rows, name), getattr(by_notes, name))
    assert by_rows.num_notes == len(notes)


def test_rests_raise_flags_in_compat_only() -> None:
    notes = [note(0.04, 0.08), note(0.12, 0.16)]
    plain = row_frames(note_rows(notes, tail_frames=5))
    assert np.flatnonzero(plain.onset).tolist() == [10, 30]
    assert np.flatnonzero(plain.offset).tolist() == [19, 39]
    compat = row_frames(note_rows(notes, tail_frames=5, compat=True), compat=True)
    assert np.flatnonzero(compat.onset).tolist() == [0, 10, 20, 30, 40]
    assert np.flatnonzero(compat.offset).tolist() == [9, 19, 29, 39, 44]


def test_empty_first_row_flags_the_last_frame_in_compat() -> None:
    rows = note_rows([note(0.0, 0.04)], tail_frames=0, compat=True)
    longer = note_rows([note(0.0, 0.04)], tail_frames=9, compat=True)
    assert row_frames(rows, compat=True).offset[-1]
    flags = row_frames(longer, compat=True).offset
    assert np.flatnonzero(flags).tolist() == [9, 18]


def test_compat_numbers_a_hundred_rows_and_we_all() -> None:
    notes = [note(0.2 * k, 0.2 * k + 0.2) for k in range(240)]
    compat = row_frames(note_rows(notes, compat=True), compat=True)
    # The empty first rest is one of the hundred.
    assert np.count_nonzero(compat.position) == 99 * 50
    assert np.count_nonzero(row_frames(note_rows(notes)).position) == 240 * 50


def test_empty_note_keeps_its_row_in_compat() -> None:
    rows = note_rows([note(0.1, 0.1001), note(0.2, 0.3, 64)], compat=True)
    assert rows.length.tolist() == [25, 0, 25, 25, 250]
    frames = row_frames(rows, compat=True)
    assert frames.num_frames == 325
    assert set(frames.note_index.tolist()) == {-1, 1}
