"""Reads MusicXML, plain or compressed, through music21 (extra `score`).

What music21 would guess or drop is settled in the XML before it sees it: drums by their
MIDI numbers, sounding tempos, cue notes, programs and names. Repeats are not expanded.
Writing is `musegen.data.musicxml`'s work.
"""

from __future__ import annotations

import contextlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from musegen.data.adapters.music21_reading import load_music21, read_music21
from musegen.data.constants import (
    DRUM_CHANNEL,
    MAX_MIDI_PITCH,
)
from musegen.data.errors import FileFormatError
from musegen.data.files import read_bytes
from musegen.data.notices import Notice
from musegen.data.read_result import ReadResult
from musegen.data.score import Part

_MAX_XML_BYTES = 256 * 2**20  # no real score comes near; stops archives that explode
_NUM_CHANNELS = 16  # MIDI
_CONTAINER = "META-INF/container.xml"
# What zipfile raises on damaged, truncated, encrypted or unknown archives.
_ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
_EXPORT_AGAIN = "export it again as MusicXML from the program it was written with"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartEntry:
    """What <score-part> says of a part."""

    name: str
    program: int | None = None
    channel: int | None = None
    is_drum: bool = False


class _ForbiddenEntityError(Exception):
    """The document declares entities, which scores never need."""


def read_musicxml(source: Path | bytes, *, name: str | None = None) -> ReadResult:
    """Read a MusicXML file: .musicxml, .xml or compressed .mxl.

    Args:
        source: A path, or the content itself.
        name: Name for messages; without it the path, or "the input" for bytes.

    Returns:
        The score, at sounding pitch, tied notes joined, chords and voices kept in one
        part, and notices on what a score cannot keep (see `read_music21`). Notes
        without a velocity have the default one. A staff of several is a part of its
        own.

    Raises:
        InputError: There is no such file, it is a folder, or it may not be read.
        FileFormatError: It is empty, damaged, not MusicXML, or declares XML entities.
        MissingPackageError: music21 is not installed.
    """
    data, label = read_bytes(source, name=name)
    load_music21()
    if data.startswith(b"PK"):
        data = _unzipped(data, label)
    root = _parsed(data, label)
    notices = [
        *_drums_to_pitches(root),
        *_cues_to_rests(root),
        *_bar_line_fermatas(root),
    ]
    _prefer_sounding_tempos(root)
    entries = _part_entries(root)
    try:
        with _silenced():
            result, part_ids = _through_music21(root)
    except Exception as error:
        # music21 raises exceptions of any kind on files that break its expectations.
        raise FileFormatError(
            f"{label}: this MusicXML cannot be read ({type(error).__name__}: {error}); "
            f"{_EXPORT_AGAIN}"
        ) from error
    parts = tuple(
        _with_entry(part, entries.get(part_id.split("-Staff")[0]))
        for part, part_id in zip(result.score.parts, part_ids, strict=True)
    )
    score = replace(result.score, parts=parts)
    return ReadResult(score=score, notices=(*notices, *result.notices))


def _through_music21(root: ET.Element) -> tuple[ReadResult, list[str]]:
    """Hand the prepared document to music21; return the music and its parts' ids."""
    from music21.musicxml.xmlToM21 import MusicXMLImporter

    importer: Any = MusicXMLImporter()  # type: ignore[no-untyped-call]  # music21's
    stream = importer.stream
    importer.xmlRootToScore(root, stream)
    ids = {id(part): part_id for part_id, part in importer.m21PartObjectsById.items()}
    parts = stream.parts
    return read_music21(stream), [ids.get(id(part), "") for part in parts]


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Keep music21's warnings and remarks off the terminal; ours are notices."""
    nowhere = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        warnings.simplefilter("ignore")
        yield


