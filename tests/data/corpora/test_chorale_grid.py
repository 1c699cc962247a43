from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from musegen.data.corpora.chorale_grid import ChoraleGrid, cut_chorale
from musegen.data.corpora.chorale_map import MapEntry, Segment, SegmentKind
from musegen.data.corpora.measures import place_measures
from musegen.data.corpora.mxl import WrittenScore
from musegen.data.errors import InputError
from musegen.data.score import Note, Part, Score

QUARTER = 480
Line = Sequence[tuple[float, float, int]]  # onset and duration in quarters, pitch
Cut = tuple[SegmentKind, int, int]

ALTO, TENOR, BASS = ((0.0, 4.0, 60),), ((0.0, 4.0, 55),), ((0.0, 4.0, 48),)


def written(
    soprano: Line,
    *,
    quarters: int = 4,
    measures: Sequence[int] = (4,),
    fermatas: Sequence[float] = (),
    bass: Line = BASS,
) -> WrittenScore:
    parts = tuple(
        Part(
            notes=tuple(
                Note(
                    onset=round(onset * QUARTER),
                    duration=round(duration * QUARTER),
                    pitch=pitch,
                )
                for onset, duration, pitch in line
            ),
            fermatas=tuple(round(f * QUARTER) for f in fermatas) if place == 0 else (),
        )
        for place, line in enumerate((soprano, ALTO, TENOR, bass))
    )
    spans, position = [], 0
    for length in measures:
        spans.append((position * QUARTER, length * QUARTER))
        position += length
    return WrittenScore(
        score=Score(ticks_per_quarter=QUARTER, parts=parts),
        measures=place_measures(spans, [(0, 4, 4)]),
        num_ticks=quarters * QUARTER,
        notices=(),
    )


def cut(
    score: WrittenScore, *cuts: Cut, transpose: int = 0, time_scale: int = 1
) -> ChoraleGrid:
    segments = tuple(
        Segment(kind=kind, first_quarter=first, num_quarters=quarters)
        for kind, first, quarters in cuts
    )
    entry = MapEntry(
        split="train",
        index=0,
        num_steps=4 * sum(s.num_quarters for s in segments),
        file="bwv0.mxl",
        transpose_semitones=transpose,
        time_scale=time_scale,
        segments=segments,
    )
    return cut_chorale(score, entry)


def soprano(grid: ChoraleGrid) -> list[int]:
    return [int(pitch) for pitch in grid.grid[:, 0]]


def onsets(grid: ChoraleGrid) -> list[int]:
    return [int(step) for step in np.flatnonzero(grid.is_onset[:, 0])]


def test_shapes_types_and_voices() -> None:
    grid = cut(written([(0, 4, 72)]), ("play", 0, 4))
    assert grid.grid.shape == (16, 4)
    assert grid.grid.dtype == np.int16
    assert grid.is_onset.dtype == np.bool_
    assert grid.grid[0].tolist() == [72, 60, 55, 48]


def test_repeated_notes_begin_and_held_notes_do_not() -> None:
    grid = cut(written([(0, 1, 72), (1, 1, 72), (2, 2, 74)]), ("play", 0, 4))
    assert onsets(grid) == [0, 4, 8]


def test_rests_are_held_over_when_played_and_kept_when_not() -> None:
    score = written([(1, 1, 72), (3, 1, 72)])
    played = cut(score, ("play", 0, 4))
    assert soprano(played) == [-1] * 4 + [72] * 12
    assert onsets(played) == [4, 12]
    kept = cut(score, ("rest", 0, 4))
    assert soprano(kept) == [-1] * 4 + [72] * 4 + [-1] * 4 + [72] * 4
    assert onsets(kept) == [4, 12]


def test_a_repeat_is_played_and_its_first_note_begins_again() -> None:
    score = written([(0, 1, 72), (1, 3, 74)])
    grid = cut(score, ("play", 0, 2), ("play", 0, 4))
    assert onsets(grid) == [0, 4, 8, 12]
    assert grid.source_step.tolist() == [*range(8), *range(16)]
    assert grid.bar_phase.tolist() == [*range(8), *range(16)]


def test_a_jump_into_a_long_note_begins_it_unless_it_sounds_already() -> None:
    score = written([(0, 1, 72), (1, 3, 74)])
    assert onsets(cut(score, ("play", 0, 1), ("play", 2, 2))) == [0, 4]
    assert onsets(cut(score, ("play", 0, 2), ("play", 3, 1))) == [0, 4]


def test_a_hold_prolongs_the_last_sixteenth_and_its_bar() -> None:
    score = written([(0, 1, 71), (1, 3, 72)], measures=(1, 3))
    grid = cut(score, ("play", 0, 4), ("hold", 3, 1))
    assert soprano(grid)[-8:] == [72] * 8
    assert onsets(grid) == [0, 4]
    assert grid.bar_phase.tolist() == [*range(12, 16), *range(16)]
    assert set(grid.source_step[-4:]) == {15}


def test_a_hold_that_ends_on_a_repeated_sixteenth_begins_nothing() -> None:
    score = written([(0, 3.75, 72), (3.75, 0.25, 72)])
    assert onsets(cut(score, ("play", 0, 4), ("hold", 3, 1))) == [0, 15]


def test_the_bar_goes_on_through_a_hold_until_something_is_attacked() -> None:
    score = written(
        [(0, 1, 71), (1, 2, 72), (3, 1, 74)],
        bass=((0.0, 4.0, 48),),
        measures=(4,),
    )
    grid = cut(score, ("play", 0, 2), ("hold", 1, 1), ("play", 2, 2))
    assert grid.bar_phase.tolist() == [*range(16), *range(12, 16)]


def test_fermatas_last_as_long_as_the_note_of_the_soprano() -> None:
    grid = cut(
        written([(0, 1, 72), (1, 2, 74), (3, 1, 72)], fermatas=[1]), ("play", 0, 4)
    )
    assert np.flatnonzero(grid.is_fermata).tolist() == [*range(4, 12)]


def test_a_fermata_on_a_tied_note_begins_there() -> None:
    grid = cut(written([(0, 4, 72)], fermatas=[2]), ("play", 0, 4))
    assert np.flatnonzero(grid.is_fermata).tolist() == [*range(8, 16)]


def test_transposition_moves_notes_and_not_silence() -> None:
    grid = cut(written([(1, 3, 72)]), ("play", 0, 4), transpose=-2)
    assert soprano(grid) == [-1] * 4 + [70] * 12


def test_doubled_values_double_the_bar_too() -> None:
    grid = cut(written([(0, 1, 72), (1, 3, 72)]), ("play", 0, 8), time_scale=2)
    assert onsets(grid) == [0, 8]
    assert grid.metre[0].tolist() == [4, 2]
    assert set(grid.bar_length_steps) == {32}
    assert grid.bar_phase.tolist() == list(range(32))
    assert grid.source_step.tolist() == [step // 2 for step in range(32)]


def test_notes_between_the_steps_round_up_and_may_have_no_cell() -> None:
    grid = cut(
        written([(0, 0.125, 72), (0.125, 0.125, 74), (0.25, 1, 76)]), ("play", 0, 1)
    )
    assert soprano(grid) == [72, 76, 76, 76]
    assert onsets(grid) == [0, 1]


def test_a_score_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match=r"bwv0\.mxl has 16 sixteenths.*cut from 20"):
        cut(written([(0, 4, 72)]), ("play", 0, 5))
