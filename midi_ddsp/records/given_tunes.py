"""The user's own scores as tunes for the virtual player: each part is one.

What a score is called, which parts are one voice, and what is left out of them. Tunes
of collections are in `tunes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from musegen.data.errors import (
    EmptyScoreError,
    PitchRangeError,
    PolyphonyError,
    UsageError,
)
from musegen.data.files import read_score
from musegen.data.notices import Notice
from musegen.data.preparation.records import Rejection
from musegen.data.score import Score
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote, notes_from_score
from musegen.midi_ddsp.records.note_lists import refuse_polyphony
from musegen.midi_ddsp.records.tunes import COLLECTIONS

GIVEN_LICENCE = "tune given by the user"
_CHORDS = "chord-reduced"  # as `notes_from_score` calls them


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTune:
    """A part of a score of the user; its timing stays.

    Args:
        piece: Name of the score.
        name: Of the score and the part; no other tune has it.
        source: The file.
        licence: As the user says.
        notes: Sorted by onset, none overlapping, at least one.
    """

    piece: str
    name: str
    source: str
    licence: str
    notes: tuple[PlayedNote, ...]

    def arranged(
        self, instrument: Instrument, rng: np.random.Generator
    ) -> tuple[PlayedNote, ...]:
        """Return the notes transposed to where the instrument plays with ease, or can.

        Raises:
            PitchRangeError: The part is wider than the instrument's range.
        """
        lowest = min(note.pitch for note in self.notes)
        highest = max(note.pitch for note in self.notes)
        ranges = (
            (instrument.comfortable_lowest_pitch, instrument.comfortable_highest_pitch),
            (instrument.lowest_pitch, instrument.highest_pitch),
        )
        for low, high in ranges:
            if low - lowest <= high - highest:
                shift = int(rng.integers(low - lowest, high - highest + 1))
                return tuple(
                    replace(note, pitch=note.pitch + shift) for note in self.notes
                )
        raise PitchRangeError(
            f"{self.name} spans {highest - lowest} semitones, more than the "
            f"{instrument.name} plays"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTunes:
    """What some scores hold.

    Args:
        tunes: In the order of the scores and of their parts.
        rejections: Parts that are not one voice: `polyphonic`.
        notices: What was read otherwise than it is written, and notes left out.
    """

    tunes: tuple[GivenTune, ...]
    rejections: tuple[Rejection, ...] = ()
    notices: tuple[Notice, ...] = ()


def read_given(names: Sequence[str], *, licence: str | None = None) -> GivenTunes:
    """Return the tunes of the scores among some names; collections are passed over.

    A score is called by its file name without extension. Where several have the same,
    each is called by the shortest end of its path that is its own: `first/tune` and
    `second/tune`. Files that differ in their extension only are the same piece.

    Args:
        names: `COLLECTIONS`, or paths of MIDI and MusicXML files; every part of a score
            that has pitches is a tune, if no more than 5 % of its notes are chords.
        licence: Of the scores.

    Raises:
        UsageError: A name is neither a collection nor a file.
        InputError: A file cannot be read.
        EmptyScoreError: A file has no note with a pitch.
    """
    paths = [Path(name) for name in names if name not in COLLECTIONS]
    for path in paths:
        if not path.is_file():
            raise UsageError(
                f"{str(path)!r} is neither a file nor a collection: give a MIDI or "
                f"MusicXML file, or one of {', '.join(COLLECTIONS)}"
            )
    read = [
        _read_score(path, piece, licence=licence or GIVEN_LICENCE)
        for path, piece in _pieces(paths).items()
    ]
    return GivenTunes(
        tunes=_told_apart([tune for score in read for tune in score.tunes]),
        rejections=tuple(one for score in read for one in score.rejections),
        notices=tuple(notice for score in read for notice in score.notices()),
    )


def _pieces(paths: Sequence[Path]) -> dict[Path, str]:
    """Return what each score is called; a file that is named twice is there once."""
    named: dict[Path, Path] = {}
    for path in paths:
        named.setdefault(path.parent.resolve() / path.name, path)
    ends = {place: _ends(place.with_suffix("")) for place in named}
    owners = Counter(end for group in set(ends.values()) for end in group)
    return {
        named[place]: next(end for end in group if owners[end] == 1)
        for place, group in ends.items()
    }


def _ends(place: Path) -> tuple[str, ...]:
    """Return the ends of a path, the shortest first: `tune`, `first/tune`."""
    lengths = range(1, len(place.parts) + 1)
    return tuple(Path(*place.parts[-length:]).as_posix() for length in lengths)


def _told_apart(tunes: Sequence[GivenTune]) -> tuple[GivenTune, ...]:
    """Number the second of a name: of tune.mid and tune.musicxml, for example."""
    apart: dict[str, GivenTune] = {}
    for tune in tunes:
        name, count = tune.name, 1
        while name in apart:
            count += 1
            name = f"{tune.name} ({count})"
        apart[name] = replace(tune, name=name)
    return tuple(apart.values())


@dataclass(slots=True, kw_only=True)
class _ReadScore:
    """One score while its parts are looked at."""

    source: str
    remarks: list[Notice]
    tunes: list[GivenTune] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    num_left_out: int = 0
    first_left_out: str = ""

    def left_out(self, count: int, where: str) -> None:
        self.num_left_out += count
        self.first_left_out = self.first_left_out or where

    def notices(self) -> list[Notice]:
        """Return what to tell, each with the name of the score."""
        told = [
            replace(remark, message=f"in {self.source}, {remark.message}")
            for remark in self.remarks
        ]
        if self.num_left_out:
            told.append(
                Notice(
                    code=_CHORDS,
                    message=f"in {self.source}, notes of chords left out: "
                    f"{self.num_left_out}, the first at {self.first_left_out}; the top "
                    "note of each chord stays",
                )
            )
        return told


def _read_score(path: Path, piece: str, *, licence: str) -> _ReadScore:
    result = read_score(path)
    read = _ReadScore(source=f"{piece}{path.suffix}", remarks=list(result.notices))
    for index in range(len(result.score.parts)):
        _read_part(result.score, index, piece, licence=licence, into=read)
    if not (read.tunes or read.rejections):
        raise EmptyScoreError(f"{path}: there is not one note with a pitch in it")
    return read


def _read_part(
    score: Score, index: int, piece: str, *, licence: str, into: _ReadScore
) -> None:
    """Take a part as a tune, or reject it; parts without pitches are no tunes."""
    part = score.parts[index]
    num_sounding = sum(note.duration > 0 for note in part.notes)
    if part.is_drum or not num_sounding:
        return
    name = f"{piece} {index + 1} {part.name}".strip()
    notes, remarks = notes_from_score(score, index)
    try:
        refuse_polyphony(len(notes), num_sounding, name)
    except PolyphonyError as error:
        into.rejections.append(
            Rejection(source=name, reason="polyphonic", message=str(error))
        )
        return
    for remark in remarks:
        if remark.code == _CHORDS:
            into.left_out(
                num_sounding - len(notes), f"{remark.place} of part {index + 1}"
            )
        else:
            message = f"part {index + 1}: {remark.message}"
            into.remarks.append(replace(remark, message=message))
    into.tunes.append(
        GivenTune(
            piece=piece, name=name, source=into.source, licence=licence, notes=notes
        )
    )
