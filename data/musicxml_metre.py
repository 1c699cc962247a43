"""Metre as a reader sees it: pulses, beats, and where to split a length to show them.

Places and lengths are quarters from the beginning of the full bar. Knows nothing of
notes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from musegen.data.score import TimeSignature

# Name of each value by its length as a power of two of a quarter.
_TYPES = {
    -8: "1024th",
    -7: "512th",
    -6: "256th",
    -5: "128th",
    -4: "64th",
    -3: "32nd",
    -2: "16th",
    -1: "eighth",
    0: "quarter",
    1: "half",
    2: "whole",
    3: "breve",
    4: "long",
    5: "maxima",
}
_FINEST_LEVEL = Fraction(1, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Pulses of a metre: multiples of `spacing`, or `points` where groups are unequal.

    Args:
        spacing: Distance of the pulses in quarters (the whole bar where `points` are
            given).
        points: The pulses inside a bar, where they are not evenly spaced.
        is_strict: No value may cross such a pulse unless it starts and ends on one.
    """

    spacing: Fraction
    points: tuple[Fraction, ...] = ()
    is_strict: bool = False

    def holds(self, place: Fraction) -> bool:
        """Return whether a pulse falls on `place`."""
        return place in self.points or place % self.spacing == 0

    def inside(self, start: Fraction, end: Fraction) -> list[Fraction]:
        """Return the first and the last pulse strictly between two places."""
        if self.points:
            return [point for point in self.points if start < point < end]
        first = (math.floor(start / self.spacing) + 1) * self.spacing
        last = (math.ceil(end / self.spacing) - 1) * self.spacing
        if first > last:
            return []
        return [first] if first == last else [first, last]


def beat_group(place: Fraction, signature: TimeSignature) -> int:
    """Return the number of the beat that holds a place: notes of one beat share a beam.

    A beat is a dotted value in compound metres, a group in 5/8 and 7/8, else at least a
    quarter.
    """
    unit, beat = unit_and_beat(signature)
    if beat > unit:
        return math.floor(place / beat)
    first = levels(signature)[0]
    if first.points and unit < 1:
        return sum(point <= place for point in first.points)
    return math.floor(place / max(unit, Fraction(1)))


def unit_and_beat(signature: TimeSignature) -> tuple[Fraction, Fraction]:
    """Return the metre's denominator, and the felt beat (three in compound metres)."""
    unit = Fraction(4, signature.denominator)
    is_compound = signature.numerator % 3 == 0 and (
        signature.numerator > 3 or signature.denominator >= 8
    )
    return unit, 3 * unit if is_compound else unit


@lru_cache(maxsize=64)
def levels(signature: TimeSignature) -> tuple[Level, ...]:
    """Return the pulses of a metre from the strongest to the finest.

    Args:
        signature: Any metre. Five and more uneven units are grouped from the left in
            threes and
            twos: 3 + 2, 3 + 2 + 2.
    """
    unit, beat = unit_and_beat(signature)
    numerator = signature.numerator
    result: list[Level] = []
    if beat > unit:
        if numerator % 6 == 0 and numerator > 6:
            result.append(Level(spacing=2 * beat, is_strict=True))
        result.append(Level(spacing=beat, is_strict=True))
    elif numerator > 3 and numerator % 2 == 0:
        result.append(Level(spacing=numerator * unit / 2))
    elif numerator > 3:
        points = tuple(Fraction(n) * unit for n in range(3, numerator, 2))
        result.append(Level(spacing=numerator * unit, points=points))
    return (*result, *binary_levels(unit))


def binary_levels(unit: Fraction) -> tuple[Level, ...]:
    """Return `unit` and its halves as levels, down to a 1024th note."""
    result: list[Level] = []
    while unit >= _FINEST_LEVEL:
        result.append(Level(spacing=unit))
        unit /= 2
    return tuple(result)


def note_value(length: Fraction) -> tuple[str, int] | None:
    """Return the type and the number of dots (0 or 1) of a length in quarters.

    Returns:
        None where no single value has that length.
    """
    for dots, factor in ((0, Fraction(1)), (1, Fraction(2, 3))):
        plain = length * factor
        power = _floor_log2(plain)
        if plain == Fraction(2) ** power and power in _TYPES:
            return _TYPES[power], dots
    return None


def nearest_type(length: Fraction) -> str:
    """Return the name of the longest plain value that is not longer than `length`."""
    return _TYPES[min(max(_floor_log2(length), min(_TYPES)), max(_TYPES))]


def odd_part(place: Fraction) -> int:
    """Return the odd factor of the denominator: 1 on binary places, 3 in triplets."""
    denominator = place.denominator
    return denominator // (denominator & -denominator)


def split_by_metre(
    start: Fraction, end: Fraction, pulses: Sequence[Level], *, is_rest: bool
) -> Iterator[tuple[Fraction, Fraction]]:
    """Cut [start, end) into lengths from which a reader sees the beats.

    A value may cross a pulse if it starts and ends on pulses of that strength, or, for
    notes, if it is a plain syncopation: on the next finer pulse and across no other
    strong one.

    Args:
        start: First place.
        end: Place after the last.
        pulses: The metre, strongest first (`levels`).
        is_rest: Rests are never syncopated.

    Yields:
        Pairs that follow one another from `start` to `end`.
    """
    strongest = next((i for i, p in enumerate(pulses) if p.inside(start, end)), None)
    if strongest is None:
        yield start, end
        return
    level = pulses[strongest]
    finer = pulses[strongest + 1] if strongest + 1 < len(pulses) else None
    inside = level.inside(start, end)
    is_syncopation = (
        not is_rest
        and not level.is_strict
        and len(inside) == 1
        and finer is not None
        and finer.holds(start)
        and finer.holds(end)
    )
    is_aligned = level.holds(start) and level.holds(end)
    if (is_aligned or is_syncopation) and note_value(end - start) is not None:
        yield start, end
        return
    cut = inside[-1] if level.holds(start) else inside[0]
    yield from split_by_metre(start, cut, pulses, is_rest=is_rest)
    yield from split_by_metre(cut, end, pulses, is_rest=is_rest)


def _floor_log2(value: Fraction) -> int:
    power = value.numerator.bit_length() - value.denominator.bit_length()
    return power if Fraction(2) ** power <= value else power - 1
