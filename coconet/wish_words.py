"""Words for what users ask of every result: `alto@3:2=F#4`, `4:1=Am`, `tenor=C3..G4`.

Only the reading; what is meant by it is in `musegen.coconet.wishes`.
"""

from __future__ import annotations

import re

from musegen.coconet.given import parse_voice
from musegen.coconet.score_planes import parse_place
from musegen.coconet.wishes import ChordWish, Pin, RangeWish
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERS = {"": 0, "#": 1, "##": 2, "b": -1, "bb": -2}
_CHORDS = {
    "": (0, 4, 7),
    "maj": (0, 4, 7),
    "m": (0, 3, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
}


def parse_pin(text: str) -> Pin:
    """Read `alto@3:2=F#4`, or `alto@3:2=rest`.

    Raises:
        UsageError: It is not of this form.
    """
    where, equals, pitch = text.partition("=")
    voice, at, place = where.partition("@")
    if not (equals and at):
        raise UsageError(
            f"--pin {text}: write voice, place and pitch, as in alto@3:2=F#4"
        )
    is_rest = pitch.strip().lower() == "rest"
    return Pin(
        voice=parse_voice(voice),
        place=parse_place(place),
        pitch=None if is_rest else parse_pitch(pitch),
    )


def parse_chord_wish(text: str) -> ChordWish:
    """Read `4:1=Am`, `4:3=D7` or `5:1=G/B`.

    Raises:
        UsageError: It is not of this form.
    """
    place, equals, name = text.partition("=")
    if not equals:
        raise UsageError(f"--chord {text}: write place and chord, as in 4:1=Am")
    chord, slash, bass = name.strip().partition("/")
    match = re.fullmatch(r"([A-G])(##|#|bb|b)?(.*)", chord)
    intervals = None if match is None else _CHORDS.get(match[3])
    if match is None or intervals is None:
        raise UsageError(
            f"'{name.strip()}' is no chord that is known: write a root and one of "
            f"{', '.join(kind for kind in _CHORDS if kind)} or nothing, as in Am, "
            "F#dim or G/B"
        )
    root = _pitch_class(match[1], match[2])
    return ChordWish(
        place=parse_place(place),
        pitch_classes=tuple((root + interval) % 12 for interval in intervals),
        bass=parse_pitch_class(bass) if slash else None,
        name=name.strip(),
    )


def parse_range(text: str, *, option: str = "--range") -> RangeWish:
    """Read `tenor=C3..G4`.

    Args:
        text: As typed.
        option: Named in messages.

    Raises:
        UsageError: It is not of this form, or goes downwards.
    """
    voice, equals, span = text.partition("=")
    low, dots, high = span.partition("..")
    if not (equals and dots):
        raise UsageError(
            f"{option} {text}: write voice, lowest and highest pitch, as in "
            "tenor=C3..G4"
        )
    wish = RangeWish(
        voice=parse_voice(voice), lowest=parse_pitch(low), highest=parse_pitch(high)
    )
    if wish.lowest > wish.highest:
        raise UsageError(f"{option} {text}: the lower pitch comes first, as in C3..G4")
    return wish


def parse_pitch(text: str) -> int:
    """Read `F#4` or a MIDI number; middle C is C4, or 60.

    Raises:
        UsageError: It is no pitch.
    """
    word = text.strip()
    match = re.fullmatch(r"([A-Ga-g])(##|#|bb|b)?(-?\d{1,2})", word)
    pitch = -1
    if match is not None:
        natural = _NATURALS[match[1].upper()] + _ALTERS[match[2] or ""]
        pitch = natural + 12 * (int(match[3]) + 1)
    elif re.fullmatch(r"\d{1,3}", word):
        pitch = int(word)
    if not 0 <= pitch <= 127:
        raise UsageError(
            f"'{word}' is no pitch: write a name such as F#4 (middle C is C4), or a "
            "MIDI number from 0 to 127"
        )
    return pitch


def parse_pitch_class(text: str) -> int:
    """Read `F#` as 6; C is 0.

    Raises:
        UsageError: It is no name of a note.
    """
    match = re.fullmatch(r"\s*([A-G])(##|#|bb|b)?\s*", text)
    if match is None:
        raise UsageError(f"'{text.strip()}' is no note: write A to G, with # or b")
    return _pitch_class(match[1], match[2])


def parse_key(text: str) -> Key:
    """Read `G`, `Em`, `Bb major`, `c# minor`.

    Raises:
        UsageError: It is no key.
    """
    match = re.fullmatch(
        r"\s*([A-Ga-g])(#|b)?\s*(m|min|minor|maj|major)?\s*", text, re.ASCII
    )
    if match is None:
        raise UsageError(
            f"'{text.strip()}' is no key: write G, Em, Bb, F#m, 'C minor' or the like"
        )
    mode = match[3] or ""
    return Key(
        tonic=_pitch_class(match[1].upper(), match[2]),
        is_minor=mode.startswith("m") and not mode.startswith("maj"),
    )


def _pitch_class(letter: str, accidental: str | None) -> int:
    return (_NATURALS[letter] + _ALTERS[accidental or ""]) % 12
