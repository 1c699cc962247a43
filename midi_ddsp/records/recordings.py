"""A folder of recordings: which files are recordings, of what, and with which notes.

Looks at names only; the files are opened in `analysing`. The layout of URMP is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from musegen.data.errors import EmptyScoreError, InputError, UsageError
from musegen.data.notices import Notice
from musegen.data.preparation.records import Rejection
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.records.note_lists import LIST_SUFFIXES, SCORE_SUFFIXES
from musegen.midi_ddsp.records.urmp import URMPPart, is_urmp_mix, urmp_part

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
LICENCE_STEMS = ("licence", "license", "copying", "copyright")
NOT_STATED = "not stated"
_SEPARATORS = re.compile(r"[\s_.\-]+")
_MAX_NAME_WORDS = 2  # of an instrument: double bass
_MAX_LICENCE_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingJob:
    """One recording that shall become clips.

    Args:
        piece: The music, what splits are made by.
        recording: Path within the folder, with `/`.
        audio: The sound file.
        instrument: Name, None if no file name says it.
        notes: File with its notes, None if there is none.
        notes_part: Which part of a score of several, from 0; None if not known.
        is_score: Whether `notes` is a score that the recording does not follow in time,
            so that it must be aligned.
        licence: Of the recording.
    """

    piece: str
    recording: str
    audio: Path
    instrument: str | None
    notes: Path | None = None
    notes_part: int | None = None
    is_score: bool = False
    licence: str = NOT_STATED


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecordings:
    """What is in a folder.

    Args:
        jobs: The recordings, sorted by name.
        rejections: Files of notes without a recording.
        notices: What was passed over.
    """

    jobs: tuple[RecordingJob, ...]
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...]


def find_recordings(
    folder: Path, *, instrument: str | None = None, licence: str | None = None
) -> FoundRecordings:
    """Find the recordings of a folder and of the folders in it.

    A recording is paired with notes of the same name: `x.wav` with `x.csv`, `x.txt`,
    `x.mid` or `x.musicxml`, in this order. The instrument stands in the file's name, or
    in that of a folder around it.

    Args:
        folder: Where to look.
        instrument: What plays in all of them; names are then not asked.
        licence: Of all of them; without it the first line of the nearest file LICENSE.

    Raises:
        InputError: There is no such folder.
        EmptyScoreError: It has no recording.
        UsageError: There is no such instrument.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; check the path")
    known = None if instrument is None else instrument_named(instrument).name
    files = sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix())
    audio = [path for path in files if path.suffix.lower() in AUDIO_SUFFIXES]
    mixes = [path for path in audio if is_urmp_mix(path)]
    separate = [path for path in audio if path not in set(mixes)]
    if not separate:
        raise EmptyScoreError(
            f"{folder}: there is no recording in it ({', '.join(AUDIO_SUFFIXES)}); "
            "name the folder that holds them"
        )
    index = _FolderIndex(folder=folder, files=tuple(files))
    jobs = tuple(
        _job(path, index, instrument=known, licence=licence) for path in separate
    )
    notices = []
    if mixes:
        notices.append(
            Notice(
                code="mixes-left-out",
                message=f"{len(mixes)} mixes of several parts were left out: "
                f"{mixes[0].name}" + (" and others" if len(mixes) > 1 else ""),
            )
        )
    return FoundRecordings(
        jobs=jobs,
        rejections=tuple(_alone(files, jobs, folder)),
        notices=tuple(notices),
    )


def instrument_in(name: str) -> str | None:
    """Return the one instrument that a file's or folder's name speaks of.

    Args:
        name: Without extension: `tune_vn`, `Double Bass 03`.

    Returns:
        Its name; None if there is none, or more than one.

    >>> instrument_in("bourree-alto_sax-take2")
    'alto saxophone'
    """
    names = {found for found, _ in _instruments_in(_words(name))}
    return names.pop() if len(names) == 1 else None


def _instruments_in(words: Sequence[str]) -> Iterator[tuple[str, slice]]:
    place = 0
    while place < len(words):
        for length in range(_MAX_NAME_WORDS, 0, -1):
            span = slice(place, place + length)
            try:
                found = instrument_named(" ".join(words[span])).name
            except UsageError:
                continue
            yield found, span
            place += length - 1
            break
        place += 1