def _unzipped(data: bytes, label: str) -> bytes:
    """Return the score inside a compressed MusicXML file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _root_file(archive, label)
            with archive.open(member) as file:
                content = file.read(_MAX_XML_BYTES + 1)
    except _ARCHIVE_ERRORS as error:
        raise FileFormatError(
            f"{label}: the compressed file is damaged, cut off or locked ({error}); "
            "download or export it again"
        ) from error
    if len(content) > _MAX_XML_BYTES:
        raise FileFormatError(
            f"{label}: the score inside is larger than {_MAX_XML_BYTES // 2**20} MiB; "
            f"{_EXPORT_AGAIN}"
        )
    return content


def _root_file(archive: zipfile.ZipFile, label: str) -> str:
    """Return the name of the score in a compressed file."""
    names = archive.namelist()
    if _CONTAINER in names and archive.getinfo(_CONTAINER).file_size < 2**20:
        root = _parsed(archive.read(_CONTAINER), label, is_container=True)
        for element in root.iter():
            if _local(element.tag) == "rootfile" and element.get("full-path") in names:
                return element.get("full-path", "")
    for found in names:
        is_hidden = found.startswith(("META-INF", "__MACOSX"))
        if found.lower().endswith((".musicxml", ".xml")) and not is_hidden:
            return found
    raise FileFormatError(
        f"{label}: this archive holds no MusicXML score; {_EXPORT_AGAIN}"
    )


def _parsed(data: bytes, label: str, *, is_container: bool = False) -> ET.Element:
    """Return the root of a document, in partwise form."""
    checker = expat.ParserCreate()
    checker.EntityDeclHandler = _forbid_entity
    try:
        checker.Parse(data, True)
        root = ET.fromstring(data)
    except _ForbiddenEntityError as error:
        raise FileFormatError(
            f"{label}: the file declares XML entities, which a score never needs and "
            f"which can be an attack; {_EXPORT_AGAIN}"
        ) from error
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise FileFormatError(
            f"{label}: this is no well-formed XML, or it is cut off ({error}); "
            f"{_EXPORT_AGAIN}"
        ) from error
    if is_container:
        return root
    for element in root.iter():
        element.tag = _local(element.tag)
    if root.tag == "score-timewise":
        root = _partwise(root)
    if root.tag != "score-partwise":
        raise FileFormatError(
            f"{label}: this is not MusicXML (its root is <{root.tag}>); {_EXPORT_AGAIN}"
        )
    if root.find("part/measure") is None:
        raise FileFormatError(
            f"{label}: this MusicXML file has no parts or no measures; {_EXPORT_AGAIN}"
        )
    return root


def _forbid_entity(*_: object) -> None:
    raise _ForbiddenEntityError


def _local(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]


def _partwise(root: ET.Element) -> ET.Element:
    """Turn measures of parts into parts of measures."""
    result = ET.Element("score-partwise", dict(root.attrib))
    result.extend(child for child in root if child.tag != "measure")
    parts: dict[str, ET.Element] = {}
    for measure in root.iterfind("measure"):
        for part in measure.iterfind("part"):
            part_id = part.get("id", "")
            if part_id not in parts:
                parts[part_id] = ET.SubElement(result, "part", {"id": part_id})
            target = ET.SubElement(parts[part_id], "measure", dict(measure.attrib))
            target.extend(part)
    return result


def _number(element: ET.Element, tag: str, *, limit: int) -> int | None:
    """Return what a child counts from 1 as counted from 0; None if out of range."""
    text = (element.findtext(tag) or "").strip()
    value = int(text) - 1 if text.isdecimal() else -1
    return value if 0 <= value < limit else None


def _part_entries(root: ET.Element) -> dict[str, _PartEntry]:
    """Return names, programs and channels by the id of the part."""
    drummed = {
        part.get("id", "")
        for part in root.iterfind("part")
        if part.find("measure/note/unpitched") is not None or part.get("drums")
    }
    entries: dict[str, _PartEntry] = {}
    for entry in root.iterfind("part-list/score-part"):
        part_id = entry.get("id", "")
        midi = entry.find("midi-instrument")
        channel = program = None
        if midi is not None:
            channel = _number(midi, "midi-channel", limit=_NUM_CHANNELS)
            program = _number(midi, "midi-program", limit=MAX_MIDI_PITCH + 1)
        entries[part_id] = _PartEntry(
            name=entry.findtext("part-name") or "",
            program=program,
            channel=channel,
            is_drum=part_id in drummed or channel == DRUM_CHANNEL,
        )
    return entries


def _with_entry(part: Part, entry: _PartEntry | None) -> Part:
    """Return the part as its entry says; a program it lacks is music21's guess."""
    if entry is None:
        return part
    return replace(
        part,
        name=entry.name,
        program=part.program if entry.program is None else entry.program,
        channel=entry.channel,
        is_drum=entry.is_drum,
    )


