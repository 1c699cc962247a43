"""Notes that stand beside a recording: lists in text files, and parts of a score.

For pairing notes with sound. A list has a line a note, with titles, or in the order of
the URMP recordings: onset in seconds, frequency in Hz, duration in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from musegen.data.errors import (
    EmptyScoreError,
    FileFormatError,
    InputError,
    PolyphonyError,
)
from musegen.data.files import read_bytes, read_score
from musegen.data.notices import Notice
from musegen.data.score import Part
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote, monophonic, notes_from_score
from musegen.midi_ddsp.parameters import hz_to_midi

LIST_SUFFIXES = (".csv", ".tsv", ".txt")
SCORE_SUFFIXES = (".mid", ".midi", ".musicxml", ".mxl", ".xml")
MAX_CHORD_SHARE = 0.05
"""Share of notes that may be chords before notes count as polyphonic."""
DEFAULT_VELOCITY = 80

_TITLES = {
    "onset_s": ("onset_s", "onset", "start_s", "start", "begin", "time"),
    "offset_s": ("offset_s", "offset", "end_s", "end"),
    "duration_s": ("duration_s", "duration", "length_s"),
    "pitch": ("pitch", "midi", "midi_pitch", "note"),
    "f0_hz": ("f0_hz", "f0", "frequency_hz", "frequency", "hz"),
    "velocity": ("velocity",),
}
_URMP_ORDER = ("onset_s", "f0_hz", "duration_s")
_WANTED = "onset_s, offset_s or duration_s, and pitch or f0_hz"


def read_note_list(path: Path) -> tuple[tuple[PlayedNote, ...], tuple[Notice, ...]]:
    """Read a list of notes, one voice.

    Args:
        path: Text, fields apart by commas, semicolons or blanks. The first line may
            give titles (`onset_s`, `offset_s` or `duration_s`, `pitch` or `f0_hz`,
            `velocity`); three columns of a .txt without titles are onset in seconds,
            frequency in Hz, duration in seconds.

    Returns:
        The notes sorted by onset, none overlapping, and what was changed.

    Raises:
        InputError: There is no such file.
        FileFormatError: It is no such list.
        EmptyScoreError: It has no notes.
        PolyphonyError: More than 5 % of the notes are chords.
    """
    data, label = read_bytes(path)
    rows = _rows(data, label)
    if not rows:
        raise EmptyScoreError(f"{label}: there is not one note in it")
    order, first = _titles(rows[0][1], path, label)
    notes = [
        _note(dict(zip(order, cells, strict=False)), f"{label}, line {line}")
        for line, cells in rows[first:]
    ]
    if not notes:
        raise EmptyScoreError(f"{label}: there is not one note in it")
    voice, notices = monophonic(notes)
    refuse_polyphony(len(voice), len(notes), label)
    return voice, notices


def read_score_part(
    path: Path, *, part_index: int | None = None, instrument: Instrument | None = None
) -> tuple[tuple[PlayedNote, ...], Part, tuple[Notice, ...]]:
    """Read one voice of a MIDI or MusicXML file.

    Args:
        path: The file.
        part_index: Which of the parts with pitches and notes, from 0; None takes the
            only one, or else the only one that the instrument plays.
        instrument: Chooses among several parts by their programs.

    Returns:
        The notes, the part, and what was changed.

    Raises:
        InputError: There is no such file, or no telling which part is meant.
        EmptyScoreError: It has no notes.
        PolyphonyError: More than 5 % of the notes are chords.
    """
    result = read_score(path)
    score = result.score
    chosen = [
        index
        for index, part in enumerate(score.parts)
        if part.notes and not part.is_drum
    ]
    if not chosen:
        raise EmptyScoreError(f"{path}: there is not one note with a pitch in it")
    if part_index is not None:
        if not 0 <= part_index < len(chosen):
            raise FileFormatError(
                f"{path}: it has {len(chosen)} parts with notes; number "
                f"{part_index + 1} was asked for"
            )
        index = chosen[part_index]
    else:
        index = _only_part(score.parts, chosen, instrument, path)
    voice, notices = notes_from_score(score, index)
    part = score.parts[index]
    num_sounding = sum(note.duration > 0 for note in part.notes)
    refuse_polyphony(len(voice), num_sounding, str(path))
    return voice, part, (*result.notices, *notices)


def refuse_polyphony(num_left: int, num_notes: int, label: str) -> None:
    """Refuse notes of which too many had to be left out to make one voice.

    Args:
        num_left: Notes of the voice.
        num_notes: Notes that it was made of.
        label: What they are, for the message.

    Raises:
        PolyphonyError: More than 5 % were left out.
    """
    num_chords = num_notes - num_left
    if num_chords > MAX_CHORD_SHARE * num_notes:
        raise PolyphonyError(
            f"{label}: {num_chords} of {num_notes} notes begin with another one; "
            "notes of one voice are needed"
        )


def _only_part(
    parts: Sequence[Part],
    chosen: list[int],
    instrument: Instrument | None,
    path: Path,
) -> int:
    if len(chosen) > 1 and instrument is not None:
        fitting = [i for i in chosen if parts[i].program == instrument.gm_program]
        chosen = fitting if len(fitting) == 1 else chosen
    if len(chosen) > 1:
        names = ", ".join(parts[index].name or "unnamed" for index in chosen)
        raise PolyphonyError(
            f"{path}: it has {len(chosen)} parts with notes ({names}), and the "
            "recording is one of them: leave only that one in the file"
        )
    return chosen[0]


def _rows(data: bytes, label: str) -> list[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{label}: this is no list of notes (it is not text); give CSV"
        ) from error
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if content and not content.startswith("#"):
            separator = next((mark for mark in ";,\t" if mark in content), None)
            cells = [cell.strip(" \t\"'") for cell in content.split(separator)]
            rows.append((number, [cell for cell in cells if cell or separator != "\t"]))
    return rows


def _titles(
    cells: Sequence[str], path: Path, label: str
) -> tuple[tuple[str, ...], int]:
    """Return what each column is, and the first row with a note."""
    known = {title: name for name, titles in _TITLES.items() for title in titles}
    order = tuple(known.get(cell.lower(), "") for cell in cells)
    if any(order):
        has_end = "offset_s" in order or "duration_s" in order
        has_pitch = "pitch" in order or "f0_hz" in order
        if "onset_s" in order and has_end and has_pitch:
            return order, 1
        raise FileFormatError(
            f"{label}: the titles are {', '.join(cells)}; needed are {_WANTED}"
        )
    is_bare = all(_is_number(cell) for cell in cells)
    if is_bare and len(cells) == len(_URMP_ORDER) and path.suffix.lower() == ".txt":
        return _URMP_ORDER, 0
    raise FileFormatError(
        f"{label}: this is no list of notes that is known; give it a first line of "
        f"titles: {_WANTED}"
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _note(values: dict[str, str], where: str) -> PlayedNote:
    number = {
        name: _number(text, name, where)
        for name, text in values.items()
        if name and text != ""
    }

    def first_of(*names: str) -> str:
        for name in names:
            if name in number:
                return name
        asked = [name for name in names if name in values] or names
        raise FileFormatError(f"{where}: {' or '.join(asked)} is missing")

    onset_s = number[first_of("onset_s")]
    end = first_of("offset_s", "duration_s")
    height = first_of("pitch", "f0_hz")
    pitch = number[height]
    if height == "f0_hz":
        if pitch <= 0.0:
            raise FileFormatError(f"{where}: f0_hz is above 0; got {pitch:g}")
        pitch = float(hz_to_midi(pitch))
    try:
        return PlayedNote(
            pitch=round(pitch),
            onset_s=onset_s,
            offset_s=number[end] + (onset_s if end == "duration_s" else 0.0),
            velocity=round(number.get("velocity", DEFAULT_VELOCITY)),
        )
    except InputError as error:
        raise FileFormatError(f"{where}: {error}") from error


def _number(text: str, name: str, where: str) -> float:
    if not _is_number(text):
        named = "; pitches are MIDI numbers, 60 for C4" if name == "pitch" else ""
        raise FileFormatError(
            f"{where}: {name} is {text!r}, which is no finite number{named}"
        )
    return float(text)
