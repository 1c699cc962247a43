"""Who plays each part of a score: performers, a sound font, or nobody.

`musegen.midi_ddsp.parts.planning` shares pitched parts among instruments; here drums
and programs that no instrument is go where the user wants them. Not for sound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from musegen.data.errors import EmptyScoreError, UsageError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.parts.general_midi import program_name
from musegen.midi_ddsp.parts.held_notes import programs_of_notes
from musegen.midi_ddsp.parts.instrument_choice import read_overrides
from musegen.midi_ddsp.parts.plan import PartPlan, PlayablePart, SkippedPart
from musegen.midi_ddsp.parts.planning import PedalChoice, plan_parts
from musegen.midi_ddsp.parts.ranges import RangeChoice
from musegen.midi_ddsp.parts.voice_allocation import MAX_VOICES

DrumWish = Literal["skip", "fluidsynth"]
UnsupportedWish = Literal["nearest", "skip", "fluidsynth"]

MAX_KEY_CHARACTERS = 40  # file systems allow 255 bytes to a whole name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWishes:
    """What the user says of who plays.

    Args:
        instrument: Plays every pitched part that `overrides` does not name.
        overrides: Part to instrument, or to `skip`: as `plan_parts` takes it.
        drums: What becomes of percussion.
        unsupported: What becomes of programs that no instrument is.
        out_of_range: What becomes of notes that an instrument does not have.
        pedal: Whether the sustain pedal holds notes.
        max_voices: Lines of a part at most.
    """

    instrument: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    drums: DrumWish = "skip"
    unsupported: UnsupportedWish = "nearest"
    out_of_range: RangeChoice = "play"
    pedal: PedalChoice = "hold"
    max_voices: int = MAX_VOICES

    def __post_init__(self) -> None:
        for name, choices in (("drums", DrumWish), ("unsupported", UnsupportedWish)):
            value = getattr(self, name)
            if value not in get_args(choices):
                allowed = ", ".join(get_args(choices))
                raise UsageError(f"{name} is one of {allowed}; got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFontPart:
    """A part, or some of its notes, that a sound font plays.

    Args:
        name: The part's name, or its number.
        part_index: The part of the score, from 0.
        notes: Which of its notes.
    """

    name: str
    part_index: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisPlan:
    """Who plays what; at least one part is played.

    Args:
        parts: Lines that performers play.
        sound_font_parts: What a sound font plays.
        skipped: What nobody plays; each is named in `notices` too.
        notices: What was decided.
    """

    parts: tuple[PlayablePart, ...]
    sound_font_parts: tuple[SoundFontPart, ...]
    skipped: tuple[SkippedPart, ...]
    notices: tuple[Notice, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What files of parts are called by: of `parts`, then `sound_font_parts`."""
        names = [part.name for part in self.parts]
        return part_keys(names + [part.name for part in self.sound_font_parts])


def part_keys(names: Sequence[str]) -> tuple[str, ...]:
    """Return what files of parts are called by: `violin-i`, `violin-i-2`.

    Args:
        names: Of the parts, in order.

    Returns:
        As many keys, none twice: lower case, letters, digits and hyphens.
    """
    taken: set[str] = set()
    keys = []
    for name in names:
        words = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")
        base = words[:MAX_KEY_CHARACTERS].rstrip("-_") or "part"
        key, count = base, 1
        while key in taken:
            count += 1
            key = f"{base}-{count}"
        taken.add(key)
        keys.append(key)
    return tuple(keys)


def players(names: Sequence[str]) -> tuple[Instrument, ...]:
    """Return the instruments that a model plays, in the order of our table."""
    played = {instrument_named(name) for name in names}
    return tuple(instrument for instrument in INSTRUMENTS if instrument in played)


def plan_synthesis(
    score: Score, wishes: PlanWishes, *, available: Sequence[Instrument] = INSTRUMENTS
) -> SynthesisPlan:
    """Return who plays what in a score.

    Args:
        score: Any.
        wishes: Who shall play.
        available: Instruments that there are voices for, at least one.

    Raises:
        MusegenError: As for `plan_parts`.
    """
    chosen = read_overrides(score, wishes.overrides, available=available)
    sorter = _Sorter(score=score, wishes=wishes, available=available)
    parts = []
    for index, part in enumerate(score.parts):
        is_ours = index in chosen or not part.notes
        parts.append(part if is_ours else sorter.sorted_part(index, part))
    plan = _planned(
        replace(score, parts=tuple(parts)),
        wishes,
        available,
        is_alone=not sorter.sound_font_parts,
    )
    emptied = {part_label(score, index) for index in sorter.emptied}
    return SynthesisPlan(
        parts=plan.parts,
        sound_font_parts=tuple(sorter.sound_font_parts),
        skipped=tuple(
            sorted(
                (
                    *(s for s in plan.skipped if s.part_index not in sorter.emptied),
                    *sorter.skipped,
                ),
                key=lambda skipped: skipped.part_index,
            )
        ),
        notices=(
            *sorter.notices,
            *(notice for notice in plan.notices if not _is_of(notice, emptied)),
        ),
    )


