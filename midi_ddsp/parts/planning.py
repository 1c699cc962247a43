"""A score to parts of one note at a time, each with its instrument and its curves.

The first step of playing a score: `plan_parts`. What was decided on the way comes back
as notices. Not for expression or sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from musegen.data.errors import UsageError
from musegen.data.score import Part, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parts.automation import read_automation
from musegen.midi_ddsp.parts.held_notes import (
    held_notes,
    programs_of_notes,
    with_channel,
)
from musegen.midi_ddsp.parts.instrument_choice import (
    available_players,
    fittest,
    read_overrides,
    wanted_instrument,
)
from musegen.midi_ddsp.parts.plan import PartPlan, PlayablePart
from musegen.midi_ddsp.parts.plan_remarks import PlanRemarks
from musegen.midi_ddsp.parts.ranges import (
    RangeChoice,
    has_pitch,
    move_by_octaves,
    report_strays,
)
from musegen.midi_ddsp.parts.timing import TempoMap
from musegen.midi_ddsp.parts.voice_allocation import (
    MAX_VOICES,
    HeldNote,
    VoiceNote,
    allocate_voices,
)

DrumChoice = Literal["skip", "refuse"]
PedalChoice = Literal["hold", "ignore"]

_Line = tuple[Instrument, tuple[VoiceNote, ...]]


def plan_parts(
    score: Score,
    *,
    instrument: str | None = None,
    overrides: Mapping[str, str] | None = None,
    drums: DrumChoice = "skip",
    out_of_range: RangeChoice = "play",
    pedal: PedalChoice = "hold",
    available: Sequence[Instrument] = INSTRUMENTS,
    max_voices: int = MAX_VOICES,
) -> PartPlan:
    """Return who plays what in a score.

    Each part is played by the instrument asked for, else by the nearest to its General
    MIDI program; where several are as near, the range of each voice decides. A part of
    chords, or of several programs, becomes several lines. Times are absolute, by the
    tempo map. A track without notes lends its controllers to those of its channel.

    Args:
        score: Any score.
        instrument: Plays all pitched parts that `overrides` does not name.
        overrides: Part to instrument, as `instrument_choice.read_overrides` reads it:
            `{"1": "violin", "Bass": "cello", "3": "skip"}`. Percussion that is named is
            played by its note numbers.
        drums: What becomes of percussion: skipped, or an error.
        out_of_range: What becomes of notes that an instrument does not have: played
            anyway, moved by octaves, or an error.
        pedal: Whether the sustain pedal holds notes.
        available: Instruments that there are voices for, at least one.
        max_voices: Lines of a part at most, at least 1; for a part of several programs,
            of each instrument's notes.

    Raises:
        EmptyScoreError: There is nothing to play; the message says why of each part.
        UsageError: There is no such choice or instrument.
        VoiceNotFoundError: An override names no part, or more than one.
        PitchRangeError: Notes are out of range, and are refused.
        InputError: There is percussion and it is refused, a tempo is not above 0, or
            the score lasts more than a day.
    """
    _check_choice("drums", drums, get_args(DrumChoice))
    _check_choice("out_of_range", out_of_range, get_args(RangeChoice))
    _check_choice("pedal", pedal, get_args(PedalChoice))
    if max_voices < 1 or not available:
        raise UsageError(
            "a part needs one voice and one instrument at least; got "
            f"{max_voices} voices and {len(available)} instruments"
        )
    planner = _Planner(
        score=score,
        for_all=instrument
        if instrument is None
        else wanted_instrument(instrument, available=available),
        chosen=read_overrides(score, overrides or {}, available=available),
        drums=drums,
        out_of_range=out_of_range,
        holds_pedal=pedal == "hold",
        available=tuple(available),
        max_voices=max_voices,
        times=TempoMap(score),
        remarks=PlanRemarks(score=score),
    )
    for index in range(len(score.parts)):
        planner.add(index)
    if not planner.parts:
        raise planner.remarks.nothing_to_play()
    return PartPlan(
        parts=tuple(planner.parts),
        skipped=tuple(planner.remarks.skipped),
        notices=tuple(planner.remarks.notices),
    )


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(f"{name} is one of {', '.join(choices)}; got {value!r}")


@dataclass(slots=True, kw_only=True)
class _Planner:
    """Takes the parts of a score one after another."""

    score: Score
    for_all: Instrument | None
    chosen: dict[int, Instrument | None]
    drums: DrumChoice
    out_of_range: RangeChoice
    holds_pedal: bool
    available: tuple[Instrument, ...]
    max_voices: int
    times: TempoMap
    remarks: PlanRemarks
    parts: list[PlayablePart] = field(default_factory=list)

    def add(self, index: int) -> None:
        """Take one part: play it, or note why not."""
        part = with_channel(self.score, index)
        num_notes = len(part.notes)
        is_chosen = index in self.chosen
        if is_chosen and self.chosen[index] is None:
            self.remarks.skip(index, "asked", num_notes, "is left out, as asked")
        elif not part.notes:
            self.remarks.skip(index, "empty", 0, "has no notes")
        elif part.is_drum and not is_chosen and self.drums == "refuse":
            raise self.remarks.refuse_drums(index)
        elif part.is_drum and not is_chosen:
            self.remarks.skip(index, "drums", num_notes, "is percussion")
        else:
            self._play(index, part)

    def _play(self, index: int, part: Part) -> None:
        """Share a part's notes among instruments and voices."""
        if part.is_drum:
            label = self.remarks.label(index)
            self.remarks.add("drums-played", f"{label}: percussion, played by pitch")
        notes = held_notes(part, self.times, holds_pedal=self.holds_pedal)
        programs = programs_of_notes(part)
        wanted = self.chosen.get(index) or self.for_all
        groups: dict[tuple[Instrument, ...], list[int]] = {}
        for item, program in enumerate(programs):
            players = (wanted,) if wanted else self._players(program)
            groups.setdefault(players, []).append(item)
        lines: list[_Line] = []
        empty: list[int] = []
        for players, items in groups.items():
            asked = [programs[item] for item in items]
            if not players:
                self.remarks.skip_effects(index, asked, len(items), len(programs))
                continue
            sounding = [note for item in items if (note := notes[item]) is not None]
            found = self._share(index, players, sounding)
            if found and not wanted:
                self.remarks.nearest(index, asked, [player for player, _ in found])
            lines += found
            empty += [item for item in items if notes[item] is None]
        self._report_empty(index, part, empty)
        self._add_lines(index, part, lines)

    def _players(self, program: int) -> tuple[Instrument, ...]:
        return available_players(program, available=self.available)

    def _share(
        self, index: int, players: tuple[Instrument, ...], notes: Sequence[HeldNote]
    ) -> list[_Line]:
        """Share notes among voices, and give each voice to one of the players."""
        allocation = allocate_voices(notes, max_voices=self.max_voices)
        self.remarks.voices(index, allocation, max_voices=self.max_voices)
        return [
            (fittest(players, [placed.note.pitch for placed in voice]), voice)
            for voice in allocation.voices
        ]

    def _report_empty(self, index: int, part: Part, empty: Sequence[int]) -> None:
        num_empty = len(empty)
        if num_empty == len(part.notes):
            self.remarks.skip(index, "empty", num_empty, "has only notes of no length")
        elif empty:
            ticks = [part.notes[item].onset for item in empty]
            self.remarks.empty_notes(index, ticks)

    def _add_lines(self, index: int, part: Part, lines: Sequence[_Line]) -> None:
        """Make playable parts of the lines, within the ranges of their players."""
        name = part.name.strip() or f"part {index + 1}"
        automation = read_automation(part, self.times.seconds_at)
        strays: dict[Instrument, list[tuple[int, int]]] = {}
        for voice_index, (player, voice) in enumerate(lines):
            outside = [
                (placed.note.tick, placed.note.pitch)
                for placed in voice
                if not has_pitch(player, placed.note.pitch)
            ]
            if outside:
                strays.setdefault(player, []).extend(outside)
            pitches = [placed.note.pitch for placed in voice]
            if outside and self.out_of_range == "octave":
                pitches = move_by_octaves(player, pitches)
            several = f", voice {voice_index + 1}" if len(lines) > 1 else ""
            self.parts.append(
                PlayablePart(
                    name=name + several,
                    instrument=player,
                    notes=_played(voice, pitches),
                    legato_in=tuple(placed.is_legato for placed in voice),
                    automation=automation,
                    part_index=index,
                    voice_index=voice_index,
                )
            )
        for player, found in strays.items():
            notice = report_strays(
                self.score,
                self.remarks.label(index),
                player,
                sorted(found),
                self.out_of_range,
            )
            self.remarks.notices.append(notice)


def _played(
    voice: Sequence[VoiceNote], pitches: Sequence[int]
) -> tuple[PlayedNote, ...]:
    return tuple(
        PlayedNote(
            pitch=pitch,
            onset_s=placed.note.onset_s,
            offset_s=placed.offset_s,
            velocity=placed.note.velocity,
        )
        for placed, pitch in zip(voice, pitches, strict=True)
    )
