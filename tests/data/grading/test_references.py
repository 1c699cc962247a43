"""References: the published ones, and those of other grids."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.data.grading import bach_tables
from musegen.data.grading.features import count_features
from musegen.data.grading.grade import FEATURES, grade_grid
from musegen.data.grading.lines import grid_parts
from musegen.data.grading.naming import parts_key, spell_parts
from musegen.data.grading.references import (
    bach_references,
    count_references,
    grid_references,
)

MAJOR = [(72, 67, 64, 48), (74, 65, 62, 43), (76, 67, 60, 48), (74, 67, 59, 43)]
MINOR = [(72, 69, 64, 45), (74, 69, 65, 50), (76, 68, 64, 52), (72, 69, 64, 45)]
PARALLEL = [(72, 67, 60, 48), (74, 67, 62, 50), (76, 67, 64, 52), (72, 67, 60, 48)]


def grids() -> list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    major = np.repeat(np.array(MAJOR + PARALLEL + MAJOR, dtype=np.int16), 4, axis=0)
    minor = np.repeat(np.array(MINOR + MINOR[::-1] + MINOR, dtype=np.int16), 4, axis=0)
    return [major, minor]


def test_published_histograms_add_up_and_are_in_rank_order() -> None:
    references = bach_references()
    tables = [list(references.rhythm.values()), list(references.repeated.values())]
    tables.append(list(references.parallel.values()))
    for mode in (references.major, references.minor):
        for histogram in (mode.note, mode.harmonic, *mode.intervals):
            tables.append(list(histogram.values()))
    for weights in tables:
        assert sum(weights) == pytest.approx(1, abs=1e-4)
        assert weights == sorted(weights, reverse=True)


def test_published_tables_have_all_their_categories() -> None:
    references = bach_references()
    assert [len(h) for h in references.major.intervals] == [20, 29, 28, 37]
    assert [len(h) for h in references.minor.intervals] == [26, 27, 28, 41]
    assert (len(references.major.note), len(references.minor.harmonic)) == (16, 21)
    assert (len(references.rhythm), len(references.repeated)) == (22, 56)
    assert references.parallels_per_note == bach_tables.PARALLELS_PER_NOTE
    assert references.of_mode(is_minor=True) is references.minor
    assert references.of_mode(is_minor=False) is references.major


def test_references_of_one_piece_a_mode_leave_no_distance_to_it() -> None:
    major, minor = grids()
    references = grid_references([major, minor], name="two pieces")
    grade = grade_grid(minor, references=references)
    assert grade.key == "A minor"
    own = ("note", "harmonic", "soprano", "alto", "tenor", "bass")
    assert [grade.features[name] for name in own] == pytest.approx([0] * 6)
    assert grade.total < grade_grid(minor).total


def test_references_are_the_sum_of_counts() -> None:
    counted = []
    for grid in grids():
        parts = grid_parts(grid)
        key = parts_key(parts)
        counted.append(
            count_features(spell_parts(parts, key=key, method="naive"), key=key)
        )
    summed = count_references(counted, name="two")
    assert summed == grid_references(grids(), name="two", spelling="naive")
    assert summed.rhythm[1.0] == pytest.approx(
        sum(piece.rhythm[1.0] for piece in counted)
        / sum(sum(piece.rhythm.values()) for piece in counted)
    )
    assert summed.parallels_per_note == pytest.approx(
        sum(sum(piece.parallel.values()) for piece in counted)
        / sum(piece.num_notes for piece in counted)
    )


def test_steps_per_beat_changes_the_rhythm() -> None:
    slow = grid_references(grids(), name="slow", steps_per_beat=2)
    fast = grid_references(grids(), name="fast", steps_per_beat=4)
    assert set(slow.rhythm) == {2 * length for length in fast.rhythm}


@pytest.mark.parametrize("chosen", [[], [0], [1]])
def test_too_few_pieces_are_refused(chosen: list[int]) -> None:
    with pytest.raises(InputError, match=r"mine: .* in major and in minor"):
        grid_references([grids()[place] for place in chosen], name="mine")


def test_every_feature_depends_on_the_references() -> None:
    major, _ = grids()
    published = grade_grid(major)
    own = grade_grid(major, references=grid_references(grids(), name="own"))
    for name in FEATURES:
        assert published.features[name] != own.features[name], name
