"""Melodies out of abc notation: pitches and lengths, nothing else.

Enough for the tune books of music21's corpus, many times faster than music21 itself.
Repeats are not played; both endings are, one after the other. Grace notes, words,
chord symbols and ornaments are left out; of a chord the last note is kept. Not a
general reader of abc.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from musegen.data.errors import FileFormatError

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MIDDLE_C = 60
_FIFTHS = {letter: place - 1 for place, letter in enumerate("FCGDAEB")}
_MODES = {"": 0, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3}
_MODES |= {"aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
_ACCIDENTALS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_TUPLETS = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}
_TOKEN = re.compile(
    r"""(?P<skip>"[^"]*"|![^!\s]*!|\{[^}]*\}|%[^\n]*|\+[a-zA-Z]+\+)
      |\[(?P<field>[A-Za-z]):(?P<value>[^\]]*)\]
      |\((?P<tuplet>[2-9])(?::\d?)?(?::(?P<span>\d)?)?
      |(?P<accidental>\^\^|__|[\^_=])?(?P<letter>[A-Ga-gzxZ])(?P<octave>[,']*)
       (?P<times>\d*)(?P<slashes>/*)(?P<over>\d*)
      |(?P<chord>\[(?=[\^_=]*[A-Ga-g]))|(?P<chord_end>\](?!\|))
      |(?P<bar>\|)|(?P<broken>>+|<+)|(?P<tie>-)""",
    re.VERBOSE,
)
_FIELD_LINE = re.compile(r"^([A-Za-z]):(.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcNote:
    """One note; times in quarters, exact."""

    pitch: int
    onset: Fraction
    duration: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcTune:
    """A melody: its number and title in the book, and its notes in order."""

    number: str
    title: str
    notes: tuple[AbcNote, ...]


def split_book(text: str) -> tuple[str, ...]:
    """Return the tunes of a book, as text, each from its line `X:` on."""
    parts = re.split(r"(?m)^(?=X:)", text)
    return tuple(part for part in parts if part.startswith("X:"))


def read_tune(text: str) -> AbcTune:
    """Read one tune.

    Args:
        text: What `split_book` returns.

    Raises:
        FileFormatError: There is no key, or a field cannot be understood.
    """
    fields: dict[str, str] = {}
    lines = text.splitlines()
    body_from = len(lines)
    for index, line in enumerate(lines):
        found = _FIELD_LINE.match(line)
        if found:
            fields.setdefault(found[1], found[2].split("%")[0].strip())
            if found[1] == "K":
                body_from = index + 1
                break
    number = fields.get("X", "")
    if "K" not in fields:
        raise FileFormatError(f"tune {number} of an abc book has no key (K:)")
    reader = _Reader(unit=_unit(fields), sharps=key_sharps(fields["K"]))
    for line in lines[body_from:]:
        found = _FIELD_LINE.match(line)
        if found:
            reader.read_field(found[1], found[2])
        else:
            reader.read_line(line)
    return AbcTune(
        number=number, title=fields.get("T", ""), notes=tuple(reader.melody())
    )


def key_sharps(text: str) -> int:
    """Return the sharps (flats below 0) of a key such as `Em`, `A Mixolydian`, `Bb`.

    What is not a key, such as a bagpipe's, counts as none.

    >>> key_sharps("A Mixolydian")
    2
    """
    found = re.match(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)", text)
    if found is None:
        return 0
    mode = found[3][:3].lower()
    sharps = _FIFTHS[found[1]] + {"#": 7, "b": -7, "": 0}[found[2]]
    return sharps + _MODES.get(mode, 0)


def _unit(fields: dict[str, str]) -> Fraction:
    """Return the unit length L in quarters; by the metre where it is not told."""
    told = re.match(r"(\d+)/(\d+)", fields.get("L", ""))
    if told:
        return 4 * Fraction(int(told[1]), int(told[2]))
    metre = re.match(r"(\d+)/(\d+)", fields.get("M", ""))
    is_short = metre is not None and int(metre[1]) / int(metre[2]) < 0.75
    return Fraction(1, 4) if is_short else Fraction(1, 2)


class _Reader:
    """Reads the lines of one tune, one after the other."""

    def __init__(self, *, unit: Fraction, sharps: int) -> None:
        self._unit = unit
        self._sharps = sharps
        self._in_bar: dict[str, int] = {}
        self._events: list[tuple[int | None, Fraction]] = []  # None is a rest
        self._ties: set[int] = set()  # events held over into the next
        self._tuplet = Fraction(1)
        self._tuplet_left = 0
        self._broken = Fraction(1)
        self._chord: list[tuple[int | None, Fraction]] | None = None

    def read_field(self, name: str, value: str) -> None:
        if name == "K":
            self._sharps = key_sharps(value)
        elif name == "L":
            self._unit = _unit({"L": value})

    def read_line(self, line: str) -> None:
        for token in _TOKEN.finditer(line):
            if token["letter"]:
                self._add(token)
            elif token["field"]:
                self.read_field(token["field"], token["value"])
            elif token["tuplet"]:
                size = int(token["tuplet"])
                self._tuplet = Fraction(_TUPLETS[size], size)
                self._tuplet_left = int(token["span"] or size)
            elif token["bar"]:
                self._in_bar = {}
            elif token["broken"]:
                self._break(token["broken"])
            elif token["tie"] and self._events:
                self._ties.add(len(self._events) - 1)
            elif token["chord"]:
                self._chord = []
            elif token["chord_end"] and self._chord is not None:
                chord, self._chord = self._chord, None
                self._append(*chord[-1])

    def _add(self, token: re.Match[str]) -> None:
        length = Fraction(int(token["times"] or 1))
        if token["slashes"]:
            length /= int(token["over"] or 2 ** len(token["slashes"]))
        pitch = None if token["letter"] in "zxZ" else self._pitch(token)
        if self._chord is not None:
            self._chord.append((pitch, length * self._unit))
        else:
            self._append(pitch, length * self._unit)

    def _append(self, pitch: int | None, length: Fraction) -> None:
        if self._tuplet_left > 0:
            length *= self._tuplet
            self._tuplet_left -= 1
        self._events.append((pitch, length * self._broken))
        self._broken = Fraction(1)

    def _pitch(self, token: re.Match[str]) -> int:
        letter = token["letter"]
        octave = 12 * (letter.islower() + token["octave"].count("'"))
        octave -= 12 * token["octave"].count(",")
        if token["accidental"]:
            self._in_bar[letter + token["octave"]] = _ACCIDENTALS[token["accidental"]]
        alteration = self._in_bar.get(letter + token["octave"])
        if alteration is None:
            alteration = self._key_alteration(letter.upper())
        return _MIDDLE_C + _LETTERS[letter.upper()] + octave + alteration

    def _key_alteration(self, letter: str) -> int:
        place = _FIFTHS[letter] + 1  # F is 0, B is 6
        if self._sharps > 0:
            return (self._sharps + 6 - place) // 7
        return -((-self._sharps + place) // 7)

    def _break(self, signs: str) -> None:
        """Lengthen one neighbour of `>` or `<` by what the other loses."""
        if not self._events:
            return
        short = Fraction(1, 2 ** len(signs))
        pitch, length = self._events[-1]
        is_long_first = signs[0] == ">"
        self._events[-1] = (pitch, length * (2 - short if is_long_first else short))
        self._broken = short if is_long_first else 2 - short

    def melody(self) -> list[AbcNote]:
        """Return the notes so far, tied ones joined."""
        notes: list[AbcNote] = []
        onset = Fraction(0)
        is_held = False
        for index, (pitch, length) in enumerate(self._events):
            if is_held and notes and pitch == notes[-1].pitch:
                length += notes.pop().duration
                onset -= length - self._events[index][1]
            if pitch is not None and length > 0:
                notes.append(AbcNote(pitch=pitch, onset=onset, duration=length))
            onset += length
            is_held = index in self._ties
        return notes
