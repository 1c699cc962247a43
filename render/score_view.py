"""What every picture of a score shows: its bars, its voices and the names of both.

For: the decisions that the drawn roll and the text roll share. Not for: where anything
is drawn.
"""

from __future__ import annotations

import bisect
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import KeySignature, Part, Score
from musegen.data.spelling import estimate_sharps, pitch_name
from musegen.render.bar_range import BarRange
from musegen.render.palette import DRUM_COLOR, VoiceColor, voice_color

MAX_LABEL_CHARACTERS = 40
DRUM_LETTER = "x"
_SPARE_LETTERS = "123456789abcdefghijklmnopqrstuvwyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class BarSpan:
    """One bar on the time axis.

    Args:
        number: As musicians count; 0 is a pickup.
        start: First tick.
        end: First tick after the bar, above `start`.
        beat_ticks: Length of one beat of the metre.
        metre: The time signature, such as `3/4`.
        is_new_metre: It differs from that of the bar before; False for the first bar
            shown.
    """

    number: int
    start: int
    end: int
    beat_ticks: int
    metre: str
    is_new_metre: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A part that has notes, as the legend names it.

    Args:
        part: Index in `Score.parts`, from 0.
        label: Its name, or `Part 3` counted from 1; no two voices share one.
        letter: One character for the text roll; no two pitched voices share one.
        color: Of its notes.
        is_given: The user gave it (the others were made).
        is_drum: Its pitches are drum keys.
    """

    part: int
    label: str
    letter: str
    color: VoiceColor
    is_given: bool
    is_drum: bool

    @property
    def legend(self) -> str:
        """The label, with what the colour does not say."""
        remarks = ["given"] * self.is_given + ["drums"] * self.is_drum
        return f"{self.label} ({', '.join(remarks)})" if remarks else self.label


def require_notes(score: Score) -> None:
    """Raise EmptyScoreError where there is nothing to draw."""
    if not score.num_notes:
        raise EmptyScoreError(
            f"the score has no notes in its {len(score.parts)} parts, so there is "
            "nothing to show; give a score with at least one note"
        )


def printable(text: str, *, max_characters: int = MAX_LABEL_CHARACTERS) -> str:
    """Return text without control characters, in one line of bounded length.

    Names come from strangers' files: a control character would be invalid in SVG, and
    an escape sequence would reach the terminal.
    """
    kept = (
        " " if unicodedata.category(c).startswith("Z") or c in "\t\r\n" else c
        for c in text
        if c in "\t\r\n" or not unicodedata.category(c).startswith("C")
    )
    line = " ".join("".join(kept).split())
    if len(line) <= max_characters:
        return line
    return line[: max_characters - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def score_keys(score: Score) -> tuple[KeySignature, ...]:
    """Return the keys to spell notes in: the score's own, or one estimated from it."""
    if score.key_signatures:
        return score.key_signatures
    counts = Counter(
        note.pitch for part in score.parts if not part.is_drum for note in part.notes
    )
    return (KeySignature(tick=0, sharps=estimate_sharps(counts)),)


def name_of_pitch(pitch: int, keys: Sequence[KeySignature], *, tick: int = 0) -> str:
    """Return a name such as `C#4` in the key in force at `tick`.

    Args:
        pitch: MIDI note number, 0 to 127.
        keys: From `score_keys`, at least one; the first also holds before it is given.
        tick: When.
    """
    index = bisect.bisect_right([key.tick for key in keys], tick) - 1
    key = keys[max(0, index)]
    return pitch_name(pitch, sharps=key.sharps, is_minor=key.is_minor)


def part_labels(parts: Sequence[Part]) -> tuple[str, ...]:
    """Name every part: its own name, made unique, or `Part 3` counted from 1."""
    names = [
        printable(part.name) or f"Part {index + 1}" for index, part in enumerate(parts)
    ]
    counts = Counter(names)
    return tuple(
        name if counts[name] == 1 else f"{name} ({index + 1})"
        for index, name in enumerate(names)
    )


def find_part(score: Score, wanted: str) -> int:
    """Return the index, from 0, of a part given by number (from 1) or by name.

    Args:
        score: Any.
        wanted: `2`, or a name as the legend has it; upper and lower case are the same.

    Raises:
        VoiceNotFoundError: There is no such part, or several have the name.
    """
    labels = part_labels(score.parts)
    if wanted.isascii() and wanted.isdigit():
        found = [int(wanted) - 1] if 1 <= int(wanted) <= len(labels) else []
    else:
        names = [
            {printable(part.name).casefold(), label.casefold()} - {""}
            for part, label in zip(score.parts, labels, strict=True)
        ]
        found = [i for i, known in enumerate(names) if wanted.casefold() in known]
    if len(found) == 1:
        return found[0]
    choice = ", ".join(f"{i} {label}" for i, label in enumerate(labels, start=1))
    problem = "several parts are" if found else "no part is"
    raise VoiceNotFoundError(
        f"{problem} called {wanted!r}; give one number or name of: {choice or 'none'}"
    )


