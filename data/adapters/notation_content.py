"""What was read from a notation file, in quarters, and the `Score` made of it.

Joins tied notes, finds a resolution in which every place is a whole tick, and turns
remarks into notices. Knows nothing of music21.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from musegen.data.constants import DEFAULT_TICKS_PER_QUARTER
from musegen.data.notices import Notice
from musegen.data.read_result import ReadResult
from musegen.data.score import (
    KeySignature,
    Note,
    Part,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

_MAX_TICKS_PER_QUARTER = 32767  # Standard MIDI File: 15 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A written note.

    Args:
        start: Quarters from the beginning of the piece.
        end: Likewise.
        pitch: MIDI number.
        velocity: 1 to 127.
        tie: `start`, `continue`, `stop`, or empty.
        voice: Name of its voice in the bar, empty where the bar has one.
    """

    start: Fraction
    end: Fraction
    pitch: int
    velocity: int
    tie: str = ""
    voice: str = ""


@dataclass(slots=True, kw_only=True)
class PartContent:
    """What one part holds, places in quarters; see `Part`.

    Fermatas stand where the written notes and rests under them begin, in any order.
    """

    name: str = ""
    program: int = 0
    channel: int | None = None
    is_drum: bool = False
    heard: list[Heard] = field(default_factory=list)
    lyrics: list[tuple[Fraction, str]] = field(default_factory=list)
    fermatas: list[Fraction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Content:
    """What a piece holds, places in quarters.

    Args:
        parts: In file order.
        tempos: Quarters a minute by place.
        metres: (numerator, denominator) by place.
        keys: (sharps, is minor) by place.
        markers: Texts.
        bar_starts: Where bars begin in the first part.
        pickup: Length of an incomplete first bar.
        title: May be empty.
        ticks_per_quarter: Resolution the piece had before, if it is known.
        remarks: (code, message, place) of what the user should hear.
        left_out: Counts of what a score has no place for.
    """

    parts: list[PartContent] = field(default_factory=list)
    tempos: dict[Fraction, float] = field(default_factory=dict)
    metres: dict[Fraction, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Fraction, tuple[int, bool]] = field(default_factory=dict)
    markers: list[tuple[Fraction, str]] = field(default_factory=list)
    bar_starts: list[Fraction] = field(default_factory=list)
    pickup: Fraction = Fraction(0)
    title: str = ""
    ticks_per_quarter: int | None = None
    remarks: list[tuple[str, str, Fraction | None]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def remark(self, code: str, message: str, place: Fraction | None = None) -> None:
        """Note something once for each place."""
        entry = (code, message, place)
        if entry not in self.remarks:
            self.remarks.append(entry)


def _merged(heard: Iterable[Heard]) -> list[Heard]:
    """Join tied notes: a stop or continue goes on with the pitch that ends there.

    Where several do, the one of the same voice; the voices of a bar may have no names.
    """
    waiting: dict[tuple[int, Fraction], list[tuple[str, int]]] = {}
    result: list[Heard] = []
    for note in sorted(heard, key=lambda n: n.start):
        waiters = waiting.get((note.pitch, note.start))
        if note.tie in {"stop", "continue"} and waiters:
            own = [place for place, (v, _) in enumerate(waiters) if v == note.voice]
            _, index = waiters.pop(own[0] if own else 0)
            result[index] = replace(result[index], end=note.end)
        else:
            index = len(result)
            result.append(note)
        if note.tie in {"start", "continue"}:
            key = (note.pitch, note.end)
            waiting.setdefault(key, []).append((note.voice, index))
    return result


def _resolution(content: Content, heard: Sequence[Heard]) -> int:
    """Return ticks a quarter in which every place is whole, as far as MIDI allows."""
    places = [content.pickup, *content.tempos, *content.metres, *content.keys]
    places += [place for place, _ in content.markers]
    places += [place for part in content.parts for place in part.fermatas]
    places += [place for note in heard for place in (note.start, note.end)]
    needed = math.lcm(1, *(place.denominator for place in places))
    kept = content.ticks_per_quarter
    if kept is not None and kept % needed == 0:
        return kept
    both = math.lcm(DEFAULT_TICKS_PER_QUARTER, needed)
    for candidate in (both, needed):
        if candidate <= _MAX_TICKS_PER_QUARTER:
            return candidate
    content.remark(
        "rounded-times",
        f"some notes stand between the ticks of {DEFAULT_TICKS_PER_QUARTER} a quarter "
        "and are moved to the nearest",
    )
    return DEFAULT_TICKS_PER_QUARTER


def result_of(content: Content) -> ReadResult:
    """Return the score, in ticks, and the notices."""
    merged = [_merged(part.heard) for part in content.parts]
    resolution = _resolution(content, [n for notes in merged for n in notes])

    def ticks(place: Fraction) -> int:
        return round(place * resolution)

    score = Score(
        ticks_per_quarter=resolution,
        parts=tuple(
            _part(part, notes, ticks)
            for part, notes in zip(content.parts, merged, strict=True)
        ),
        tempos=tuple(
            Tempo(tick=ticks(at), qpm=qpm) for at, qpm in sorted(content.tempos.items())
        ),
        time_signatures=tuple(
            TimeSignature(tick=ticks(at), numerator=above, denominator=below)
            for at, (above, below) in sorted(content.metres.items())
        ),
        key_signatures=tuple(
            KeySignature(tick=ticks(at), sharps=sharps, is_minor=is_minor)
            for at, (sharps, is_minor) in sorted(content.keys.items())
        ),
        pickup=ticks(content.pickup),
        title=content.title,
        markers=_texts(sorted(content.markers, key=lambda found: found[0]), ticks),
    )
    return ReadResult(score=score, notices=tuple(_notices(score, content, ticks)))


def _part(
    part: PartContent, notes: Iterable[Heard], ticks: Callable[[Fraction], int]
) -> Part:
    return Part(
        notes=sorted_notes(
            Note(
                onset=ticks(note.start),
                duration=ticks(note.end) - ticks(note.start),
                pitch=note.pitch,
                velocity=note.velocity,
            )
            for note in notes
        ),
        name=part.name,
        program=part.program,
        channel=part.channel,
        is_drum=part.is_drum,
        lyrics=_texts(part.lyrics, ticks),
        fermatas=tuple(sorted({ticks(place) for place in part.fermatas})),
    )


def _texts(
    found: Iterable[tuple[Fraction, str]], ticks: Callable[[Fraction], int]
) -> tuple[TextEvent, ...]:
    return tuple(TextEvent(tick=ticks(at), text=text) for at, text in found)


def _notices(
    score: Score, content: Content, ticks: Callable[[Fraction], int]
) -> Iterator[Notice]:
    for code, message, place in content.remarks:
        bar_beat = None if place is None else score.bar_beat(ticks(place))
        yield Notice(code=code, message=message, place=bar_beat)
    left_out = [what for what, count in sorted(content.left_out.items()) if count]
    if left_out:
        message = f"not kept, for a score has no place for them: {', '.join(left_out)}"
        yield Notice(code="left-out", message=message)
    starts = {0, *score.bar_starts(score.end + 1)}
    uneven = [at for at in map(ticks, content.bar_starts) if at not in starts]
    if uneven and uneven[0] < score.end:
        yield Notice(
            code="uneven-bars",
            message="a bar of the file begins here, inside a bar as the metre counts; "
            "bars are counted by the metre",
            place=score.bar_beat(uneven[0]),
        )
