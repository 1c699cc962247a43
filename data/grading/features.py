"""What the grading function counts in a piece: nine histograms.

Counting only; how far the counts are from Bach's is in `musegen.data.grading.grade`.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from musegen.data.grading.chord_types import chord_type
from musegen.data.grading.keys import Key
from musegen.data.grading.lines import (
    SIXTEENTHS_PER_QUARTER,
    FourParts,
    Line,
    LineNote,
)
from musegen.data.grading.repeats import repeated_fragments
from musegen.data.spelling import Spelling

FIFTHS, OCTAVES = "fifths", "octaves"
REST = "Rest"
_HOLD = "_"
_FIRST_SYMBOL = 0x100  # any code above that of the hold

_LETTERS = "CDEFGAB"
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)  # semitones of the major and perfect intervals
_PERFECT = (0, 3, 4)  # letters apart, octaves aside: unison, fourth, fifth
_ALTERED = {-2: "double-flat", -1: "flat", 1: "sharp", 2: "double-sharp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted in a piece.

    Args:
        is_minor: Mode of the key.
        num_notes: Notes of all voices.
        note: Scale degrees (`1`, `4 sharp`, `Rest`), in sixteenths.
        rhythm: Durations of notes and rests in quarter notes.
        parallel: `fifths` and `octaves`.
        harmonic: Types of sonorities.
        intervals: For each voice the melodic intervals (`M-2`, `P1`).
        repeated: Lengths of repeated fragments in sixteenths.
    """

    is_minor: bool
    num_notes: int
    note: Mapping[str, float]
    rhythm: Mapping[float, float]
    parallel: Mapping[str, float]
    harmonic: Mapping[str, float]
    intervals: tuple[Mapping[str, float], ...]
    repeated: Mapping[int, float]


def count_features(parts: FourParts, *, key: Key) -> Counts:
    """Count the nine features of a piece.

    Args:
        parts: Four lines whose notes are all spelled.
        key: Of the piece; its mode and the names of its scale matter.

    Source:
        Fang, Liu, Seetharaman and Pardo, "Bach or Mock?", 2020. Differs in that a note
        sounding across a bar line is one sonority, not two.
    """
    lines = parts.lines
    return Counts(
        is_minor=key.is_minor,
        num_notes=sum(len(_spelled(line)) for line in lines),
        note=_degree_counts(parts, key),
        rhythm=Counter(
            note.duration / parts.ticks_per_quarter for line in lines for note in line
        ),
        parallel=_parallel_counts(lines),
        harmonic=Counter(chord_type(chord) for chord in _sonorities(lines)),
        intervals=tuple(_interval_counts(line, parts.bar_starts) for line in lines),
        repeated=_repeat_counts(parts),
    )


def _spelled(line: Line) -> list[Spelling]:
    """The written pitches of a line, rests left out."""
    return [note.spelling for note in line if note.spelling is not None]


def _sixteenths(note: LineNote, ticks_per_quarter: int) -> int:
    """Whole sixteenths of a note."""
    return note.duration * SIXTEENTHS_PER_QUARTER // ticks_per_quarter


def _degree_counts(parts: FourParts, key: Key) -> Counter[str]:
    degrees = {
        step: (degree, alter) for degree, (step, alter) in enumerate(key.scale, 1)
    }
    counts: Counter[str] = Counter()
    for note in (note for line in parts.lines for note in line):
        name = REST
        if note.spelling is not None:
            degree, alter = degrees[note.spelling.step]
            shift = note.spelling.alter - alter
            name = f"{degree} {_ALTERED.get(shift, shift)}" if shift else str(degree)
        counts[name] += _sixteenths(note, parts.ticks_per_quarter)
    return counts


def _interval_counts(line: Line, bar_starts: Sequence[int]) -> Counter[str]:
    """Intervals between adjoining notes of a line, but for one.

    Source: the published program takes the intervals in order of where in its bar the
    first note ends, and begins with the second of them; recorded figures agree only so.
    Without bars that is the first interval of the line.
    """
    names: list[str] = []
    ends_in_bar: list[int] = []
    for first, second in pairwise(line):
        if first.spelling is not None and second.spelling is not None:
            names.append(interval_name(first.spelling, second.spelling))
            bar = bisect.bisect_right(bar_starts, first.onset) - 1
            ends_in_bar.append(first.end - (bar_starts[bar] if bar >= 0 else 0))
    if names:
        del names[ends_in_bar.index(min(ends_in_bar))]
    return Counter(names)


