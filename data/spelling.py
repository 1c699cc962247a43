"""Names for pitches: which letter and accidental a MIDI number has in a key.

For notation and for messages to people. Not for harmony: the rule looks at the key
alone, never at the chord or at the next note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The line of fifths: position 0 is C, one step up is a fifth up (F -1, C 0, G 1 ... B
# 5, F# 6).
_LETTERS_BY_FIFTHS = "FCGDAEB"
_NATURAL_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}
_MAX_SHARPS = 7

# Positions relative to the key signature: the scale is -1 to 5, the raised leading tone
# of the minor key is 8.
_LOWEST_RELATIVE = -2
_LOWERED_THIRD = -3
_RAISED_SECOND = 9
_LEADING_TONE_OF_MINOR = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """A written pitch.

    Args:
        step: Letter, A to G.
        alter: Semitones from the natural letter, -2 (double flat) to 2 (double sharp).
        octave: Scientific octave; middle C is octave 4.
    """

    step: str
    alter: int
    octave: int

    def __str__(self) -> str:
        return f"{self.step}{_ACCIDENTALS[self.alter]}{self.octave}"

    @property
    def pitch(self) -> int:
        """MIDI number of the written pitch."""
        return 12 * (self.octave + 1) + _NATURAL_PITCH_CLASS[self.step] + self.alter


def spell(pitch: int, *, sharps: int = 0, is_minor: bool = False) -> Spelling:
    """Return the letter, accidental and octave of a pitch in a key.

    Notes of the scale are written as the key has them. Of the others, the raised
    fourth, first and fifth (which is the leading tone of the minor key) and the lowered
    seventh are written as such; the note between second and third is a lowered third in
    flat keys and a raised second elsewhere. Double accidentals are used for the leading
    tone of a minor key only.

    Args:
        pitch: MIDI number, 0 to 127.
        sharps: Key signature, -7 (seven flats) to 7 (seven sharps).
        is_minor: Whether the key is the minor one of that signature.

    Returns:
        The spelling; `.pitch` of it is `pitch` again.

    Source:
        Counted on the 408 chorales of music21's corpus (110 746 notes): outside the
        scale, raised 4, 1 and 5 and lowered 7 outnumber their enharmonic twins at least
        40 to 1, in flat keys too; raised 2 and lowered 3 stand 282 to 104.
    """
    position = sharps + _LOWEST_RELATIVE
    position += (pitch * 7 - position) % 12
    relative = position - sharps
    if relative == _RAISED_SECOND and sharps < 0:
        position += _LOWERED_THIRD - _RAISED_SECOND
    is_leading_tone = is_minor and relative == _LEADING_TONE_OF_MINOR
    if abs(_alter(position)) > 1 and not is_leading_tone:
        position += 12 if position < 0 else -12
    return _spelling_at(position, pitch)


def pitch_name(pitch: int, *, sharps: int = 0, is_minor: bool = False) -> str:
    """Return a pitch as musicians say it, such as `F#4` or `Bb3` (middle C is `C4`).

    Args:
        pitch: MIDI number, 0 to 127.
        sharps: Key signature, -7 to 7.
        is_minor: Whether the key is minor.
    """
    return str(spell(pitch, sharps=sharps, is_minor=is_minor))


def key_alter(step: str, *, sharps: int) -> int:
    """Return what a key signature does to a letter: -1 (flat), 0 or 1 (sharp).

    Args:
        step: Letter, A to G.
        sharps: Key signature, -7 to 7.
    """
    index = _LETTERS_BY_FIFTHS.index(step)
    if sharps > index:
        return 1
    return -1 if -sharps > 6 - index else 0


def estimate_sharps(pitches: Iterable[int] | Mapping[int, int]) -> int:
    """Return the key signature with the fewest notes outside its scale.

    Meant for spelling a score that gives no key; ties go to the fewest accidentals.

    Args:
        pitches: MIDI numbers, or a mapping from MIDI number to weight (a count, a
            duration).

    Returns:
        -6 to 6; 0 for no pitches.
    """
    weights = [0] * 12
    if isinstance(pitches, Mapping):
        for pitch, weight in pitches.items():
            weights[pitch % 12] += weight
    else:
        for pitch in pitches:
            weights[pitch % 12] += 1

    def outside(sharps: int) -> int:
        scale = {(position * 7) % 12 for position in range(sharps - 1, sharps + 6)}
        return sum(weights[c] for c in range(12) if c not in scale)

    return min(range(-6, 7), key=lambda sharps: (outside(sharps), abs(sharps), sharps))


def _alter(position: int) -> int:
    """Accidental of a position on the line of fifths."""
    return (position + 1) // 7


def _spelling_at(position: int, pitch: int) -> Spelling:
    """Write `pitch` with the letter of a position on the line of fifths."""
    step = _LETTERS_BY_FIFTHS[(position + 1) % 7]
    alter = _alter(position)
    octave = (pitch - alter - _NATURAL_PITCH_CLASS[step]) // 12 - 1
    return Spelling(step=step, alter=alter, octave=octave)
