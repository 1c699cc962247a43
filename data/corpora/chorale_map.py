"""Which file of music21 holds which piece of the standard split, and how to cut it.

Facts measured by us on music21 10.5.1 and the published arrays, in `jsb_split.json`; no
music.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Split = Literal["train", "valid", "test"]
SegmentKind = Literal["play", "rest", "hold"]

_MAP_FILE = Path(__file__).parent / "jsb_split.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a score, in quarters after `time_scale`, that the arrays play next.

    Args:
        kind: `play`: rests after the first note are filled by holding the note before;
            `rest`: rests are kept; `hold`: the last sixteenth of the first quarter is
                held.
        first_quarter: From 0, repeats not played.
        num_quarters: How long.
    """

    kind: SegmentKind
    first_quarter: int
    num_quarters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    """One piece of the standard split.

    Args:
        split: `train`, `valid` or `test`.
        index: Its position in the split.
        num_steps: Sixteenths in the arrays.
        file: Name in music21's `corpus/bach`; None where music21 does not have the
            piece.
        transpose_semitones: To add to the written pitches.
        time_scale: 1, or 2 where the arrays double the note values.
        agreement: Share of cells equal to the arrays, 0 to 1.
        agreement_mod_octave: The same, octaves not counted.
        segments: Joined they give the piece.
        shares_hymn_tune_with_train: Its soprano opens (first 12 notes, any key) like
            one of `train`; False within `train`.
    """

    split: Split
    index: int
    num_steps: int
    file: str | None
    transpose_semitones: int = 0
    time_scale: int = 1
    agreement: float = 0.0
    agreement_mod_octave: float = 0.0
    segments: tuple[Segment, ...] = ()
    shares_hymn_tune_with_train: bool = False

    @property
    def name(self) -> str:
        """`train 25`: how a piece without a file is called."""
        return f"{self.split} {self.index}"


@cache
def map_entries() -> tuple[MapEntry, ...]:
    """Return all 382 pieces: train, valid, test, each by index."""
    document = json.loads(_MAP_FILE.read_text(encoding="utf-8"))
    leaks = document["shares_hymn_tune_with_train"]
    return tuple(
        _entry(piece, piece["index"] in leaks.get(piece["split"], ()))
        for piece in document["pieces"]
    )


@cache
def measured_music21_version() -> str:
    """Return the version of music21 whose files the map was measured on."""
    version: str = json.loads(_MAP_FILE.read_text(encoding="utf-8"))["music21"]
    return version


def absent_pieces() -> tuple[MapEntry, ...]:
    """Return the five pieces of the split that music21 does not have."""
    return tuple(entry for entry in map_entries() if entry.file is None)


def _entry(piece: dict[str, Any], shares_hymn_tune: bool) -> MapEntry:
    return MapEntry(
        split=piece["split"],
        index=piece["index"],
        num_steps=piece["steps"],
        file=piece["file"],
        transpose_semitones=piece.get("transpose", 0),
        time_scale=piece.get("time_scale", 1),
        agreement=piece.get("agreement", 0.0),
        agreement_mod_octave=piece.get("agreement_mod_octave", 0.0),
        segments=tuple(
            Segment(kind=kind, first_quarter=first, num_quarters=quarters)
            for kind, first, quarters in piece.get("segments", ())
        ),
        shares_hymn_tune_with_train=shares_hymn_tune,
    )
