"""The grade: recorded figures, transposition, failures, scores."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from musegen.data.corpora.jsb_arrays import PitchGrid, load_jsb_arrays
from musegen.data.errors import InputError
from musegen.data.grading.grade import (
    FEATURES,
    Grade,
    grade_grid,
    grade_parts,
    grade_score,
)
from musegen.data.grading.lines import FourParts, LineNote, grid_parts
from musegen.data.grading.naming import SpellingMethod
from musegen.data.score import Note, Part, Score
from musegen.data.spelling import Spelling

CHORALES = Path(__file__).parents[3] / "../shared/data/Jsb16thSeparated.npz"
TUNE = [(72, 67, 64, 48), (74, 65, 62, 43), (76, 67, 60, 48), (74, 67, 59, 43)]
SHORT = np.repeat(np.array(TUNE * 3, dtype=np.int16), 4, axis=0)

# Recorded by running the published program, with the names of the key or naively.
WINDOWS = {
    (0, 0, "naive"): [0.641, 0.445, 0, 0.770, 0.969, 0.932, 0.998, 0.947, 1.966],
    (0, 0, "key-aware"): [0.641, 0.445, 0, 0.770, 0.969, 0.932, 0.998, 0.947, 1.966],
    (0, 1, "key-aware"): [0.641, 0.445, 0, 0.770, 0.969, 0.932, 0.998, 0.947, 1.966],
    (1, 0, "key-aware"): [0.074, 0.314, 0, 0.332, 0.472, 0.974, 0.530, 0.688, 2.450],
}
TOTALS = {
    (0, 0, "naive"): 7.669,
    (0, 0, "key-aware"): 7.669,
    (0, 1, "naive"): 52.963,
    (0, 1, "key-aware"): 7.669,
    (1, 0, "naive"): 9.782,
    (1, 0, "key-aware"): 5.832,
    (1, 1, "naive"): 7.218,
    (1, 1, "key-aware"): 5.832,
    (5, 0, "naive"): 8.311,
    (5, 0, "key-aware"): 8.311,
    (5, 1, "naive"): 71.644,
    (5, 1, "key-aware"): 8.311,
}
ENGRAVED = {
    "267": [0.170, 0.292, 0, 0.274, 0.344, 0.237, 0.324, 0.403, 0.630],
    "322": [0.223, 0.181, 0, 0.201, 0.167, 0.254, 0.274, 0.437, 0.459],
    "269": [0.529, 0.156, 0, 0.721, 0.809, 0.563, 0.509, 0.731, 2.084],
    "347": [0.142, 0.114, 2.009, 0.586, 0.413, 0.496, 0.490, 0.485, 1.035],
    "153.1": [0.284, 0.317, 1.554, 0.456, 0.323, 0.424, 0.491, 0.878, 0.684],
    "86.6": [0.124, 0.364, 0.858, 0.807, 0.571, 0.335, 0.841, 0.952, 0.950],
}


@cache
def held_out() -> tuple[PitchGrid, ...]:
    if not CHORALES.exists():
        pytest.skip("the arrays of the chorales are not beside the repository")
    return load_jsb_arrays(CHORALES)["test"]


def window(piece: int, semitones: int) -> PitchGrid:
    grid = held_out()[piece][:128]
    return np.where(grid >= 0, grid + semitones, grid).astype(np.int16)


@pytest.mark.parametrize(("case", "expected"), WINDOWS.items(), ids=str)
def test_window_has_the_recorded_sub_grades(
    case: tuple[int, int, SpellingMethod], expected: list[float]
) -> None:
    piece, semitones, spelling = case
    found = grade_grid(window(piece, semitones), spelling=spelling)
    assert list(found.features.values()) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("case", "expected"), TOTALS.items(), ids=str)
def test_window_has_the_recorded_grade(
    case: tuple[int, int, SpellingMethod], expected: float
) -> None:
    piece, semitones, spelling = case
    found = grade_grid(window(piece, semitones), spelling=spelling)
    assert found.total == pytest.approx(expected, abs=0.01)


def test_wrong_names_cost_most_in_the_intervals() -> None:
    found = grade_grid(window(0, 1), spelling="naive")
    names = ("note", "soprano", "alto", "tenor", "bass")
    assert [found.features[name] for name in names] == pytest.approx(
        [3.972, 12.705, 8.823, 13.370, 10.189], abs=0.005
    )


@pytest.mark.parametrize(("spelling", "median"), [("key-aware", 7.64), ("naive", 8.93)])
def test_median_of_bach_in_windows(spelling: SpellingMethod, median: float) -> None:
    """Without silence and not at a piece's very end; published: 7.68 and 8.90."""
    windows = [
        piece[start : start + 128]
        for piece in held_out()
        for start in range(0, len(piece) - 128, 128)
        if (piece[start : start + 128] >= 0).all()
    ]
    totals = [grade_grid(grid, spelling=spelling).total for grid in windows]
    assert len(totals) == 94
    assert np.median(totals) == pytest.approx(median, abs=0.01)