def _drums_to_pitches(root: ET.Element) -> Iterator[Notice]:
    """Give unpitched notes the MIDI number of their instrument."""
    numbers = {
        midi.get("id", ""): _number(midi, "midi-unpitched", limit=MAX_MIDI_PITCH + 1)
        for midi in root.iterfind("part-list/score-part/midi-instrument")
    }
    unknown = 0
    for part in root.iterfind("part"):
        for note in part.iterfind("measure/note"):
            place = note.find("unpitched")
            if place is None:
                continue
            part.set("drums", "yes")
            instrument = note.find("instrument")
            number = (
                None if instrument is None else numbers.get(instrument.get("id", ""))
            )
            unknown += number is None
            _set_pitch(place, number)
    if unknown:
        message = (
            f"{unknown} drum notes have no MIDI number; "
            "they are read as the pitches of their lines"
        )
        yield Notice(code="drum-without-number", message=message)


# Step and alteration of each pitch class.
_SHARP_NAMES = tuple(zip("CCDDEFFGGAAB", "010100101010", strict=True))


def _set_pitch(place: ET.Element, number: int | None) -> None:
    """Make an <unpitched> a <pitch>, of a MIDI number or of the line it stands on."""
    step = place.findtext("display-step") or "B"
    octave = place.findtext("display-octave") or "4"
    alter = "0"
    if number is not None:
        step, alter = _SHARP_NAMES[number % 12]
        octave = str(number // 12 - 1)
    place.clear()
    place.tag = "pitch"
    for tag, text in (("step", step), ("alter", alter), ("octave", octave)):
        ET.SubElement(place, tag).text = text


def _cues_to_rests(root: ET.Element) -> Iterator[Notice]:
    """Turn cue notes, which are read and not played, into rests."""
    cues = 0
    for note in root.iterfind("part/measure/note"):
        if note.find("cue") is None:
            continue
        cues += 1
        for tag in ("cue", "tie", "lyric", "notations"):
            for child in note.findall(tag):
                note.remove(child)
        for child in note:
            if child.tag in {"pitch", "unpitched"}:
                child.clear()
                child.tag = "rest"
    if cues:
        yield Notice(code="cue-notes", message=f"{cues} cue notes are left out")


def _bar_line_fermatas(root: ET.Element) -> Iterator[Notice]:
    """Say that fermatas over bar lines, which music21 passes over, are not read."""
    count = len(root.findall("part/measure/barline/fermata"))
    if count:
        what = "fermata" if count == 1 else "fermatas"
        message = f"{count} {what} over bar lines left out; those over notes are kept"
        yield Notice(code="bar-line-fermatas", message=message)


def _prefer_sounding_tempos(root: ET.Element) -> None:
    """Drop printed metronome marks where the sounding tempo stands beside them."""
    for direction in root.iterfind("part/measure/direction"):
        if direction.find("sound[@tempo]") is None:
            continue
        for kind in direction.findall("direction-type"):
            if kind.find("metronome") is not None:
                direction.remove(kind)
