"""Grids: where the steps of a network lie in the ticks of a score.

A grid is a row of explicit boundaries, so that steps may differ in length: a bar of
5/8, a pickup and a dotted beat all fit. Nothing here moves a note; that is
`musegen.data.quantization`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.errors import InputError
from musegen.data.score import Score, TimeSignature

# Where the steps of a dotted beat begin, as shares of it: quarter + eighth of a 6/8 bar
# falls on the phases on which a pair of eighths falls in a chorale. Our own choice.
_DOTTED_STEPS = {
    2: (Fraction(0), Fraction(2, 3)),
    4: (Fraction(0), Fraction(1, 3), Fraction(2, 3), Fraction(5, 6)),
}
# A leftover below this share of a beat (half a sixteenth) is slack in a file, not
# music.
_SLACK_BEATS = Fraction(1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Steps in ticks, whole beats, beginning on a beat.

    Args:
        boundaries_ticks: num_steps + 1 strictly ascending ticks, the first at least 0.
        steps_per_beat: Steps of one beat, at least 1; num_steps is a multiple of it.
    """

    boundaries_ticks: tuple[int, ...]
    steps_per_beat: int = STEPS_PER_QUARTER

    def __post_init__(self) -> None:
        if self.steps_per_beat < 1:
            raise ValueError(f"steps_per_beat is at least 1; got {self.steps_per_beat}")
        if self.num_steps < 1 or self.num_steps % self.steps_per_beat:
            raise ValueError(
                f"a grid has whole beats of {self.steps_per_beat} steps; "
                f"got {self.num_steps} steps"
            )
        if self.boundaries_ticks[0] < 0 or any(
            later <= earlier for earlier, later in pairwise(self.boundaries_ticks)
        ):
            raise ValueError("the boundaries of a grid ascend strictly from 0 or later")

    @property
    def num_steps(self) -> int:
        """Steps in the grid."""
        return len(self.boundaries_ticks) - 1

    @property
    def start(self) -> int:
        """First tick of the first step."""
        return self.boundaries_ticks[0]

    @property
    def end(self) -> int:
        """First tick after the last step."""
        return self.boundaries_ticks[-1]

    @property
    def beat_phase(self) -> npt.NDArray[np.int64]:
        """Position of every step in its beat, (num_steps,), 0 to steps_per_beat - 1."""
        return np.arange(self.num_steps, dtype=np.int64) % self.steps_per_beat

    def tick_of(self, step: int) -> int:
        """Return the first tick of a step, 0 to num_steps (the end of the grid).

        Raises:
            IndexError: The step is not in the grid.
        """
        if not 0 <= step <= self.num_steps:
            raise IndexError(f"step {step} is not in 0 to {self.num_steps}")
        return self.boundaries_ticks[step]

    def step_at(self, tick: int) -> int:
        """Return the boundary nearest to `tick`, 0 to num_steps; ties go back."""
        index = bisect.bisect_left(self.boundaries_ticks, tick)
        if index == 0:
            return 0
        if index > self.num_steps:
            return self.num_steps
        before = tick - self.boundaries_ticks[index - 1]
        after = self.boundaries_ticks[index] - tick
        return index - 1 if before <= after else index


