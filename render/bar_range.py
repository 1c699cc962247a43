"""Bars by their numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRange:
    """Bars by their numbers, both included; 0 is the pickup.

    Args:
        first: At least 0; with a later `last`, 0 is the first bar there is.
        last: At least `first`; None for the end of the score.
    """

    first: int
    last: int | None = None

    def __post_init__(self) -> None:
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise ValueError(
                "a range of bars needs 0 <= first <= last; "
                f"got first {self.first}, last {self.last}"
            )
