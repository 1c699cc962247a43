"""Who plays what in `musegen synth`, in words and in JSON.

What sounds from `--parameters` has no player: it is called by its file. Options that do
nothing to such parts are in `_synth_idle`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.render.score_view import printable

if TYPE_CHECKING:
    from musegen.data.score import Score
    from musegen.midi_ddsp.synthesizing.casting import SynthesisPlan

_ALWAYS_TOLD = "chord-voices"  # says what lines there are, whoever plays them
_NOBODY: Mapping[str, Path] = {}


def cast_list(plan: SynthesisPlan, given: Mapping[str, Path] = _NOBODY) -> str:
    """Say who plays what, in a line.

    Args:
        plan: Who plays.
        given: Files of parameters that parts sound from, by key.
    """
    cast = [
        f"{printable(part.name)} from {printable(str(given[key]))}"
        if key in given
        else f"{printable(part.name)} by {part.instrument.name}"
        for key, part in zip(plan.keys, plan.parts, strict=False)
    ]
    cast += [
        f"{printable(part.name)} by the sound font" for part in plan.sound_font_parts
    ]
    return "; ".join(cast)


def cast_notices(
    plan: SynthesisPlan, score: Score, given: Mapping[str, Path]
) -> tuple[Notice, ...]:
    """Return what a plan has to tell of the parts that somebody plays.

    Args:
        plan: Who plays.
        score: Whose parts are planned.
        given: See `cast_list`.
    """
    played = {
        part.part_index
        for key, part in zip(plan.keys, plan.parts, strict=False)
        if key not in given
    }
    silent = {part.part_index for part in plan.parts} - played
    labels = tuple(f"{part_label(score, index)}:" for index in silent)
    return tuple(
        notice
        for notice in plan.notices
        if notice.code == _ALWAYS_TOLD or not notice.message.startswith(labels)
    )


def part_facts(
    plan: SynthesisPlan, given: Mapping[str, Path]
) -> list[dict[str, object]]:
    """Return what JSON says of each part that is heard.

    Args:
        plan: Who plays.
        given: See `cast_list`.
    """
    facts: list[dict[str, object]] = []
    for key, part in zip(plan.keys, plan.parts, strict=False):
        player = (
            {"parameters": str(given[key])}
            if key in given
            else {"instrument": part.instrument.name}
        )
        facts.append(
            {
                "name": part.name,
                "part": part.part_index + 1,
                "voice": part.voice_index + 1,
                **player,
                "notes": len(part.notes),
            }
        )
    for drums in plan.sound_font_parts:
        facts.append(
            {
                "name": drums.name,
                "part": drums.part_index + 1,
                "instrument": "sound font",
                "notes": len(drums.notes),
            }
        )
    for fact, key in zip(facts, plan.keys, strict=True):
        fact["key"] = key
    return facts


def skipped_facts(plan: SynthesisPlan, score: Score) -> list[dict[str, object]]:
    """Return what JSON says of each part that nobody plays."""
    return [
        {
            "name": score.parts[skipped.part_index].name,
            "part": skipped.part_index + 1,
            "reason": skipped.reason,
            "notes": skipped.num_notes,
        }
        for skipped in plan.skipped
    ]
