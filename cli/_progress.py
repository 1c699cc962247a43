"""Progress on stderr, only on a terminal.

The library takes a callback; this makes one that draws. Without a terminal it draws
nothing and imports nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Says that `steps` more steps are done."""

    def __call__(self, steps: int = 1, /) -> None:
        """Move the bar on."""


@contextmanager
def progress(
    description: str, total: int | None = None, *, is_shown: bool | None = None
) -> Iterator[Advance]:
    """Show a bar while the body runs, and give the callback that moves it.

    Args:
        description: What is being done.
        total: Number of steps, which also tells how long is left; None for a spinner.
        is_shown: False draws nothing; None asks whether stderr is a terminal.

    Yields:
        `advance(steps=1)`, to be called with the number of steps just done.
    """
    if not (sys.stderr.isatty() if is_shown is None else is_shown):
        yield _draw_nothing
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


def _draw_nothing(steps: int = 1, /) -> None:
    """Stand in for the bar where none is shown."""
