"""Measures as written, and the bars they belong to.

A measure of a hymn is often a part of a bar: a pickup, or one side of a bar that a
repeat sign divides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musegen.data.constants import DEFAULT_TICKS_PER_QUARTER
from musegen.data.score import TimeSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure as written, which may be a part of a bar.

    Args:
        tick: Its first tick.
        duration: Ticks it lasts.
        offset: Position of its first tick within the bar, ticks; above 0 for a pickup
            and for the second half of a bar that a repeat sign divides.
        numerator: Of the metre in force.
        denominator: Of the metre in force.
    """

    tick: int
    duration: int
    offset: int
    numerator: int
    denominator: int

    @property
    def bar_ticks(self) -> int:
        """Length of a full bar in ticks."""
        return _bar_ticks(self.numerator, self.denominator)


def _bar_ticks(numerator: int, denominator: int) -> int:
    return DEFAULT_TICKS_PER_QUARTER * 4 * numerator // denominator


def place_measures(
    spans: Sequence[tuple[int, int]], metres: Sequence[tuple[int, int, int]]
) -> tuple[Measure, ...]:
    """Place every measure within its bar.

    A short first measure is a pickup. A short measure after a short one completes its
    bar if it fits (bars that repeat signs divide). A short one of at most half a bar
    that follows a full bar and precedes a full measure is an upbeat. Every other
    measure begins a bar.
    """
    changes = {tick: (n, d) for tick, n, d in metres}
    numerator, denominator = changes.get(0, (4, 4))
    sounding = [span for span in spans if span[1]]
    measures: list[Measure] = []
    reached = 0  # position within the bar after the last measure
    for place, (tick, duration) in enumerate(sounding):
        if tick in changes:
            numerator, denominator = changes[tick]
            reached = 0
        bar = _bar_ticks(numerator, denominator)
        following = sounding[place + 1][1] if place + 1 < len(sounding) else 0
        if duration >= bar:
            offset = 0
        elif following and (
            place == 0 or (not reached and 2 * duration <= bar == following)
        ):
            offset = bar - duration
        else:
            offset = reached if reached + duration <= bar else 0
        reached = (offset + duration) % bar
        measures.append(
            Measure(
                tick=tick,
                duration=duration,
                offset=offset,
                numerator=numerator,
                denominator=denominator,
            )
        )
    return tuple(measures)


def time_signatures(measures: tuple[Measure, ...]) -> tuple[TimeSignature, ...]:
    """State the metre at the start, at changes, and again where a bar was cut short."""
    signatures: list[TimeSignature] = []
    metre = (0, 0)
    reached = 0  # position within the bar as a reader of the signatures counts
    for measure in measures:
        now = (measure.numerator, measure.denominator)
        if now != metre or (reached and not measure.offset):
            signature = TimeSignature(
                tick=measure.tick, numerator=now[0], denominator=now[1]
            )
            reached = 0 if signatures else measure.offset
            signatures.append(signature)
        metre = now
        reached = (reached + measure.duration) % measure.bar_ticks
    return tuple(signatures)
