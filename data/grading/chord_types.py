"""Naming the type of a chord from its written pitches: a root in thirds, then a list.

For the harmonic grade only, and so as the toolkit names chords on which the published
histograms were counted. Not a harmonic analysis: it sees one sonority at a time.
"""

from __future__ import annotations

from functools import lru_cache

from musegen.data.spelling import Spelling

UNIDENTIFIABLE = "unidentifiable"
PEDAL = "pedal"

_LETTERS = "CDEFGAB"
# (degree, semitones above the root) of each type, the root left out.
_TYPES: dict[str, tuple[tuple[int, int], ...]] = {
    "major": ((3, 4), (5, 7)),
    "minor": ((3, 3), (5, 7)),
    "augmented": ((3, 4), (5, 8)),
    "diminished": ((3, 3), (5, 6)),
    "dominant-seventh": ((3, 4), (5, 7), (7, 10)),
    "major-seventh": ((3, 4), (5, 7), (7, 11)),
    "minor-major-seventh": ((3, 3), (5, 7), (7, 11)),
    "minor-seventh": ((3, 3), (5, 7), (7, 10)),
    "augmented-major seventh": ((3, 4), (5, 8), (7, 11)),
    "augmented-seventh": ((3, 4), (5, 8), (7, 10)),
    "half-diminished-seventh": ((3, 3), (5, 6), (7, 10)),
    "diminished-seventh": ((3, 3), (5, 6), (7, 9)),
    "seventh-flat-five": ((3, 4), (5, 6), (7, 10)),
    "major-sixth": ((3, 4), (5, 7), (6, 9)),
    "minor-sixth": ((3, 3), (5, 7), (6, 9)),
    "suspended-second": ((2, 2), (5, 7)),
    "suspended-fourth": ((4, 5), (5, 7)),
    "suspended-fourth-seventh": ((4, 5), (5, 7), (7, 10)),
    "Neapolitan": ((2, 1), (3, 4), (5, 6)),
    "Italian": ((4, 6), (6, 8)),
    "French": ((2, 2), (4, 6), (6, 8)),
    "German": ((3, 3), (4, 6), (6, 8)),
    "power": ((5, 7),),
}
# The same by semitones alone: a chord stacked in thirds by its letters is looked up so,
# whatever the letters of the type (E, G flat and B are the semitones of a second).
_STACKED = {
    tuple(semitones for _, semitones in degrees): name
    for name, degrees in _TYPES.items()
    if len(degrees) > 1
}
# Semitones of third, fifth, seventh and ninth.
_NINTHS = {
    (4, 7, 11, 2): "major-ninth",
    (4, 7, 10, 2): "dominant-ninth",
    (3, 7, 11, 2): "minor-major-ninth",
    (3, 7, 10, 2): "minor-ninth",
    (4, 8, 11, 2): "augmented-major-ninth",
    (4, 8, 10, 2): "augmented-dominant-ninth",
    (3, 6, 10, 2): "half-diminished-ninth",
    (3, 6, 10, 1): "half-diminished-minor-ninth",
    (3, 6, 9, 2): "diminished-ninth",
    (3, 6, 9, 1): "diminished-minor-ninth",
}
# What a note earns as a root for having a third, fifth, seventh, second, fourth or
# sixth above it: 1/6, 1/7 ... 1/11.
_ROOT_STEPS = (2, 4, 6, 1, 3, 5)


@lru_cache(maxsize=65536)
def chord_type(pitches: tuple[Spelling, ...]) -> str:
    """Return the name of a sonority's type.

    Args:
        pitches: Written pitches from low to high, none twice, at least one.

    Returns:
        Such as `major` or `dominant-seventh`; `pedal` for one pitch and
        `unidentifiable` where nothing fits.

    Source:
        Behaviour of the chord symbols of music21, which the grading function of Fang et
        al. counts; compared with it in the tests. Left out: chords of eleven and
        thirteen, which four voices cannot make. Written `augmented-major seventh`, with
        a space, as in the published histograms.
    """
    if len(pitches) == 1:
        return PEDAL
    root = _root(pitches)
    degrees = _degrees(pitches, root)
    names = {(pitch.step, pitch.alter) for pitch in pitches}
    found = _stacked(degrees, len(names)) or _contained(degrees)
    if found == "suspended-second" and pitches[0].step != root.step:
        return "suspended-fourth"  # its inversion
    return found


def _root(pitches: tuple[Spelling, ...]) -> Spelling:
    """The note over which the others lie in thirds, else the one with most above it."""
    firsts: dict[int, Spelling] = {}
    for pitch in pitches:
        firsts.setdefault(_LETTERS.index(pitch.step), pitch)
    letters = sorted(firsts)
    for start in letters:
        if all((start + 2 * place) % 7 in firsts for place in range(len(letters))):
            return firsts[start]
    scores = {
        letter: sum(
            1 / (rank + 6)
            for rank, step in enumerate(_ROOT_STEPS)
            if (letter + step) % 7 in firsts
        )
        for letter in firsts
    }
    return firsts[max(firsts, key=lambda letter: scores[letter])]


def _degrees(pitches: tuple[Spelling, ...], root: Spelling) -> dict[int, int]:
    """Semitones above the root of the first second, third ... seventh from below."""
    degrees: dict[int, int] = {}
    for pitch in pitches:
        distance = (_LETTERS.index(pitch.step) - _LETTERS.index(root.step)) % 7 + 1
        degrees.setdefault(distance, (pitch.pitch - root.pitch) % 12)
    return degrees


def _stacked(degrees: dict[int, int], num_names: int) -> str:
    """The type of a chord in plain thirds, empty where it is none."""
    third, fifth, seventh = degrees.get(3), degrees.get(5), degrees.get(7)
    found = ""
    if third is not None and fifth is not None:
        if num_names == 3:
            found = _STACKED.get((third, fifth), "")
        elif num_names == 4 and seventh is not None:
            found = _STACKED.get((third, fifth, seventh), "")
    if degrees.get(2) and not degrees.get(4) and not degrees.get(6):
        for ninth, name in _NINTHS.items():
            may_lack_fifth = fifth is None and ninth[1] == 7
            if (third, 7 if may_lack_fifth else fifth, seventh, degrees[2]) == ninth:
                return name
    return found


def _contained(degrees: dict[int, int]) -> str:
    """The longest type whose degrees are all there, the first of equals."""
    found, length = UNIDENTIFIABLE, 0
    for name, wanted in _TYPES.items():
        if len(wanted) > length and degrees.items() >= frozenset(wanted):
            found, length = name, len(wanted)
    return found
