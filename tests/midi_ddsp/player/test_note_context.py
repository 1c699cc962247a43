"""What a musician sees around a note, on tunes made up for it."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.player.note_context import NoteContext, context_of


def look(pitches: list[int], lengths: list[float]) -> NoteContext:
    ends = 0.1 + np.cumsum(lengths)
    return context_of(np.array(pitches), ends - np.array(lengths), ends)


def test_steps_leaps_and_repeats_are_told_apart() -> None:
    seen = look([60, 62, 62, 67, 57, 58], [0.4] * 6)
    assert seen.interval.tolist() == [0, 2, 0, 5, -10, 1]
    assert seen.after_step.tolist() == [0, 1, 0, 0, 0, 1]
    assert seen.after_leap == pytest.approx([0, 0, 0, 1 / 6, 1, 0])


def test_both_notes_of_a_rising_semitone_are_seen_and_none_of_a_falling_one() -> None:
    seen = look([64, 65, 64, 62], [0.4] * 4)
    assert seen.rising_semitone.tolist() == [1.0, 0.5, 0.0, 0.0]


def test_intervals_do_not_cross_phrases() -> None:
    seen = look([60, 62, 64, 65, 77, 76], [0.4, 0.4, 0.4, 1.2, 0.4, 0.4])
    assert seen.ends.tolist() == [0, 0, 0, 1, 0, 1]
    assert seen.begins.tolist() == [1, 0, 0, 0, 1, 0]
    assert seen.next_interval[3] == seen.interval[4] == 0.0


def test_a_short_note_between_steps_is_passing() -> None:
    assert look([60, 62, 64], [0.6, 0.2, 0.6]).passing.tolist() == [0, 1, 0]
    assert look([60, 62, 64], [0.6, 0.6, 0.6]).passing.tolist() == [0, 0, 0]
    assert look([60, 67, 60], [0.6, 0.2, 0.6]).passing.tolist() == [0, 0, 0]


def test_lengths_are_seen_on_a_bounded_scale() -> None:
    seen = look([60, 62, 64, 65], [0.1, 0.15, 1.5, 5.0])
    assert seen.length == pytest.approx([-0.5, -0.5, 0.5, 0.5])
    assert seen.contrast[2] == 1.0
    assert np.abs(seen.relative_length).max() <= 2.0


def test_even_runs_are_seen() -> None:
    seen = look([60, 64, 67, 72], [0.2, 0.2, 0.2, 0.6])
    assert seen.is_even_run.tolist() == [True, True, False, False]


def test_one_note_is_a_phrase() -> None:
    seen = look([60], [0.5])
    assert seen.begins.tolist() == seen.ends.tolist() == [1.0]
    assert seen.height.tolist() == [0.0]
