from __future__ import annotations

import click
import pytest

from musegen.cli._bar_range import BarRangeType
from musegen.render.bar_range import BarRange


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("5", BarRange(first=5, last=5)),
        (" 5 - 8 ", BarRange(first=5, last=8)),
        ("5-", BarRange(first=5)),
        ("-8", BarRange(first=0, last=8)),
        ("0", BarRange(first=0, last=0)),
    ],
)
def test_bars_are_read_as_musicians_write_them(text: str, bars: BarRange) -> None:
    assert BarRangeType().convert(text, None, None) == bars
    assert BarRangeType().convert(bars, None, None) is bars


@pytest.mark.parametrize("text", ["", "-", "a", "5-4", "1,2", "5--8", "1.5", "٣"])
def test_bars_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write 5"):
        BarRangeType().convert(text, None, None)
