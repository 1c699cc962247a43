"""Which note, chord or rest on paper stands under a fermata.

A fermata of a `Part` is a tick. It goes over what begins there; what only goes on there
is cut at the place, a note into two that are tied, so that the tick can be read back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from musegen.data.musicxml_layout import (
    Event,
    Layout,
    Segment,
    bar_rest,
    segments_by_bar,
)
from musegen.data.score import Part

_LAST_PLACE = Fraction(1, 16)  # quarters before the end, for what is rounded up to it


def under_fermatas(
    part: Part,
    voices: Sequence[Sequence[Event]],
    layout: Layout,
    *,
    place_of: Callable[[int], Fraction],
) -> list[dict[int, list[Segment]]]:
    """Cut voices at the bar lines and mark what stands under a fermata.

    Args:
        part: Whose notes the events hold.
        voices: Events in order of time, without overlap; at least one voice.
        layout: The bars, which reach every fermata.
        place_of: Written place of a tick, in quarters.

    Returns:
        For each voice its segments by the index of their bar, as of `segments_by_bar`.
        One segment has each fermata: in the first voice in which a note begins at its
        tick, else in which one sounds there, else a rest of the first voice.
    """
    rows = [segments_by_bar(events, layout) for events in voices]
    begins = _events_by_onset(voices)
    end = layout.bars[-1].at + layout.bars[-1].length
    for tick in part.fermatas:
        place = place_of(tick)
        if tick in begins:
            voice, place = begins[tick]
        else:
            voice, place = _sounding(voices, tick, place)
        place = place if place < end else end - _LAST_PLACE
        index = layout.bar_index_of(place)
        bar = layout.bars[index]
        segments = rows[voice].get(index, [bar_rest(bar)])
        rows[voice][index] = _marked(segments, place - bar.at + bar.offset)
    return rows


def _events_by_onset(
    voices: Sequence[Sequence[Event]],
) -> dict[int, tuple[int, Fraction]]:
    """(voice, written place) of the first event with a note that begins at a tick."""
    found: dict[int, tuple[int, Fraction]] = {}
    for voice, events in enumerate(voices):
        for event in events:
            for note in event.notes:
                found.setdefault(note.onset, (voice, event.start))
    return found


def _sounding(
    voices: Sequence[Sequence[Event]], tick: int, place: Fraction
) -> tuple[int, Fraction]:
    """Voice and place of the note that sounds at a tick; without one, of a rest."""
    for voice, events in enumerate(voices):
        for event in events:
            if any(note.onset < tick < note.end for note in event.notes):
                is_inside = event.start < place < event.end
                return voice, place if is_inside else event.start
    return 0, place


def _marked(segments: Sequence[Segment], at: Fraction) -> list[Segment]:
    """Put a fermata over what is at a place, cut there if it began before."""
    result: list[Segment] = []
    for segment in segments:
        if segment.start < at < segment.end:
            is_note = segment.event is not None
            result.append(replace(segment, end=at, is_tied_out=is_note))
            segment = replace(segment, start=at, is_tied_in=is_note, has_fermata=False)
        is_here = segment.start == at
        result.append(replace(segment, has_fermata=True) if is_here else segment)
    return result
