"""Options of `musegen synth` that can do nothing to a score, told once it is planned.

Nobody plays what sounds from `--parameters`, and no performer what a sound font plays.
What never acts, whatever the score, is refused with the options themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._synth_casting import Casting
from musegen.cli._synth_playing import Playing
from musegen.data.errors import InputError, MusegenError, UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.data.score import Score
    from musegen.midi_ddsp.parts.plan import PlayablePart
    from musegen.midi_ddsp.synthesizing.casting import SynthesisPlan
    from musegen.midi_ddsp.tables.automation_files import AutomationTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is heard of a score, and by whom.

    Args:
        plan: Who plays what.
        given: Files of parameters that parts sound from, by key.
    """

    plan: SynthesisPlan
    given: Mapping[str, Path]

    @property
    def played(self) -> dict[str, PlayablePart]:
        """The lines that a performer plays, by key."""
        lines = zip(self.plan.keys, self.plan.parts, strict=False)
        return {key: part for key, part in lines if key not in self.given}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unmoved:
    """A part that no performer plays, called as in a table of automation."""

    name: str
    part_index: int
    why: str


def idle_without_lines(playing: Playing, alternatives: int) -> tuple[Notice, ...]:
    """Say what does nothing where a sound font plays all there is.

    Args:
        playing: What the user says.
        alternatives: How often the score is played.

    Raises:
        UsageError: A file would not be read, or not be written.
    """
    why = "does nothing here, where the sound font plays every part"
    if files := (*playing.saved, *playing.read):
        option, name = files[0]
        raise UsageError(f"{option} {name} {why}: leave it out")
    return tuple(
        Notice(code="idle-option", message=f"{option} {why}")
        for option in playing.on_performances(alternatives)
    )


def refuse_idle(heard: Heard, playing: Playing, alternatives: int) -> None:
    """Refuse what acts on performances where all lines sound from parameters.

    Args:
        heard: With lines.
        playing: What the user says.
        alternatives: How often the score is played.

    Raises:
        UsageError: Such an option is given.
    """
    if playing.parameters is None or heard.played:
        return
    idle = playing.on_performances(alternatives)
    if not heard.plan.sound_font_parts:
        idle += playing.on_tuning()
    if idle:
        raise playing.idle_with_parameters(idle[0])


def refuse_idle_casting(
    casting: Casting, playing: Playing, planned: Callable[[Casting], object]
) -> None:
    """Refuse options on the score that change nothing of what parameters sound like.

    Some do: which parts and how many voices there are is for the score to say.

    Args:
        casting: What the user says.
        playing: With the parameters.
        planned: What of a plan is heard by parameters alone, for any wishes.

    Raises:
        UsageError: One changes nothing.
    """
    asked = planned(casting)
    for option, without in casting.without_each():
        try:
            is_same = planned(without) == asked
        except MusegenError:  # without it the score cannot be planned
            continue
        if is_same:
            raise playing.idle_with_parameters(option)


def idle_expression(tables: Iterable[str], heard: Heard) -> tuple[Notice, ...]:
    """Say which tables of expression nobody plays.

    Args:
        tables: Their parts, by key.
        heard: What sounds.
    """
    return tuple(
        Notice(
            code="idle-expression",
            message=f"the expression given for {key} does nothing: it sounds from "
            f"{heard.given[key]}",
        )
        for key in tables
        if key in heard.given
    )


def check_automation(
    table: AutomationTable, heard: Heard, score: Score
) -> tuple[Notice, ...]:
    """Say which parts a table of automation does not move.

    Args:
        table: Of the user.
        heard: With lines.
        score: That is played.

    Raises:
        InputError: It names such a part.
    """
    from musegen.midi_ddsp.tables.automation_files import is_meant

    unmoved = _unmoved(heard)
    skipped = [
        _Unmoved(
            name=score.parts[part.part_index].name,
            part_index=part.part_index,
            why="is not played",
        )
        for part in heard.plan.skipped
    ]
    for name in filter(None, table.by_part):
        if any(is_meant(name, part) for part in heard.played.values()):
            continue
        for other in (*unmoved, *skipped):
            if is_meant(name, other):
                raise InputError(
                    f"{table.source}: column 'part': the part '{name}' {other.why}, "
                    "so that nothing moves it: leave its rows out"
                )
    if not unmoved or "" not in table.by_part:
        return ()
    names = "; ".join(f"{other.name} {other.why}" for other in unmoved)
    return (
        Notice(
            code="automation-left-out",
            message=f"{table.source} moves only what the model plays: {names}",
        ),
    )


def _unmoved(heard: Heard) -> list[_Unmoved]:
    plan = heard.plan
    found = [
        _Unmoved(
            name=part.name,
            part_index=part.part_index,
            why=f"sounds from {heard.given[key]}",
        )
        for key, part in zip(plan.keys, plan.parts, strict=False)
        if key in heard.given
    ]
    return found + [
        _Unmoved(
            name=part.name,
            part_index=part.part_index,
            why="is played by the sound font",
        )
        for part in plan.sound_font_parts
    ]
