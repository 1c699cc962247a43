"""Grids cover the music, follow its bars and never drift."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError
from musegen.data.grids import Grid, beat_grid, is_dotted_beat, uniform_grid
from musegen.data.score import Score, TimeSignature


def metre(numerator: int, denominator: int, tick: int = 0) -> TimeSignature:
    return TimeSignature(tick=tick, numerator=numerator, denominator=denominator)


def piece(*signatures: TimeSignature, pickup: int = 0, ticks: int = 480) -> Score:
    return Score(ticks_per_quarter=ticks, time_signatures=signatures, pickup=pickup)


def beats_of(grid: Grid) -> tuple[int, ...]:
    return grid.boundaries_ticks[:: grid.steps_per_beat]


def test_a_uniform_grid_has_sixteenths_and_whole_beats() -> None:
    grid = uniform_grid(
        ticks_per_quarter=480, start_tick=960, end_tick=1500, steps_per_quarter=4
    )
    assert grid.boundaries_ticks == tuple(range(960, 1921, 120))
    assert (grid.num_steps, grid.start, grid.end) == (8, 960, 1920)
    assert grid.beat_phase.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_a_uniform_grid_does_not_drift_where_ticks_do_not_divide() -> None:
    grid = uniform_grid(
        ticks_per_quarter=50, start_tick=0, end_tick=5000, steps_per_quarter=4
    )
    assert grid.boundaries_ticks[:5] == (0, 13, 25, 38, 50)
    assert grid.boundaries_ticks[-1] == 5000


def test_a_uniform_grid_of_eighths_takes_its_own_beat() -> None:
    grid = uniform_grid(
        ticks_per_quarter=480,
        start_tick=0,
        end_tick=1,
        steps_per_quarter=2,
        steps_per_beat=2,
    )
    assert grid.boundaries_ticks == (0, 240, 480)


def test_too_few_ticks_for_the_steps_are_named() -> None:
    with pytest.raises(InputError, match="counts 2 ticks to a quarter note"):
        uniform_grid(ticks_per_quarter=2, start_tick=0, end_tick=8, steps_per_quarter=4)
    with pytest.raises(InputError, match="beat of 1/8 of a whole note"):
        beat_grid(
            piece(ticks=6), beat_quarters=Fraction(1, 2), start_tick=0, end_tick=8
        )


@pytest.mark.parametrize(
    ("boundaries", "steps_per_beat"),
    [((0,), 1), ((0, 1, 2), 4), ((0, 2, 2), 1), ((-1, 2), 1), ((0, 1), 0)],
)
def test_a_grid_refuses_boundaries_that_are_none(
    boundaries: tuple[int, ...], steps_per_beat: int
) -> None:
    with pytest.raises(ValueError, match=r"grid|steps_per_beat"):
        Grid(boundaries_ticks=boundaries, steps_per_beat=steps_per_beat)


def test_empty_ranges_and_senseless_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="start_tick < end_tick"):
        beat_grid(piece(), beat_quarters=Fraction(1), start_tick=5, end_tick=5)
    with pytest.raises(ValueError, match="beat_quarters is above 0"):
        beat_grid(piece(), beat_quarters=Fraction(0), start_tick=0, end_tick=5)
    with pytest.raises(ValueError, match="steps_per_quarter is at least 1"):
        uniform_grid(ticks_per_quarter=4, start_tick=0, end_tick=1, steps_per_quarter=0)


@pytest.mark.parametrize(
    ("tick", "step"),
    [(-5, 0), (0, 0), (5, 0), (6, 1), (10, 1), (20, 1), (21, 2), (99, 2)],
)
def test_step_at_is_the_nearest_boundary_and_ties_go_back(tick: int, step: int) -> None:
    grid = Grid(boundaries_ticks=(0, 10, 30), steps_per_beat=1)
    assert grid.step_at(tick) == step


def test_tick_of_knows_the_end_and_nothing_beyond() -> None:
    grid = Grid(boundaries_ticks=(0, 10, 30), steps_per_beat=1)
    assert [grid.tick_of(step) for step in range(3)] == [0, 10, 30]
    for step in (-1, 3):
        with pytest.raises(IndexError):
            grid.tick_of(step)


def test_common_time_in_quarters_is_the_uniform_grid() -> None:
    grid = beat_grid(
        piece(metre(4, 4)), beat_quarters=Fraction(1), start_tick=0, end_tick=3840
    )
    assert grid.boundaries_ticks == tuple(range(0, 3841, 120))


def test_the_grid_begins_with_the_beat_of_its_start_and_reaches_its_end() -> None:
    grid = beat_grid(
        piece(metre(4, 4)), beat_quarters=Fraction(1), start_tick=500, end_tick=961
    )
    assert beats_of(grid) == (480, 960, 1440)


def test_a_pickup_is_filled_backwards_from_bar_one() -> None:
    score = piece(metre(4, 4), pickup=1200)
    grid = beat_grid(score, beat_quarters=Fraction(1), start_tick=0, end_tick=2000)
    assert beats_of(grid) == (0, 240, 720, 1200, 1680, 2160)
    assert grid.boundaries_ticks[:5] == (0, 60, 120, 180, 240)


def test_an_eighth_upbeat_of_six_eight_is_a_beat_of_its_own() -> None:
    score = piece(metre(6, 8), pickup=240)
    grid = beat_grid(score, beat_quarters=Fraction(3, 2), start_tick=0, end_tick=960)
    assert beats_of(grid) == (0, 240, 960)
    assert grid.boundaries_ticks[4:9] == (240, 480, 720, 840, 960)


def test_five_eight_in_quarters_ends_with_a_short_beat() -> None:
    grid = beat_grid(
        piece(metre(5, 8)), beat_quarters=Fraction(1), start_tick=0, end_tick=2400
    )
    assert beats_of(grid) == (0, 480, 960, 1200, 1680, 2160, 2400)
    assert grid.boundaries_ticks[8:13] == (960, 1020, 1080, 1140, 1200)


def test_beats_begin_anew_at_a_change_of_metre() -> None:
    score = piece(metre(3, 4), metre(2, 4, tick=2160))
    grid = beat_grid(score, beat_quarters=Fraction(1), start_tick=0, end_tick=3120)
    # the second bar of 3/4 is cut to a beat and a half
    assert beats_of(grid) == (0, 480, 960, 1440, 1920, 2160, 2640, 3120)


@pytest.mark.parametrize("signature", [metre(6, 8), metre(9, 8), metre(12, 8)])
def test_quarter_and_eighth_of_a_dotted_beat_fall_on_phases_zero_and_two(
    signature: TimeSignature,
) -> None:
    grid = beat_grid(
        piece(signature), beat_quarters=Fraction(3, 2), start_tick=0, end_tick=1440
    )
    assert grid.boundaries_ticks == (0, 240, 480, 600, 720, 960, 1200, 1320, 1440)


def test_dotted_beats_of_other_lengths_and_step_counts() -> None:
    sixteenths = beat_grid(
        piece(metre(6, 16)), beat_quarters=Fraction(3, 4), start_tick=0, end_tick=360
    )
    assert sixteenths.boundaries_ticks == (0, 120, 240, 300, 360)
    waltz = beat_grid(
        piece(metre(3, 4)), beat_quarters=Fraction(3), start_tick=0, end_tick=1440
    )
    assert waltz.boundaries_ticks == (0, 480, 960, 1200, 1440)
    two = beat_grid(
        piece(metre(6, 8)),
        beat_quarters=Fraction(3, 2),
        start_tick=0,
        end_tick=720,
        steps_per_beat=2,
    )
    assert two.boundaries_ticks == (0, 480, 720)
    three = beat_grid(
        piece(metre(6, 8)),
        beat_quarters=Fraction(3, 2),
        start_tick=0,
        end_tick=720,
        steps_per_beat=3,
    )
    assert three.boundaries_ticks == (0, 240, 480, 720)


@pytest.mark.parametrize(
    ("signature", "beat", "expected"),
    [
        (metre(6, 8), Fraction(3, 2), True),
        (metre(6, 8), Fraction(3, 4), True),
        (metre(6, 8), Fraction(3), False),
        (metre(6, 8), Fraction(1), False),
        (metre(3, 4), Fraction(3), True),
        (metre(3, 4), Fraction(1), False),
        (metre(4, 4), Fraction(3, 2), False),
    ],
)
def test_which_beats_fall_into_three(
    signature: TimeSignature, beat: Fraction, expected: bool
) -> None:
    assert is_dotted_beat(signature, beat) is expected


def test_slack_of_a_few_ticks_joins_the_beat_beside_it() -> None:
    late_change = piece(metre(4, 4), metre(3, 4, tick=1923))
    grid = beat_grid(
        late_change, beat_quarters=Fraction(1), start_tick=0, end_tick=2400
    )
    assert beats_of(grid) == (0, 480, 960, 1440, 1923, 2403)
    sloppy_pickup = piece(metre(4, 4), pickup=2)
    grid = beat_grid(
        sloppy_pickup, beat_quarters=Fraction(1), start_tick=0, end_tick=900
    )
    assert beats_of(grid) == (0, 482, 962)


def test_a_beat_longer_than_the_bar_becomes_the_bar() -> None:
    grid = beat_grid(
        piece(metre(1, 4)), beat_quarters=Fraction(2), start_tick=0, end_tick=960
    )
    assert beats_of(grid) == (0, 480, 960)


@given(
    signatures=st.lists(
        st.tuples(
            st.integers(0, 9000), st.integers(1, 13), st.sampled_from([2, 4, 8, 16])
        ),
        max_size=4,
        unique_by=lambda item: item[0],
    ),
    pickup=st.integers(0, 1500),
    ticks=st.sampled_from([24, 96, 101, 480]),
    beat=st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2)]),
    start=st.integers(0, 8000),
    length=st.integers(1, 6000),
)
@settings(max_examples=50, deadline=None)
def test_any_grid_covers_its_range_and_meets_the_bar_lines(
    signatures: list[tuple[int, int, int]],
    pickup: int,
    ticks: int,
    beat: Fraction,
    start: int,
    length: int,
) -> None:
    score = piece(
        *(metre(num, den, tick) for tick, num, den in sorted(signatures)),
        pickup=pickup,
        ticks=ticks,
    )
    end = start + length
    grid = beat_grid(score, beat_quarters=beat, start_tick=start, end_tick=end)
    beats = beats_of(grid)
    assert beats[0] <= start < beats[1]
    assert beats[-2] < end <= beats[-1]
    starts = [0, *(bar for bar in score.bar_starts(grid.end + 30_000) if bar)]
    for before, bar, after in zip(starts, starts[1:], starts[2:], strict=False):
        if grid.start <= bar <= grid.end and min(bar - before, after - bar) >= 4:
            assert bar in beats


def test_two_thousand_bars_take_no_time() -> None:
    score = piece(metre(6, 8), pickup=240)
    begin = time.perf_counter()
    grid = beat_grid(
        score, beat_quarters=Fraction(3, 2), start_tick=0, end_tick=2000 * 1440
    )
    assert grid.num_steps > 15_000
    assert time.perf_counter() - begin < 1.0  # measured: about 0.02 s
