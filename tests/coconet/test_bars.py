"""Bars are named as musicians count them, and may go on after the end."""

from __future__ import annotations

import pytest

from musegen.coconet.bars import bar_ticks, parse_bars
from musegen.data.errors import UsageError
from musegen.data.score import Score, TimeSignature

QUARTER = 480
BAR = 4 * QUARTER


def ticks(text: str, *, pickup: int = 0, bars: int = 4) -> list[tuple[int, int]]:
    score = Score(ticks_per_quarter=QUARTER, pickup=pickup)
    return bar_ticks(score, parse_bars(text), end=pickup + bars * BAR)


def test_bars_are_read() -> None:
    assert parse_bars("5-8, 12,20-") == ((5, 8), (12, 12), (20, None))


@pytest.mark.parametrize("text", ["", "x", "-", "-8", "5,,6", "5-6-7", "1.5"])
def test_what_names_no_bars_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no bars: write 5, 5-8 or 5-"):
        parse_bars(text)


def test_a_span_goes_forward() -> None:
    with pytest.raises(UsageError, match="'8-5' ends before it begins"):
        parse_bars("8-5")


def test_bars_have_their_ticks() -> None:
    assert ticks("2") == [(BAR, 2 * BAR)]
    assert ticks("1,3") == [(0, BAR), (2 * BAR, 3 * BAR)]
    assert ticks("3-") == [(2 * BAR, 3 * BAR), (3 * BAR, 4 * BAR)]
    assert ticks("2-3,2") == [(BAR, 2 * BAR), (2 * BAR, 3 * BAR)]


def test_a_pickup_is_bar_0() -> None:
    assert ticks("0-1", pickup=QUARTER) == [(0, QUARTER), (QUARTER, QUARTER + BAR)]
    with pytest.raises(UsageError, match="bar 0 is a pickup"):
        ticks("0")


def test_bars_follow_changes_of_metre() -> None:
    signatures = (
        TimeSignature(tick=0, numerator=4, denominator=4),
        TimeSignature(tick=BAR, numerator=3, denominator=4),
    )
    score = Score(ticks_per_quarter=QUARTER, time_signatures=signatures)
    found = bar_ticks(score, parse_bars("1-3"), end=BAR + 3 * QUARTER)
    assert found == [(0, 1920), (1920, 3360), (3360, 4800)]


def test_bars_after_the_end_follow_on() -> None:
    assert ticks("5-6") == [(4 * BAR, 5 * BAR), (5 * BAR, 6 * BAR)]
    assert ticks("5") == [(4 * BAR, 5 * BAR)]
    with pytest.raises(UsageError, match=r"ends with bar 4: .* such as 5-6"):
        ticks("6")


@pytest.mark.parametrize("text", ["1-300000", "300000", "5-1005", "999999-"])
def test_bars_far_beyond_the_end_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"at most 1000 bars can be added, up to 1004"):
        ticks(text)


def test_as_many_bars_as_can_be_composed_are_added() -> None:
    assert len(ticks("5-1004")) == 1000