def _words(name: str) -> list[str]:
    return [word for word in _SEPARATORS.split(name) if word]


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not is_hidden:
            yield path


@dataclass(frozen=True, kw_only=True)
class _FolderIndex:
    """What is looked up for every recording, gathered once."""

    folder: Path
    files: tuple[Path, ...]

    @cached_property
    def by_name(self) -> dict[Path, dict[str, Path]]:
        """Files by their path without extension, then by their extension."""
        found: dict[Path, dict[str, Path]] = {}
        for path in self.files:
            found.setdefault(path.with_suffix(""), {})[path.suffix.lower()] = path
        return found

    @cached_property
    def licences(self) -> dict[Path, str]:
        """First line of the file LICENSE of each folder that has one."""
        found = {}
        for path in self.files:
            if path.stem.lower() in LICENCE_STEMS:
                text = path.read_text(encoding="utf-8", errors="replace")
                lines = [line.strip() for line in text.splitlines() if line.strip()]
                if lines:
                    found[path.parent] = lines[0][:_MAX_LICENCE_CHARACTERS]
        return found

    def paired(self, audio: Path) -> Path | None:
        """Return the notes of the same name as a recording."""
        beside = self.by_name[audio.with_suffix("")]
        for suffix in (*LIST_SUFFIXES, *SCORE_SUFFIXES):
            if suffix in beside:
                return beside[suffix]
        return None

    def licence(self, audio: Path) -> str:
        """Return what the nearest file LICENSE says."""
        for parent in audio.parents:
            if parent in self.licences:
                return self.licences[parent]
            if parent == self.folder:
                break
        return NOT_STATED


def _job(
    audio: Path,
    index: _FolderIndex,
    *,
    instrument: str | None,
    licence: str | None,
) -> RecordingJob:
    part = urmp_part(audio)
    name = audio.relative_to(index.folder)
    said = licence or index.licence(audio)
    if part is not None:
        return _urmp_job(audio, part, name, instrument=instrument, licence=said)
    return RecordingJob(
        piece=_piece(name),
        recording=name.as_posix(),
        audio=audio,
        instrument=instrument or _named_instrument(name),
        notes=index.paired(audio),
        licence=said,
    )


def _urmp_job(
    audio: Path, part: URMPPart, name: Path, *, instrument: str | None, licence: str
) -> RecordingJob:
    notes, score = part.notes_file(audio), part.score_file(audio)
    has_notes, has_score = notes.is_file(), score.is_file()
    chosen = notes if has_notes else score if has_score else None
    return RecordingJob(
        piece=part.piece,
        recording=name.as_posix(),
        audio=audio,
        instrument=instrument or instrument_in(part.key),
        notes=chosen,
        notes_part=part.part - 1 if chosen == score else None,
        is_score=chosen is not None and not has_notes,
        licence=licence,
    )


def _piece(name: Path) -> str:
    """Return the name of the music: the path without extension and instruments."""
    words = _words(name.stem)
    spoken = {
        place
        for _, span in _instruments_in(words)
        for place in range(span.start, span.stop)
    }
    left = [word for place, word in enumerate(words) if place not in spoken]
    if not spoken or not left:
        return name.with_suffix("").as_posix()
    return (name.parent / "_".join(left)).as_posix()


def _named_instrument(name: Path) -> str | None:
    for word in (name.stem, *(parent.name for parent in name.parents)):
        found = instrument_in(word)
        if found is not None:
            return found
    return None


def _alone(
    files: Sequence[Path], jobs: Sequence[RecordingJob], folder: Path
) -> Iterator[Rejection]:
    """Yield the files of notes that no recording goes with."""
    stems = {job.audio.with_suffix("") for job in jobs}
    for path in files:
        is_score = path.suffix.lower() in (".mid", ".midi", ".musicxml", ".mxl")
        is_urmp = path.name.startswith("Sco_")
        if is_score and not is_urmp and path.with_suffix("") not in stems:
            yield Rejection(
                source=path.relative_to(folder).as_posix(),
                reason="no-recording",
                message="there is no recording of this name beside it",
            )
