"""Read the plain MusicXML of the chorale corpus into a `Score`, faster than music21.

For partwise files with one voice a part (as in music21's corpus of Bach chorales):
notes, ties, rests, fermatas, lyrics, key, metre, split bars. Not a general MusicXML
reader: that is music21's.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musegen.data.constants import DEFAULT_TICKS_PER_QUARTER
from musegen.data.corpora.measures import Measure, place_measures, time_signatures
from musegen.data.errors import FileFormatError
from musegen.data.notices import Notice
from musegen.data.score import (
    KeySignature,
    Note,
    Part,
    Score,
    Tempo,
    TextEvent,
    sorted_notes,
)

Element = ElementTree.Element

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_VELOCITY = 80  # the files give no loudness


@dataclass(frozen=True, kw_only=True)
class WrittenScore:
    """A file as it stands, repeats not played.

    Args:
        score: The chosen parts; tied notes are one note, repeated notes are several.
        measures: Of the first chosen part, in order.
        num_ticks: Length with the rests at the end.
        notices: What was left out, and what the parts disagree on.
    """

    score: Score
    measures: tuple[Measure, ...]
    num_ticks: int
    notices: tuple[Notice, ...]


@dataclass(slots=True, kw_only=True)
class _PartReading:
    """What has been read of one part so far; times in ticks."""

    name: str
    program: int = 0
    ticks_per_division: float = 0.0
    notes: list[Note] = field(default_factory=list)
    open_ties: dict[int, int] = field(default_factory=dict)  # pitch -> place in notes
    fermatas: list[int] = field(default_factory=list)
    lyrics: list[TextEvent] = field(default_factory=list)
    keys: list[tuple[int, int, str | None]] = field(default_factory=list)
    metres: list[tuple[int, int, int]] = field(default_factory=list)
    tempos: list[Tempo] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)  # measures
    left_out: Counter[str] = field(default_factory=Counter)
    position: int = 0
    divisions: int = 1

    def ticks(self, element: Element) -> int:
        """Return the duration of a note, rest, backup or forward in ticks, exactly."""
        written = int(_text(element, "duration")) * DEFAULT_TICKS_PER_QUARTER
        ticks, rest = divmod(written, self.divisions)
        if rest:
            raise FileFormatError(
                f"part {self.name!r}: {_text(element, 'duration')}/{self.divisions} of "
                f"a quarter is no whole number of 1/{DEFAULT_TICKS_PER_QUARTER}"
            )
        return ticks


def read_mxl(
    path: Path, *, choose: Callable[[Sequence[str]], Sequence[int]] | None = None
) -> WrittenScore:
    """Read a `.mxl`, `.xml` or `.musicxml` file with one voice a part.

    Args:
        path: The file.
        choose: Receives the part names in file order and returns the places of the
            parts to read, in the order wanted; None reads all.

    Returns:
        The score as written, at 480 ticks a quarter.

    Raises:
        FileFormatError: The file is damaged, not partwise MusicXML, has chords or time
            finer than 1/480 of a quarter.
    """
    try:
        root = _read_root(path)
        named = _part_elements(root)
        places = range(len(named)) if choose is None else choose([n for n, *_ in named])
        parts = [_read_part(*named[place]) for place in places]
        if not parts:
            raise FileFormatError("the file has no parts")
        return _assemble(parts, title=_title(root, path))
    except FileFormatError as error:
        raise FileFormatError(f"{path.name}: {error}") from error
    except (
        OSError,
        zipfile.BadZipFile,
        ElementTree.ParseError,
        KeyError,
        ValueError,
    ) as error:
        raise FileFormatError(
            f"{path.name} cannot be read as MusicXML ({error}); is it damaged?"
        ) from error


def _read_root(path: Path) -> Element:
    if not zipfile.is_zipfile(path):
        return ElementTree.fromstring(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
        for element in container.iter():
            if element.tag.endswith("rootfile"):
                return ElementTree.fromstring(archive.read(element.attrib["full-path"]))
    raise FileFormatError("the archive names no score")


def _part_elements(root: Element) -> list[tuple[str, int, Element]]:
    if root.tag != "score-partwise":
        raise FileFormatError(f"expected a partwise score; got <{root.tag}>")
    heads = {head.get("id"): head for head in root.iter("score-part")}
    named = []
    for part in root.findall("part"):
        head = heads.get(part.get("id"))
        name = "" if head is None else (head.findtext("part-name") or "").strip()
        program = (
            None if head is None else head.findtext("midi-instrument/midi-program")
        )
        named.append((name, int(program) - 1 if program else 0, part))
    return named


def _title(root: Element, path: Path) -> str:
    """Return the work's title, unless it is only the file's name."""
    title = root.findtext("work/work-title") or root.findtext("movement-title") or ""
    return (
        "" if re.fullmatch(r"\S+\.(mxl|xml|krn|mus)", title.strip()) else title.strip()
    )


def _text(element: Element, path: str) -> str:
    text = element.findtext(path)
    if text is None:
        raise FileFormatError(f"<{element.tag}> lacks <{path}>")
    return text


def _read_part(name: str, program: int, element: Element) -> _PartReading:
    reading = _PartReading(name=name, program=program)
    for measure in element.findall("measure"):
        start = end = reading.position
        for child in measure:
            _read_child(reading, child)
            end = max(end, reading.position)
        reading.position = end
        reading.spans.append((start, end - start))
    return reading


def _read_child(reading: _PartReading, child: Element) -> None:
    if child.tag == "note":
        _read_note(reading, child)
    elif child.tag == "attributes":
        _read_attributes(reading, child)
    elif child.tag == "backup":
        reading.position -= reading.ticks(child)
    elif child.tag == "forward":
        reading.position += reading.ticks(child)
    elif child.tag == "sound" and (qpm := child.get("tempo")):
        reading.tempos.append(Tempo(tick=reading.position, qpm=float(qpm)))


def _read_attributes(reading: _PartReading, element: Element) -> None:
    divisions = element.findtext("divisions")
    if divisions:
        reading.divisions = int(divisions)
    key, time = element.find("key"), element.find("time")
    if key is not None:
        sharps = int(_text(key, "fifths"))
        reading.keys.append((reading.position, sharps, key.findtext("mode")))
    if time is not None:
        numerator, denominator = _text(time, "beats"), _text(time, "beat-type")
        reading.metres.append((reading.position, int(numerator), int(denominator)))


def _read_note(reading: _PartReading, element: Element) -> None:
    if element.find("grace") is not None:
        reading.left_out["grace note"] += 1
        return
    if element.find("chord") is not None:
        raise FileFormatError(f"part {reading.name!r} has chords; one voice is needed")
    onset, duration = reading.position, reading.ticks(element)
    reading.position += duration
    notations = element.find("notations")
    if notations is not None and notations.find("fermata") is not None:
        reading.fermatas.append(onset)
    pitch = element.find("pitch")
    if pitch is None:
        return
    midi = (
        12 * (int(_text(pitch, "octave")) + 1)
        + _SEMITONES[_text(pitch, "step")]
        + int(float(pitch.findtext("alter") or 0))
    )
    ties = {tie.get("type") for tie in element.findall("tie")}
    _add_note(reading, onset=onset, duration=duration, pitch=midi, ties=ties)
    if notations is not None:
        ornaments = sum(len(group) for group in notations.findall("ornaments"))
        reading.left_out["ornament"] += ornaments
    _read_lyrics(reading, element, onset)


def _read_lyrics(reading: _PartReading, element: Element, onset: int) -> None:
    """Keep the first verse that a note has.

    Where a section is repeated its second text is left out; where only a later verse
    goes on, after the repeat, it is the text.
    """
    lyrics = sorted(
        element.findall("lyric"), key=lambda lyric: lyric.get("number", "1")
    )
    reading.left_out["syllable of other verses"] += len(lyrics[1:])
    for lyric in lyrics[:1]:
        syllable = lyric.findtext("text") or ""
        hyphen = "-" if lyric.findtext("syllabic") in ("begin", "middle") else ""
        reading.lyrics.append(TextEvent(tick=onset, text=syllable + hyphen))


def _add_note(
    reading: _PartReading,
    *,
    onset: int,
    duration: int,
    pitch: int,
    ties: set[str | None],
) -> None:
    """Append a note, or lengthen the note that is tied to it."""
    before = reading.open_ties.pop(pitch, None)
    if "stop" in ties and before is not None and reading.notes[before].end == onset:
        place, first = before, reading.notes[before]
        reading.notes[place] = Note(
            onset=first.onset,
            duration=first.duration + duration,
            pitch=pitch,
            velocity=_VELOCITY,
        )
    else:
        place = len(reading.notes)
        reading.notes.append(
            Note(onset=onset, duration=duration, pitch=pitch, velocity=_VELOCITY)
        )
    if "start" in ties:
        reading.open_ties[pitch] = place


def _assemble(readings: list[_PartReading], *, title: str) -> WrittenScore:
    notices = _left_out_notices(readings)
    first = readings[0]
    measures = place_measures(first.spans, first.metres)
    if len({tuple(reading.metres) for reading in readings}) > 1:
        notices.append(
            Notice(
                code="metres-differ",
                message="the parts differ in metre; the first holds",
            )
        )
    score = Score(
        ticks_per_quarter=DEFAULT_TICKS_PER_QUARTER,
        parts=tuple(_part(reading) for reading in readings),
        tempos=tuple(first.tempos),
        time_signatures=time_signatures(measures),
        key_signatures=_key_signatures(readings, notices),
        pickup=measures[0].duration if measures and measures[0].offset else 0,
        title=title,
    )
    return WrittenScore(
        score=score,
        measures=measures,
        num_ticks=max(reading.position for reading in readings),
        notices=tuple(notices),
    )


def _part(reading: _PartReading) -> Part:
    return Part(
        notes=sorted_notes(reading.notes),
        name=reading.name,
        program=reading.program,
        lyrics=tuple(reading.lyrics),
        fermatas=tuple(sorted(set(reading.fermatas))),
    )


def _left_out_notices(readings: list[_PartReading]) -> list[Notice]:
    total: Counter[str] = Counter()
    for reading in readings:
        total += reading.left_out
    return [
        Notice(
            code=f"{what.replace(' ', '-')}-left-out",
            message=f"left out {count} {what if count == 1 else _plural(what)}",
        )
        for what, count in sorted(total.items())
        if count
    ]


def _plural(what: str) -> str:
    head, *tail = what.split(" of ")
    return " of ".join([head + "s", *tail])


def _key_signatures(
    readings: list[_PartReading], notices: list[Notice]
) -> tuple[KeySignature, ...]:
    """Take the key of the first part that says major or minor, else of the first part.

    Source: in music21's chorales the soprano tells the mode; where it does not (BWV
    62.6), its signature is the one that is wrong.
    """
    if len({tuple(sharps for _, sharps, _ in r.keys) for r in readings}) > 1:
        notices.append(
            Notice(code="keys-differ", message="the parts differ in key signature")
        )
    told = [r.keys for r in readings if any(mode for *_, mode in r.keys)]
    keys = told[0] if told else readings[0].keys
    return tuple(
        KeySignature(tick=tick, sharps=sharps, is_minor=mode == "minor")
        for tick, sharps, mode in keys
    )
