"""Rests hold the pitch of the note before and fall silent."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.original.rests import (
    LEAD_FRAMES,
    RELEASE_FRAMES,
    hold_pitch,
    rest_gate,
)


def test_a_rest_holds_the_pitch_before_it_and_the_first_rest_the_one_after() -> None:
    pitch = np.array([1.0, 1.0, 60.1, 60.2, 1.0, 1.0, 64.0, 1.0])
    note = np.array([-1, -1, 0, 0, -1, -1, 1, -1])
    np.testing.assert_array_equal(
        hold_pitch(pitch, note), [60.1, 60.1, 60.1, 60.2, 60.2, 60.2, 64.0, 64.0]
    )


def test_where_all_is_rest_there_is_no_pitch() -> None:
    note = np.full(300, -1)
    np.testing.assert_array_equal(hold_pitch(np.ones(300), note), np.zeros(300))
    np.testing.assert_array_equal(rest_gate(note), np.zeros(300))


def test_the_gate_closes_after_a_note_and_opens_before_one() -> None:
    note = np.full(400, -1)
    note[100:150], note[300:320] = 0, 1
    gate = rest_gate(note)
    assert (gate[100:150] == 1).all()
    assert (gate[300:320] == 1).all()
    assert (gate[: 100 - LEAD_FRAMES] == 0).all()
    assert (np.diff(gate[100 - LEAD_FRAMES : 101]) > 0).all()
    assert (np.diff(gate[149 : 149 + RELEASE_FRAMES + 1]) < 0).all()
    assert (gate[149 + RELEASE_FRAMES : 300 - LEAD_FRAMES] == 0).all()
    assert gate[149 + RELEASE_FRAMES // 2] == pytest.approx(0.5)
    assert gate[-1] == 0


def test_a_short_gap_does_not_close_the_gate() -> None:
    note = np.zeros(60, dtype=np.int64)
    note[20:25] = -1
    assert rest_gate(note).min() > 0.9
