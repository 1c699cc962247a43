"""Which lines of a score are which of the four voices.

Only the choice, by name, by number or by height; the notes of a line are taken by
`musegen.data.voices`, and laid on a grid in `musegen.coconet.score_task`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from musegen.coconet.config import NUM_VOICES, VOICE_NAMES
from musegen.coconet.transposition import VOICE_RANGES
from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.score import Score
from musegen.data.voice_choice import choose_parts
from musegen.data.voices import ExtractedVoice, extract_melody

SOPRANO = 0
_NAME_PATTERNS = (
    r"sopranos?|sopran|cantus|d[ei]scant|s",
    r"altos?|alt|contralto|a",
    r"tenors?|tenore|t",
    r"bass(es)?|basso|b",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLine:
    """A line of a score and the voice that it is.

    Args:
        voice: 0 = soprano to 3 = bass.
        extracted: The line, note for note.
    """

    voice: int
    extracted: ExtractedVoice


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLines:
    """What a score gives.

    Args:
        lines: By voice, from the highest; no voice twice.
        notices: What was decided without having been asked for.
    """

    lines: tuple[GivenLine, ...]
    notices: tuple[Notice, ...] = ()


def find_lines(
    score: Score, voices: Sequence[int], specs: Sequence[str] = ()
) -> GivenLines:
    """Find the lines that are to be certain voices.

    Args:
        score: Any score.
        voices: Which voices, 0 = soprano, none twice, at least one.
        specs: A line for each of `voices` in their order, as `extract_melody` names
            lines; empty: the soprano alone is the melody that `extract_melody` chooses,
            others go by the names of parts, else by height.

    Raises:
        InputError: A line is not there, or sounds several notes at once.
        UsageError: There are not as many specifications as voices, or two of them name
            the same line.
    """
    if specs and len(specs) != len(voices):
        raise UsageError(
            f"--given names {_counted(len(voices), 'voice')} "
            f"({', '.join(VOICE_NAMES[voice] for voice in voices)}) and --voice "
            f"{_counted(len(specs), 'line')}: give one --voice for each, in this order"
        )
    if not specs and list(voices) == [SOPRANO]:
        extracted = extract_melody(score)
        return _lines({SOPRANO: extracted}, extracted.notices)
    if specs:
        named = dict(zip(voices, specs, strict=True))
        _refuse_same(specs)
        found = {v: extract_melody(score, voice=spec) for v, spec in named.items()}
        return _lines(found, _notices_of(found))
    parts = _parts_of_voices(score, voices)
    found = {v: extract_melody(score, voice=f"track:{i + 1}") for v, i in parts.items()}
    return _lines(found, (*_chosen_notice(score, parts), *_notices_of(found)))


def all_lines(
    score: Score, *, voices: Sequence[int] = (), specs: Sequence[str] = ()
) -> GivenLines:
    """Take every pitched part of a score for one of the four voices.

    Args:
        score: At most four pitched parts with notes, unless `specs` choose among them.
        voices: Which voices they are, in the order of `specs` or of the parts; empty:
            by the names of parts, else four by height, fewer by the usual ranges.
        specs: The lines, as `extract_melody` names them; empty: every pitched part.

    Raises:
        InputError: A line is not there, or sounds several notes at once.
        UsageError: More than four lines, or not as many as voices.
    """
    specs = tuple(specs) or _pitched_specs(score)
    if len(specs) > NUM_VOICES:
        raise UsageError(
            f"{len(specs)} lines were named and there are four voices: leave out a "
            "--voice"
        )
    _refuse_same(specs)
    extracted = [extract_melody(score, voice=spec) for spec in specs]
    if voices:
        if len(voices) != len(specs):
            raise UsageError(
                f"--given names {_counted(len(voices), 'voice')} and the score gives "
                f"{_counted(len(specs), 'line')}: name one voice for each line, or "
                "choose the lines with --voice"
            )
        found = dict(zip(voices, extracted, strict=True))
        return _lines(found, _notices_of(found))
    roles = _roles(score, extracted)
    found = dict(zip(roles, extracted, strict=True))
    parts = {voice: line.part_index for voice, line in found.items()}
    return _lines(found, (*_chosen_notice(score, parts), *_notices_of(found)))


def parse_voices(text: str) -> tuple[int, ...]:
    """Read `soprano,bass` as voices in this order, 0 = soprano.

    Raises:
        UsageError: A word is no voice, or is there twice.
    """
    voices = tuple(parse_voice(word) for word in text.split(","))
    if len(set(voices)) < len(voices):
        raise UsageError(f"'{text}' names a voice twice: name each once")
    return voices


def parse_voice(text: str) -> int:
    """Read the name of a voice, 0 = soprano; its first letter is enough.

    Raises:
        UsageError: It is none.
    """
    word = text.strip().lower()
    for voice, name in enumerate(VOICE_NAMES):
        if word and word in (name, name[0]):
            return voice
    raise UsageError(
        f"'{text.strip()}' is no voice: choose from {', '.join(VOICE_NAMES)}"
    )


def _lines(
    found: dict[int, ExtractedVoice], notices: Sequence[Notice] = ()
) -> GivenLines:
    return GivenLines(
        lines=tuple(
            GivenLine(voice=voice, extracted=found[voice]) for voice in sorted(found)
        ),
        notices=tuple(dict.fromkeys(notices)),
    )


def _notices_of(found: dict[int, ExtractedVoice]) -> tuple[Notice, ...]:
    return tuple(notice for voice in sorted(found) for notice in found[voice].notices)


def _refuse_same(specs: Sequence[str]) -> None:
    seen = set()
    for spec in specs:
        word = spec.strip().lower()
        if word in seen:
            raise UsageError(
                f"--voice {spec} was given twice, and one line cannot be two voices: "
                "name another"
            )
        seen.add(word)


def _pitched(score: Score) -> list[int]:
    return [i for i, part in enumerate(score.parts) if part.notes and not part.is_drum]


def _pitched_specs(score: Score) -> tuple[str, ...]:
    indices = _pitched(score)
    if not indices:
        choose_parts(score, None)  # says what is missing
    if len(indices) > NUM_VOICES:
        raise VoiceNotFoundError(
            f"{len(indices)} parts have notes "
            f"({', '.join(part_label(score, i) for i in indices[:8])}"
            f"{', ...' if len(indices) > 8 else ''}), and there are four voices: "
            "name up to four with --voice, once for each"
        )
    return tuple(f"track:{index + 1}" for index in indices)


def _parts_of_voices(score: Score, voices: Sequence[int]) -> dict[int, int]:
    """The part of each voice: by name, else by height where that is plain."""
    indices = _pitched(score)
    if not indices:
        raise EmptyScoreError(
            "there are no notes to take a voice from: give a score with a pitched part"
        )
    named = {voice: _named(score, indices, voice) for voice in voices}
    if all(len(found) == 1 for found in named.values()):
        chosen = {voice: found[0] for voice, found in named.items()}
        if len(set(chosen.values())) == len(chosen):
            return chosen
    by_height = sorted(indices, key=lambda i: -_height(score, i))
    if len(indices) == len(voices):
        return dict(zip(sorted(voices), by_height, strict=True))
    if len(indices) == NUM_VOICES:
        return {voice: by_height[voice] for voice in voices}
    outer = {SOPRANO: by_height[0], NUM_VOICES - 1: by_height[-1]}
    if len(indices) > len(voices) and all(voice in outer for voice in voices):
        return {voice: outer[voice] for voice in voices}
    parts = ", ".join(part_label(score, index) for index in indices[:8])
    raise VoiceNotFoundError(
        f"it is not plain which part is the "
        f"{' and which the '.join(VOICE_NAMES[voice] for voice in voices)}: the parts "
        f"with notes are {parts}; name one for each with --voice, in the order of "
        "--given"
    )


def _named(score: Score, indices: Sequence[int], voice: int) -> list[int]:
    pattern = re.compile(rf"\b({_NAME_PATTERNS[voice]})\b", re.IGNORECASE)
    return [i for i in indices if pattern.search(score.parts[i].name)]


def _height(score: Score, index: int) -> float:
    return fmean(note.pitch for note in score.parts[index].notes)


def _roles(score: Score, extracted: Sequence[ExtractedVoice]) -> list[int]:
    """Which voice each line is: by names, else in order of height."""
    by_name = []
    for line in extracted:
        named = [v for v in range(NUM_VOICES) if _named(score, [line.part_index], v)]
        by_name.append(named[0] if len(named) == 1 else -1)
    if -1 not in by_name and len(set(by_name)) == len(by_name):
        return by_name
    heights = [fmean(note.pitch for note in line.notes) for line in extracted]
    order = sorted(range(len(heights)), key=lambda item: (-heights[item], item))
    centres = [(low + high) / 2 for low, high in VOICE_RANGES]

    def distance(voices: tuple[int, ...]) -> float:
        return sum(
            abs(heights[item] - centres[voice])
            for item, voice in zip(order, voices, strict=True)
        )

    best = min(combinations(range(NUM_VOICES), len(heights)), key=distance)
    roles = [0] * len(heights)
    for item, voice in zip(order, best, strict=True):
        roles[item] = voice
    return roles


def _chosen_notice(score: Score, parts: dict[int, int]) -> tuple[Notice, ...]:
    """Say which part was taken for which voice, unless their names say it."""
    if all(_named(score, [index], voice) for voice, index in parts.items()):
        return ()
    said = ", ".join(
        f"{part_label(score, parts[voice])} is the {VOICE_NAMES[voice]}"
        for voice in sorted(parts)
    )
    message = f"{said}; --given says otherwise"
    return (Notice(code="voices-chosen", message=message),)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
