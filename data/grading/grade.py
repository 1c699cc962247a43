"""Grading music in four parts by how far it is from Bach's chorales; 0 is nearest.

The published grading function, for grids (candidates, rasters) and for scores. It
compares distributions: it knows neither form nor phrase nor text, and a good grade is
no proof of good music.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.errors import InputError
from musegen.data.grading.distances import length_distance, rank_distance
from musegen.data.grading.features import Counts, count_features
from musegen.data.grading.keys import Key
from musegen.data.grading.lines import FourParts, grid_parts, note_line
from musegen.data.grading.naming import SpellingMethod, parts_key, spell_parts
from musegen.data.grading.references import References, bach_references
from musegen.data.score import Note, Score

FEATURES = (
    "note",
    "rhythm",
    "parallel",
    "harmonic",
    "soprano",
    "alto",
    "tenor",
    "bass",
    "repeated",
)
"""The sub-grades, in the order in which they are published."""

VOICES = ("soprano", "alto", "tenor", "bass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How far a piece is from the references; lower is better.

    Args:
        key: As it was found: `F major`, `G minor`.
        note: Distance of the scale degrees.
        rhythm: Of the durations.
        parallel: Of parallel fifths and octaves; 0 without any.
        harmonic: Of the types of sonorities.
        soprano: Of the soprano's melodic intervals; so `alto`, `tenor` and `bass`.
        alto: See `soprano`.
        tenor: See `soprano`.
        bass: See `soprano`.
        repeated: Of the lengths of repeated fragments, in sixteenths.
        failure: Why there is no grade, None where there is one; every sub-grade is
            infinite then.
    """

    key: str
    note: float
    rhythm: float
    parallel: float
    harmonic: float
    soprano: float
    alto: float
    tenor: float
    bass: float
    repeated: float
    failure: str | None = None

    @property
    def features(self) -> dict[str, float]:
        """The nine sub-grades by name."""
        return {name: float(getattr(self, name)) for name in FEATURES}

    @property
    def total(self) -> float:
        """The grade: the plain sum of the nine; infinite on failure."""
        return math.fsum(self.features.values())


def grade_grid(
    grid: npt.ArrayLike,
    *,
    is_onset: npt.ArrayLike | None = None,
    steps_per_beat: int = STEPS_PER_QUARTER,
    spelling: SpellingMethod = "key-aware",
    references: References | None = None,
) -> Grade:
    """Grade a grid of four voices.

    Args:
        grid: (time, voice) MIDI pitches, -1 for silence; soprano first.
        is_onset: (time, voice), where a pitch is struck again; None: equal neighbouring
            steps are one note.
        steps_per_beat: Steps of a quarter note.
        spelling: `key-aware` (does not change with transposition) or `naive` (as
            published figures for grids were made).
        references: What to compare with; None: Bach's chorales as published.

    Raises:
        InputError: The grid has another shape, or there is no such spelling.

    Source:
        Fang, Liu, Seetharaman and Pardo, "Bach or Mock? A Grading Function for Chorales
        in the Style of J. S. Bach", 2020. Chorales as engraved have a median of 4.9,
        excerpts of 128 sixteenths from the standard arrays one of 7.7 (key-aware).
    """
    parts = grid_parts(grid, is_onset=is_onset, steps_per_beat=steps_per_beat)
    return grade_parts(parts, spelling=spelling, references=references)


def grade_score(
    score: Score,
    *,
    part_indices: Sequence[int] | None = None,
    spelling: SpellingMethod = "key-aware",
    references: References | None = None,
) -> Grade:
    """Grade a score of four single voices with its exact durations.

    A `Score` does not keep how pitches are written, so they are named anew.

    Args:
        score: Any score.
        part_indices: Soprano, alto, tenor and bass among its parts, from 0; None: the
            score has just four.
        spelling: See `grade_grid`.
        references: See `grade_grid`.

    Raises:
        InputError: Not four parts are meant.
    """
    indices = range(len(score.parts)) if part_indices is None else part_indices
    parts = score_parts(score, [score.parts[index].notes for index in indices])
    return grade_parts(parts, spelling=spelling, references=references)


def score_parts(score: Score, voices: Sequence[Sequence[Note]]) -> FourParts:
    """Return the lines of voices taken from a score; all last until its last note.

    Args:
        score: Gives the resolution.
        voices: The notes of soprano, alto, tenor and bass.

    Raises:
        InputError: There are not four voices.
    """
    end = max((note.end for voice in voices for note in voice), default=0)
    return FourParts(
        lines=tuple(note_line(voice, end=end) for voice in voices),
        ticks_per_quarter=score.ticks_per_quarter,
        bar_starts=(0, *score.bar_starts(end)),
    )


def grade_parts(
    parts: FourParts,
    *,
    spelling: SpellingMethod | None = "key-aware",
    references: References | None = None,
) -> Grade:
    """Grade four lines.

    Args:
        parts: What `grid_parts` or `score_parts` returns, or lines of one's own.
        spelling: How notes are named; None keeps the names that they have.
        references: What to compare with; None: Bach's chorales as published.

    Returns:
        The grade; one with a `failure` where a voice has fewer than three notes in a
        row, for then no interval is counted.

    Raises:
        InputError: Names are to be kept and a note has none.
    """
    key = parts_key(parts)
    if spelling is not None:
        parts = spell_parts(parts, key=key, method=spelling)
    elif not _is_spelled(parts):
        raise InputError("a note has no name: give every LineNote a spelling")
    counts = count_features(parts, key=key)
    reason = _failure(counts)
    if reason is not None:
        return Grade(key=str(key), failure=reason, **dict.fromkeys(FEATURES, math.inf))
    return _compare(
        counts, key, bach_references() if references is None else references
    )


def _failure(counts: Counts) -> str | None:
    for voice, intervals in zip(VOICES, counts.intervals, strict=True):
        if not intervals:
            return f"the {voice} has too few notes in a row to grade its intervals"
    if not sum(counts.note.values()):
        return "every note is shorter than a sixteenth"
    return None


def _is_spelled(parts: FourParts) -> bool:
    return all(
        note.pitch is None or note.spelling is not None
        for line in parts.lines
        for note in line
    )


def _compare(counts: Counts, key: Key, references: References) -> Grade:
    mode = references.of_mode(is_minor=counts.is_minor)
    intervals = {
        voice: rank_distance(found, reference)
        for voice, found, reference in zip(
            VOICES, counts.intervals, mode.intervals, strict=True
        )
    }
    return Grade(
        key=str(key),
        note=rank_distance(counts.note, mode.note),
        rhythm=rank_distance(counts.rhythm, references.rhythm),
        parallel=_parallel_grade(counts, references),
        harmonic=rank_distance(counts.harmonic, mode.harmonic),
        repeated=length_distance(counts.repeated or {0: 1}, references.repeated),
        failure=None,
        **intervals,
    )


def _parallel_grade(counts: Counts, references: References) -> float:
    """How the kinds are distributed, times how many there are to a note."""
    num_parallels = sum(counts.parallel.values())
    if not num_parallels:
        return 0.0
    rate = num_parallels / counts.num_notes / references.parallels_per_note
    return rank_distance(counts.parallel, references.parallel) * rate
