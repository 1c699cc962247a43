"""Where music stands on paper: bars, chords and voices, in quarters.

Which places notes may take is the work of `musegen.data.musicxml_places`, their lengths
as note values that of `musegen.data.musicxml_notation`.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeVar

from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
)

# Divisions of the quarter that notes may start on: to 64ths and 32nd triplets,
# quintuplets, septuplets; in order of preference where a rounded tick could be several.
ONSET_DIVISIONS = (1, 2, 4, 3, 8, 6, 16, 12, 5, 7, 10)
_MARK_DIVISIONS = 48  # raster for marks, and for a pickup of odd length

_TickedEvent = TypeVar(
    "_TickedEvent",
    Tempo,
    TimeSignature,
    KeySignature,
    TextEvent,
    ControlChange,
    PitchBend,
    ProgramChange,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One measure of the score.

    Args:
        number: 0 for a pickup, then from 1.
        start: First tick.
        end: First tick after it (of the full bar, where the last is filled with rests).
        at: Start in written quarters from the beginning of the score.
        length: Written length in quarters.
        offset: Quarters of the full bar missing before it (a pickup), else 0.
        signature: Metre in force.
    """

    number: int
    start: int
    end: int
    at: Fraction
    length: Fraction
    offset: Fraction
    signature: TimeSignature

    @property
    def is_complete(self) -> bool:
        """Whether it is as long as the metre says."""
        return self.length == self.signature.quarters_per_bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A note or a chord of one voice.

    Args:
        start: Written quarters from the beginning of the score.
        end: Likewise.
        notes: Those of the chord, from low to high, all of one length.
    """

    start: Fraction
    end: Fraction
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The bars of a score, and the way from ticks to written places."""

    ticks_per_quarter: int
    bars: tuple[Bar, ...]
    _starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(bar.start for bar in self.bars))

    def bar_index_at(self, tick: int) -> int:
        """Return the index of the bar that holds `tick`, or of the last one."""
        return max(0, bisect.bisect_right(self._starts, tick) - 1)

    def bar_index_of(self, place: Fraction) -> int:
        """Return the index of the bar that holds a written place, or of the last."""
        return max(0, bisect.bisect_right(self.bars, place, key=lambda bar: bar.at) - 1)

    def exact_place(self, tick: int) -> Fraction:
        """Return the place of `tick` in quarters, not rounded."""
        bar = self.bars[self.bar_index_at(tick)]
        return bar.at + min(
            Fraction(tick - bar.start, self.ticks_per_quarter), bar.length
        )

    def mark_place(self, tick: int) -> Fraction:
        """Return the place for a mark at `tick`, on a raster of 1/48 quarter."""
        bar = self.bars[self.bar_index_at(tick)]
        within = nearest_notatable(tick - bar.start, self.ticks_per_quarter)
        if within is None:
            ticks = Fraction(tick - bar.start, self.ticks_per_quarter)
            within = rounded(ticks, _MARK_DIVISIONS)
        return bar.at + min(within, bar.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A chord or a rest in one bar, still of any length.

    Args:
        start: Quarters from the beginning of the full bar (a pickup starts late).
        end: Likewise.
        event: The chord, None for a rest.
        is_tied_in: It began in an earlier segment.
        is_tied_out: It goes on in the next segment.
        has_fermata: A fermata stands over its beginning.
    """

    start: Fraction
    end: Fraction
    event: Event | None = None
    is_tied_in: bool = False
    is_tied_out: bool = False
    has_fermata: bool = False


def lay_out(score: Score, *, until: int = 0, exact: bool = False) -> Layout:
    """Return the bars of a score: the pickup, full bars, bars cut short by a new metre.

    The last bar is filled up, unless the score has a pickup and ends exactly where the
    pickup completes the last bar.

    Args:
        score: One whose beats are whole ticks (`with_whole_beats`); one without notes
            has one bar beside its pickup.
        until: A tick that the bars must reach, though no note nor fermata does.
        exact: Keep lengths of odd bars exact instead of rounding them to 1/48 quarter.
    """
    last_fermata = max((t for part in score.parts for t in part.fermatas), default=-1)
    last_tick = max(
        [
            1,
            until,
            last_fermata + 1,
            *(n.onset + max(n.duration, 1) for part in score.parts for n in part.notes),
        ]
    )
    starts = list(score.bar_starts(max(last_tick, score.pickup + 1)))
    edges = [0, *starts] if score.pickup else starts
    bars: list[Bar] = []
    at = Fraction(0)
    for index, start in enumerate(edges):
        is_pickup = score.pickup > 0 and index == 0
        signature = score.time_signature_at(max(start, score.pickup))
        full = signature.quarters_per_bar
        if index + 1 < len(edges):
            end = edges[index + 1]
        else:
            end = start + int(full * score.ticks_per_quarter)
            is_completed = start < score.end == end - score.pickup
            if score.pickup and is_completed and last_fermata < score.end:
                end = score.end
        length = Fraction(end - start, score.ticks_per_quarter)
        if not exact and length != full:
            length = max(rounded(length, _MARK_DIVISIONS), Fraction(1, 16))
        offset = max(Fraction(0), full - length) if is_pickup else Fraction(0)
        number = index if score.pickup else index + 1
        bars.append(
            Bar(
                number=number,
                start=start,
                end=end,
                at=at,
                length=length,
                offset=offset,
                signature=signature,
            )
        )
        at += length
    return Layout(ticks_per_quarter=score.ticks_per_quarter, bars=tuple(bars))


def with_whole_beats(score: Score) -> Score:
    """Return the score at a resolution in which every beat is whole ticks.

    Only a file with very few ticks a quarter is changed (an eighth needs at least two).
    """
    denominators = [s.denominator for s in score.time_signatures]
    factor = math.lcm(
        1,
        *(
            Fraction(4 * score.ticks_per_quarter, denominator).denominator
            for denominator in denominators
        ),
    )
    return score if factor == 1 else rescaled(score, factor)


def rescaled(score: Score, factor: int) -> Score:
    """Return the same music with `factor` times as many ticks a quarter."""
    return replace(
        score,
        ticks_per_quarter=score.ticks_per_quarter * factor,
        parts=tuple(
            replace(
                part,
                notes=tuple(
                    replace(n, onset=n.onset * factor, duration=n.duration * factor)
                    for n in part.notes
                ),
                lyrics=_scaled(part.lyrics, factor),
                controls=_scaled(part.controls, factor),
                pitch_bends=_scaled(part.pitch_bends, factor),
                program_changes=_scaled(part.program_changes, factor),
                fermatas=tuple(tick * factor for tick in part.fermatas),
            )
            for part in score.parts
        ),
        tempos=_scaled(score.tempos, factor),
        time_signatures=_scaled(score.time_signatures, factor),
        key_signatures=_scaled(score.key_signatures, factor),
        markers=_scaled(score.markers, factor),
        pickup=score.pickup * factor,
    )


def exact_events(part: Part, layout: Layout) -> list[Event]:
    """Return a part's chords at the exact places of their ticks."""
    return chords(
        (layout.exact_place(note.onset), layout.exact_place(note.end), note)
        for note in part.notes
    )


def voices(events: Sequence[Event]) -> list[list[Event]]:
    """Deal events to as few voices as hold them without overlap, higher notes first.

    Args:
        events: Chords in any order.

    Returns:
        At least one voice, each in order of time. Nothing is dropped: more than four
        voices are possible where more than four overlapping notes have different
        lengths.
    """
    result: list[list[Event]] = [[]]
    ends: list[Fraction] = [Fraction(0)]
    for event in sorted(events, key=lambda e: (e.start, -_top(e), e.end)):
        for index, end in enumerate(ends):
            is_same_instant = (
                bool(result[index]) and result[index][-1].start == event.start
            )
            if end <= event.start and not is_same_instant:
                break
        else:
            index = len(result)
            result.append([])
            ends.append(Fraction(0))
        result[index].append(event)
        ends[index] = event.end
    return result


def segments_by_bar(
    events: Sequence[Event], layout: Layout
) -> dict[int, list[Segment]]:
    """Cut the events of one voice at the bar lines and fill the gaps with rests.

    Args:
        events: One voice in order of time, without overlap.
        layout: The bars.

    Returns:
        Segments by the index of their bar, for the bars in which the voice has notes.
    """
    pieces: dict[int, list[Segment]] = {}
    index = 0
    for event in events:
        while layout.bars[index].at + layout.bars[index].length <= event.start:
            index += 1
        last = index
        while True:
            bar = layout.bars[last]
            bar_end = bar.at + bar.length
            segment = Segment(
                start=max(event.start, bar.at) - bar.at + bar.offset,
                end=min(event.end, bar_end) - bar.at + bar.offset,
                event=event,
                is_tied_in=event.start < bar.at,
                is_tied_out=event.end > bar_end,
            )
            pieces.setdefault(last, []).append(segment)
            if not segment.is_tied_out:
                break
            last += 1
    return {i: _with_rests(found, layout.bars[i]) for i, found in pieces.items()}


def bar_rest(bar: Bar) -> Segment:
    """Return the rest of a voice that is silent for a whole bar."""
    return Segment(start=bar.offset, end=bar.offset + bar.length)


def _with_rests(segments: Sequence[Segment], bar: Bar) -> list[Segment]:
    """Fill what a voice leaves empty in a bar."""
    result: list[Segment] = []
    at = bar.offset
    for segment in segments:
        if segment.start > at:
            result.append(Segment(start=at, end=segment.start))
        result.append(segment)
        at = segment.end
    if at < bar.offset + bar.length:
        result.append(Segment(start=at, end=bar.offset + bar.length))
    return result


def _top(event: Event) -> int:
    return max(note.pitch for note in event.notes)


def chords(
    placed: Iterable[tuple[Fraction, Fraction, Note]],
) -> list[Event]:
    """Join notes that start and end together; a second one of a pitch stands alone.

    Args:
        placed: (start, end, note) each.
    """
    groups: dict[tuple[Fraction, Fraction], list[list[Note]]] = defaultdict(list)
    for start, end, note in placed:
        group = groups[start, end]
        for chord in group:
            if all(other.pitch != note.pitch for other in chord):
                chord.append(note)
                break
        else:
            group.append([note])
    return [
        Event(start=start, end=end, notes=tuple(sorted(chord, key=lambda n: n.pitch)))
        for (start, end), group in groups.items()
        for chord in group
    ]


def _scaled(events: Sequence[_TickedEvent], factor: int) -> tuple[_TickedEvent, ...]:
    return tuple(replace(event, tick=event.tick * factor) for event in events)


def nearest_notatable(ticks: int, resolution: int) -> Fraction | None:
    """Return `ticks` as a notatable fraction of quarters, None if it is on no raster.

    A tick beside a place that falls between two ticks (a triplet at 100 ticks a
    quarter) counts.
    """
    exact = Fraction(ticks, resolution)
    if exact.denominator in ONSET_DIVISIONS:
        return exact
    for division in ONSET_DIVISIONS:
        place = rounded(exact, division)
        error = abs(place * resolution - ticks)
        if error < 1 and (place * resolution).denominator > 1:
            return place
    return None


def rounded(value: Fraction, division: int) -> Fraction:
    """Return `value` as the nearest multiple of 1/division, halves up."""
    return Fraction(math.floor(value * division + Fraction(1, 2)), division)
