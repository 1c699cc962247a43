"""Notes on frames: absolute time, at least one frame each, no limit to their number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import PolyphonyError
from musegen.midi_ddsp.note_frames import (
    frame_spans,
    index_of_spans,
    note_frames,
    seconds_to_frame,
    spans_of_index,
)
from musegen.midi_ddsp.notes import PlayedNote


def note(onset_s: float, offset_s: float, pitch: int = 60) -> PlayedNote:
    return PlayedNote(pitch=pitch, onset_s=onset_s, offset_s=offset_s)


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([note(0.1, 0.5), note(0.46, 0.9)], [[25, 115], [115, 225]]),
        ([note(0.1, 0.5), note(0.5, 0.9)], [[25, 125], [125, 225]]),
        ([note(0.0, 0.5), note(0.6, 0.9)], [[0, 125], [150, 225]]),
        ([note(0.5, 0.9), note(0.0, 0.2)], [[125, 225], [0, 50]]),
        ([note(0.1, 0.1001)], [[25, 26]]),
        ([note(0.1, 0.1001), note(0.1002, 0.2)], [[25, 26], [26, 50]]),
    ],
    ids=["overlapping", "touching", "gap", "unsorted", "tiny", "two in one frame"],
)
def test_spans_are_those_of_absolute_time(
    notes: list[PlayedNote], expected: list[list[int]]
) -> None:
    assert frame_spans(notes).tolist() == expected


def test_twenty_legato_overlaps_delay_nothing() -> None:
    notes = [note(0.2 * k, 0.2 * k + 0.24) for k in range(20)]
    starts = frame_spans(notes)[:, 0]
    assert starts.tolist() == [round(0.2 * k * 250) for k in range(20)]


def test_more_than_a_hundred_notes_have_a_position_in_every_frame() -> None:
    notes = [note(0.2 * k, 0.2 * k + 0.2, 40 + k % 40) for k in range(240)]
    frames = note_frames(notes, 240 * 50)
    assert np.all(frames.position > 0.0)
    assert np.all(np.bincount(frames.note_index) == 50)
    np.testing.assert_allclose(
        frames.position.reshape(240, 50), np.tile(np.arange(1, 51) / 50, (240, 1))
    )


def test_flags_stand_on_the_first_and_the_last_frame_of_notes_only() -> None:
    frames = note_frames([note(0.02, 0.04, 71), note(0.04, 0.06)], 20)
    assert np.flatnonzero(frames.onset).tolist() == [5, 10]
    assert np.flatnonzero(frames.offset).tolist() == [9, 14]
    assert frames.pitch.tolist() == [0] * 5 + [71] * 5 + [60] * 5 + [0] * 5
    assert frames.note_index.tolist() == [-1] * 5 + [0] * 5 + [1] * 5 + [-1] * 5
    assert not frames.position[frames.note_index < 0].any()


def test_note_of_pitch_0_is_no_rest() -> None:
    frames = note_frames([note(0.0, 0.02, pitch=0)], 10)
    assert frames.note_index.tolist() == [0] * 5 + [-1] * 5


def test_what_lies_beyond_the_end_is_cut() -> None:
    frames = note_frames([note(0.0, 1.0), note(2.0, 3.0)], 100)
    assert frames.num_notes == 2
    assert frames.spans().tolist() == [[0, 100], [0, 0]]
    assert frames.offset[99]
    assert frames.position[99] == pytest.approx(100 / 250)


def test_no_notes_and_no_frames_are_allowed() -> None:
    assert note_frames([], 5).note_index.tolist() == [-1] * 5
    assert note_frames([note(0.0, 1.0)], 0).spans().tolist() == [[0, 0]]


def test_notes_that_begin_together_are_refused_with_their_time() -> None:
    with pytest.raises(PolyphonyError, match=r"begin at 1\.500 s"):
        note_frames([note(1.5, 2.0, 60), note(1.5, 2.0, 64)], 600)


@settings(max_examples=30)
@given(
    gaps=st.lists(st.tuples(st.floats(0.0, 0.3), st.floats(0.005, 0.5)), max_size=40)
)
def test_every_note_is_found_again_in_its_frames(
    gaps: list[tuple[float, float]],
) -> None:
    notes, time_s = [], 0.0
    for gap_s, duration_s in gaps:
        notes.append(note(time_s + gap_s, time_s + gap_s + duration_s))
        time_s = notes[-1].offset_s
    frames = note_frames(notes, seconds_to_frame(time_s) + 5)
    spans = frames.spans()
    np.testing.assert_array_equal(spans, frame_spans(notes))
    assert frames.onset.sum() == frames.offset.sum() == len(notes)
    expected = [round(one.onset_s * 250) for one in notes]
    assert spans[:, 0].tolist() == expected


def test_spans_and_the_note_of_each_frame_say_the_same() -> None:
    frames = note_frames([note(0.0, 0.1), note(0.1, 0.2), note(0.3, 0.4)], 120)
    spans = spans_of_index(frames.note_index)
    assert spans.tolist() == [[0, 25], [25, 50], [75, 100]]
    np.testing.assert_array_equal(index_of_spans(spans, 120), frames.note_index)
    assert index_of_spans(spans, 80).tolist()[-5:] == [2] * 5
    assert spans_of_index(index_of_spans([], 4)).tolist() == []
