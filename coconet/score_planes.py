"""What a network is told about a score beside its pitches: metre and phrase ends.

Read off a `Score` and the grid laid over it. What the codes mean is in
`musegen.coconet.planes`.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from fractions import Fraction
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.planes import (
    FERMATA,
    STEPS_PER_BEAT,
    UNKNOWN,
    Codes,
    fermata_codes,
    metre_codes,
)
from musegen.data.errors import UsageError
from musegen.data.grids import Grid
from musegen.data.notices import Notice
from musegen.data.quantization import SILENCE, Placement, QuantizedLine
from musegen.data.score import BarBeat, Score

PhraseEnds = Literal["auto", "none"] | tuple[BarBeat, ...]

_MIN_BEATS_IN_BAR = 2  # a bar of one harmonic beat is no metre the network has heard
# A phrase ends with a note that a rest follows, or that lasts twice as long as is usual
# and two beats or more; a phrase has six beats or more. Our own choice.
_LONG_NOTE_RATIO = 2.0
_MIN_LONG_BEATS = 2.0
_MIN_PHRASE_BEATS = 6


def score_metre(score: Score, grid: Grid) -> Codes:
    """Return (time,) where in its bar each step lies, in harmonic beats.

    A pickup counts as the end of a bar. Where a bar has fewer than two harmonic beats
    nothing is told.

    Args:
        score: Gives metres and pickup.
        grid: Of `beat_grid`, so that bars begin on steps.
    """
    longest = max(
        (s.quarters_per_bar for s in score.time_signatures), default=Fraction(4)
    )
    ahead = grid.end + int(2 * longest * score.ticks_per_quarter) + score.pickup
    bounds = grid.boundaries_ticks
    bars = list(score.bar_starts(ahead))
    codes = np.zeros(grid.num_steps, dtype=np.int8)
    if not bars:
        return codes
    lengths = _bar_lengths(score, grid, bars)
    for index, start in enumerate(bars):
        end = bars[index + 1] if index + 1 < len(bars) else ahead
        first, last = bisect.bisect_left(bounds, start), bisect.bisect_left(bounds, end)
        first, last = min(first, grid.num_steps), min(last, grid.num_steps)
        if first == last:
            continue
        # A grid may begin inside a bar: what lies before it is counted back.
        before = lengths[index] - (last - first) if start < grid.start else 0
        phase = max(before, 0) + np.arange(last - first)
        codes[first:last] = _told(phase, lengths[index])
    in_pickup = min(bisect.bisect_left(bounds, bars[0]), grid.num_steps)
    if in_pickup and bars[0] > 0:
        until = bisect.bisect_left(bounds, bars[0])
        phase = np.maximum(lengths[0] - until + np.arange(in_pickup), 0)
        codes[:in_pickup] = _told(phase, lengths[0])
    return codes


def parse_phrase_ends(text: str) -> PhraseEnds:
    """Read `auto`, `none`, or places as `4:3,8:1` (bar 4 beat 3, bar 8 beat 1).

    Raises:
        UsageError: The text is none of these.
    """
    wanted = text.strip().lower()
    if wanted in ("auto", "none"):
        return "auto" if wanted == "auto" else "none"
    return tuple(parse_place(word) for word in wanted.split(","))


def parse_place(text: str) -> BarBeat:
    """Read a place as musicians count: `4:3` is bar 4, beat 3; `4:2.5` and `4` go too.

    Raises:
        UsageError: The text is no place.
    """
    match = re.fullmatch(r"\s*(\d{1,6})(?::(\d{1,3}(?:\.\d{1,4}|/\d{1,3})?))?\s*", text)
    beat = Fraction(0)
    if match is not None:
        try:
            beat = _beat(match[2] or "1")
        except ZeroDivisionError:
            beat = Fraction(0)
    if match is None or beat < 1:
        raise UsageError(
            f"'{text}' is no place: write bar and beat, such as 4:3 for the third beat "
            "of bar 4 (both count from 1, bar 0 is a pickup)"
        )
    return BarBeat(bar=int(match[1]), beat=beat)


def tick_of_place(score: Score, place: BarBeat, *, end: int) -> int:
    """Return the tick of a place in a score that ends with `end`.

    Raises:
        UsageError: The score has no such place.
    """
    starts = list(score.bar_starts(max(end, score.pickup + 1)))
    if place.bar == 0 and score.pickup:
        full = score.time_signature_at(score.pickup)
        beat = score.ticks_per_quarter * 4 // full.denominator
        start, stop = score.pickup - beat * full.numerator, score.pickup
        tick = start + int((place.beat - 1) * beat)
        if 0 <= tick < stop:
            return tick
    elif 1 <= place.bar <= len(starts):
        start = starts[place.bar - 1]
        signature = score.time_signature_at(max(start, score.pickup))
        beat = score.ticks_per_quarter * 4 // signature.denominator
        stop = (
            starts[place.bar]
            if place.bar < len(starts)
            else start + (beat * signature.numerator)
        )
        tick = start + int((place.beat - 1) * beat)
        if tick < stop:
            return tick
    first = 0 if score.pickup else 1
    raise UsageError(
        f"{place} is not in the score, which has bars {first} to {len(starts)}: name a "
        "place in these"
    )


def steps_under_fermatas(
    line: QuantizedLine, *, score: Score, grid: Grid, parts: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Return (first step, step after the last) of each note under a fermata.

    A fermata holds what is left of its note: where a tie goes over a bar line to it,
    only what comes after the bar line, as in the chorales the network learned from.

    Args:
        line: Whose notes these are.
        score: Has the fermatas.
        grid: Where the steps lie.
        parts: Where they are looked for first; the other parts come after. The first
            part with a fermata at which the line sounds has them all.
    """
    for index in dict.fromkeys((*parts, *range(len(score.parts)))):
        found = tuple(
            (_first_held(placed, tick, grid), placed.end_step)
            for tick in score.parts[index].fermatas
            for placed in line.placements
            if placed.has_step and placed.note.onset <= tick < placed.note.end
        )
        if found:
            return found
    return ()


