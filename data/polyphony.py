"""Which notes sound together, and which merely overlap as in legato playing.

For telling a single voice from chords; not for naming the chords.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from musegen.data.score import Note, sorted_notes

# An overlap up to an eighth of a quarter note, or up to half of the shorter note, is
# legato playing. Our own choice.
_LEGATO_QUARTER_PARTS = 8
_LEGATO_NOTE_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chord:
    """Notes of different pitch that sound together from a tick on.

    Args:
        tick: Where the last of them begins.
        notes: At least two, from the lowest to the highest.
    """

    tick: int
    notes: tuple[Note, ...]


def sound_together(first: Note, second: Note, *, ticks_per_quarter: int) -> bool:
    """Return whether two notes make a chord rather than a legato overlap.

    They do if they begin together, or if they overlap by more than an eighth of a
    quarter note and by more than half of the shorter of them. A note of no length never
    sounds together with another.

    Args:
        first: One note.
        second: The other; the order does not matter.
        ticks_per_quarter: Resolution of the score.
    """
    overlap = min(first.end, second.end) - max(first.onset, second.onset)
    if overlap <= 0 or first.onset == second.onset:
        return overlap > 0
    shorter = min(first.duration, second.duration)
    return (
        overlap * _LEGATO_QUARTER_PARTS > ticks_per_quarter
        and overlap * _LEGATO_NOTE_PARTS > shorter
    )


def find_chords(notes: Iterable[Note], *, ticks_per_quarter: int) -> tuple[Chord, ...]:
    """Return every place where notes of different pitch sound together, in order.

    Unisons are no chords: the same pitch twice at once, or struck again while it still
    sounds.

    Args:
        notes: In any order.
        ticks_per_quarter: Resolution of the score.
    """
    chords: list[Chord] = []
    sounding: list[Note] = []
    for note in sorted_notes(notes):
        sounding = [other for other in sounding if other.end > note.onset]
        together = [
            other
            for other in sounding
            if other.pitch != note.pitch
            and sound_together(other, note, ticks_per_quarter=ticks_per_quarter)
        ]
        sounding.append(note)
        if not together:
            continue
        members = [*together, note]
        if chords and chords[-1].tick == note.onset:
            members = [*chords.pop().notes, note]
        members.sort(key=lambda member: member.pitch)
        chords.append(Chord(tick=note.onset, notes=tuple(members)))
    return tuple(chords)


def is_monophonic(notes: Iterable[Note], *, ticks_per_quarter: int) -> bool:
    """Return whether notes follow one another, legato overlaps and unisons aside.

    Args:
        notes: In any order.
        ticks_per_quarter: Resolution of the score.
    """
    return not find_chords(notes, ticks_per_quarter=ticks_per_quarter)
