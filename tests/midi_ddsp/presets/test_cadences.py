from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.presets.cadences import cadence_weights, phrase_ends

Line = tuple[NDArray[np.float64], NDArray[np.float64]]


def line(*steps: tuple[float, float]) -> Line:
    """A line of (length, rest after it) in s."""
    lengths = np.array([length for length, _ in steps])
    onset_s = np.append(0.0, np.cumsum([sum(step) for step in steps[:-1]]))
    return onset_s, onset_s + lengths


def test_the_last_note_ends_a_phrase() -> None:
    assert phrase_ends(*line(*[(0.5, 0.0)] * 4)).tolist() == [False] * 3 + [True]
    assert phrase_ends(*line((0.5, 0.0))).tolist() == [True]


@pytest.mark.parametrize(
    ("rest_s", "is_end"), [(0.05, False), (0.45, False), (0.5, True), (2.0, True)]
)
def test_a_rest_as_long_as_the_median_note_ends_a_phrase(
    rest_s: float, is_end: bool
) -> None:
    notes = [(0.5, 0.0), (0.5, rest_s), (0.5, 0.0), (0.5, 0.0)]
    assert phrase_ends(*line(*notes))[1] == is_end


def test_a_short_rest_ends_nothing_however_short_the_notes() -> None:
    notes = [(0.1, 0.0), (0.1, 0.25), (0.1, 0.0)]
    assert not phrase_ends(*line(*notes))[1]


@pytest.mark.parametrize(
    ("length_s", "is_end"), [(0.5, False), (1.4, False), (1.5, True), (4.0, True)]
)
def test_a_long_note_ends_a_phrase(length_s: float, is_end: bool) -> None:
    notes = [*[(0.5, 0.0)] * 4, (length_s, 0.0), *[(0.5, 0.0)] * 4]
    assert phrase_ends(*line(*notes))[4] == is_end


def test_equally_long_notes_end_nothing_but_at_the_end() -> None:
    assert phrase_ends(*line(*[(4.0, 0.0)] * 5)).sum() == 1


def test_a_cadence_leads_to_its_end() -> None:
    notes = [*[(0.5, 0.0)] * 4, (0.5, 2.0), (0.5, 0.0), (0.5, 0.0)]
    np.testing.assert_allclose(
        cadence_weights(*line(*notes)), [0, 0, 1 / 3, 2 / 3, 1, 2 / 3, 1]
    )


def test_no_notes_have_no_cadence() -> None:
    nothing = np.zeros(0)
    assert phrase_ends(nothing, nothing).shape == (0,)
    assert cadence_weights(nothing, nothing).shape == (0,)
