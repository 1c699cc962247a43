"""Finding the melodic fragments that a voice repeats.

A voice is a row of symbols, one a sixteenth; see `musegen.data.grading.features` for
how it is made and what is done with the fragments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

_MIN_ONSETS = 2  # a fragment has at least so many notes


def repeated_fragments(symbols: str, onsets: Sequence[int]) -> dict[str, int]:
    """Return the repeated fragments of a voice and how often each occurs.

    A fragment starts with a note, holds at least two beginnings of notes and occurs
    twice or more, overlaps counted. One is left out where a longer one occurs as often:
    where a symbol to the right, or the note before, is the same at every occurrence.

    Args:
        symbols: One character a sixteenth; a note's first is its own, the others are
            one that no first character is.
        onsets: Where notes begin in it, ascending.

    Returns:
        Occurrences by fragment. Time grows with the square of the number of notes in
        the worst case (one figure throughout), nearly linearly in music.

    Source:
        The ninth feature of Fang et al. 2020; the notes in order of what follows them
        (a suffix array) take the place of a search through all fragments.
    """
    order = sorted(range(len(onsets)), key=lambda place: symbols[onsets[place] :])
    shared = [
        _common_prefix(symbols, onsets[first], onsets[second])
        for first, second in pairwise(order)
    ]
    before = [
        symbols[onsets[place - 1] : onsets[place]] if place else None
        for place in range(len(onsets))
    ]
    is_onset = bytearray(len(symbols))
    for onset in onsets:
        is_onset[onset] = 1
    found: dict[str, int] = {}
    for first, last, length in _blocks(shared):
        start = onsets[order[first]]
        if sum(is_onset[start : start + length]) < _MIN_ONSETS:
            continue
        previous = {before[place] for place in order[first : last + 1]}
        if len(previous) > 1 or None in previous:
            found[symbols[start : start + length]] = last - first + 1
    return found


def _common_prefix(symbols: str, first: int, second: int) -> int:
    """How many symbols from two places on are the same."""
    shortest, longest = 0, len(symbols) - max(first, second)
    while shortest < longest:  # halving, on slices: a voice may repeat all of itself
        length = (shortest + longest + 1) // 2
        if symbols.startswith(symbols[first : first + length], second):
            shortest = length
        else:
            longest = length - 1
    return shortest


def _blocks(shared: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (first, last, length) of every run of places that share just `length`.

    Args:
        shared: Common beginning of each place and the next, in sorted order.
    """
    open_blocks: list[tuple[int, int]] = []  # (first place, length), lengths ascending
    for place, length in enumerate([*shared, 0]):
        first = place
        while open_blocks and open_blocks[-1][1] > length:
            first, ended = open_blocks.pop()
            yield first, place, ended
        if length and (not open_blocks or open_blocks[-1][1] < length):
            open_blocks.append((first, length))
