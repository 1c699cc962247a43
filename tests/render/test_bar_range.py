"""A range of bars is a range."""

from __future__ import annotations

import pytest

from musegen.render.bar_range import BarRange


@pytest.mark.parametrize(("first", "last"), [(-1, None), (3, 2)])
def test_what_is_no_range_is_refused(first: int, last: int | None) -> None:
    with pytest.raises(ValueError, match="0 <= first <= last"):
        BarRange(first=first, last=last)


def test_the_end_may_be_open() -> None:
    assert BarRange(first=0).last is None
    assert BarRange(first=4, last=4).last == 4
