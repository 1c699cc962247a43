"""Lengths as note values: dots, ties inside a bar, tuplets and beams.

Takes one voice of one bar as segments that follow one another without a gap, and
returns the symbols that write them. Knows nothing of XML or of pitch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from musegen.data.musicxml_layout import Bar, Event, Segment
from musegen.data.musicxml_metre import (
    beat_group,
    binary_levels,
    levels,
    nearest_type,
    note_value,
    odd_part,
    split_by_metre,
)
from musegen.data.score import TimeSignature

_TUPLET_NORMAL = {3: 2, 5: 4, 7: 4}  # that many in the time of
_SPANS = (Fraction(4), Fraction(2), Fraction(1))  # quarters


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """One written note, chord or rest.

    Args:
        start: Quarters from the beginning of the full bar.
        length: Sounding quarters.
        event: The chord, None for a rest.
        is_tied_in: Joined to the symbol before.
        is_tied_out: Joined to the symbol after.
        kind: Note value such as `quarter`; the nearest below where none has just that
            length; empty for the rest of a whole bar.
        dots: 0 or 1.
        tuplet: (notes, in the time of), None outside tuplets.
        opens_tuplet: First symbol of its tuplet.
        closes_tuplet: Last symbol of its tuplet.
        beams: `begin`, `continue`, `end`, `forward hook` or `backward hook` a beam
            line.
        has_fermata: A fermata stands over it.
    """

    start: Fraction
    length: Fraction
    event: Event | None
    is_tied_in: bool = False
    is_tied_out: bool = False
    kind: str = ""
    dots: int = 0
    tuplet: tuple[int, int] | None = None
    opens_tuplet: bool = False
    closes_tuplet: bool = False
    beams: tuple[str, ...] = ()
    has_fermata: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """A stretch written as one tuplet.

    Args:
        start: Its beginning, quarters of the full bar.
        length: Quarters.
        notes: Equal units in it: 3, 5, 7; 0 where no tuplet fits and only lengths are
            exact.
        is_even: Nothing in it is finer than its units.
        is_closed: No note crosses its borders; else such notes are cut and tied there.
    """

    start: Fraction
    length: Fraction
    notes: int
    is_even: bool = False
    is_closed: bool = True


def notate_bar(segments: Sequence[Segment], bar: Bar) -> list[Symbol]:
    """Write one voice of a bar as `notate` does; a complete bar of silence is one rest.

    Args:
        segments: See `notate`.
        bar: The bar that they fill.
    """
    first, *others = segments
    if others or first.event is not None or not bar.is_complete:
        return notate(segments, bar.signature)
    return [
        Symbol(
            start=first.start,
            length=bar.length,
            event=None,
            has_fermata=first.has_fermata,
        )
    ]


def notate(segments: Sequence[Segment], signature: TimeSignature) -> list[Symbol]:
    """Write the segments of one voice in one bar.

    Args:
        segments: In order, without gaps.
        signature: Metre of the bar; decides where a length is split so that beats can
            be seen.

    Returns:
        Symbols in order; their lengths add up to those of the segments.
    """
    shapes = tuple(
        replace(segment, event=segment.event and _placeholder(index))
        for index, segment in enumerate(segments)
    )
    return [
        symbol
        if symbol.event is None
        else replace(symbol, event=segments[int(symbol.event.start)].event)
        for symbol in _notate_shapes(shapes, signature)
    ]


@lru_cache(maxsize=1024)
def _placeholder(index: int) -> Event:
    """Stand for the chord of segment `index`, so that bars of one rhythm are equal."""
    return Event(start=Fraction(index), end=Fraction(index), notes=())


@lru_cache(maxsize=4096)
def _notate_shapes(
    segments: tuple[Segment, ...], signature: TimeSignature
) -> tuple[Symbol, ...]:
    """Write one bar; most bars share a few rhythms, which are remembered."""
    windows = _tuplet_windows(segments)
    symbols: list[Symbol] = []
    for segment in segments:
        pieces = [
            piece
            for start, end, window in _cut_at_windows(segment, windows)
            for piece in _pieces(
                start, end, window, signature=signature, is_rest=segment.event is None
            )
        ]
        symbols.extend(_tied(segment, pieces))
    return tuple(_beamed(_bracketed(symbols, windows), signature))


def _pieces(
    start: Fraction,
    end: Fraction,
    window: _Window | None,
    *,
    signature: TimeSignature,
    is_rest: bool,
) -> Iterator[Symbol]:
    """Write one stretch that lies inside a tuplet, or outside all of them."""
    origin, scale = Fraction(0), Fraction(1)
    pulses, tuplet = levels(signature), None
    if window is not None and not window.notes:
        pulses = ()
    elif window is not None:
        normal = _TUPLET_NORMAL[window.notes]
        origin, scale = window.start, Fraction(window.notes, normal)
        pulses, tuplet = binary_levels(window.length / normal), (window.notes, normal)
    for left, right in split_by_metre(
        (start - origin) * scale, (end - origin) * scale, pulses, is_rest=is_rest
    ):
        value = note_value(right - left)
        kind, dots = value or (nearest_type(right - left), 0)
        yield Symbol(
            start=origin + left / scale,
            length=(right - left) / scale,
            event=None,
            kind=kind,
            dots=dots,
            tuplet=tuplet if value else None,
        )


def _tied(segment: Segment, pieces: Sequence[Symbol]) -> Iterator[Symbol]:
    """Give the pieces of a segment its notes, joined by ties, the first its fermata."""
    is_note = segment.event is not None
    for index, piece in enumerate(pieces):
        yield replace(
            piece,
            event=segment.event,
            is_tied_in=is_note and (index > 0 or segment.is_tied_in),
            is_tied_out=is_note and (index + 1 < len(pieces) or segment.is_tied_out),
            has_fermata=index == 0 and segment.has_fermata,
        )


def _tuplet_windows(segments: Sequence[Segment]) -> list[_Window]:
    """Find the stretches of a bar that need a tuplet, as long as its notes suggest."""
    edges = {edge for segment in segments for edge in (segment.start, segment.end)}
    windows: list[_Window] = []
    covered = segments[0].start
    for edge in sorted(edge for edge in edges if odd_part(edge) > 1):
        if edge > covered or not windows:
            candidates = _candidates(edge)
            window = next(
                (
                    filled
                    for candidate in candidates
                    if candidate.start >= covered
                    and candidate.start + candidate.length <= segments[-1].end
                    and (filled := _filled(candidate, segments, edges)) is not None
                ),
                None,
            )
            if window is None:
                start = max(covered, Fraction(math.floor(edge)))
                end = min(Fraction(math.floor(edge) + 1), segments[-1].end)
                window = _Window(start=start, length=end - start, notes=0)
            windows.append(window)
            covered = window.start + window.length
    return windows


def _candidates(edge: Fraction) -> Iterator[_Window]:
    """Yield the tuplets that may hold `edge`, in order of preference.

    Long equal notes first, then those that fill a quarter with equal notes, then those
    in half a quarter, then any division of the quarter, cut at its borders if need be.
    """
    notes = odd_part(edge)
    if notes not in _TUPLET_NORMAL:
        return
    half = Fraction(1, 2)
    for span in _SPANS:
        starts = [edge - Fraction(span * place, notes) for place in range(1, notes)]
        for start in sorted(starts, key=lambda at: (at.denominator, -at)):
            if start >= 0 and start % half == 0:
                yield _Window(start=start, length=span, notes=notes, is_even=True)
    yield _Window(start=edge - edge % half, length=half, notes=notes)
    quarter = Fraction(math.floor(edge))
    yield _Window(start=quarter, length=Fraction(1), notes=notes, is_closed=False)


def _filled(
    window: _Window, segments: Sequence[Segment], edges: set[Fraction]
) -> _Window | None:
    """Return the window if the notes of the bar fit it, else None."""
    end = window.start + window.length
    inside = [
        (edge - window.start) / window.length
        for edge in edges
        if window.start < edge < end
    ]
    if {odd_part(place) for place in inside} - {1} != {window.notes}:
        return None
    if window.is_even and any((p * window.notes).denominator > 1 for p in inside):
        return None
    if window.is_closed and any(
        segment.event is not None and segment.start < border < segment.end
        for segment in segments
        for border in (window.start, end)
    ):
        return None
    return window


def _cut_at_windows(
    segment: Segment, windows: Sequence[_Window]
) -> Iterator[tuple[Fraction, Fraction, _Window | None]]:
    """Cut a segment at the borders of tuplets."""
    at = segment.start
    for window in windows:
        window_end = window.start + window.length
        if window_end <= at or window.start >= segment.end:
            continue
        if at < window.start:
            yield at, window.start, None
            at = window.start
        stop = min(segment.end, window_end)
        whole = at == window.start and stop == window_end
        yield at, stop, None if whole else window
        at = stop
    if at < segment.end:
        yield at, segment.end, None


def _bracketed(symbols: list[Symbol], windows: Sequence[_Window]) -> list[Symbol]:
    """Mark the first and last symbol of every tuplet."""
    for window in windows:
        inside = [
            index
            for index, symbol in enumerate(symbols)
            if symbol.tuplet
            and window.start <= symbol.start < window.start + window.length
        ]
        if inside:
            first, last = inside[0], inside[-1]
            symbols[first] = replace(symbols[first], opens_tuplet=True)
            symbols[last] = replace(symbols[last], closes_tuplet=True)
    return symbols


def _num_beams(symbol: Symbol) -> int:
    names = ("eighth", "16th", "32nd", "64th", "128th", "256th")
    if symbol.event is None or symbol.kind not in names:
        return 0
    return names.index(symbol.kind) + 1


def _beamed(symbols: list[Symbol], signature: TimeSignature) -> list[Symbol]:
    """Join eighths and shorter notes of one beat by beams."""
    run: list[int] = []
    result = list(symbols)

    def close() -> None:
        if len(run) > 1:
            counts = [_num_beams(symbols[index]) for index in run]
            for place, index in enumerate(run):
                result[index] = replace(
                    symbols[index], beams=_beam_lines(counts, place)
                )
        run.clear()

    for index, symbol in enumerate(symbols):
        group = beat_group(symbol.start, signature)
        if run and group != beat_group(symbols[run[-1]].start, signature):
            close()
        if _num_beams(symbol):
            run.append(index)
        else:
            close()
    close()
    return result


def _beam_lines(counts: Sequence[int], place: int) -> tuple[str, ...]:
    """Return what each beam line does at one note of a beamed group."""
    before = counts[place - 1] if place else 0
    after = counts[place + 1] if place + 1 < len(counts) else 0
    lines: list[str] = []
    for line in range(1, counts[place] + 1):
        joins_left, joins_right = before >= line, after >= line
        if joins_left and joins_right:
            lines.append("continue")
        elif joins_right:
            lines.append("begin")
        elif joins_left:
            lines.append("end")
        else:
            lines.append("forward hook" if not place else "backward hook")
    return tuple(lines)
