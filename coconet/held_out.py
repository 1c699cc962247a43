"""The pieces that a model is measured on, and which of them it may have learned.

A piece keeps its index in the split, from which every draw of its measurement comes.
Not for training: `musegen.data.corpora.chorales` knows more of each piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musegen.coconet.planes import Planes, piece_of_chorale
from musegen.data.corpora.jsb_arrays import (
    PitchGrid,
    leak_free_indices,
    load_jsb_arrays,
)
from musegen.engine.digests import sha256_of

if TYPE_CHECKING:
    from musegen.data.corpora.chorales import Chorale

ARRAY_SUFFIXES = (".npz", ".json")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumberedPiece:
    """A piece to measure.

    Args:
        index: In its split.
        grid: (time, voice), MIDI pitch or -1.
        is_leak_free: Whether its tune opens no training piece, None where not known.
        told: Its metre and phrase ends, None where the data lacks them.
    """

    index: int
    grid: PitchGrid
    is_leak_free: bool | None
    told: Planes | None = None


def load_pieces(path: Path | None, split: str) -> list[NumberedPiece]:
    """Return all pieces of a split.

    Args:
        path: The standard arrays (npz or JSON) or a record file of chorales; None reads
            the files of the installed music21.
        split: `train`, `valid` or `test`.

    Raises:
        InputError: The file is missing, damaged or of another kind.
        MissingPackageError: music21, or pyarrow for records, is not installed.
    """
    if path is not None and path.suffix in ARRAY_SUFFIXES:
        return _pieces_of_arrays(path, split)
    if path is None:
        from musegen.data.corpora.chorales import load_chorales

        chorales = load_chorales(split)
    else:
        from musegen.data.preparation.chorale_records import read_chorale_records

        chorales = read_chorale_records(path)
    return [
        NumberedPiece(
            index=chorale.index,
            grid=chorale.grid,
            is_leak_free=(
                None if split == "train" else not chorale.shares_hymn_tune_with_train
            ),
            told=_told(chorale),
        )
        for chorale in chorales
        if chorale.split == split
    ]


def _told(chorale: Chorale) -> Planes:
    planes = piece_of_chorale(chorale).planes
    return replace(planes, onset=np.zeros_like(planes.onset))


def _pieces_of_arrays(path: Path, split: str) -> list[NumberedPiece]:
    arrays = load_jsb_arrays(path)
    is_known = split != "train" and bool(arrays["train"])
    free = leak_free_indices(arrays)[split] if is_known else ()
    return [
        NumberedPiece(
            index=index, grid=grid, is_leak_free=index in free if is_known else None
        )
        for index, grid in enumerate(arrays[split])
    ]


def pieces_digest(pieces: Sequence[NumberedPiece]) -> str:
    """Return the SHA-256 of the pieces of the split, whatever file holds them."""
    parts = [
        f"{piece.index} {len(piece.grid)}\n".encode()
        + piece.grid.astype("<i2").tobytes()
        for piece in pieces
    ]
    return sha256_of(b"".join(parts))
