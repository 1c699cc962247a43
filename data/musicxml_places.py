"""Notatable places for onsets and ends, quarter by quarter.

A performance's ticks are no notation: what lies on no raster a musician would write is
moved to the nearest place that is. What is notatable stays exactly where it is. The
score itself is untouched.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

from musegen.data.musicxml_layout import (
    Event,
    Layout,
    chords,
    nearest_notatable,
    rounded,
)
from musegen.data.musicxml_metre import odd_part
from musegen.data.score import Note, Part

# Divisions that a note may end on wherever it starts; finer ends are mostly the gaps
# that sequencers leave between notes.
_END_DIVISIONS = frozenset({1, 2, 3, 4, 6, 8})
# Rasters for a quarter with notes off every division above, with what each costs, in
# quarters of error. Weights of our own, chosen so that swing becomes triplets and a
# loosely played eighth an eighth.
_ROUGH_RASTERS = (
    (1, 0.0),
    (2, 0.01),
    (4, 0.02),
    (3, 0.03),
    (6, 0.06),
    (8, 0.09),
    (12, 0.1),
)
_SHORTEST_ROUGH = Fraction(1, 4)


def notated_events(part: Part, layout: Layout) -> list[Event]:
    """Return a part's chords at notatable places, each at least a short note long."""
    onsets, ends = _notated_edges(part, layout)
    sorted_starts = sorted(set(onsets.values()))
    limit = layout.bars[-1].at + layout.bars[-1].length

    def placed(note: Note) -> tuple[Fraction, Fraction, Note]:
        start, end = onsets[note.onset], ends[note.onset, note.end]
        start = min(start, limit - Fraction(1, 16))
        if end <= start:
            following = bisect.bisect_right(sorted_starts, start)
            end = start + _SHORTEST_ROUGH
            if following < len(sorted_starts):
                end = min(end, sorted_starts[following])
        return start, min(end, limit), note

    return chords(placed(note) for note in part.notes)


def _notated_edges(
    part: Part, layout: Layout
) -> tuple[dict[int, Fraction], dict[tuple[int, int], Fraction]]:
    """Return written places of onsets by tick, and of ends by (onset, end)."""
    cells: dict[tuple[int, int], set[int]] = defaultdict(set)
    for note in part.notes:
        cells[_cell(note.onset, layout)].add(note.onset)
    rasters: dict[tuple[int, int], int] = {}
    onsets: dict[int, Fraction] = {}
    for cell, ticks in cells.items():
        within, rasters[cell] = _notate_cell(cell, ticks, layout)
        onsets.update(within)
    ends = {
        (note.onset, note.end): _end_place(note, onsets, rasters, layout)
        for note in part.notes
    }
    return onsets, ends


def _cell(tick: int, layout: Layout) -> tuple[int, int]:
    """Return (bar index, quarter of the bar) of a tick."""
    index = layout.bar_index_at(tick)
    start = layout.bars[index].start
    return index, (tick - start) // layout.ticks_per_quarter


def _notate_cell(
    cell: tuple[int, int], ticks: Iterable[int], layout: Layout
) -> tuple[dict[int, Fraction], int]:
    """Place the onsets of one quarter; return them and the raster they stand on."""
    bar = layout.bars[cell[0]]
    origin = bar.start + cell[1] * layout.ticks_per_quarter
    resolution = layout.ticks_per_quarter
    exact = {tick: nearest_notatable(tick - origin, resolution) for tick in ticks}
    within = {tick: place for tick, place in exact.items() if place is not None}
    if len(within) == len(exact):
        raster = math.lcm(1, *(place.denominator for place in within.values()))
    else:
        offsets = [Fraction(tick - origin, resolution) for tick in exact]
        raster = _rough_raster(offsets)
        within = {
            tick: rounded(Fraction(tick - origin, resolution), raster) for tick in exact
        }
        raster = raster if raster % 3 == 0 else math.lcm(raster, 4)
    places = {
        tick: bar.at + min(place + cell[1], bar.length)
        for tick, place in within.items()
    }
    return places, raster


def _end_place(
    note: Note,
    onsets: Mapping[int, Fraction],
    rasters: Mapping[tuple[int, int], int],
    layout: Layout,
) -> Fraction:
    """Return the written end of a note: exact, on an onset, or the nearest place."""
    if note.duration and note.end in onsets:
        return onsets[note.end]
    cell = _cell(note.end, layout)
    bar = layout.bars[cell[0]]
    origin = bar.start + cell[1] * layout.ticks_per_quarter
    raster = rasters.get(cell, 1)
    place = nearest_notatable(note.end - origin, layout.ticks_per_quarter)
    at = bar.at + cell[1]
    limit = bar.at + bar.length
    if place is not None and (
        place.denominator in _END_DIVISIONS
        or raster % place.denominator == 0
        or 3 < odd_part(place) == odd_part(onsets[note.onset] - bar.at)
        or _is_one_value(at + place - onsets[note.onset])
    ):
        return min(at + place, limit)
    ticks = Fraction(note.end - origin, layout.ticks_per_quarter)
    return min(at + rounded(ticks, math.lcm(raster, 4)), limit)


def _is_one_value(length: Fraction) -> bool:
    """Whether a length is one note value: plain, dotted, or plain in a triplet."""
    if length <= 0:
        return False
    return any(
        _is_power_of_two(length * factor)
        for factor in (1, Fraction(2, 3), Fraction(3, 2))
    )


def _is_power_of_two(value: Fraction) -> bool:
    return (value.numerator & (value.numerator - 1)) == 0 and (
        value.denominator & (value.denominator - 1)
    ) == 0


def _rough_raster(offsets: Iterable[Fraction]) -> int:
    """Return the division of the quarter that fits loosely played onsets best."""
    offsets = list(offsets)

    def cost(raster: int, penalty: float) -> float:
        return penalty + max(
            float(abs(rounded(offset, raster) - offset)) for offset in offsets
        )

    return min(_ROUGH_RASTERS, key=lambda entry: cost(*entry))[0]
