"""Progress on stderr: a bar on a terminal, elsewhere a plain line every ten seconds.

The library takes a callback; this makes one that tells. Lines import nothing, and jobs
of less than ten seconds have none.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

ProgressStyle = Literal["bar", "lines", "none"]

EVERY_S = 10.0
"""Shortest time from a line to the next."""


class Advance(Protocol):
    """Says that `steps` more steps are done."""

    def __call__(self, steps: int = 1, /) -> None:
        """Move the bar on."""


@contextmanager
def progress(
    description: str,
    total: int | None = None,
    *,
    style: ProgressStyle | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Advance]:
    """Tell how far the body is while it runs, and give the callback that says so.

    Args:
        description: What is being done.
        total: Number of steps, which also tells how long is left; None where unknown.
        style: `bar` draws (a spinner, without a total), `lines` prints when steps are
            done, `none` is silent; None is `bar` on a terminal and `lines` elsewhere.
        clock: Seconds, for the lines.

    Yields:
        `advance(steps=1)`, to be called with the number of steps just done.
    """
    if style is None:
        style = "bar" if sys.stderr.isatty() else "lines"
    if style == "none":
        yield _tell_nothing
        return
    if style == "lines":
        yield _Lines(description, total, clock).advance
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    # `markup=False`: a file may be called [bold].mid
    columns = [SpinnerColumn(), TextColumn("{task.description}", markup=False)]
    is_counted = total is not None
    counting = [BarColumn(), MofNCompleteColumn()] if is_counted else []
    remaining = [TimeRemainingColumn(), TextColumn("left")] if is_counted else []
    with Progress(
        *columns,
        *counting,
        TimeElapsedColumn(),
        *remaining,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # stdout is for data
    ) as bar:
        task = bar.add_task(description, total=total)

        def advance(steps: int = 1, /) -> None:
            bar.advance(task, steps)

        yield advance


class _Lines:
    """Prints a line where a step ends `EVERY_S` or more after the last line."""

    def __init__(
        self, description: str, total: int | None, clock: Callable[[], float]
    ) -> None:
        self._description = description
        self._total = total
        self._clock = clock
        self._num_done = 0
        self._started_s = self._told_s = clock()

    def advance(self, steps: int = 1, /) -> None:
        """Count, and print if it is time; the last step needs no line."""
        self._num_done += steps
        now_s = self._clock()
        is_last = self._total is not None and self._num_done >= self._total
        if is_last or self._num_done <= 0 or now_s - self._told_s < EVERY_S:
            return
        self._told_s = now_s
        state = self._state(now_s - self._started_s)
        print(f"{self._description}: {state}", file=sys.stderr, flush=True)

    def _state(self, elapsed_s: float) -> str:
        if self._total is None:
            return f"{self._num_done} done in {_spoken(elapsed_s)}"
        share = self._num_done / self._total
        left_s = elapsed_s * (1.0 - share) / share
        return f"{share * 100:.0f} %, {_spoken(left_s)} left"


def _spoken(seconds: float) -> str:
    """Return a length of time in the unit that suits it: `12 s`, `3 min`, `2 h 5 min`.

    >>> _spoken(7500.0)
    '2 h 5 min'
    """
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _tell_nothing(steps: int = 1, /) -> None:
    """Stand in for the bar where nothing is told."""
