"""The first Ctrl-C asks long work to finish with what it has; the second ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

IsStopped = Callable[[], bool]


@contextmanager
def graceful_interrupt(tell: Callable[[str], None]) -> Iterator[IsStopped]:
    """Turn the first Ctrl-C of the body into a wish that the body asks for.

    Args:
        tell: Says to the user what the first Ctrl-C did.

    Yields:
        Whether to stop. After the first Ctrl-C the next one interrupts as usual. Where
        signals cannot be caught (outside the main thread) it stays False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    is_asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        is_asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tell("stopping with the best so far; press Ctrl-C again to end at once")

    signal.signal(signal.SIGINT, ask)
    try:
        yield is_asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
