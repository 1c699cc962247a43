"""Notes that the chosen instrument does not have: play them, move them, or refuse.

For planning parts. Not for choosing the instrument (`instrument_choice`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from musegen.data.errors import PitchRangeError
from musegen.data.notices import Notice
from musegen.data.score import Score
from musegen.data.spelling import pitch_name
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.parts.timing import name_places

RangeChoice = Literal["play", "octave", "refuse"]

_OCTAVE = 12


def has_pitch(instrument: Instrument, pitch: int) -> bool:
    """Return whether an instrument has a pitch."""
    return instrument.lowest_pitch <= pitch <= instrument.highest_pitch


def move_by_octaves(instrument: Instrument, pitches: Sequence[int]) -> list[int]:
    """Bring the pitches of a line into the range of an instrument, by octaves.

    Where most of the line is out of range all of it is moved, to keep its shape; what
    then remains out of range is moved note by note, to the nearest octave in it.

    Args:
        instrument: Whose range it is, an octave at least.
        pitches: MIDI note numbers of one line.

    Returns:
        As many pitches, all in range.
    """
    num_out = sum(not has_pitch(instrument, pitch) for pitch in pitches)
    shift = 0
    if 2 * num_out > len(pitches):
        shifts = sorted(range(-10 * _OCTAVE, 11 * _OCTAVE, _OCTAVE), key=abs)
        shift = min(
            shifts,
            key=lambda by: sum(not has_pitch(instrument, p + by) for p in pitches),
        )
    return [_into_range(instrument, pitch + shift) for pitch in pitches]


def _into_range(instrument: Instrument, pitch: int) -> int:
    while pitch < instrument.lowest_pitch:
        pitch += _OCTAVE
    while pitch > instrument.highest_pitch:
        pitch -= _OCTAVE
    return pitch


def report_strays(
    score: Score,
    label: str,
    instrument: Instrument,
    strays: Sequence[tuple[int, int]],
    choice: RangeChoice,
) -> Notice:
    """Say which notes of a part its instrument does not have, and what is done.

    Args:
        score: Where the notes are.
        label: What the part is called.
        instrument: Who plays them.
        strays: (tick, pitch) of each, at least one, in order.
        choice: What is done with them.

    Raises:
        PitchRangeError: They are refused.
    """
    pitches = [pitch for _, pitch in strays]
    lowest, highest = pitch_name(min(pitches)), pitch_name(max(pitches))
    span = lowest if lowest == highest else f"{lowest} to {highest}"
    found = (
        f"{label}: out of the range of the {instrument.name} "
        f"({pitch_name(instrument.lowest_pitch)} to "
        f"{pitch_name(instrument.highest_pitch)}): notes: {len(strays)}, {span} "
        f"({name_places(score, [tick for tick, _ in strays])})"
    )
    place = score.bar_beat(strays[0][0])
    if choice == "refuse":
        raise PitchRangeError(
            f"{found}; choose another instrument, let them be moved by octaves, or let "
            "them be played anyway"
        )
    if choice == "octave":
        return Notice(
            code="transposed-octave",
            message=f"{found}; moved by octaves, with all of a line that is mostly so",
            place=place,
        )
    return Notice(code="out-of-range", message=f"{found}; played anyway", place=place)
