"""A line goes onto a grid and comes back; nothing that was given is lost."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError
from musegen.data.grids import Grid, beat_grid, uniform_grid
from musegen.data.quantization import (
    QuantizedLine,
    line_notes,
    quantize_line,
    quantize_score,
)
from musegen.data.score import Note, Part, Score, TimeSignature, sorted_notes

SIXTEENTHS = uniform_grid(
    ticks_per_quarter=480, start_tick=0, end_tick=960, steps_per_quarter=4
)


def note(onset: int, end: int, pitch: int = 60) -> Note:
    return Note(onset=onset, duration=end - onset, pitch=pitch)


def pitches(line: QuantizedLine) -> list[int]:
    return [int(pitch) for pitch in line.pitch]


def onsets(line: QuantizedLine) -> list[int]:
    return [int(step) for step in np.flatnonzero(line.is_onset)]


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    steps_per_beat = draw(st.sampled_from([1, 2, 4]))
    num_steps = steps_per_beat * draw(st.integers(1, 6))
    lengths = draw(
        st.lists(st.integers(1, 130), min_size=num_steps, max_size=num_steps)
    )
    bounds = np.cumsum([draw(st.integers(0, 500)), *lengths]).tolist()
    return Grid(boundaries_ticks=tuple(bounds), steps_per_beat=steps_per_beat)


@st.composite
def lines(
    draw: st.DrawFn,
) -> tuple[Grid, npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
    grid = draw(grids())
    pitch = draw(
        st.lists(
            st.sampled_from([-1, 60, 60, 62, 127]),
            min_size=grid.num_steps,
            max_size=grid.num_steps,
        )
    )
    strikes = draw(
        st.lists(st.booleans(), min_size=grid.num_steps, max_size=grid.num_steps)
    )
    array = np.asarray(pitch, dtype=np.int16)
    changes = np.concatenate(([True], array[1:] != array[:-1]))
    return grid, array, (array >= 0) & (changes | np.asarray(strikes))


@given(lines())
@settings(max_examples=50, deadline=None)
def test_any_line_on_any_grid_comes_back(
    case: tuple[Grid, npt.NDArray[np.int16], npt.NDArray[np.bool_]],
) -> None:
    grid, pitch, is_onset = case
    line = quantize_line(line_notes(pitch, is_onset, grid, velocity=70), grid)
    assert pitches(line) == pitch.tolist()
    assert line.is_onset.tolist() == is_onset.tolist()
    assert (line.report.num_moved, line.report.num_without_step) == (0, 0)


@given(
    st.lists(
        st.builds(
            note, st.integers(0, 900), st.integers(900, 1100), st.integers(0, 127)
        )
        | st.builds(
            lambda onset, duration: note(onset, onset + duration),
            st.integers(0, 1300),
            st.integers(0, 200),
        ),
        max_size=25,
    ),
    grids(),
)
@settings(max_examples=50, deadline=None)
def test_every_note_is_in_the_placements_and_they_agree_with_the_arrays(
    notes: list[Note], grid: Grid
) -> None:
    line = quantize_line(notes, grid)
    assert tuple(item.note for item in line.placements) == sorted_notes(notes)
    placed = [item for item in line.placements if item.has_step]
    assert [item.start_step for item in placed] == onsets(line)
    expected = np.full(grid.num_steps, -1)
    for item in placed:
        assert (expected[item.start_step : item.end_step] == -1).all()
        expected[item.start_step : item.end_step] = item.note.pitch
    assert pitches(line) == expected.tolist()
    assert line.report.num_without_step == len(notes) - len(placed)
    for item in line.placements:
        assert item.shift_ticks == grid.tick_of(item.start_step) - item.note.onset


def test_repeated_notes_stay_apart() -> None:
    line = quantize_line([note(0, 240), note(240, 480)], SIXTEENTHS)
    assert pitches(line) == [60, 60, 60, 60, -1, -1, -1, -1]
    assert onsets(line) == [0, 2]


def test_human_timing_goes_to_the_nearest_step_and_is_reported() -> None:
    line = quantize_line([note(10, 235, 60), note(228, 470, 62)], SIXTEENTHS)
    assert pitches(line) == [60, 60, 62, 62, -1, -1, -1, -1]
    assert [item.shift_ticks for item in line.placements] == [-10, 12]
    assert (line.report.num_moved, line.report.max_shift_ticks) == (2, 12)


def test_of_two_that_overlap_the_later_takes_over() -> None:
    line = quantize_line([note(0, 500, 60), note(240, 480, 62)], SIXTEENTHS)
    assert pitches(line) == [60, 60, 62, 62, -1, -1, -1, -1]


def test_a_short_gap_is_no_rest_and_half_a_step_is() -> None:
    held = quantize_line([note(0, 190), note(240, 480)], SIXTEENTHS)
    assert pitches(held)[:4] == [60, 60, 60, 60]
    rested = quantize_line([note(0, 180), note(240, 480)], SIXTEENTHS)
    assert pitches(rested)[:4] == [60, -1, 60, 60]


def test_the_note_that_sounds_longest_has_the_step() -> None:
    turn = [note(0, 40, 60), note(40, 70, 62), note(70, 120, 64), note(120, 240, 65)]
    line = quantize_line(turn, SIXTEENTHS)
    assert pitches(line)[:3] == [64, 65, -1]
    assert [item.has_step for item in line.placements] == [False, False, True, True]
    assert line.placements[0].end_step == line.placements[0].start_step == 0


def test_a_tie_goes_to_the_earlier_note() -> None:
    line = quantize_line([note(0, 60, 60), note(60, 120, 62)], SIXTEENTHS)
    assert pitches(line)[0] == 60


def test_triplets_on_sixteenths_all_have_a_step() -> None:
    triplet = [note(0, 160, 60), note(160, 320, 62), note(320, 480, 64)]
    line = quantize_line(triplet, SIXTEENTHS)
    assert pitches(line)[:4] == [60, 62, 62, 64]
    assert [item.shift_ticks for item in line.placements] == [0, -40, 40]


def test_the_eighths_of_a_jig_fit_the_dotted_beat_exactly() -> None:
    score = Score(
        ticks_per_quarter=480,
        time_signatures=(TimeSignature(tick=0, numerator=6, denominator=8),),
    )
    grid = beat_grid(score, beat_quarters=Fraction(3, 2), start_tick=0, end_tick=720)
    line = quantize_line([note(0, 240), note(240, 480), note(480, 720)], grid)
    assert onsets(line) == [0, 1, 2]
    assert line.report.num_moved == 0


def test_staccato_and_one_tick_notes_are_seen_where_nothing_else_sounds() -> None:
    line = quantize_line(
        [note(0, 1), note(240, 280), note(475, 475), note(715, 720)], SIXTEENTHS
    )
    assert pitches(line) == [60, -1, 60, -1, 60, -1, 60, -1]
    assert line.report.num_without_step == 0


def test_of_short_notes_in_one_rest_the_longest_is_seen() -> None:
    line = quantize_line([note(0, 10, 60), note(20, 50, 62)], SIXTEENTHS)
    assert pitches(line)[:2] == [62, -1]
    assert line.report.first_without_step == note(0, 10, 60)


def test_a_short_note_never_comes_after_a_later_one() -> None:
    crowd = [note(0, 30), note(30, 60), note(65, 70, 72), note(70, 120, 62)]
    line = quantize_line(crowd, SIXTEENTHS)
    assert pitches(line)[:2] == [62, -1]
    assert not line.placements[2].has_step


def test_a_note_at_the_very_end_goes_into_the_last_step() -> None:
    line = quantize_line([note(950, 955)], SIXTEENTHS)
    assert onsets(line) == [7]


def test_notes_outside_of_the_grid_are_kept_without_a_step() -> None:
    grid = Grid(boundaries_ticks=(480, 600, 720, 840, 960))
    line = quantize_line([note(0, 480), note(400, 610, 62), note(960, 999)], grid)
    assert pitches(line) == [62, -1, -1, -1]
    assert [item.has_step for item in line.placements] == [False, True, False]
    assert line.placements[2].start_step == 4


def test_no_notes_are_all_rest() -> None:
    line = quantize_line([], SIXTEENTHS)
    assert pitches(line) == [-1] * 8
    assert line.placements == ()
    assert line.report.num_notes == 0


def test_line_notes_takes_a_change_of_pitch_for_an_onset() -> None:
    pitch = np.asarray([60, 60, 62, -1, -1, 62, 62, 62], dtype=np.int16)
    is_onset = np.asarray([0, 0, 0, 0, 1, 0, 1, 0], dtype=bool)
    notes = line_notes(pitch, is_onset, SIXTEENTHS, velocity=90)
    assert [(item.onset, item.end, item.pitch) for item in notes] == [
        (0, 240, 60),
        (240, 360, 62),
        (600, 720, 62),
        (720, 960, 62),
    ]
    assert {item.velocity for item in notes} == {90}


def test_line_notes_refuses_arrays_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"is_onset has the shape \(8,\); got \(3,\)"):
        line_notes(
            np.zeros(8, dtype=np.int16),
            np.zeros(3, dtype=bool),
            SIXTEENTHS,
            velocity=80,
        )


def test_notices_name_the_place() -> None:
    score = Score(ticks_per_quarter=480)
    line = quantize_line([note(490, 720), note(720, 740), note(740, 960)], SIXTEENTHS)
    moved, without = line.report.notices(score)
    assert moved.code == "notes-off-grid"
    assert str(moved).startswith("bar 1, beat 2.02: 2 of 3 notes")
    assert "0.042 of a quarter" in moved.message
    assert without.code == "notes-without-step"
    assert without.place == score.bar_beat(720)
    assert quantize_line([note(0, 480)], SIXTEENTHS).report.notices(score) == ()


@st.composite
def scores(draw: st.DrawFn) -> Score:
    some_notes = st.lists(
        st.builds(
            Note,
            onset=st.integers(0, 3000),
            duration=st.integers(0, 900),
            pitch=st.integers(58, 62),
            velocity=st.integers(1, 127),
        ),
        max_size=12,
    )
    parts = draw(
        st.lists(
            st.builds(
                Part,
                notes=some_notes.map(sorted_notes),
                name=st.sampled_from(["", "Soprano"]),
                is_drum=st.booleans(),
            ),
            max_size=3,
        )
    )
    return Score(ticks_per_quarter=draw(st.integers(4, 500)), parts=tuple(parts))


@given(scores())
@settings(max_examples=50, deadline=None)
def test_a_score_comes_back_from_its_placements(score: Score) -> None:
    quantized = quantize_score(score)
    assert quantized.original() == score
    aligned = quantized.aligned()
    assert quantize_score(aligned).aligned() == aligned
    bounds = set(quantized.grid.boundaries_ticks)
    for part in aligned.parts:
        assert all({item.onset, item.end} <= bounds for item in part.notes)
        assert all(item.duration > 0 for item in part.notes)
        starts = [(item.onset, item.pitch) for item in part.notes]
        assert len(starts) == len(set(starts))
    assert aligned.num_notes == score.num_notes - quantized.report.num_without_step


def test_chords_and_short_notes_of_a_score_keep_their_steps() -> None:
    chord = (note(3, 8, 60), note(5, 470, 64))
    score = Score(
        ticks_per_quarter=480,
        parts=(Part(notes=chord, name="Piano"), Part(notes=(note(470, 475, 36),))),
        title="Two",
    )
    aligned = quantize_score(score).aligned()
    assert aligned.parts[0].notes == (note(0, 120, 60), note(0, 480, 64))
    assert aligned.parts[0].name == "Piano"
    assert aligned.parts[1].notes == (note(480, 600, 36),)
    assert aligned.title == "Two"


def test_of_equal_notes_in_one_step_the_longest_is_shown() -> None:
    trill = (note(0, 20, 60), note(10, 50, 60))
    score = Score(ticks_per_quarter=480, parts=(Part(notes=trill),))
    quantized = quantize_score(score, steps_per_quarter=2)
    assert [item.has_step for item in quantized.parts[0].placements] == [False, True]
    assert quantized.grid.steps_per_beat == 2
    assert quantized.report.num_without_step == 1


def test_a_score_coarser_than_the_grid_is_refused() -> None:
    with pytest.raises(InputError, match="ticks to a quarter"):
        quantize_score(Score(ticks_per_quarter=3))
