"""Which parts of a score a user means: by number, channel, name or by nothing at all.

Only the choice; the notes are taken by `musegen.data.voices`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from musegen.data.errors import EmptyScoreError, VoiceNotFoundError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.polyphony import is_monophonic
from musegen.data.score import Part, Score

# Names under which files carry their melody, the surest first. Our own list.
_MELODY_NAMES = (
    r"melod(y|ie|ia)",
    r"sopranos?|sopran|cantus|d[ei]scant",
    r"lead",
    r"vocals?|voice|voix|voz|stimme|vox|sing(er|ing)|solo",
)
_KINDS = ("track", "channel", "name")
_MAX_LISTED_PARTS = 20
_HOW_TO_CHOOSE = (
    "choose with --voice by number (track:2), channel (channel:3), name (name:Alto), "
    "or take top or bottom"
)


class Edge(StrEnum):
    """The outer line of several notes at once."""

    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be read.

    Args:
        indices: Parts from 0, at least one, each pitched and with notes.
        edge: The outer line of them together; None where they are to be a single voice
            already (then there is one part).
        notices: What was decided without having been asked for.
    """

    indices: tuple[int, ...]
    edge: Edge | None = None
    notices: tuple[Notice, ...] = ()


def choose_parts(score: Score, voice: str | None) -> Choice:
    """Return the parts that `voice` stands for.

    Args:
        score: Any score.
        voice: As `musegen.data.voices.extract_melody` describes it.

    Raises:
        EmptyScoreError: No pitched part has notes, or the chosen one has none.
        VoiceNotFoundError: No part, or more than one, answers to `voice`.
    """
    pitched = tuple(
        index
        for index, part in enumerate(score.parts)
        if part.notes and not part.is_drum
    )
    if not pitched:
        raise EmptyScoreError(_nothing_to_read(score))
    if voice is None:
        return _choose_melody(score, pitched)
    name, edge = _split_edge(voice.strip())
    if edge is not None and not name:
        return Choice(indices=pitched, edge=edge)
    index = _find_part(score, name, asked=voice)
    part = score.parts[index]
    if part.is_drum:
        raise VoiceNotFoundError(
            f"{part_label(score, index)} is percussion, which has no melody; "
            f"{_listing(score)}; {_HOW_TO_CHOOSE}"
        )
    if not part.notes:
        raise EmptyScoreError(
            f"{part_label(score, index)} has no notes; {_listing(score)}; "
            f"{_HOW_TO_CHOOSE}"
        )
    return Choice(indices=(index,), edge=edge)


def _nothing_to_read(score: Score) -> str:
    if any(part.notes for part in score.parts):
        return (
            "only percussion parts have notes, and percussion has no melody: give a "
            "score with a pitched part"
        )
    return "there are no notes: give a score with at least one note"


def _split_edge(voice: str) -> tuple[str, Edge | None]:
    """Take `top` or `bottom` off the end of a voice."""
    for edge in Edge:
        if voice.lower() == edge:
            return "", edge
        before, colon, last = voice.rpartition(":")
        if colon and last.strip().lower() == edge and before.lower() not in _KINDS:
            return before.strip(), edge
    return voice, None


def _find_part(score: Score, name: str, *, asked: str) -> int:
    """Return the one part that answers to a number, a channel or a name."""
    kind, _, value = name.partition(":")
    kind, value = kind.strip().lower(), value.strip()
    if kind == "channel" and value:
        found = _matching(score, lambda part: str((part.channel or 0) + 1) == value)
        found = [index for index in found if score.parts[index].channel is not None]
    elif kind == "track" or name.isdecimal():
        number = value if kind == "track" else name
        is_there = number.isdecimal() and 1 <= int(number) <= len(score.parts)
        found = [int(number) - 1] if is_there else []
    else:
        wanted = (value if kind == "name" else name).casefold()
        found = _named(score, wanted) if wanted else []
    if len(found) == 1:
        return found[0]
    if found:
        raise VoiceNotFoundError(
            f"'{asked}' means more than one part: "
            f"{', '.join(part_label(score, index) for index in found)}; "
            "choose with --voice by number, such as "
            f"track:{found[0] + 1}"
        )
    raise VoiceNotFoundError(
        f"no part is '{asked}'; {_listing(score)}; {_HOW_TO_CHOOSE}"
    )


def _named(score: Score, wanted: str) -> list[int]:
    """Parts of that name; without any, the parts whose name contains it."""
    return _matching(
        score, lambda part: part.name.strip().casefold() == wanted
    ) or _matching(score, lambda part: wanted in part.name.casefold())


def _matching(score: Score, is_meant: Callable[[Part], bool]) -> list[int]:
    return [index for index, part in enumerate(score.parts) if is_meant(part)]


def _listing(score: Score) -> str:
    """All parts with what tells them apart."""
    items: list[str] = []
    for index, part in enumerate(score.parts[:_MAX_LISTED_PARTS]):
        facts = [f"{len(part.notes)} notes"]
        if part.channel is not None:
            facts.insert(0, f"channel {part.channel + 1}")
        if part.is_drum:
            facts.insert(0, "percussion")
        label = part_label(score, index).removeprefix("part ")
        items.append(f"{label} ({', '.join(facts)})")
    left_out = len(score.parts) - len(items)
    more = f" and {left_out} more" if left_out else ""
    return f"the parts are {', '.join(items)}{more}"


def _choose_melody(score: Score, pitched: Sequence[int]) -> Choice:
    """The only part, else the one named as a melody, else the highest single voice."""
    if len(pitched) == 1:
        return Choice(indices=tuple(pitched))
    candidates, why = list(pitched), "the highest"
    for pattern in _MELODY_NAMES:
        named = [
            index
            for index in pitched
            if re.search(rf"\b({pattern})\b", score.parts[index].name, re.IGNORECASE)
        ]
        if named:
            candidates, why = named, "by its name"
            break
    single = [
        index
        for index in candidates
        if is_monophonic(
            score.parts[index].notes, ticks_per_quarter=score.ticks_per_quarter
        )
    ]
    chosen = max(
        single or candidates,
        key=lambda index: fmean(note.pitch for note in score.parts[index].notes),
    )
    if len(candidates) > 1:
        voices = "single voices" if single else "parts"
        why = f"the highest of the {voices}"
    notice = Notice(
        code="voice-chosen",
        message=f"of {len(pitched)} parts with notes, {part_label(score, chosen)} is "
        f"taken for the melody ({why}); --voice chooses another",
    )
    return Choice(indices=(chosen,), notices=(notice,))
