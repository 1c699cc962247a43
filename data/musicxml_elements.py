"""MusicXML elements: notes, rests, attributes and directions of one part.

Each function returns elements; where they stand in a measure is decided by
`musegen.data.musicxml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree as ET

from musegen.data.musicxml_metre import unit_and_beat
from musegen.data.musicxml_notation import Symbol
from musegen.data.score import KeySignature, Tempo, TimeSignature
from musegen.data.spelling import Spelling

# MusicXML 4.0, attribute `dynamics`: a note-on velocity as a percentage of 90.
_FORTE_VELOCITY = 90
_ACCIDENTAL_NAMES = {
    -2: "flat-flat",
    -1: "flat",
    0: "natural",
    1: "sharp",
    2: "double-sharp",
}
_BEAT_UNITS = {
    Fraction(1, 2): "eighth",
    Fraction(1): "quarter",
    Fraction(2): "half",
    Fraction(4): "whole",
}
# Characters that XML 1.0 cannot hold.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Lines of a percussion staff for the drums of General MIDI; the others stand on the
# middle line. Places as most drum books have them.
_MIDDLE_LINE = ("B", 4)
_DRUM_PLACES = {
    **dict.fromkeys((35, 36), ("F", 4)),
    **dict.fromkeys((37, 38, 39, 40), ("C", 5)),
    **dict.fromkeys((41, 43), ("A", 4)),
    **dict.fromkeys((45, 47), ("D", 5)),
    **dict.fromkeys((48, 50), ("E", 5)),
    **dict.fromkeys((42, 46), ("G", 5)),
    44: ("D", 4),
    **dict.fromkeys((51, 53, 59), ("F", 5)),
    **dict.fromkeys((49, 52, 55, 57), ("A", 5)),
}
_CYMBALS = frozenset({42, 44, 46, 49, 51, 52, 53, 55, 57, 59})

# (sign, line, octave change, lowest and highest pitch on the staff, cost beside
# treble).
_CLEFS = (
    ("G", 2, 0, 64, 77, 0.0),
    ("F", 4, 0, 43, 57, 0.0),
    ("G", 2, -1, 52, 65, 0.5),
)
_LEDGER_SEMITONES = 3.5  # a line is two steps of the scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Lyric:
    """A syllable under a note; `syllabic` is `single`, `begin`, `middle` or `end`."""

    text: str
    syllabic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteHead:
    """One note of a chord as it is written.

    Args:
        pitch: MIDI number.
        velocity: 1 to 127.
        spelling: Its name, None for a drum.
        instrument_id: Id of the drum it is played on, empty for other notes.
        has_accidental: Whether its accidental is printed.
        lyrics: Syllables under it, a verse each.
    """

    pitch: int
    velocity: int
    spelling: Spelling | None
    instrument_id: str = ""
    has_accidental: bool = False
    lyrics: tuple[Lyric, ...] = ()


def sub(
    parent: ET.Element, tag: str, text: object = None, **attributes: str
) -> ET.Element:
    """Append a child with text; underscores in attribute names become hyphens."""
    names = {name.replace("_", "-"): value for name, value in attributes.items()}
    child = ET.SubElement(parent, tag, names)
    if text is not None:
        child.text = clean(str(text))
    return child


def clean(text: str) -> str:
    """Return text with what XML cannot hold replaced by U+FFFD."""
    return _ILLEGAL.sub("\ufffd", text)


def syllables(texts: Sequence[str]) -> list[Lyric]:
    """Turn texts in which a final hyphen says that the word goes on into syllables."""
    result: list[Lyric] = []
    continues = False
    for text in texts:
        goes_on = len(text) > 1 and text.endswith("-")
        if goes_on:
            syllabic = "middle" if continues else "begin"
        else:
            syllabic = "end" if continues else "single"
        result.append(Lyric(text=text[:-1] if goes_on else text, syllabic=syllabic))
        continues = goes_on
    return result


def key_element(key: KeySignature) -> ET.Element:
    """Return <key>."""
    element = ET.Element("key")
    sub(element, "fifths", key.sharps)
    sub(element, "mode", "minor" if key.is_minor else "major")
    return element


def time_element(signature: TimeSignature) -> ET.Element:
    """Return <time>."""
    element = ET.Element("time")
    sub(element, "beats", signature.numerator)
    sub(element, "beat-type", signature.denominator)
    return element


def clef_element(pitches: Iterable[int], *, is_drum: bool) -> ET.Element:
    """Return the <clef> that needs the fewest ledger lines (treble for no notes)."""
    element = ET.Element("clef")
    if is_drum:
        sub(element, "sign", "percussion")
        return element
    pitches = list(pitches)

    def cost(clef: tuple[str, int, int, int, int, float]) -> float:
        _, _, _, lowest, highest, penalty = clef
        outside = (max(lowest - p, p - highest, 0) for p in pitches)
        return penalty * len(pitches) + sum(d / _LEDGER_SEMITONES for d in outside)

    sign, line, octaves, *_ = min(_CLEFS, key=cost)
    sub(element, "sign", sign)
    sub(element, "line", line)
    if octaves:
        sub(element, "clef-octave-change", octaves)
    return element


def tempo_element(
    tempo: Tempo, signature: TimeSignature, *, is_shown: bool = True
) -> ET.Element:
    """Return a tempo as <direction> with a metronome mark, or as <sound> alone.

    Args:
        tempo: Quarters a minute.
        signature: Metre in force; the mark counts its beats.
        is_shown: Whether a mark is printed.
    """
    if not is_shown:
        return ET.Element("sound", {"tempo": _decimal(tempo.qpm)})
    direction = ET.Element("direction", {"placement": "above"})
    metronome = sub(sub(direction, "direction-type"), "metronome")
    unit, beat = unit_and_beat(signature)
    if beat > unit and 2 * unit in _BEAT_UNITS:
        sub(metronome, "beat-unit", _BEAT_UNITS[2 * unit])
        sub(metronome, "beat-unit-dot")
    else:
        beat = min(max(unit, Fraction(1)), Fraction(4))
        sub(metronome, "beat-unit", _BEAT_UNITS[beat])
    sub(metronome, "per-minute", _decimal(round(tempo.qpm / float(beat), 2)))
    sub(direction, "sound", tempo=_decimal(tempo.qpm))
    return direction


def text_element(text: str, *, is_rehearsal: bool) -> ET.Element:
    """Return a text above the staff as <direction>."""
    direction = ET.Element("direction", {"placement": "above"})
    sub(
        sub(direction, "direction-type"), "rehearsal" if is_rehearsal else "words", text
    )
    return direction


def rest_element(symbol: Symbol, *, voice: int, divisions: int) -> ET.Element:
    """Return a rest; one without a kind is that of a whole bar."""
    element = ET.Element("note")
    sub(element, "rest", **({} if symbol.kind else {"measure": "yes"}))
    _length(element, symbol, voice=voice, divisions=divisions)
    _notations(element, symbol, is_first=True)
    return element


def note_element(
    head: NoteHead, symbol: Symbol, *, voice: int, divisions: int, is_first: bool
) -> ET.Element:
    """Return one note of a chord.

    Args:
        head: Its pitch and what belongs to it alone.
        symbol: How long the chord is and how it is joined to others.
        voice: From 1.
        divisions: Units of <duration> in a quarter.
        is_first: First of its chord, which carries beams, brackets and the fermata; the
            others carry <chord/>.
    """
    percent = _decimal(round(head.velocity * 100 / _FORTE_VELOCITY, 2))
    element = ET.Element("note", {"dynamics": percent})
    if not is_first:
        sub(element, "chord")
    if head.spelling is None:
        place = sub(element, "unpitched")
        step, octave = _DRUM_PLACES.get(head.pitch, _MIDDLE_LINE)
        sub(place, "display-step", step)
        sub(place, "display-octave", octave)
    else:
        pitch = sub(element, "pitch")
        sub(pitch, "step", head.spelling.step)
        if head.spelling.alter:
            sub(pitch, "alter", head.spelling.alter)
        sub(pitch, "octave", head.spelling.octave)
    _length(element, symbol, voice=voice, divisions=divisions, head=head)
    if is_first:
        for number, beam in enumerate(symbol.beams, start=1):
            sub(element, "beam", beam, number=str(number))
    _notations(element, symbol, is_first=is_first)
    for number, lyric in enumerate(head.lyrics, start=1):
        verse = sub(element, "lyric", number=str(number))
        sub(verse, "syllabic", lyric.syllabic)
        sub(verse, "text", lyric.text)
    return element


def _length(
    element: ET.Element,
    symbol: Symbol,
    *,
    voice: int,
    divisions: int,
    head: NoteHead | None = None,
) -> None:
    """Append what follows the pitch, in the order of the MusicXML schema."""
    sub(element, "duration", int(symbol.length * divisions))
    if symbol.is_tied_in:
        sub(element, "tie", type="stop")
    if symbol.is_tied_out:
        sub(element, "tie", type="start")
    if head is not None and head.instrument_id:
        sub(element, "instrument", id=head.instrument_id)
    sub(element, "voice", voice)
    if symbol.kind:
        sub(element, "type", symbol.kind)
    for _ in range(symbol.dots):
        sub(element, "dot")
    if head is not None and head.spelling is not None and head.has_accidental:
        sub(element, "accidental", _ACCIDENTAL_NAMES[head.spelling.alter])
    if symbol.tuplet is not None:
        modification = sub(element, "time-modification")
        sub(modification, "actual-notes", symbol.tuplet[0])
        sub(modification, "normal-notes", symbol.tuplet[1])
    if head is not None and head.spelling is None and head.pitch in _CYMBALS:
        sub(element, "notehead", "x")


def _notations(element: ET.Element, symbol: Symbol, *, is_first: bool) -> None:
    """Append ties as curves, the brackets of tuplets, and a fermata."""
    notations = ET.Element("notations")
    if symbol.is_tied_in:
        sub(notations, "tied", type="stop")
    if symbol.is_tied_out:
        sub(notations, "tied", type="start")
    if is_first and symbol.opens_tuplet:
        sub(notations, "tuplet", type="start", number="1", bracket="yes")
    if is_first and symbol.closes_tuplet:
        sub(notations, "tuplet", type="stop", number="1")
    if is_first and symbol.has_fermata:
        sub(notations, "fermata", type="upright")
    if len(notations):
        element.append(notations)


def _decimal(value: float) -> str:
    """Write a number without exponent and without needless zeros."""
    text = repr(float(value))
    if "e" in text:
        text = f"{value:.12f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