def score_voices(score: Score, given_parts: frozenset[int]) -> tuple[Voice, ...]:
    """Return the parts that have notes, with label, letter and colour.

    Args:
        score: Any.
        given_parts: Indexes of parts, from 0.

    Raises:
        VoiceNotFoundError: `given_parts` names a part that the score does not have.
    """
    missing = sorted(given_parts - set(range(len(score.parts))))
    if missing:
        raise VoiceNotFoundError(
            f"part {missing[0] + 1} is said to be given, but the score has "
            f"{len(score.parts)} parts; give a number from 1 to {len(score.parts)}"
        )
    labels = part_labels(score.parts)
    voices: list[Voice] = []
    pitched = 0
    taken: set[str] = {DRUM_LETTER}
    for index, part in enumerate(score.parts):
        if not part.notes:
            continue
        letter = DRUM_LETTER if part.is_drum else _free_letter(labels[index], taken)
        voices.append(
            Voice(
                part=index,
                label=labels[index],
                letter=letter,
                color=DRUM_COLOR if part.is_drum else voice_color(pitched),
                is_given=index in given_parts,
                is_drum=part.is_drum,
            )
        )
        pitched += not part.is_drum
        taken.add(letter)
    return tuple(voices)


def _free_letter(label: str, taken: set[str]) -> str:
    """Return the initial of a named part, or the next spare sign; `?` past the last."""
    initial = label[0].upper()
    own = [initial] if initial.isascii() and initial.isalpha() else []
    if label.startswith("Part "):
        own = []
    return next((c for c in (*own, *_SPARE_LETTERS) if c not in taken), "?")


def shown_end(score: Score) -> int:
    """Return the first tick after everything, a zero-length last note included."""
    onsets = (part.notes[-1].onset + 1 for part in score.parts if part.notes)
    return max(score.end, max(onsets, default=0))


def last_bar_number(score: Score) -> int:
    """Return the number of the bar in which the score ends."""
    return score.bar_beat(max(0, shown_end(score) - 1)).bar


def bar_spans(
    score: Score, *, bars: BarRange | None = None, max_bars: int
) -> tuple[BarSpan, ...]:
    """Return the bars to show, in order.

    Args:
        score: With at least one note.
        bars: Which; None for all.
        max_bars: At most so many, at least 1; the caller says what was left out.

    Raises:
        UsageError: The range begins after the end, or asks for a pickup that is not
        there.
    """
    last = last_bar_number(score)
    lowest = 0 if score.pickup else 1
    first = lowest if bars is None else bars.first
    if first == 0 and bars is not None and bars.last != 0:
        first = lowest
    if not lowest <= first <= last:
        raise UsageError(
            f"bar {first} is not in the score, which has bars {lowest} to {last}; "
            "ask for bars among these"
        )
    stop = last if bars is None or bars.last is None else min(bars.last, last)
    stop = min(stop, first + max_bars - 1)
    pickup = [(0, 0)] if score.pickup else []
    numbered = chain(
        pickup,
        zip(range(1, stop + 2), score.bar_starts(shown_end(score)), strict=False),
    )
    return _with_ends(score, tuple(islice(numbered, first - lowest, None)), stop=stop)


def _with_ends(
    score: Score, starts: Sequence[tuple[int, int]], *, stop: int
) -> tuple[BarSpan, ...]:
    """Return spans for bars given as (number, first tick), up to the number `stop`.

    The bar after the last one shown, where there is one, tells where that ends: a
    change of metre may cut it short.
    """
    spans: list[BarSpan] = []
    for index, (number, start) in enumerate(starts):
        if number > stop:
            break
        signature = score.time_signature_at(max(start, score.pickup))
        beat_ticks = max(1, score.ticks_per_quarter * 4 // signature.denominator)
        full = score.pickup if number == 0 else start + beat_ticks * signature.numerator
        end = starts[index + 1][1] if index + 1 < len(starts) else full
        metre = f"{signature.numerator}/{signature.denominator}"
        spans.append(
            BarSpan(
                number=number,
                start=start,
                end=end,
                beat_ticks=beat_ticks,
                metre=metre,
                is_new_metre=bool(spans) and metre != spans[-1].metre,
            )
        )
    return tuple(spans)
