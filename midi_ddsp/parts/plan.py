"""What a plan of parts holds: lines for instruments, what is skipped, and remarks.

Made by `musegen.midi_ddsp.parts.planning`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from musegen.data.notices import Notice
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parts.automation import Automation

SkipReason = Literal["empty", "drums", "effect", "asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayablePart:
    """One line for one instrument.

    Args:
        name: The part's name, or its number, and the voice where there are several.
        instrument: Who plays it.
        notes: In order, at least one, none overlapping another, by absolute time.
        legato_in: For each note whether the one before was still sounding as it began,
            so that it is slurred and not attacked anew.
        automation: Volume, vibrato, bend and pan; shared by the voices of a part.
        part_index: The part of the score, from 0.
        voice_index: The voice in that part, from 0, the highest first.
    """

    name: str
    instrument: Instrument
    notes: tuple[PlayedNote, ...]
    legato_in: tuple[bool, ...]
    automation: Automation
    part_index: int
    voice_index: int

    @property
    def end_s(self) -> float:
        """Where the last note ends, in seconds from the start of the score."""
        return self.notes[-1].offset_s


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedPart:
    """A part, or some notes of it, that nobody plays.

    Args:
        part_index: The part of the score, from 0.
        reason: It is `empty`, `drums`, an `effect` without pitch, or it was `asked`.
        num_notes: How many notes are not heard.
    """

    part_index: int
    reason: SkipReason
    num_notes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlan:
    """Who plays what in a score.

    Args:
        parts: At least one, by part of the score, then by voice.
        skipped: What nobody plays, by part; each is named in `notices` too.
        notices: What was decided, by part.
    """

    parts: tuple[PlayablePart, ...]
    skipped: tuple[SkippedPart, ...]
    notices: tuple[Notice, ...]

    @property
    def end_s(self) -> float:
        """Where the last note of all ends, in seconds."""
        return max(part.end_s for part in self.parts)