def engraved_parts(name: str) -> FourParts:
    """A chorale as its file has it: true names, and a tied note counts twice."""
    from music21 import corpus, note, stream

    score = corpus.parse(f"bach/bwv{name}")
    lines = []
    for part in score.getElementsByClass(stream.Part):
        line = []
        for element in part.flatten().notesAndRests:
            onset, duration = (
                round(480 * float(value))
                for value in (element.offset, element.quarterLength)
            )
            if isinstance(element, note.Note):
                pitch = element.pitch
                spelling = Spelling(
                    step=pitch.step, alter=int(pitch.alter), octave=pitch.octave or 0
                )
                line.append(LineNote(onset, duration, spelling.pitch, spelling))
            else:
                line.append(LineNote(onset, duration, None))
        lines.append(tuple(line))
    first = score.getElementsByClass(stream.Part)[0]
    bars = first.getElementsByClass(stream.Measure)
    return FourParts(
        lines=tuple(lines),
        ticks_per_quarter=480,
        bar_starts=tuple(round(480 * float(bar.offset)) for bar in bars),
    )


@pytest.mark.parametrize(("name", "expected"), ENGRAVED.items())
def test_engraved_chorale_has_the_recorded_sub_grades(
    name: str, expected: list[float]
) -> None:
    pytest.importorskip("music21", reason="the extra 'score'")
    found = grade_parts(engraved_parts(name), spelling=None)
    assert list(found.features.values()) == pytest.approx(expected, abs=0.005)
    assert found.total == pytest.approx(sum(expected), abs=0.01)


@pytest.mark.parametrize("semitones", [-6, -1, 3, 5])
def test_key_aware_grades_do_not_change_with_transposition(semitones: int) -> None:
    found, moved = grade_grid(SHORT), grade_grid(SHORT + semitones)
    assert moved.features == found.features
    assert moved.key != found.key


def test_struck_notes_change_the_grade() -> None:
    is_onset = np.zeros(SHORT.shape, dtype=bool)
    is_onset[::2] = True
    struck = grade_grid(SHORT, is_onset=is_onset)
    assert struck.rhythm != grade_grid(SHORT).rhythm
    assert struck.soprano != grade_grid(SHORT).soprano


def test_steps_per_beat_changes_the_rhythm_only() -> None:
    fast, slow = grade_grid(SHORT), grade_grid(SHORT, steps_per_beat=2)
    assert slow.rhythm != fast.rhythm
    assert slow.soprano == fast.soprano


def test_nothing_repeated_is_length_zero() -> None:
    rising = np.array([(60 + i, 50 + i, 40 + i, 30 + i) for i in range(6)])
    assert grade_grid(rising).repeated == pytest.approx(8.168, abs=0.001)


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        ([(72, 67, 64, 48)] * 8, "the soprano has too few notes"),
        ([*TUNE[:2], *TUNE[:2], (74, 65, 62, -1)], None),
        ([(s, a, t, -1) for s, a, t, _ in TUNE], "the bass has too few notes"),
    ],
)
def test_too_few_notes_are_a_failure(
    grid: list[tuple[int, ...]], reason: str | None
) -> None:
    found = grade_grid(grid)
    assert (found.failure is None) == (reason is None)
    assert math.isinf(found.total) == (reason is not None)
    if reason is not None:
        assert reason in (found.failure or "")
        assert all(math.isinf(value) for value in found.features.values())


def test_the_total_is_the_sum_of_nine() -> None:
    numbers = dict(zip(FEATURES, range(1, 10), strict=True))
    assert Grade(key="C major", failure=None, **numbers).total == 45


def score_of(grid: PitchGrid, ticks: int = 480) -> Score:
    lines = grid_parts(grid).lines
    return Score(
        ticks_per_quarter=ticks,
        parts=tuple(
            Part(
                notes=tuple(
                    Note(
                        onset=note.onset * ticks // 4,
                        duration=note.duration * ticks // 4,
                        pitch=note.pitch,
                    )
                    for note in line
                    if note.pitch is not None
                )
            )
            for line in lines
        ),
    )


@pytest.mark.parametrize("ticks", [4, 480])
@pytest.mark.parametrize("spelling", ["key-aware", "naive"])
def test_a_score_of_a_grid_has_its_grade(ticks: int, spelling: SpellingMethod) -> None:
    score = score_of(SHORT + 1, ticks)
    assert grade_score(score, spelling=spelling) == grade_grid(
        SHORT + 1, spelling=spelling
    )


def test_parts_of_a_score_are_chosen() -> None:
    score = score_of(SHORT)
    swapped = grade_score(score, part_indices=[1, 0, 2, 3])
    assert swapped.soprano != grade_score(score).soprano
    with pytest.raises(InputError, match="got 2"):
        grade_score(score, part_indices=[0, 1])


def test_names_that_are_kept_have_to_be_there() -> None:
    with pytest.raises(InputError, match="a note has no name"):
        grade_parts(grid_parts(SHORT), spelling=None)
