"""What every reader of a file returns: the score and what was noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass

from musegen.data.notices import Notice
from musegen.data.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A score read from a file.

    Args:
        score: The music; it may hold no notes, which is for the caller to judge.
        notices: Repairs, readings of unclear places, and what a score cannot keep.
    """

    score: Score
    notices: tuple[Notice, ...] = ()
