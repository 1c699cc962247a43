"""Which cells of a score are free, and which notes make room."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from musegen.coconet.completion import prepare_completion
from musegen.coconet.score_task import ScoreTask
from musegen.data.errors import EmptyScoreError, UsageError
from musegen.data.score import Note, Part, Score

QUARTER = 480
PITCHES = (72, 67, 60, 48)

Untyped = Any  # options are of many types


def line(pitch: int, *spans: tuple[float, float]) -> Part:
    """A part of notes from (first quarter, length in quarters)."""
    notes = tuple(
        Note(onset=int(start * QUARTER), duration=int(length * QUARTER), pitch=pitch)
        for start, length in spans
    )
    return Part(notes=notes)


def quartet(num_quarters: int = 8) -> Score:
    quarters = [(float(index), 1.0) for index in range(num_quarters)]
    parts = tuple(line(pitch, *quarters) for pitch in PITCHES)
    return Score(ticks_per_quarter=QUARTER, parts=parts)


def task(score: Score, **options: Untyped) -> ScoreTask:
    return prepare_completion(score, **{"beat_level": Fraction(1), **options})


def free(found: ScoreTask, voice: int) -> list[int]:
    return [int(step) for step in np.flatnonzero(found.is_free[:, voice])]


def test_bars_and_voices_are_intersected() -> None:
    found = task(quartet(), bars=((2, 2),), hidden=(1, 2))
    assert free(found, 1) == free(found, 2) == list(range(16, 32))
    assert free(found, 0) == free(found, 3) == []
    assert [len(given.removed) for given in found.voices] == [0, 4, 4, 0]
    assert found.voices[1].kept == found.score.parts[1].notes[:4]
    assert task(quartet(), hidden=(3,)).is_free.all(axis=0).tolist() == [
        False,
        False,
        False,
        True,
    ]
    assert task(quartet(), bars=((2, 2),)).is_free.sum() == 4 * 16


def test_without_words_the_rests_and_missing_voices_are_free() -> None:
    score = Score(
        ticks_per_quarter=QUARTER,
        parts=(line(72, (0, 1), (2, 6)), line(48, (1, 7))),
    )
    found = task(score)
    assert free(found, 0) == [4, 5, 6, 7]
    assert free(found, 1) == free(found, 2) == list(range(32))
    assert free(found, 3) == [0, 1, 2, 3]
    assert all(given.removed == () for given in found.voices)


def test_nothing_is_free_before_the_first_note_or_after_the_last() -> None:
    score = Score(ticks_per_quarter=QUARTER, parts=(line(72, (0.5, 1), (4, 0.5)),))
    found = task(score)
    assert free(found, 3) == list(range(2, 18))
    assert free(found, 0) == list(range(6, 16))


def test_a_full_score_has_nothing_to_fill() -> None:
    with pytest.raises(EmptyScoreError, match="nothing to fill: all four voices sound"):
        task(quartet())


def test_notes_over_the_edge_are_kept_whole() -> None:
    score = quartet()
    bass = line(48, (0, 3), (3, 2), (5, 2), (7, 1))
    score = replace(score, parts=(*score.parts[:3], bass))
    found = task(score, bars=((2, 2),), hidden=(3,))
    assert free(found, 3) == list(range(20, 32))
    assert found.voices[3].removed == bass.notes[2:]
    (notice,) = (n for n in found.notices if n.code == "notes-over-the-edge")
    assert str(notice.place) == "bar 1, beat 4"
    held = line(48, (0, 8))
    with pytest.raises(EmptyScoreError, match="nothing to fill in the bass: every"):
        task(
            replace(score, parts=(*score.parts[:3], held)),
            bars=((2, 2),),
            hidden=(3,),
        )


def test_doubled_and_short_notes_of_the_hole_go_too() -> None:
    score = quartet()
    doubled = Note(onset=5 * QUARTER, duration=10, pitch=48)
    grace = Note(onset=6 * QUARTER - 9, duration=3, pitch=50)
    notes = tuple(sorted((*score.parts[3].notes, doubled, grace)))
    score = replace(score, parts=(*score.parts[:3], Part(notes=notes)))
    found = task(score, bars=((2, 2),), hidden=(3,))
    assert {doubled, grace} <= set(found.voices[3].removed)
    assert not set(found.voices[3].kept) & {doubled, grace}


def test_bars_after_the_end_make_the_grid_longer() -> None:
    found = task(quartet(), bars=((3, 4),))
    assert found.grid.num_steps == 64
    assert free(found, 0) == list(range(32, 64))
    assert found.end_tick == 16 * QUARTER
    with pytest.raises(UsageError, match="ends with bar 2"):
        task(quartet(), bars=((4, 4),))


def test_only_the_surroundings_of_holes_are_looked_at() -> None:
    found = task(quartet(num_quarters=400), bars=((10, 10), (90, 90)))
    assert found.phrases == ((16, 288), (1296, 1568))
    near = task(quartet(num_quarters=400), bars=((10, 10), (20, 20)))
    assert len(near.phrases) == 1
    in_phrase = np.zeros(len(found.is_free), dtype=bool)
    for start, end in found.phrases:
        in_phrase[start:end] = True
    assert not found.is_free[~in_phrase].any()


def test_a_line_cut_from_chords_keeps_its_notes_as_written() -> None:
    notes = (
        Note(onset=0, duration=3 * QUARTER, pitch=72),
        Note(onset=QUARTER, duration=QUARTER, pitch=50),
        Note(onset=QUARTER, duration=3 * QUARTER, pitch=74),
    )
    score = Score(ticks_per_quarter=QUARTER, parts=(Part(notes=notes),))
    found = task(score, given=(0, 3), voices=("top", "bottom"), hidden=(0,))
    soprano = found.voices[0]
    assert soprano.extracted.cut_notes
    assert set(soprano.removed) == {notes[0], notes[2]}
    assert soprano.kept == ()
