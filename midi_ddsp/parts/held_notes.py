"""The notes of one part in seconds, with what its channel and its pedal do to them.

For planning parts; sharing the notes among voices is `voice_allocation`'s business.
"""

from __future__ import annotations

import bisect
from dataclasses import replace

from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.parts.sustain import sustained_ends
from musegen.midi_ddsp.parts.timing import TempoMap
from musegen.midi_ddsp.parts.voice_allocation import HeldNote

# The pedal lets the last notes of a part ring at most this long. Our own choice.
LAST_RING_S = 10.0


def with_channel(score: Score, index: int) -> Part:
    """Return a part with what tracks without notes say on its channel.

    Tracks that have notes keep their controllers to themselves, though a MIDI device
    would let those of one channel share them: files that put everything on one channel
    mean their tracks.

    Args:
        score: Where the part is.
        index: Which part, from 0.
    """
    part = score.parts[index]
    lenders = [
        other
        for other in score.parts
        if not other.notes
        and other.channel is not None
        and other.channel == part.channel
        and (other.controls or other.pitch_bends)
    ]
    if not lenders or not part.notes:
        return part
    together = [*lenders, part]
    return replace(
        part,
        controls=tuple(control for item in together for control in item.controls),
        pitch_bends=tuple(bend for item in together for bend in item.pitch_bends),
    )


def programs_of_notes(part: Part) -> list[int]:
    """Return the General MIDI program of each note of a part."""
    ticks = [change.tick for change in part.program_changes]
    programs = [part.program, *(change.program for change in part.program_changes)]
    return [programs[bisect.bisect_right(ticks, note.onset)] for note in part.notes]


def held_notes(
    part: Part, times: TempoMap, *, holds_pedal: bool
) -> list[HeldNote | None]:
    """Return each note of a part by time; None for one too short to have any.

    Args:
        part: Whose notes and pedal.
        times: Of the score that the part is in.
        holds_pedal: Whether the sustain pedal lengthens notes.
    """
    if not holds_pedal:
        ends_s = [times.seconds_at(note.end) for note in part.notes]
    else:
        latest_s = times.seconds_at(part.end) + LAST_RING_S
        ends_s = [
            min(times.seconds_at(end), latest_s)
            for end in sustained_ends(part.notes, part.controls)
        ]
    return [
        _held(note, end_s, times)
        for note, end_s in zip(part.notes, ends_s, strict=True)
    ]


def _held(note: Note, end_s: float, times: TempoMap) -> HeldNote | None:
    onset_s = times.seconds_at(note.onset)
    if not onset_s < end_s:
        return None
    return HeldNote(
        pitch=note.pitch,
        onset_s=onset_s,
        key_end_s=times.seconds_at(note.end),
        end_s=end_s,
        velocity=note.velocity,
        tick=note.onset,
    )
