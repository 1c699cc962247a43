"""What the network hears of metre and phrase ends is what the score says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.planes import begins_bar, metre_codes
from musegen.coconet.score_planes import (
    PhraseEnds,
    fermata_plane,
    parse_phrase_ends,
    parse_place,
    phrase_end_notice,
    score_metre,
    steps_under_fermatas,
    tick_of_place,
)
from musegen.data.errors import UsageError
from musegen.data.grids import Grid, beat_grid
from musegen.data.quantization import quantize_line
from musegen.data.score import BarBeat, Note, Part, Score, TimeSignature

QUARTER = 480


def score(*metres: tuple[int, int, int], pickup: int = 0) -> Score:
    signatures = tuple(
        TimeSignature(tick=tick, numerator=above, denominator=below)
        for tick, above, below in metres
    )
    return Score(ticks_per_quarter=QUARTER, time_signatures=signatures, pickup=pickup)


def grid_of(
    piece: Score, *, beat: Fraction = Fraction(1), start: int = 0, end: int
) -> Grid:
    return beat_grid(piece, beat_quarters=beat, start_tick=start, end_tick=end)


def codes(piece: Score, *, start: int = 0, end: int) -> list[int]:
    grid = grid_of(piece, start=start, end=end)
    return [int(code) for code in score_metre(piece, grid)]


def bar(num_steps: int, length: int | None = None, first: int = 0) -> list[int]:
    """Codes of consecutive steps of a bar."""
    phase = np.arange(first, first + num_steps)
    return [int(c) for c in metre_codes(phase, np.full(num_steps, length or num_steps))]


def test_bars_of_four_and_three_follow_the_metre() -> None:
    assert codes(score((0, 4, 4)), end=8 * QUARTER) == bar(16) * 2
    assert codes(score((0, 3, 4)), end=6 * QUARTER) == bar(12) * 2
    assert codes(Score(ticks_per_quarter=QUARTER), end=4 * QUARTER) == bar(16)


def test_a_change_of_metre_is_heard() -> None:
    piece = score((0, 4, 4), (4 * QUARTER, 3, 4))
    assert codes(piece, end=7 * QUARTER) == bar(16) + bar(12)


def test_a_pickup_is_the_end_of_a_bar() -> None:
    piece = score((0, 4, 4), pickup=QUARTER)
    assert codes(piece, end=5 * QUARTER) == bar(4, 16, first=12) + bar(16)


def test_a_grid_may_begin_and_end_inside_a_bar() -> None:
    piece = score((0, 4, 4))
    begun = codes(piece, start=2 * QUARTER, end=7 * QUARTER)
    assert begun == bar(8, 16, first=8) + bar(12, 16)


def test_a_grid_may_begin_bars_later() -> None:
    piece = score((0, 3, 4), pickup=QUARTER)
    assert codes(piece, start=4 * QUARTER, end=7 * QUARTER) == bar(12)
    assert codes(piece, start=5 * QUARTER, end=7 * QUARTER) == bar(8, 12, first=4)


def test_compound_bars_have_dotted_beats() -> None:
    piece = score((0, 6, 8))
    grid = grid_of(piece, beat=Fraction(3, 2), end=6 * QUARTER)
    assert [int(code) for code in score_metre(piece, grid)] == bar(8) * 2


def test_a_bar_of_one_beat_is_not_told() -> None:
    piece = score((0, 3, 4))
    grid = grid_of(piece, beat=Fraction(3), end=6 * QUARTER)
    assert not score_metre(piece, grid).any()


@given(
    st.sampled_from([(2, 4), (3, 4), (4, 4), (6, 4), (4, 2)]),
    st.integers(0, 3),
    st.integers(1, 5),
)
def test_every_bar_begins_on_its_line(
    metre: tuple[int, int], pickup: int, bars: int
) -> None:
    beat = Fraction(4, metre[1])
    ticks = int(beat * QUARTER)
    pickup_ticks = (pickup % metre[0]) * ticks
    piece = score((0, *metre), pickup=pickup_ticks)
    end = pickup_ticks + bars * metre[0] * ticks
    grid = grid_of(piece, beat=beat, end=end)
    begins = np.flatnonzero(begins_bar(score_metre(piece, grid)))
    expected = [grid.step_at(tick) for tick in piece.bar_starts(end)]
    assert begins.tolist() == expected


# === Places ===


def test_places_are_read() -> None:
    assert parse_place("4:3") == BarBeat(bar=4, beat=Fraction(3))
    assert parse_place(" 4 ") == BarBeat(bar=4, beat=Fraction(1))
    assert parse_place("2:2.5").beat == Fraction(5, 2)
    assert parse_place("2:7/3").beat == Fraction(7, 3)
    assert parse_phrase_ends("Auto") == "auto"
    assert parse_phrase_ends("none") == "none"
    assert parse_phrase_ends("4:3,8") == (parse_place("4:3"), parse_place("8"))


@pytest.mark.parametrize("text", ["", "x", "4:", "4:0", "4:3/0", ":3", "-1", "4:3:2"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no place: write bar and beat"):
        parse_phrase_ends(text)


@given(st.integers(0, 20 * QUARTER - 1))
def test_places_and_ticks_go_both_ways(tick: int) -> None:
    piece = score((0, 4, 4), (9 * QUARTER, 6, 8), pickup=QUARTER)
    assert tick_of_place(piece, piece.bar_beat(tick), end=20 * QUARTER) == tick


@pytest.mark.parametrize("text", ["0:1", "3:1", "2:5"])
def test_a_place_beyond_the_score_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not in the score, which has bars 1 to 2"):
        tick_of_place(score((0, 4, 4)), parse_place(text), end=8 * QUARTER)


# === Phrase ends ===


def fermatas(
    ends: PhraseEnds,
    *lengths: tuple[int, int],
    quarters: int = 8,
    written: tuple[tuple[int, int], ...] = (),
) -> list[int]:
    """Steps under a fermata; a line of (pitch or -1, steps)."""
    pitch = np.concatenate([np.full(steps, p, np.int16) for p, steps in lengths])
    onset = np.zeros(len(pitch), dtype=bool)
    onset[np.cumsum([0, *[steps for _, steps in lengths]])[:-1]] = True
    piece = score((0, 4, 4))
    plane = fermata_plane(
        ends,
        score=piece,
        grid=grid_of(piece, end=quarters * QUARTER),
        pitch=pitch,
        is_onset=onset & (pitch >= 0),
        written=written,
    )
    assert plane.min() >= 1 or ends == "none"
    return [int(step) for step in np.flatnonzero(plane == 2)]


def test_nothing_is_told_unless_asked() -> None:
    plane = fermata_plane(
        "none",
        score=score((0, 4, 4)),
        grid=grid_of(score((0, 4, 4)), end=4 * QUARTER),
        pitch=np.full(16, 60, np.int16),
        is_onset=np.zeros(16, bool),
    )
    assert not plane.any()


def test_named_phrase_ends_are_the_notes_that_sound_there() -> None:
    line = [(60, 4)] * 3 + [(62, 8)] + [(60, 4)] * 3
    assert fermatas((parse_place("1:4"),), *line) == list(range(12, 20))
    assert fermatas((parse_place("2:1"),), *line) == list(range(12, 20))
    places = (parse_place("1:1"), parse_place("2:4"))
    assert fermatas(places, *line) == [0, 1, 2, 3, 28, 29, 30, 31]


def test_a_phrase_end_in_a_rest_is_its_beat() -> None:
    assert fermatas((parse_place("1:2.5"),), (60, 4), (-1, 28)) == [4, 5, 6, 7]


def test_a_phrase_end_beyond_the_lines_is_refused() -> None:
    piece = score((0, 4, 4))
    grid = grid_of(piece, start=4 * QUARTER, end=8 * QUARTER)
    silent = np.full(16, -1, np.int16)
    with pytest.raises(UsageError, match="lies where nothing is written"):
        fermata_plane(
            (parse_place("1:1"),),
            score=piece,
            grid=grid,
            pitch=silent,
            is_onset=silent > 0,
        )


def test_phrase_ends_are_found_at_long_notes_and_rests() -> None:
    quarters = [(60, 4)] * 6
    assert fermatas("auto", *quarters, (62, 8)) == list(range(24, 32))
    rest = [(60, 4)] * 6 + [(-1, 4), (62, 4)]
    assert fermatas("auto", *rest) == [20, 21, 22, 23, 28, 29, 30, 31]
    early = [(60, 8), (62, 4), (60, 4), (60, 4), (60, 4), (60, 4), (60, 4)]
    assert fermatas("auto", *early) == [28, 29, 30, 31]


def test_a_silent_line_has_no_phrase_ends() -> None:
    assert fermatas("auto", (-1, 32)) == []


def under(
    ticks: tuple[int, ...],
    *notes: tuple[int, int],
    others: tuple[tuple[int, ...], ...] = (),
    parts: tuple[int, ...] = (0,),
) -> tuple[tuple[int, int], ...]:
    """Steps under fermatas of a line of notes of (onset, end) in sixteenths."""
    made = tuple(
        Note(onset=120 * first, duration=120 * (last - first), pitch=60)
        for first, last in notes
    )
    piece = Score(
        ticks_per_quarter=QUARTER,
        parts=(
            Part(notes=made, fermatas=ticks),
            *(Part(fermatas=found) for found in others),
        ),
    )
    grid = grid_of(piece, end=8 * QUARTER)
    line = quantize_line(made, grid)
    return steps_under_fermatas(line, score=piece, grid=grid, parts=parts)


def test_fermatas_hold_their_notes_to_the_end() -> None:
    notes = (0, 4), (4, 12), (12, 16)
    assert under((480, 1440), *notes) == ((4, 12), (12, 16))
    assert under((), *notes) == ()


def test_a_fermata_over_the_end_of_a_tie_holds_what_comes_after_it() -> None:
    assert under((1920,), (8, 24)) == ((16, 24),)


def test_a_fermata_where_the_line_rests_tells_nothing() -> None:
    assert under((480, 4000), (0, 4), (8, 12)) == ()


def test_fermatas_of_another_part_count_where_the_line_has_none() -> None:
    line = (0, 4), (4, 12)
    assert under((), *line, others=((), (960,), (0,))) == ((8, 12),)
    assert under((), *line, others=((), (960,), (0,)), parts=(0, 3)) == ((0, 4),)
    assert under((0,), *line, others=((960,),)) == ((0, 4),)
    assert under((1920,), *line, others=((960,),)) == ((8, 12),)


def test_a_note_off_the_grid_is_held_from_where_the_grid_has_it() -> None:
    early = Note(onset=470, duration=480, pitch=60)
    piece = Score(
        ticks_per_quarter=QUARTER, parts=(Part(notes=(early,), fermatas=(470,)),)
    )
    grid = grid_of(piece, end=4 * QUARTER)
    line = quantize_line((early,), grid)
    (first, last), *_ = steps_under_fermatas(line, score=piece, grid=grid, parts=(0,))
    assert (first, last) == (line.placements[0].start_step, 8)


def test_auto_guesses_only_for_want_of_fermatas_and_places_win() -> None:
    line = [(60, 4)] * 6 + [(62, 8)]
    assert fermatas("auto", *line, written=((4, 8),)) == [4, 5, 6, 7]
    assert fermatas("auto", *line) == list(range(24, 32))
    named = (parse_place("1:1"),)
    assert fermatas(named, *line, written=((4, 8),)) == [0, 1, 2, 3]
    assert fermatas("none", *line, written=((4, 8),)) == []


def test_what_auto_came_to_is_said_as_the_option_takes_it() -> None:
    piece = score((0, 4, 4))
    codes = np.ones(32, np.int8)
    codes[6:8] = codes[16:20] = 2
    grid = grid_of(piece, end=8 * QUARTER)
    told = phrase_end_notice(codes, score=piece, grid=grid, is_written=True)
    assert told.code == "phrase-ends"
    assert "fermatas of the score" in told.message
    words = told.message.rpartition(": ")[2]
    assert parse_phrase_ends(words) == (parse_place("1:5/2"), parse_place("2:1"))
    guessed = phrase_end_notice(codes, score=piece, grid=grid, is_written=False)
    assert "guessed" in guessed.message