def _is_of(notice: Notice, labels: set[str]) -> bool:
    """Whether a notice says that a part is empty that was emptied here."""
    return notice.code == "empty-part" and any(
        notice.message.startswith(f"{label} has no notes") for label in labels
    )


def _planned(
    score: Score,
    wishes: PlanWishes,
    available: Sequence[Instrument],
    *,
    is_alone: bool,
) -> PartPlan:
    """Share what is left among performers, who may be left without any."""

    def plan(asked: Score) -> PartPlan:
        return plan_parts(
            asked,
            instrument=wishes.instrument,
            overrides=wishes.overrides,
            out_of_range=wishes.out_of_range,
            pedal=wishes.pedal,
            available=available,
            max_voices=wishes.max_voices,
        )

    try:
        return plan(score)
    except EmptyScoreError:
        if is_alone:
            raise
    # A plan has a part at least: one beyond the last stands in and is taken out again.
    stand_in = Part(
        notes=(Note(onset=0, duration=1, pitch=available[0].lowest_pitch),),
        program=available[0].gm_program,
        name="\N{NO-BREAK SPACE}",
    )
    found = plan(replace(score, parts=(*score.parts, stand_in)))
    count = len(score.parts)
    return replace(
        found,
        parts=tuple(part for part in found.parts if part.part_index < count),
        notices=tuple(n for n in found.notices if not _is_past(n, count)),
    )


def _is_past(notice: Notice, count: int) -> bool:
    return notice.message.startswith(f"part {count + 1}")


@dataclass(slots=True, kw_only=True)
class _Sorter:
    """Takes from parts what performers shall not play."""

    score: Score
    wishes: PlanWishes
    available: Sequence[Instrument]
    sound_font_parts: list[SoundFontPart] = field(default_factory=list)
    skipped: list[SkippedPart] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    emptied: set[int] = field(default_factory=set)

    def sorted_part(self, index: int, part: Part) -> Part:
        """Return what of a part performers shall plan with."""
        if part.is_drum:
            if self.wishes.drums == "skip":
                return part  # the plan skips it, and says so
            self._give(index, part, part.notes, "percussion")
            return replace(part, notes=())
        if self.wishes.unsupported == "nearest" or self.wishes.instrument is not None:
            return part
        exact = {instrument.gm_program for instrument in self.available}
        programs = programs_of_notes(part)
        pairs = list(zip(part.notes, programs, strict=True))
        others = tuple(note for note, program in pairs if program not in exact)
        if not others:
            return part
        names = " and ".join(
            f"{program_name(program)} (program {program})"
            for program in dict.fromkeys(programs)
            if program not in exact
        )
        if self.wishes.unsupported == "fluidsynth":
            self._give(index, part, others, names)
        else:
            self._skip(index, others, names)
        kept = tuple(note for note, program in pairs if program in exact)
        if not kept:
            self.emptied.add(index)
        return replace(part, notes=kept)

    def _give(self, index: int, part: Part, notes: tuple[Note, ...], what: str) -> None:
        if len(notes) == len(part.notes):
            self.emptied.add(index)
        self.sound_font_parts.append(
            SoundFontPart(
                name=part.name.strip() or f"part {index + 1}",
                part_index=index,
                notes=notes,
            )
        )
        self._tell(
            "sound-font-part",
            f"{self._label(index)}: {what} is played by the sound font",
        )

    def _skip(self, index: int, notes: tuple[Note, ...], what: str) -> None:
        self.skipped.append(
            SkippedPart(part_index=index, reason="asked", num_notes=len(notes))
        )
        self._tell(
            "skipped-part",
            f"{self._label(index)}: no instrument of the model is {what}: "
            f"{len(notes)} notes skipped",
        )

    def _label(self, index: int) -> str:
        return part_label(self.score, index)

    def _tell(self, code: str, message: str) -> None:
        self.notices.append(Notice(code=code, message=message))