def _first_held(placed: Placement, tick: int, grid: Grid) -> int:
    """First step of a note at which a fermata at a tick holds it."""
    if tick == placed.note.onset:
        return placed.start_step
    return min(max(grid.step_at(tick), placed.start_step), placed.end_step - 1)


def phrase_end_notice(
    codes: Codes, *, score: Score, grid: Grid, is_written: bool
) -> Notice:
    """Say which phrase ends `auto` came to, as `--phrase-ends` takes them.

    Args:
        codes: (time,), of `fermata_plane`.
        score: For bars and beats.
        grid: Where the steps lie.
        is_written: Whether they are fermatas of the score.
    """
    is_end = codes == FERMATA
    is_first = is_end.copy()
    is_first[1:] &= ~is_end[:-1]
    ticks = [grid.tick_of(step) for step in np.flatnonzero(is_first).tolist()]
    places = [score.bar_beat(tick) for tick in ticks]
    words = ",".join(f"{place.bar}:{place.beat}" for place in places) or "none"
    how = "fermatas of the score" if is_written else "guessed, for want of fermatas"
    return Notice(code="phrase-ends", message=f"phrase ends ({how}): {words}")


def fermata_plane(
    phrase_ends: PhraseEnds,
    *,
    score: Score,
    grid: Grid,
    pitch: NDArray[np.int16],
    is_onset: NDArray[np.bool_],
    written: Sequence[tuple[int, int]] = (),
) -> Codes:
    """Return (time,) fermata codes: the steps of the notes that end a phrase.

    Args:
        phrase_ends: `none` tells nothing, `auto` takes `written` or, without any, looks
            for long notes and rests, places name the notes that sound there.
        score: For the places.
        grid: Where the steps lie.
        pitch: (time,), the line whose phrases these are, -1 = silence.
        is_onset: (time,), where its notes begin.
        written: What stands under fermatas, of `steps_under_fermatas`.

    Raises:
        UsageError: A place is not in the score or beyond the grid.
    """
    if phrase_ends == "none":
        return np.full(grid.num_steps, UNKNOWN, dtype=np.int8)
    spans = _note_spans(pitch, is_onset)
    if phrase_ends == "auto":
        ends = list(written) or _found_ends(spans, grid.num_steps)
    else:
        ends = [_named_end(place, spans, score, grid) for place in phrase_ends]
    is_fermata = np.zeros(grid.num_steps, dtype=bool)
    for first, last in ends:
        is_fermata[first:last] = True
    return fermata_codes(is_fermata)


