"""Giving the notes of a grid letters and accidentals before they are graded.

Two ways: by the key that is found, so that a grade does not change with transposition,
and naively, as the published figures for rasters were made. For notation see
`musegen.data.spelling`, which takes the key from the file.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Literal, get_args

from musegen.data.errors import InputError
from musegen.data.grading.keys import Key, find_key
from musegen.data.grading.lines import FourParts, Line, LineNote
from musegen.data.spelling import Spelling

SpellingMethod = Literal["key-aware", "naive"]
SPELLING_METHODS: tuple[SpellingMethod, ...] = get_args(SpellingMethod)

# Names by pitch class, C first: flats only for E flat and B flat.
_NAIVE = (
    ("C", 0), ("C", 1), ("D", 0), ("E", -1), ("E", 0), ("F", 0),
    ("F", 1), ("G", 0), ("G", 1), ("A", 0), ("B", -1), ("B", 0),
)  # fmt: skip

# Outside the scale: (degree, semitones from it), the first that fits a pitch class.
_MAJOR_CHROMATIC = (
    (1, 1), (4, 1), (5, 1), (2, 1), (7, -1), (3, -1), (6, -1), (2, -1),
)  # fmt: skip
_MINOR_CHROMATIC = ((7, 1), (6, 1), (3, 1), (4, 1), (2, -1), (5, -1), (1, 1))


def parts_key(parts: FourParts) -> Key:
    """Return the key of all voices together, each note weighted by its length."""
    weights = [0.0] * 12
    for line in parts.lines:
        for note in line:
            if note.pitch is not None:
                weights[note.pitch % 12] += note.duration
    return find_key(weights)


def spell_parts(parts: FourParts, *, key: Key, method: SpellingMethod) -> FourParts:
    """Return the parts with every note spelled; what was spelled before is replaced.

    Args:
        parts: Four lines.
        key: What `parts_key` found; the naive way does not use it.
        method: `key-aware`: notes of the scale have its names; others are a raised 1,
            4, 5 or 2, or a lowered 7 in major, a raised 7, 6, 3 or 4, or a lowered 2 in
            minor. `naive`: sharps, but E flat and B flat.

    Raises:
        InputError: No such method.
    """
    if method not in SPELLING_METHODS:
        raise InputError(
            f"a spelling is one of {', '.join(SPELLING_METHODS)}; got {method!r}"
        )
    names = _key_names(key.tonic, key.is_minor) if method == "key-aware" else _NAIVE
    return replace(parts, lines=tuple(_spell_line(line, names) for line in parts.lines))


def _spell_line(line: Line, names: tuple[tuple[str, int], ...]) -> Line:
    spelled = []
    for note in line:
        pitch, spelling = note.pitch, None
        if pitch is not None:
            spelling = written_pitch(pitch, *names[pitch % 12])
        spelled.append(LineNote(note.onset, note.duration, pitch, spelling))
    return tuple(spelled)


@lru_cache(maxsize=4096)
def written_pitch(pitch: int, step: str, alter: int) -> Spelling:
    """Return a pitch written with a letter and accidental.

    Args:
        pitch: MIDI number.
        step: Letter, A to G.
        alter: Semitones from the natural letter, such that it is of the pitch's class.
    """
    lowest = Spelling(step=step, alter=alter, octave=-1)
    return replace(lowest, octave=(pitch - lowest.pitch) // 12 - 1)


@lru_cache(maxsize=24)
def _key_names(tonic: int, is_minor: bool) -> tuple[tuple[str, int], ...]:
    """Letter and accidental of the twelve pitch classes in a key, C first."""
    scale = Key(tonic=tonic, is_minor=is_minor).scale
    chromatic = _MINOR_CHROMATIC if is_minor else _MAJOR_CHROMATIC
    names: dict[int, tuple[str, int]] = {}
    for degree, shift in [*((degree, 0) for degree in range(1, 8)), *chromatic]:
        step, alter = scale[degree - 1]
        pitch = Spelling(step=step, alter=alter + shift, octave=4).pitch
        names.setdefault(pitch % 12, (step, alter + shift))
    return tuple(names[pitch_class] for pitch_class in range(12))
