"""What is counted, on a few notes."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.grading.features import Counts, count_features, interval_name
from musegen.data.grading.keys import Key
from musegen.data.grading.lines import FourParts, LineNote, grid_parts
from musegen.data.grading.naming import spell_parts, written_pitch
from musegen.data.spelling import spell

C_MAJOR = Key(tonic=0, is_minor=False)


def count(grid: list[tuple[int, int, int, int]], steps_per_beat: int = 1) -> Counts:
    parts = grid_parts(np.array(grid), steps_per_beat=steps_per_beat)
    return count_features(
        spell_parts(parts, key=C_MAJOR, method="key-aware"), key=C_MAJOR
    )


def test_degrees_are_weighed_by_length() -> None:
    found = count([(72, 67, 64, 48), (73, 67, 64, -1), (70, 67, 64, -1)])
    assert found.note == {
        "1": 8, "1 sharp": 4, "7 flat": 4, "5": 12, "3": 12, "Rest": 8,
    }  # fmt: skip
    assert found.num_notes == 6


def test_durations_are_in_quarters() -> None:
    grid = [(72, 67, 64, 48), (74, 67, 64, 50), (74, 67, 64, -1)]
    assert count(grid, 4).rhythm == {0.25: 4, 0.5: 1, 0.75: 2}
    assert count(grid, 1).rhythm == {1.0: 4, 2.0: 1, 3.0: 2}


@pytest.mark.parametrize(
    ("grid", "fifths", "octaves"),
    [
        ([(79, 64, 59, 48), (81, 64, 59, 50)], 1, 0),  # two octaves and a fifth
        ([(79, 64, 59, 48), (81, 64, 59, 52)], 0, 0),  # from a fifth to a fourth
        ([(79, 64, 59, 48), (67, 64, 59, 60)], 1, 0),  # contrary motion counts
        ([(72, 64, 59, 48), (74, 64, 59, 50)], 0, 1),
        ([(72, 65, 60, 60), (72, 65, 60, 60)], 0, 0),  # nobody moves
        ([(72, 65, 60, 60), (72, 65, 62, 62)], 0, 1),  # unisons
        ([(71, 65, 60, 60), (71, 65, 62, 50)], 0, 1),  # from a unison to an octave
        ([(79, 64, -1, 48), (81, 64, 59, -1)], 0, 0),  # a rest moves nowhere
    ],
)
def test_parallels_keep_a_perfect_interval_while_both_move(
    grid: list[tuple[int, int, int, int]], fifths: int, octaves: int
) -> None:
    assert count(grid).parallel == {"fifths": fifths, "octaves": octaves}


def test_a_lower_voice_that_does_not_begin_with_the_upper_makes_no_parallel() -> None:
    together = [(79, 64, 59, 48), (79, 64, 59, 48), (81, 64, 59, 50)]
    later = [(79, 64, 59, 48), (81, 64, 59, 48), (81, 64, 59, 50)]
    assert count(together).parallel["fifths"] == 1
    assert count(later).parallel["fifths"] == 0


def test_a_sonority_begins_whenever_a_voice_moves_or_ends() -> None:
    silence = (-1, -1, -1, -1)
    grid = [(72, 67, 64, 48), (72, 67, 64, 48), (72, 67, 62, 48), (72, 67, -1, -1)]
    found = count([*grid, silence, grid[0]]).harmonic
    assert found == {"major": 2, "suspended-second": 1, "power": 1}


def test_a_struck_note_is_a_sonority_of_its_own() -> None:
    grid = np.array([(72, 67, 64, 48)] * 3)
    is_onset = np.zeros(grid.shape, dtype=bool)
    is_onset[1, 3] = True
    parts = spell_parts(
        grid_parts(grid, is_onset=is_onset), key=C_MAJOR, method="naive"
    )
    assert count_features(parts, key=C_MAJOR).harmonic == {"major": 2}


def test_intervals_leave_out_the_first_and_those_over_rests() -> None:
    grid = [(72, 67, 64, 48), (74, 67, 64, 48), (76, 67, 64, 48), (-1, 67, 64, 48),
            (72, 67, 64, 48), (71, 67, 64, 48)]  # fmt: skip
    assert count(grid).intervals == ({"M2": 1, "m-2": 1}, {}, {}, {})


def test_bars_decide_which_interval_is_left_out() -> None:
    """The one whose first note ends earliest in its bar."""
    notes = [(0, 4, 60), (4, 2, 62), (6, 2, 64), (8, 1, 65), (9, 3, 60)]
    line = tuple(
        LineNote(onset, length, pitch, spell(pitch)) for onset, length, pitch in notes
    )
    for bar_starts, left_out in (((), "M2"), ((0, 4), "M2"), ((0, 8), "P-4")):
        parts = FourParts(lines=(line,) * 4, ticks_per_quarter=4, bar_starts=bar_starts)
        found = dict(count_features(parts, key=C_MAJOR).intervals[0])
        everything = {"M2": 2, "m2": 1, "P-4": 1}
        everything[left_out] -= 1
        assert found == {name: number for name, number in everything.items() if number}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("C4", "C4", "P1"), ("C4", "D4", "M2"), ("D4", "C4", "M-2"),
        ("F4", "F#4", "A1"), ("F#4", "F4", "d1"), ("B3", "F4", "d5"),
        ("F4", "B3", "d-5"), ("C4", "E5", "M10"), ("Eb4", "D#4", "d-2"),
        ("C4", "C5", "P8"), ("C5", "F3", "P-12"), ("Ab3", "F##4", "AA6"),
        ("G4", "Bb3", "M-6"), ("F##4", "F4", "dd1"),
    ],
)  # fmt: skip
def test_intervals_have_their_names(first: str, second: str, expected: str) -> None:
    def written(name: str) -> int:
        return 12 * (int(name[-1]) + 1) + {
            "C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11,
        }[name[0]] + name.count("#") - name[1:].count("b")  # fmt: skip

    pair = [
        written_pitch(written(n), n[0], n.count("#") - n[1:].count("b"))
        for n in (first, second)
    ]
    assert interval_name(*pair) == expected


def test_a_fragment_of_two_voices_counts_once() -> None:
    tune = [72, 74, 76, 72, 74, 77]
    lone = count([(pitch, 67, 64, 48) for pitch in tune])
    doubled = count([(pitch, pitch, 64, 48) for pitch in tune])
    assert lone.repeated == {8: 2}
    assert doubled.repeated == lone.repeated
    other_octave = count([(pitch, pitch - 12, 64, 48) for pitch in tune])
    assert other_octave.repeated == {8: 4}
