from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.render.analysis_systems import (
    WIDTH_PX,
    System,
    SystemSize,
    break_into_systems,
    note_outlines,
    shown_pitches,
    spans_in,
    stretch_in,
    system_texts,
)
from musegen.render.analysis_view import HeardNote

SIZE = SystemSize(panel_px=100.0, strips_px=(20.0, 30.0), axis_px=40.0, above_px=10.0)


def systems(
    end_s: float, *, start_s: float = 0.0, max_systems: int = 4
) -> tuple[System, ...]:
    return break_into_systems(
        start_s=start_s,
        end_s=end_s,
        pitches=(60, 79),
        size=SIZE,
        max_systems=max_systems,
    )


@settings(max_examples=30, deadline=None)
@given(
    start_s=st.floats(0, 1000),
    duration_s=st.floats(0.01, 20_000),
    max_systems=st.integers(1, 20),
)
def test_systems_cover_the_time_without_gaps(
    start_s: float, duration_s: float, max_systems: int
) -> None:
    end_s = start_s + duration_s
    rows = systems(end_s, start_s=start_s, max_systems=max_systems)
    assert len(rows) <= max_systems
    assert rows[0].start_s == start_s
    assert rows[-1].end_s == pytest.approx(end_s)
    for before, after in itertools.pairwise(rows):
        assert before.end_s == pytest.approx(after.start_s)
        assert before.bottom < after.top
    assert all(row.right <= WIDTH_PX for row in rows)


def test_strips_lie_below_the_panel_and_apart() -> None:
    (system,) = systems(5.0)
    first, second = system.strip(0), system.strip(1)
    assert system.top + 100.0 < first[0] < first[1] < second[0] < second[1]
    assert (first[1] - first[0], second[1] - second[0]) == (20.0, 30.0)
    assert second[1] == system.bottom
    assert system.y(79.5) == system.top
    assert system.y(59.5) == system.top + 100.0


def test_a_note_is_in_each_system_in_which_it_sounds() -> None:
    notes = [
        HeardNote(pitch=70, onset_s=1.0, offset_s=2.0),
        HeardNote(pitch=70, onset_s=9.0, offset_s=12.0),
        HeardNote(pitch=90, onset_s=9.0, offset_s=12.0),
    ]
    first, second = systems(20.0)
    assert [index for index, *_ in spans_in(notes, first)] == [0, 1, 2]
    assert [index for index, *_ in spans_in(notes, second)] == [1, 2]
    assert len(list(note_outlines(notes, first))) == 2  # one is too high
    (outline,) = note_outlines(notes, second)
    assert outline.x == second.left
    assert outline.tooltip == "Bb4, 9.00 to 12.00 s"


def test_pitches_around_the_notes_are_shown_within_bounds() -> None:
    notes = [HeardNote(pitch=60, onset_s=0.0, offset_s=1.0)]
    none = np.zeros(0, np.float32)

    def shown(least: int, above: int = 4) -> tuple[int, int]:
        return shown_pitches(
            notes, none, bounds=(40, 80), below=4, above=above, least=least
        )

    assert shown(0) == (56, 64)
    assert shown(20) == (44, 64)
    assert shown(99) == (40, 64)
    assert shown(0, above=99) == (56, 80)
    assert shown_pitches([], none, bounds=(40, 80), below=4, above=4) == (40, 80)


def test_a_curve_has_a_few_points_a_pixel() -> None:
    (system,) = systems(3600.0, max_systems=1)
    stretch = stretch_in(system, 900_000, 250.0)
    assert stretch is not None
    assert len(stretch.x) <= 3 * WIDTH_PX
    assert stretch.averaged(np.zeros(900_000, np.float32)).shape == stretch.x.shape
    assert system.left <= stretch.x[0] < stretch.x[-1] <= system.right + 1
    assert stretch_in(system, 1, 250.0) is None


def test_times_are_those_of_the_piece() -> None:
    texts = {
        text.text for row in systems(80.0, start_s=62.0) for text in system_texts(row)
    }
    assert {"1:02", "1:05", "1:10", "C4", "C5"} <= texts
