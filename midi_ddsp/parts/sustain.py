"""The sustain pedal: how long notes ring that were let go while it was down.

Only controller 64, as a switch. Not for other controllers (`automation`).
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence

from musegen.data.score import ControlChange, Note

SUSTAIN_PEDAL = 64
PEDAL_DOWN_FROM = 64  # General MIDI: values from here on are "down"
ALL_SOUND_OFF = 120
RESET_ALL_CONTROLLERS = 121


def sustained_ends(
    notes: Sequence[Note], controls: Sequence[ControlChange]
) -> list[int]:
    """Return the tick at which each note stops sounding.

    A note whose key is let go while the pedal is down rings until the pedal is next let
    go, or until the same pitch begins again. A pedal that goes down on the very tick of
    the release holds the note; one that goes up on it does not. A pedal that is never
    let go ends with the last note.

    Args:
        notes: In any order.
        controls: Controller changes by tick.

    Returns:
        A tick for each note in the order given, never before the note's own end.
    """
    ticks, states, lifts = _pedal_moves(controls)
    ends = [note.end for note in notes]
    if not any(states):
        return ends
    last = max(ends, default=0)
    onsets: dict[int, list[int]] = defaultdict(list)
    for note in notes:
        onsets[note.pitch].append(note.onset)
    for same in onsets.values():
        same.sort()
    for index, note in enumerate(notes):
        move = bisect.bisect_right(ticks, note.end) - 1
        if move < 0 or not states[move]:
            continue
        lift = bisect.bisect_right(lifts, note.end)
        end = lifts[lift] if lift < len(lifts) else last
        same = onsets[note.pitch]
        again = bisect.bisect_left(same, max(note.end, note.onset + 1))
        if again < len(same):
            end = min(end, same[again])
        ends[index] = max(note.end, end)
    return ends


def _pedal_moves(
    controls: Sequence[ControlChange],
) -> tuple[list[int], list[bool], list[int]]:
    """Return ticks and whether the pedal is down from there on, and when it is let go.

    A pedal let go and pressed again on one tick is down after it, and let go on it.
    """
    ticks: list[int] = []
    states: list[bool] = []
    lifts: list[int] = []
    is_down = False
    for control in sorted(controls, key=lambda control: control.tick):
        if control.number == SUSTAIN_PEDAL:
            goes_down = control.value >= PEDAL_DOWN_FROM
        elif control.number in (ALL_SOUND_OFF, RESET_ALL_CONTROLLERS):
            goes_down = False
        else:
            continue
        if is_down and not goes_down:
            lifts.append(control.tick)
        if goes_down != is_down:
            ticks.append(control.tick)
            states.append(goes_down)
        is_down = goes_down
    return ticks, states, lifts
