"""The chorales that a run learns from: read, and what is to be said of them.

What they are measured with is `musegen.coconet.held_out`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musegen.coconet.held_out import ARRAY_SUFFIXES
from musegen.coconet.planes import Piece, piece_of_grid, pieces_of_chorales
from musegen.engine.digests import sha256_of
from musegen.engine.run_inputs import TrainingData

CHORALES = "music21's chorales"
WEIGHTS_LICENCE = "Apache-2.0"
_CHORALES_LICENCE = (
    "The music is in the public domain. The encodings are Margaret Greentree's, "
    "distributed with music21 by her permission; they are read from an installed "
    "music21 and are part neither of this model nor of the repository."
)
_PUBLISHED_ARRAYS_LICENCE = (
    "The music is in the public domain; the repository that the arrays are from states "
    "no licence of them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPieces:
    """What a run learns from.

    Args:
        train: To learn from.
        valid: Never trained on.
        data: What both are.
    """

    train: list[Piece]
    valid: list[Piece]
    data: TrainingData


def read_training_pieces(path: Path | None) -> TrainingPieces:
    """Read the pieces of the splits `train` and `valid`.

    Args:
        path: The standard arrays (npz or JSON) or a record file of chorales; None reads
            the files of the installed music21.

    Raises:
        InputError: The file is missing, damaged or of another kind.
        MissingPackageError: music21, or pyarrow for records, is not installed.
    """
    if path is None:
        return _installed()
    if path.suffix in ARRAY_SUFFIXES:
        return _arrays(path)
    return _records(path)


def _installed() -> TrainingPieces:
    from musegen.data.corpora.chorales import load_chorales, music21_version

    chorales = load_chorales()
    return _read(
        pieces_of_chorales(chorales, "train"),
        pieces_of_chorales(chorales, "valid"),
        source=f"chorales of music21 {music21_version()}, standard split",
        path=None,
        is_music21=True,
    )


def _records(path: Path) -> TrainingPieces:
    from musegen.data.corpora.chorales import LICENCE
    from musegen.data.preparation.chorale_records import read_chorale_records
    from musegen.data.preparation.records import read_records

    chorales = read_chorale_records(path)
    licence = read_records(path).metadata.licence
    return _read(
        pieces_of_chorales(chorales, "train"),
        pieces_of_chorales(chorales, "valid"),
        source=f"{path.name}, standard split",
        path=path,
        is_music21=licence == LICENCE,
        licence=f"Its licence, as the file states it: {licence.rstrip('.')}."
        if licence
        else "",
    )


def _arrays(path: Path) -> TrainingPieces:
    from musegen.data.corpora.jsb_arrays import load_jsb_arrays

    arrays = load_jsb_arrays(path)
    is_published = path.suffix == ".npz"  # no other npz is opened
    return _read(
        [piece_of_grid(grid) for grid in arrays["train"]],
        [piece_of_grid(grid) for grid in arrays["valid"]],
        source=path.name,
        path=path,
        licence=_PUBLISHED_ARRAYS_LICENCE if is_published else "",
    )


def _read(
    train: list[Piece],
    valid: list[Piece],
    *,
    source: str,
    path: Path | None,
    is_music21: bool = False,
    licence: str = "",
) -> TrainingPieces:
    data = TrainingData(
        source=source,
        path=path,
        sha256=_digest(train, valid),
        collection=CHORALES if is_music21 else "",
        licence=_CHORALES_LICENCE if is_music21 else licence,
        weights_licence=WEIGHTS_LICENCE if is_music21 else "",
        options=() if path is None else ("--data", path.name),
    )
    return TrainingPieces(train=train, valid=valid, data=data)


def _digest(*splits: Sequence[Piece]) -> str:
    """Return the SHA-256 of pieces and all that is known of them, whatever their file.

    The same chorales have the same digest from music21 and from records of it.
    """
    parts: list[bytes] = []
    for pieces in splits:
        parts.append(f"{len(pieces)} pieces\n".encode())
        for piece in pieces:
            parts.append(f"{len(piece.pitch)} steps\n".encode())
            parts.append(piece.pitch.astype("<i2").tobytes())
            codes = (piece.onset, piece.metre, piece.fermata)
            parts += [plane.astype("i1").tobytes() for plane in codes]
    return sha256_of(b"".join(parts))
