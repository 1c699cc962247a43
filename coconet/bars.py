"""Bars as a user names them for filling: `5-8,12`, and the ticks they take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from musegen.data.errors import UsageError
from musegen.data.score import Score

BarSpans = tuple[tuple[int, int | None], ...]
"""(first, last) bars, both included; None is the end of the score; 0 is the pickup."""

MAX_ADDED_BARS = 1000  # our own bound, the one of `musegen compose`


def parse_bars(text: str) -> BarSpans:
    """Read `5-8,12,20-` as spans of bars.

    Raises:
        UsageError: A word names no bars, or ends before it begins.
    """
    spans = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(-?)\s*(\d{0,6})\s*", word)
        if match is None or (match[3] and not match[2]):
            raise UsageError(
                f"'{word.strip()}' names no bars: write 5, 5-8 or 5-, several with "
                "commas between"
            )
        first = int(match[1])
        last = int(match[3]) if match[3] else None if match[2] else first
        if last is not None and last < first:
            raise UsageError(f"'{word.strip()}' ends before it begins: write 5-8")
        spans.append((first, last))
    return tuple(spans)


def bar_ticks(score: Score, spans: BarSpans, *, end: int) -> list[tuple[int, int]]:
    """Return (first tick, tick after the last) of every bar that is named, in order.

    Bars may go on after the end of the score, without a gap, `MAX_ADDED_BARS` of them.

    Args:
        score: Gives metres and pickup.
        spans: Which bars.
        end: First tick after the music.

    Raises:
        UsageError: A bar is not in the score, nor follows on from its end, or lies too
            far after it.
    """
    music_end = max(end, score.pickup + 1)
    starts = list(score.bar_starts(music_end))
    last_bar = len(starts)
    farthest = max(last or first for first, last in spans)
    if farthest > last_bar + MAX_ADDED_BARS:
        raise UsageError(
            f"bar {farthest} is too far from the score, which ends with bar "
            f"{last_bar}: at most {MAX_ADDED_BARS} bars can be added, up to "
            f"{last_bar + MAX_ADDED_BARS}"
        )
    named: set[int] = set()
    for first, last in spans:
        stop = max(first, last_bar) if last is None else last
        named.update(range(first, stop + 1))
    if 0 in named and not score.pickup:
        raise UsageError("bar 0 is a pickup, which this score has not: begin with 1")
    highest = max(named)
    missing = [bar for bar in range(last_bar + 1, highest) if bar not in named]
    if highest > last_bar and missing:
        raise UsageError(
            f"bar {highest} is not in the score, which ends with bar {last_bar}: name "
            f"bars up to {last_bar}, or all that are to follow, such as "
            f"{last_bar + 1}-{highest}"
        )
    edges = _edges(score, starts, highest)
    ticks = [(0, score.pickup)] if 0 in named else []
    return ticks + [edges[bar - 1] for bar in sorted(named) if bar]


def _edges(score: Score, starts: Sequence[int], num_bars: int) -> list[tuple[int, int]]:
    """(start, end) of at least `num_bars` bars."""
    last = starts[-1]
    signature = score.time_signature_at(max(last, score.pickup))
    beat = max(1, score.ticks_per_quarter * 4 // signature.denominator)
    length = beat * signature.numerator
    more = range(1, max(num_bars - len(starts), 0) + 2)
    edges = [*starts, *(last + length * count for count in more)]
    return list(pairwise(edges))
