"""Progress out, the wish to stop in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.control import Control, share_done


def test_progress_is_passed_on_and_nothing_done_is_not_told() -> None:
    told: list[int] = []
    control = Control(advance=told.append)
    control.done()
    control.done(3)
    control.done(0)
    assert told == [1, 3]
    Control().done()  # nobody listens


def test_once_stopped_it_stays_so_and_asks_no_more() -> None:
    answers = iter([False, True])
    control = Control(is_stopped=lambda: next(answers))
    assert not control.must_stop()
    assert not control.was_stopped
    assert control.must_stop()
    assert control.must_stop()
    assert control.was_stopped
    assert not Control().must_stop()


@given(count=st.integers(1, 50), foretold=st.integers(0, 80))
def test_reports_sum_up_to_what_was_foretold(count: int, foretold: int) -> None:
    reports = [share_done(index, count, foretold) for index in range(count)]
    assert sum(reports) == foretold
    assert max(reports) - min(reports) <= 1
