"""Phrases end at rests, at long notes, and when they have become long enough."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.player.phrases import phrase_arc, phrase_bounds

FloatArray = NDArray[np.float64]


def times(
    lengths: list[float], *, rest_after: int = -1
) -> tuple[FloatArray, FloatArray]:
    onsets, ends, time_s = [], [], 0.1
    for index, length_s in enumerate(lengths):
        onsets.append(time_s)
        ends.append(time_s + length_s)
        time_s += length_s + (0.3 if index == rest_after else 0.0)
    return np.array(onsets), np.array(ends)


def test_a_rest_ends_a_phrase() -> None:
    assert phrase_bounds(*times([0.4] * 6, rest_after=1)) == [(0, 2), (2, 6)]


def test_a_long_note_ends_a_phrase_of_four_notes() -> None:
    lengths = [0.4, 0.4, 0.4, 1.0, 0.4, 0.4]
    assert phrase_bounds(*times(lengths)) == [(0, 4), (4, 6)]
    assert phrase_bounds(*times(lengths[1:])) == [(0, 5)]


def test_no_phrase_has_more_than_fourteen_notes() -> None:
    assert phrase_bounds(*times([0.3] * 30)) == [(0, 14), (14, 28), (28, 30)]


def test_the_middle_of_a_phrase_is_the_loudest() -> None:
    arc = phrase_arc(*times([0.4] * 11), 6.0)
    assert np.argmax(arc) == 5
    assert arc[0] == pytest.approx(arc[-1])
    assert 5.0 < np.ptp(arc) < 6.0
    assert abs(arc.mean()) < 0.2
