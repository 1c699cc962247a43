"""Whether the notes of a table are those of the score that it is shown with.

For `show --expression`. A table may be of some bars, of the score transposed, or as a
recording has it in time; what has no note in common with the score is another's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.data.errors import InputError
from musegen.data.notices import Notice
from musegen.data.score import Score

if TYPE_CHECKING:
    from musegen.midi_ddsp.notes import PlayedNote

MAX_APART_S = 0.05  # about how near to each other the same note begins
_MOST_TRANSPOSED = 48  # semitones
_FEWEST_TRANSPOSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a table fits a score.

    Args:
        is_in_place: Whether any note is where the score has it, be it transposed.
        notices: What does not fit.
    """

    is_in_place: bool
    notices: tuple[Notice, ...] = ()


def fit(path: Path, notes: Sequence[PlayedNote], score: Score) -> Fit:
    """Return how the notes of a table fit a score.

    Args:
        path: Of the table, for messages.
        notes: Of the table.
        score: With notes.

    Raises:
        InputError: No note is in the score, at any time.
    """
    written = _written(score)
    num_notes = len(notes)
    num_here = _num_here(notes, written)
    if num_here == num_notes:
        return Fit(is_in_place=True)
    if num_here:
        return Fit(
            is_in_place=True,
            notices=(_others(path, num_notes - num_here, num_notes),),
        )
    semitones = _transposition(notes, written)
    if semitones:
        message = (
            f"the notes of {path} are those of the score, {semitones:+d} semitones"
        )
        return Fit(
            is_in_place=True, notices=(Notice(code="transposed", message=message),)
        )
    pitches = Counter(pitch for at_once in written.values() for pitch in at_once)
    num_elsewhere = (Counter(note.pitch for note in notes) & pitches).total()
    if not num_elsewhere:
        raise InputError(
            f"{path}: none of its {num_notes} notes is in the score: give the table "
            "that belongs to it"
        )
    if num_elsewhere == num_notes:
        return Fit(is_in_place=False)
    told = _others(path, num_notes - num_elsewhere, num_notes)
    return Fit(is_in_place=False, notices=(told,))


def _others(path: Path, num_others: int, num_notes: int) -> Notice:
    return Notice(
        code="other-notes",
        message=f"{num_others} of the {num_notes} notes of {path} are not in the score",
    )


def _written(score: Score) -> dict[int, list[int]]:
    """Pitches of the score's notes, by when they begin in steps of `MAX_APART_S`."""
    from musegen.midi_ddsp.parts.timing import TempoMap

    times = TempoMap(score)
    written: dict[int, list[int]] = {}
    for part in score.parts:
        for note in part.notes:
            step = round(times.seconds_at(note.onset) / MAX_APART_S)
            written.setdefault(step, []).append(note.pitch)
    return written


def _near(note: PlayedNote, written: dict[int, list[int]]) -> set[int]:
    """Pitches that begin with a note, or a step before or after."""
    step = round(note.onset_s / MAX_APART_S)
    steps = (step - 1, step, step + 1)
    return {pitch for one in steps for pitch in written.get(one, ())}


def _num_here(notes: Sequence[PlayedNote], written: dict[int, list[int]]) -> int:
    return sum(note.pitch in _near(note, written) for note in notes)


def _transposition(
    notes: Sequence[PlayedNote], written: dict[int, list[int]]
) -> int | None:
    """Return by how much all notes are above the score's; None for another's.

    A note or two are above any others by something.
    """
    if len(notes) < _FEWEST_TRANSPOSED:
        return None
    common = set(range(-_MOST_TRANSPOSED, _MOST_TRANSPOSED + 1))
    for note in notes:
        common &= {note.pitch - pitch for pitch in _near(note, written)}
    return min(common, key=abs) if common else None