def uniform_grid(
    *,
    ticks_per_quarter: int,
    start_tick: int,
    end_tick: int,
    steps_per_quarter: int,
    steps_per_beat: int = STEPS_PER_QUARTER,
) -> Grid:
    """Return equal steps from `start_tick`, as many whole beats as reach `end_tick`.

    Args:
        ticks_per_quarter: Resolution of the score.
        start_tick: First boundary, at least 0.
        end_tick: Covered, after `start_tick`; the last beat may reach beyond it.
        steps_per_quarter: Steps to a quarter note, at least 1. Where it does not divide
            the ticks each boundary is rounded on its own, so that nothing drifts.
        steps_per_beat: Steps of one beat.

    Raises:
        InputError: The score has fewer ticks than steps to a quarter.
        ValueError: The range is empty, or a count is below 1.
    """
    _check_range(start_tick, end_tick)
    if steps_per_quarter < 1:
        raise ValueError(f"steps_per_quarter is at least 1; got {steps_per_quarter}")
    step = Fraction(ticks_per_quarter, steps_per_quarter)
    if step < 1:
        raise _too_coarse(ticks_per_quarter, f"{steps_per_quarter} steps a quarter")
    beat = step * steps_per_beat
    num_steps = -(-(end_tick - start_tick) // beat) * steps_per_beat
    return Grid(
        boundaries_ticks=tuple(
            start_tick + _rounded(step * index) for index in range(num_steps + 1)
        ),
        steps_per_beat=steps_per_beat,
    )


def beat_grid(
    score: Score,
    *,
    beat_quarters: Fraction,
    start_tick: int,
    end_tick: int,
    steps_per_beat: int = STEPS_PER_QUARTER,
) -> Grid:
    """Return the grid of the harmonic beat, aligned to the bars of the score.

    Beats begin anew at every bar line. A bar that is no whole number of beats ends with
    a shorter beat; a pickup is filled backwards, so that bar 1 begins on a beat and a
    shorter beat comes first. A leftover shorter than an eighth of a beat is slack and
    joins the beat beside it. In metres that count in threes a dotted beat (three units
    of the metre, or a half or quarter of that) has its four steps at 0, 1/3, 2/3 and
    5/6; otherwise the steps of a beat are equal.

    Args:
        score: Gives metres, pickup and resolution; its notes do not matter.
        beat_quarters: Length of the harmonic beat in quarter notes, above 0.
        start_tick: Covered; the grid begins with the beat in which it lies. At least 0.
        end_tick: Covered, after `start_tick`; the grid ends with the beat that reaches
            it.
        steps_per_beat: Steps of one beat.

    Raises:
        InputError: The score has too few ticks to a quarter for such steps.
        ValueError: The range is empty, or the beat is not above 0.
    """
    _check_range(start_tick, end_tick)
    if beat_quarters <= 0:
        raise ValueError(f"beat_quarters is above 0; got {beat_quarters}")
    beat_ticks = beat_quarters * score.ticks_per_quarter
    if beat_ticks < steps_per_beat:
        raise _too_coarse(
            score.ticks_per_quarter,
            f"{steps_per_beat} steps to a beat of {beat_quarters / 4} of a whole note",
        )
    patterns: dict[tuple[int, bool, bool], tuple[int, ...]] = {}
    boundaries: list[int] = []
    last = 0
    for bar_start, bar_end, signature in _bars(score, end_tick, steps_per_beat):
        if bar_end <= start_tick:
            continue
        is_pickup = bar_start < score.pickup
        key = (bar_end - bar_start, is_dotted_beat(signature, beat_quarters), is_pickup)
        if key not in patterns:
            shares = _step_shares(steps_per_beat, is_dotted=key[1], beat=beat_ticks)
            patterns[key] = _bar_offsets(
                key[0], beat=beat_ticks, shares=shares, is_leftover_first=is_pickup
            )
        boundaries.extend(bar_start + offset for offset in patterns[key])
        last = bar_end
    boundaries.append(last)
    beats = boundaries[::steps_per_beat]
    first = bisect.bisect_right(beats, start_tick) - 1
    final = bisect.bisect_left(beats, end_tick)
    return Grid(
        boundaries_ticks=tuple(
            boundaries[first * steps_per_beat : final * steps_per_beat + 1]
        ),
        steps_per_beat=steps_per_beat,
    )


def is_dotted_beat(signature: TimeSignature, beat_quarters: Fraction) -> bool:
    """Return whether a beat falls into three in this metre.

    True where the metre counts in threes (3/4, 6/8, 9/8 ...) and the beat is three of
    its units (a dotted quarter of 6/8, a whole bar of 3/4), or a half, a quarter ... of
    that.
    """
    if signature.numerator % 3:
        return False
    parts = Fraction(12, signature.denominator) / beat_quarters
    return parts.denominator == 1 and parts.numerator & (parts.numerator - 1) == 0


def _check_range(start_tick: int, end_tick: int) -> None:
    if not 0 <= start_tick < end_tick:
        raise ValueError(
            f"a grid needs 0 <= start_tick < end_tick; got {start_tick} and {end_tick}"
        )


def _too_coarse(ticks_per_quarter: int, wanted: str) -> InputError:
    return InputError(
        f"the score counts {ticks_per_quarter} ticks to a quarter note, too few for "
        f"{wanted}: save it at a finer resolution (480 is usual) or "
        "choose a longer beat"
    )


def _rounded(value: Fraction) -> int:
    """Nearest integer, halves up: steps of a tick or more then never coincide."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _bars(
    score: Score, end_tick: int, min_ticks: int
) -> Iterator[tuple[int, int, TimeSignature]]:
    """Yield (start, end, metre) of every bar before `end_tick`, the pickup first.

    A bar shorter than `min_ticks` (two metres a few ticks apart) joins the bar before
    it.
    """
    signatures = score.time_signatures or (score.time_signature_at(0),)
    quarter = score.ticks_per_quarter
    longest = max(
        max(1, quarter * 4 // signature.denominator) * signature.numerator
        for signature in (
            *signatures,
            TimeSignature(tick=0, numerator=4, denominator=4),
        )
    )
    starts = [0]
    for start in score.bar_starts(end_tick + longest + score.pickup):
        if start - starts[-1] >= min_ticks:
            starts.append(start)
        elif len(starts) > 1:
            starts[-1] = start
    ticks = [signature.tick for signature in signatures]
    for start, end in pairwise(starts):
        if start >= end_tick:
            return
        inside = start if start >= score.pickup else score.pickup
        index = bisect.bisect_right(ticks, inside) - 1
        yield (
            start,
            end,
            signatures[index] if index >= 0 else score.time_signature_at(0),
        )


def _step_shares(
    steps_per_beat: int, *, is_dotted: bool, beat: Fraction
) -> tuple[Fraction, ...]:
    """Where the steps of a full beat begin, as shares of the beat."""
    if is_dotted and beat >= 6 and steps_per_beat in _DOTTED_STEPS:
        return _DOTTED_STEPS[steps_per_beat]
    return tuple(Fraction(step, steps_per_beat) for step in range(steps_per_beat))


def _bar_offsets(
    length: int,
    *,
    beat: Fraction,
    shares: tuple[Fraction, ...],
    is_leftover_first: bool,
) -> tuple[int, ...]:
    """Step starts of one bar in ticks from its first, without its end."""
    num_full, leftover = divmod(Fraction(length), beat)
    is_slack = num_full > 0 and leftover < max(
        beat * _SLACK_BEATS, Fraction(len(shares))
    )
    lengths = [beat] * int(num_full)
    edge = 0 if is_leftover_first else -1
    if is_slack:
        lengths[edge] += leftover
    else:
        lengths.insert(0 if is_leftover_first else len(lengths), leftover)
    even = tuple(Fraction(step, len(shares)) for step in range(len(shares)))
    offsets: list[int] = []
    position = Fraction(0)
    for beat_length in lengths:
        used = shares if beat_length >= beat else even
        offsets.extend(_rounded(position + share * beat_length) for share in used)
        position += beat_length
    return tuple(offsets)
