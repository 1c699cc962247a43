"""What preparing would make of a score, stage by stage, with a reason for a refusal.

For `musegen data inspect FILE`: the answer to "why is my file not in the data set?".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from musegen.data.errors import InputError
from musegen.data.notices import Notice
from musegen.data.quantization import quantize_score
from musegen.data.score import Note, Part, Score

NUM_VOICES = 4  # a record of chorales has soprano, alto, tenor, bass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one stage of preparation says of a score.

    Args:
        name: `notes`, `voices`, `single line`, `grid`.
        is_passed: Whether the score goes on to the next stage.
        reason: Stable code of the refusal, empty where it passes.
        message: What was found.
        notices: What the stage changes.
    """

    name: str
    is_passed: bool
    reason: str = ""
    message: str = ""
    notices: tuple[Notice, ...] = ()


def inspect_score(score: Score) -> tuple[Stage, ...]:
    """Run a score through the stages of a four-part data set, up to the first refusal.

    Args:
        score: Any score.

    Returns:
        The stages that were run, in order; all passed, or the last one not.
    """
    stages: list[Stage] = []
    for stage in (_notes, _voices, _single_lines, _grid):
        stages.append(stage(score))
        if not stages[-1].is_passed:
            break
    return tuple(stages)


def _notes(score: Score) -> Stage:
    if not score.num_notes:
        return Stage(
            name="notes",
            is_passed=False,
            reason="no-notes",
            message="there is not one note in it",
        )
    return Stage(name="notes", is_passed=True, message=f"{score.num_notes} notes")


def _pitched(score: Score) -> list[Part]:
    return [part for part in score.parts if part.notes and not part.is_drum]


def _voices(score: Score) -> Stage:
    parts = _pitched(score)
    names = ", ".join(part.name or "unnamed" for part in parts)
    is_passed = len(parts) == NUM_VOICES
    return Stage(
        name="voices",
        is_passed=is_passed,
        reason="" if is_passed else "not-four-voices",
        message=f"{len(parts)} parts with pitches ({names}); a record has {NUM_VOICES}",
    )


def _single_lines(score: Score) -> Stage:
    for part in _pitched(score):
        overlap = _first_overlap(part)
        if overlap is not None:
            return Stage(
                name="single line",
                is_passed=False,
                reason="several-notes-at-once",
                message=f"part {part.name or 'unnamed'} has several notes at once at "
                f"{score.bar_beat(overlap.onset)}",
            )
    return Stage(
        name="single line", is_passed=True, message="one note at a time in every part"
    )


def _first_overlap(part: Part) -> Note | None:
    """Return the first note that begins while another one sounds."""
    for before, after in pairwise(part.notes):
        if after.onset < before.end:
            return after
    return None


def _grid(score: Score) -> Stage:
    try:
        quantized = quantize_score(score)
    except InputError as error:
        return Stage(
            name="grid", is_passed=False, reason="too-coarse", message=str(error)
        )
    return Stage(
        name="grid",
        is_passed=True,
        message=f"{quantized.grid.num_steps} sixteenths",
        notices=quantized.report.notices(score),
    )
