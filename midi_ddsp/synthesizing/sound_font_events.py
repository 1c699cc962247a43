"""What a synthesiser of sound fonts is told of one part of a score, and when.

For `sound_font_parts`. Not for parts that a performer plays
(`musegen.midi_ddsp.parts`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from musegen.data.score import Part, Score
from musegen.midi_ddsp.parts.automation import EXPRESSION, MODULATION, PAN, VOLUME
from musegen.midi_ddsp.parts.held_notes import LAST_RING_S, with_channel
from musegen.midi_ddsp.parts.sustain import (
    ALL_SOUND_OFF,
    PEDAL_DOWN_FROM,
    RESET_ALL_CONTROLLERS,
    SUSTAIN_PEDAL,
)
from musegen.midi_ddsp.parts.timing import TempoMap

_BEND_RANGE_CONTROLS = (6, 38, 98, 99, 100, 101)  # data entry and (non-)registered
_OTHER_PEDALS = (66, 67)
_FORWARDED = frozenset(
    {
        MODULATION,
        VOLUME,
        PAN,
        EXPRESSION,
        SUSTAIN_PEDAL,
        *_OTHER_PEDALS,
        *_BEND_RANGE_CONTROLS,
        ALL_SOUND_OFF,
        RESET_ALL_CONTROLLERS,
    }
)


class EventKind(IntEnum):
    """What happens; at one tick in this order."""

    NOTE_OFF = 0
    CONTROL = 1
    BEND = 2
    PROGRAM = 3
    NOTE_ON = 4
    ZERO_LENGTH_OFF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEvent:
    """One thing to tell the synthesiser.

    Args:
        time_s: When, from the start of the score.
        kind: What.
        number: The pitch, controller or program; the bend, -8192 to 8191.
        value: The velocity or the controller's value; else 0.
    """

    time_s: float
    kind: EventKind
    number: int
    value: int = 0


def part_events(
    score: Score, part_index: int, *, has_pan: bool
) -> tuple[SoundEvent, ...]:
    """Return what happens in a part, by absolute time.

    A pitch that is struck again while it sounds goes on until the last of its notes
    ends. The sustain pedal is let go at the end: where the file lets it go, at most
    `LAST_RING_S` after the last note, else with the last note. Nothing later is kept.

    Args:
        score: Where the part is.
        part_index: Which, from 0 to below the number of parts.
        has_pan: Whether controller 10 is kept.

    Returns:
        Nothing for a part without notes.

    Raises:
        InputError: A tempo is not above 0, or the score lasts more than a day.
    """
    part = with_channel(score, part_index)
    if not part.notes:
        return ()
    times = TempoMap(score)
    ranked = [
        (tick, kind, number, value)
        for tick, kind, number, value in _by_tick(part)
        if has_pan or (kind, number) != (EventKind.CONTROL, PAN)
    ]
    ranked.sort(key=lambda item: item[:2])
    timed = (
        SoundEvent(time_s=times.seconds_at(tick), kind=kind, number=number, value=value)
        for tick, kind, number, value in ranked
    )
    end_s = times.seconds_at(part.end)
    return _ending(_without_early_ends(timed), end_s)


def _by_tick(part: Part) -> Iterator[tuple[int, EventKind, int, int]]:
    """Yield (tick, kind, number, value), kind by kind."""
    yield 0, EventKind.PROGRAM, part.program, 0
    for change in part.program_changes:
        yield change.tick, EventKind.PROGRAM, change.program, 0
    for control in part.controls:
        if control.number in _FORWARDED:
            yield control.tick, EventKind.CONTROL, control.number, control.value
    for bend in part.pitch_bends:
        yield bend.tick, EventKind.BEND, bend.value, 0
    for note in part.notes:
        off = EventKind.NOTE_OFF if note.duration else EventKind.ZERO_LENGTH_OFF
        yield note.onset, EventKind.NOTE_ON, note.pitch, note.velocity
        yield note.end, off, note.pitch, 0


def _without_early_ends(events: Iterable[SoundEvent]) -> Iterator[SoundEvent]:
    """Leave out ends of notes whose pitch another note still holds."""
    held: Counter[int] = Counter()
    for event in events:
        if event.kind is EventKind.NOTE_ON:
            held[event.number] += 1
        elif event.kind in (EventKind.NOTE_OFF, EventKind.ZERO_LENGTH_OFF):
            held[event.number] -= 1
            if held[event.number] > 0:
                continue
        yield event


def _ending(events: Iterable[SoundEvent], end_s: float) -> tuple[SoundEvent, ...]:
    """Cut what comes after the last sound, and let the pedal go there."""
    kept = [event for event in events if event.time_s <= end_s + LAST_RING_S]
    last_s = max(end_s, _last_lift_s(kept))
    lift = SoundEvent(time_s=last_s, kind=EventKind.CONTROL, number=SUSTAIN_PEDAL)
    return (*(event for event in kept if event.time_s <= last_s), lift)


def _last_lift_s(events: Sequence[SoundEvent]) -> float:
    """Return when the sustain pedal is last let go; 0 where it never is."""
    lifts = [
        event.time_s
        for event in events
        if event.kind is EventKind.CONTROL
        and (
            event.number in (ALL_SOUND_OFF, RESET_ALL_CONTROLLERS)
            or (event.number == SUSTAIN_PEDAL and event.value < PEDAL_DOWN_FROM)
        )
    ]
    return max(lifts, default=0.0)
