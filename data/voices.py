"""Picking one voice out of a score: the melody, or the line the user names.

The notes that come back are the very notes of the score. Polyphony where one voice is
needed is an error that names the place and the way out. Not for quantising
(`musegen.data.quantization`) nor for dividing a piano texture into four voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from musegen.data.errors import EmptyScoreError, PolyphonyError
from musegen.data.notices import Notice
from musegen.data.score import Note, Score, sorted_notes
from musegen.data.spelling import pitch_name
from musegen.data.voice_choice import Edge, choose_parts, part_label

Reason = Literal["below", "above", "unison"]

# Two notes overlap as in legato playing up to this share of a quarter, or up to half of
# the shorter note, whichever is longer. Our own choice.
_LEGATO_PARTS_OF_QUARTER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedVoice:
    """One voice of a score.

    Args:
        part_index: The part it was taken from, from 0; where several parts share in it,
            the one that gives most notes.
        notes: One after another (a legato overlap aside), sorted; the very objects of
            the score except where `cut_notes` says otherwise.
        other_notes: Notes of the chosen part (of every pitched part for `top` and
            `bottom` of the whole score) that the voice leaves out, sorted.
        cut_notes: (as written, as in `notes`) for each note that had to be shortened
            because a higher (for `bottom`: lower) one begins while it sounds.
        notices: What the user should hear of.
    """

    part_index: int
    notes: tuple[Note, ...]
    other_notes: tuple[Note, ...] = ()
    cut_notes: tuple[tuple[Note, Note], ...] = ()
    notices: tuple[Notice, ...] = ()


def extract_melody(score: Score, *, voice: str | None = None) -> ExtractedVoice:
    """Return the melody of a score, or the voice that is asked for.

    Args:
        score: Any score with at least one pitched note.
        voice: None picks by itself: the only part with notes, else the one named as a
            melody, else the highest single voice, and says so in a notice. `top` and
            `bottom` take the outer line of all pitched parts: each note that is the
            highest (lowest) as it begins, until one beyond it begins; a note held
            underneath does not come back when the upper one ends. `2` or `track:2` is
            the second part, `channel:3` the part on that MIDI channel (both counted
            from 1), `name:Soprano` the part whose name contains that. Any of these
            takes `:top` or `:bottom` behind it.

    Returns:
        The voice with what it leaves out.

    Raises:
        EmptyScoreError: There is no pitched note in the score, or in the chosen part.
        PolyphonyError: The chosen part sounds several notes at once and neither `top`
            nor `bottom` was asked for.
        VoiceNotFoundError: No part, or more than one, answers to `voice`.
    """
    choice = choose_parts(score, voice)
    tagged = [
        (note, index) for index in choice.indices for note in score.parts[index].notes
    ]
    notes = [note for note, _ in tagged]
    if choice.edge is None:
        extracted = _single_voice(score, notes, choice.indices[0])
    else:
        extracted = _outer_voice(score, notes, choice.edge)
    home = {id(note): index for note, index in tagged}
    written = {id(cut): note for note, cut in extracted.cut_notes}
    votes = [home[id(written.get(id(note), note))] for note in extracted.notes]
    return replace(
        extracted,
        part_index=max(choice.indices, key=votes.count),
        notices=(*choice.notices, *extracted.notices),
    )


def is_monophonic(notes: Sequence[Note], *, ticks_per_quarter: int) -> bool:
    """Return whether notes follow one another, legato overlaps and unisons aside."""
    return not _chords(sorted_notes(notes), ticks_per_quarter)
