"""Facts of texture by hand."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.data.grading.texture import texture

CALM = [(72, 67, 60, 48)] * 4


def test_pairs_are_counted_where_all_voices_sound() -> None:
    found = texture(
        [
            [
                (72, 74, 60, 48),  # the alto crosses the soprano, and wide A-T
                (72, 72, 60, 48),  # a unison
                (74, 61, 60, 40),  # wide S-A and T-B
                (72, -1, 60, 60),  # not full
            ]
        ]
    )
    assert found.crossings == pytest.approx((1 / 3, 0, 0))
    assert found.unisons == pytest.approx((1 / 3, 0, 0))
    assert found.wide == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert found.rests == pytest.approx((0, 0.25, 0, 0))


def test_wide_is_beyond_the_octave_and_the_twelfth() -> None:
    at_the_limit = texture([[(79, 67, 55, 36)]])
    beyond = texture([[(80, 67, 54, 34)]])
    assert at_the_limit.wide == (0, 0, 0)
    assert beyond.wide == (1, 1, 1)


def test_notes_outside_of_bachs_ranges_are_counted_once_each() -> None:
    found = texture([[(82, 67, 60, 35), (82, 67, 60, 36), (81, 67, 60, 66)]])
    assert found.outside_range == pytest.approx((1 / 2, 0, 0, 1 / 3))


def test_leaps_are_between_adjoining_notes() -> None:
    found = texture(
        [[(60, 67, 60, 48), (68, 67, -1, 48), (68, 67, 72, 48), (75, 67, 72, 36)]]
    )
    assert found.leaps == pytest.approx((1 / 2, 0, 0, 1))
    assert found.largest_leaps == (8, 0, 0, 12)


def test_grids_are_not_joined() -> None:
    apart = texture([CALM, [(60, 55, 50, 40)] * 4])
    joined = texture([CALM + [(60, 55, 50, 40)] * 4])
    assert apart.largest_leaps == (0, 0, 0, 0)
    assert joined.largest_leaps == (12, 12, 10, 8)
    assert apart.num_beats == joined.num_beats == 2


def test_a_chord_is_repeated_whatever_its_voicing() -> None:
    other_voicing, other_chord = (76, 67, 60, 48), (74, 67, 59, 43)
    beats = [(72, 67, 64, 48), other_voicing, other_chord, (-1, -1, -1, -1)]
    grid = np.repeat(np.array(beats), 4, axis=0)
    assert texture([grid]).repeated_chords == pytest.approx(1 / 2)
    silence = np.full((8, 4), -1)
    assert texture([silence]).repeated_chords == 0


def test_moves_are_counted_by_place_in_the_beat() -> None:
    grid = np.array([*CALM, *CALM])
    grid[2:, 0] = 74
    grid[4:, 3] = 50
    found = texture([grid])
    assert found.moves[0] == (0, 0, 0, 1, 1)
    assert found.moves[2] == (0.5, 0, 0, 0, 0.5)
    assert found.moves[1] == found.moves[3] == (0, 0, 0, 0, 0)


def test_phase_and_steps_per_beat_move_the_places() -> None:
    grid = np.array([*CALM, *CALM])
    grid[4:, 3] = 50
    assert texture([grid], first_phases=[1]).moves[1][3] == 1.0
    assert texture([grid]).moves[1][3] == 0
    assert len(texture([grid], steps_per_beat=2).moves) == 2


def test_parallels_are_in_1000_beats() -> None:
    grid = [(79, 71, 55, 48), (79, 71, 57, 50), (81, 69, 57, 52), (81, 69, 57, 52)]
    found = texture([grid, grid])
    assert found.fifths_per_1000_beats == 1000
    assert found.octaves_per_1000_beats == 0


def test_silence_has_facts_all_the_same() -> None:
    found = texture([np.full((4, 4), -1)])
    assert found.rests == (1, 1, 1, 1)
    assert found.crossings == found.wide == (0, 0, 0)


@pytest.mark.parametrize("grids", [[], [np.zeros((4, 3))], [np.zeros(4)]])
def test_what_has_no_four_voices_is_refused(
    grids: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
) -> None:
    with pytest.raises(InputError, match="grids of 4 voices"):
        texture(grids)
