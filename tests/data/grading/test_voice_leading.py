"""Parallels and crossings, by hand and in Bach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.grading.voice_leading import VoiceLeading, voice_leading

CHORALES = Path(__file__).parents[3] / "../shared/data/Jsb16thSeparated.npz"


def grid(*frames: tuple[int, int, int, int]) -> NDArray[np.int16]:
    return np.array(frames, dtype=np.int16)


def parallels(*frames: tuple[int, int, int, int]) -> tuple[int, int]:
    found = voice_leading(grid(*frames))
    return found.parallel_fifths, found.parallel_octaves


def test_two_voices_that_keep_a_fifth_while_they_move_are_a_parallel() -> None:
    assert parallels((79, 71, 55, 48), (79, 71, 57, 48)) == (0, 0)
    assert parallels((79, 71, 55, 48), (79, 71, 57, 50)) == (1, 0)
    assert parallels((79, 71, 55, 48), (79, 71, 53, 46)) == (1, 0)


def test_a_twelfth_is_a_fifth_and_a_fifteenth_an_octave() -> None:
    assert parallels((79, 66, 61, 48), (81, 66, 61, 50)) == (1, 0)
    assert parallels((79, 66, 61, 48), (77, 66, 61, 41)) == (0, 0)
    assert parallels((72, 66, 61, 48), (74, 66, 61, 50)) == (0, 1)


def test_unisons_and_octaves_count_together() -> None:
    assert parallels((72, 60, 55, 55), (72, 60, 57, 57)) == (0, 1)
    # Soprano and alto an octave apart, soprano and bass two: three pairs.
    assert parallels((72, 60, 55, 48), (74, 62, 55, 50)) == (0, 3)


def test_contrary_motion_and_staying_are_not_counted() -> None:
    assert parallels((67, 64, 60, 60), (79, 64, 60, 48)) == (0, 0)  # fifth to 31 below
    assert parallels((79, 60, 60, 48), (67, 60, 60, 60)) == (0, 0)
    assert parallels((79, 71, 55, 48), (79, 71, 55, 48)) == (0, 0)


def test_a_fifth_reached_from_another_interval_is_not_counted() -> None:
    assert parallels((79, 71, 54, 48), (79, 71, 57, 50)) == (0, 0)


def test_a_fourth_between_crossed_voices_is_no_fifth() -> None:
    # The tenor lies a fourth below the bass, then a fifth below it.
    assert parallels((79, 71, 50, 55), (79, 71, 52, 57)) == (0, 0)
    assert parallels((79, 71, 48, 55), (79, 71, 50, 57)) == (1, 0)


def test_silence_breaks_a_parallel() -> None:
    assert parallels((79, 71, 55, 48), (79, 71, -1, 50)) == (0, 0)
    assert parallels((79, 71, 55, -1), (79, 71, 57, 50)) == (0, 0)


def test_a_crossing_is_counted_for_each_step_and_pair_of_neighbours() -> None:
    found = voice_leading(
        grid((60, 62, 55, 50), (60, 60, 61, 50), (60, -1, 59, 50), (-1, 62, 55, 50))
    )
    assert found.crossings == 2
    assert found.num_beats == 1.0
    assert voice_leading(grid((60, 55, 50, 51)), steps_per_beat=2) == VoiceLeading(
        num_beats=0.5, parallel_fifths=0, parallel_octaves=0, crossings=1
    )


def test_parallels_add_up() -> None:
    found = voice_leading(grid((79, 71, 55, 48), (79, 71, 57, 50), (81, 69, 57, 52)))
    assert found.num_parallels == found.parallel_fifths + found.parallel_octaves == 1


@pytest.mark.parametrize(
    ("split", "fifths", "octaves", "crossings"),
    [("train", 2.32, 2.10, 2.4), ("valid", 2.61, 1.30, 2.9), ("test", 3.17, 1.27, 2.0)],
)
def test_bach_is_not_free_of_parallels(
    split: str, fifths: float, octaves: float, crossings: float
) -> None:
    """In 1000 beats, and crossings in percent of steps."""
    if not CHORALES.exists():
        pytest.skip("the arrays of the chorales are not beside the repository")
    arrays = np.load(CHORALES, allow_pickle=True, encoding="latin1")[split]
    pieces = [np.where(np.isnan(piece), -1, piece).astype(np.int16) for piece in arrays]
    found = [voice_leading(piece) for piece in pieces]
    num_beats = sum(item.num_beats for item in found)

    def rate(name: str) -> float:
        return float(sum(getattr(item, name) for item in found) / num_beats)

    assert 1000 * rate("parallel_fifths") == pytest.approx(fifths, abs=0.01)
    assert 1000 * rate("parallel_octaves") == pytest.approx(octaves, abs=0.01)
    assert 25 * rate("crossings") == pytest.approx(crossings, abs=0.1)