def _parallel_counts(lines: Sequence[Line]) -> dict[str, float]:
    """Moves of two voices from a perfect interval into the same one.

    The upper voice's two notes adjoin, and the lower one begins a note with the second
    of them that adjoins the one before. The direction does not matter.

    Source: with a unison and an octave for the same interval, the 351 engraved chorales
    have the published 96 fifths and 33 octaves; kept apart, 24 octaves.
    """
    counts = {FIFTHS: 0.0, OCTAVES: 0.0}
    for upper, lower in combinations(lines, 2):
        moves = {second.onset: (first, second) for first, second in _moves(lower)}
        for high, next_high in _moves(upper):
            if next_high.onset not in moves:
                continue
            low, next_low = moves[next_high.onset]
            kind = _perfect(high.spelling, low.spelling)
            if kind and kind == _perfect(next_high.spelling, next_low.spelling):
                counts[kind] += 1
    return counts


def _moves(line: Line) -> Iterator[tuple[LineNote, LineNote]]:
    """Adjoining notes of different pitch."""
    for first, second in pairwise(line):
        is_sounding = first.spelling is not None and second.spelling is not None
        if is_sounding and first.pitch != second.pitch and first.end == second.onset:
            yield first, second


def _perfect(upper: Spelling | None, lower: Spelling | None) -> str:
    """The kind of a perfect fifth or octave in any octave, else empty."""
    if upper is None or lower is None:
        return ""
    semitones = abs(upper.pitch - lower.pitch) % 12
    if semitones not in (0, 7):
        return ""
    letters = abs(_letter_number(upper) - _letter_number(lower)) % 7
    if semitones:
        return FIFTHS if letters == 4 else ""
    return "" if letters else OCTAVES


def _sonorities(lines: Sequence[Line]) -> Iterator[tuple[Spelling, ...]]:
    """What sounds, from low to high, anew whenever a voice begins or ends a note."""
    ticks = sorted(
        {tick for line in lines for note in line for tick in (note.onset, note.end)}
    )
    places = [0] * len(lines)
    for tick in ticks[:-1]:
        sounding = set()
        for voice, line in enumerate(lines):
            while places[voice] < len(line) and line[places[voice]].end <= tick:
                places[voice] += 1
            if places[voice] == len(line) or line[places[voice]].onset > tick:
                continue
            spelling = line[places[voice]].spelling
            if spelling is not None:
                sounding.add(spelling)
        if sounding:
            yield tuple(sorted(sounding, key=_height))


def _height(spelling: Spelling) -> tuple[int, int]:
    return spelling.pitch, _letter_number(spelling)


def _letter_number(spelling: Spelling) -> int:
    """Letters counted through the octaves: neighbours are one apart."""
    return _LETTERS.index(spelling.step) + 7 * spelling.octave


@lru_cache(maxsize=65536)
def interval_name(first: Spelling, second: Spelling) -> str:
    """Return a melodic interval, such as `M-2` for a major second down.

    Args:
        first: The earlier note.
        second: The later note.

    Returns:
        Quality (P, M, m, A, d, doubled where it has to be), a minus sign for an
        interval down, and the number; a unison is never down (`d1`).
    """
    letters = _letter_number(second) - _letter_number(first)
    semitones = second.pitch - first.pitch
    sign = ""
    if letters < 0:
        letters, semitones, sign = -letters, -semitones, "-"
    octaves, step = divmod(letters, 7)
    excess = semitones - 12 * octaves - _MAJOR_SCALE[step]
    is_perfect = step in _PERFECT
    if excess > 0:
        quality = "A" * excess
    elif excess == 0:
        quality = "P" if is_perfect else "M"
    elif is_perfect:
        quality = "d" * -excess
    else:
        quality = "m" if excess == -1 else "d" * (-excess - 1)
    return f"{quality}{sign}{letters + 1}"


def _repeat_counts(parts: FourParts) -> Counter[int]:
    """Occurrences of repeated fragments by length; one of two voices counts once."""
    signs: dict[Spelling | None, str] = {}
    fragments: dict[str, int] = {}
    for line in parts.lines:
        symbols, onsets = "", []
        for note in line:
            sign = signs.setdefault(note.spelling, chr(_FIRST_SYMBOL + len(signs)))
            onsets.append(len(symbols))
            length = max(1, _sixteenths(note, parts.ticks_per_quarter))
            symbols += sign + _HOLD * (length - 1)
        fragments |= repeated_fragments(symbols, onsets)
    counts: Counter[int] = Counter()
    for fragment, occurrences in fragments.items():
        counts[len(fragment)] += occurrences
    return counts
