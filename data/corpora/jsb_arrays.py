"""The standard chorale arrays, and which of their pieces share a hymn tune.

`Jsb16thSeparated.npz`: 229 / 76 / 77 pieces, four voices in sixteenths, nothing but
pitches. For figures that are to be compared with published ones; to learn from,
`musegen.data.corpora.chorales` knows more. The file is given by the user: its
repository states no licence.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from musegen.data.errors import FileFormatError
from musegen.data.files import read_bytes

SPLITS = ("train", "valid", "test")
NUM_VOICES = 4  # soprano, alto, tenor, bass
SILENCE = -1
JSB_NPZ_SHA256 = "2adcdf0d57880c3763f104555072285fe7f9e3d6049fcc4b9830557b8d4a7820"
"""Of the npz in github.com/czhuang/JSB-Chorales-dataset, commit fee5719."""

NUM_OPENING_NOTES = 12
"""Notes of the soprano that tell a hymn tune; the count is ours."""

PitchGrid = npt.NDArray[np.int16]
"""MIDI pitches, (time, voice), -1 for silence; a time step is a sixteenth."""


def load_jsb_arrays(path: Path) -> dict[str, tuple[PitchGrid, ...]]:
    """Read the standard arrays from the npz or its JSON twin.

    Args:
        path: `Jsb16thSeparated.npz`, or `.json` in the same layout with -1 for silence.

    Returns:
        For `train`, `valid` and `test` the pieces in file order, each (time, voice)
        int16 of MIDI pitches, -1 for silence; read-only.

    Raises:
        InputError: There is no such file, or it may not be read.
        FileFormatError: The npz is not the published file (it holds pickled objects,
            which could run code, so no other is opened), or the JSON is not of this
            layout.
    """
    data, _ = read_bytes(path)
    splits = _from_json(data, path.name) if path.suffix == ".json" else _from_npz(data)
    return {
        split: tuple(
            _checked(piece, f"{path.name}, {split} {index}")
            for index, piece in enumerate(splits[split])
        )
        for split in SPLITS
    }


def opening_contour(soprano: npt.ArrayLike) -> tuple[int, ...]:
    """Return the steps between the first 12 notes of a melody, whatever its key.

    Args:
        soprano: MIDI pitches, (time,), -1 for silence. Repeated notes count once.

    Returns:
        Up to 11 intervals in semitones, fewer for a shorter melody.
    """
    pitches = np.asarray(soprano, dtype=np.int64)
    pitches = pitches[pitches != SILENCE]
    if not pitches.size:
        return ()
    is_new = np.concatenate(([True], np.diff(pitches) != 0))
    return tuple(int(step) for step in np.diff(pitches[is_new][:NUM_OPENING_NOTES]))


def leak_free_indices(
    arrays: Mapping[str, tuple[PitchGrid, ...]],
) -> dict[str, tuple[int, ...]]:
    """Return the pieces of `valid` and `test` whose tune opens no training piece.

    Bach harmonised the same tunes several times, so the standard split tests partly on
    melodies that were trained on: 22 of 76 in `valid`, 24 of 77 in `test`.

    Args:
        arrays: What `load_jsb_arrays` returns.

    Returns:
        For `valid` and `test` the positions of the pieces that are free of it,
        ascending.
    """
    known = {opening_contour(piece[:, 0]) for piece in arrays["train"]}
    return {
        split: tuple(
            index
            for index, piece in enumerate(arrays[split])
            if opening_contour(piece[:, 0]) not in known
        )
        for split in ("valid", "test")
    }


def _from_npz(data: bytes) -> dict[str, list[npt.NDArray[np.float64]]]:
    digest = hashlib.sha256(data).hexdigest()
    if digest != JSB_NPZ_SHA256:
        raise FileFormatError(
            f"this is not the published Jsb16thSeparated.npz (sha256 {digest[:12]}..., "
            f"expected {JSB_NPZ_SHA256[:12]}...); it would be unpickled, so no other "
            "file is opened: fetch the original, or use its JSON twin"
        )
    with np.load(io.BytesIO(data), allow_pickle=True, encoding="latin1") as archive:
        return {
            split: [
                np.nan_to_num(piece.astype(np.float64), nan=SILENCE)
                for piece in archive[split]
            ]
            for split in SPLITS
        }


def _from_json(data: bytes, name: str) -> dict[str, list[npt.NDArray[np.float64]]]:
    try:
        document = json.loads(data)
        return {
            split: [np.asarray(piece, dtype=np.float64) for piece in document[split]]
            for split in SPLITS
        }
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(
            f"{name} is not the JSON of the chorale arrays: expected an object with "
            f"{', '.join(SPLITS)}, each a list of pieces of four pitches a step "
            f"({error})"
        ) from error


def _checked(piece: npt.NDArray[np.float64], where: str) -> PitchGrid:
    if piece.ndim != 2 or piece.shape[1] != NUM_VOICES or not len(piece):
        raise FileFormatError(
            f"{where}: expected steps of {NUM_VOICES} pitches; got shape {piece.shape}"
        )
    grid: PitchGrid = piece.astype(np.int16)
    if (grid != piece).any() or (grid < SILENCE).any() or (grid > 127).any():
        raise FileFormatError(f"{where}: a pitch is -1 (silence) or a whole 0 to 127")
    grid.flags.writeable = False
    return grid