def _beat(text: str) -> Fraction:
    return Fraction(text)


def _bar_lengths(score: Score, grid: Grid, bars: Sequence[int]) -> list[int]:
    """Steps of each full bar, also of those that the grid cuts."""
    bounds = grid.boundaries_ticks
    lengths = []
    for start in bars:
        signature = score.time_signature_at(max(start, score.pickup))
        ticks = int(signature.quarters_per_bar * score.ticks_per_quarter)
        first = bisect.bisect_left(bounds, start)
        last = bisect.bisect_left(bounds, start + ticks)
        if start >= grid.start and start + ticks <= grid.end:
            lengths.append(last - first)
        else:
            beat = bounds[STEPS_PER_BEAT] - bounds[0]
            lengths.append(-(-ticks // beat) * STEPS_PER_BEAT)
    return lengths


def _told(phase: NDArray[np.int64], length: int) -> Codes:
    if length < _MIN_BEATS_IN_BAR * STEPS_PER_BEAT:
        return np.zeros(len(phase), dtype=np.int8)
    return metre_codes(phase, np.full(len(phase), length))


def _note_spans(
    pitch: NDArray[np.int16], is_onset: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """(first step, step after the last) of every note of a line."""
    is_sounding = pitch != SILENCE
    begins = is_sounding.copy()
    begins[1:] &= is_onset[1:] | (pitch[1:] != pitch[:-1])
    edges = np.flatnonzero(begins).tolist()
    spans = []
    for index, first in enumerate(edges):
        stop = edges[index + 1] if index + 1 < len(edges) else len(pitch)
        spans.append((first, first + int(is_sounding[first:stop].sum())))
    return spans


def _found_ends(spans: list[tuple[int, int]], num_steps: int) -> list[tuple[int, int]]:
    """Notes before rests, notes much longer than usual, and the last note."""
    if not spans:
        return []
    usual = median(last - first for first, last in spans)
    longest = max(_LONG_NOTE_RATIO * usual, _MIN_LONG_BEATS * STEPS_PER_BEAT)
    found: list[tuple[int, int]] = []
    phrase_start = spans[0][0]
    for index, (first, last) in enumerate(spans[:-1]):
        following = spans[index + 1][0]
        is_end = following - last >= STEPS_PER_BEAT // 2 or last - first >= longest
        if is_end and last - phrase_start >= _MIN_PHRASE_BEATS * STEPS_PER_BEAT:
            found.append((first, last))
            phrase_start = following
    return [*found, spans[-1]]


def _named_end(
    place: BarBeat, spans: list[tuple[int, int]], score: Score, grid: Grid
) -> tuple[int, int]:
    """The note that sounds at a place, or the beat there where none does."""
    tick = tick_of_place(score, place, end=grid.end)
    if not grid.start <= tick < grid.end:
        raise UsageError(
            f"{place} lies where nothing is written: name a place between "
            f"{score.bar_beat(grid.start)} and {score.bar_beat(grid.end)}"
        )
    step = bisect.bisect_right(grid.boundaries_ticks, tick) - 1
    for first, last in spans:
        if first <= step < last:
            return first, last
    first = step - step % STEPS_PER_BEAT
    return first, first + STEPS_PER_BEAT
