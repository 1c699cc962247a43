"""How long work is watched and cut short: progress out, the wish to stop in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Advance = Callable[[int], None]
IsStopped = Callable[[], bool]


@dataclass(slots=True, kw_only=True)
class Control:
    """A listener to progress, and a question asked between forward passes.

    Args:
        advance: Called with the forward passes that were done; None: nobody listens.
        is_stopped: Whether to stop now; None: never. Once it said True it is asked no
            more.
    """

    advance: Advance | None = None
    is_stopped: IsStopped | None = None
    was_stopped: bool = field(default=False, init=False)

    def done(self, num_forwards: int = 1) -> None:
        """Tell that forward passes are done."""
        if self.advance is not None and num_forwards:
            self.advance(num_forwards)

    def must_stop(self) -> bool:
        """Return whether to stop, from the first time on for good."""
        if not self.was_stopped and self.is_stopped is not None:
            self.was_stopped = self.is_stopped()
        return self.was_stopped


def share_done(index: int, count: int, foretold: int) -> int:
    """Return how many of `foretold` passes to report after pass `index` of `count`.

    Over all passes the reports sum up to `foretold`, however many there really were.
    """
    return (index + 1) * foretold // count - index * foretold // count
