"""The columns of a parameter file: numbers and lists of numbers, checked and converted.

For `musegen.midi_ddsp.tables.parameter_files`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.data.preparation.records import import_pyarrow

_NUMBERS, _LISTS = ("f0_hz", "amplitude"), ("harmonics", "noise")
COLUMN_NAMES = (*_NUMBERS, *_LISTS)


def check_columns(schema: Any, path: Path, *, remedy: str) -> None:
    """Refuse a file that lacks a column, or has something else in it.

    Args:
        schema: The file's, of Arrow.
        path: For the message.
        remedy: What to do instead, for the message.

    Raises:
        FileFormatError: As said.
    """
    arrow = import_pyarrow()
    missing = [name for name in COLUMN_NAMES if name not in schema.names]
    if missing:
        raise FileFormatError(
            f"{path}: this does not hold synthesis parameters: the column "
            f"'{missing[0]}' is missing; {remedy}"
        )
    for name in COLUMN_NAMES:
        kind = schema.field(name).type
        if name in _LISTS:
            is_list = hasattr(kind, "value_type") and arrow.types.is_nested(kind)
            kind = kind.value_type if is_list else None
        if kind is None or not (
            arrow.types.is_floating(kind) or arrow.types.is_integer(kind)
        ):
            wanted = "a list of numbers" if name in _LISTS else "a number"
            raise FileFormatError(
                f"{path}: column '{name}': each frame needs {wanted}, and this is "
                f"{schema.field(name).type}; {remedy}"
            )


def loaded_column(
    column: Any, path: Path, name: str, first: int
) -> NDArray[np.float32]:
    """Return a column of a batch, [T] or [T, K].

    Args:
        column: An array of Arrow.
        path: For messages.
        name: Of the column.
        first: Number of its first frame, for messages.

    Raises:
        FileFormatError: A cell is empty, or the lists are not of one length.
    """
    arrow = import_pyarrow()
    is_list = name in _LISTS
    num_frames = len(column)
    if column.null_count:
        raise _empty_cell(path, name, first)
    if is_list:
        lengths = np.asarray(arrow.compute.list_value_length(column))
        if num_frames and (lengths != lengths[0]).any():
            frame = first + int(np.argmax(lengths != lengths[0]))
            raise FileFormatError(
                f"{path}: column '{name}': frame {frame} has another number of values "
                "than the frames before it; give each frame as many"
            )
        column = column.flatten()
    if column.null_count:
        raise _empty_cell(path, name, first)
    with np.errstate(over="ignore"):  # infinity is refused by name
        flat: NDArray[np.float32] = column.to_numpy(zero_copy_only=False).astype(
            np.float32
        )
    return flat.reshape(num_frames, -1) if is_list else flat


def _empty_cell(path: Path, name: str, first: int) -> FileFormatError:
    return FileFormatError(
        f"{path}: column '{name}': a cell is empty at or after frame {first}; give a "
        "number in every cell"
    )


def stored_column(arrow: Any, values: NDArray[np.float32]) -> Any:
    """Return [T] or [T, K] as an array of Arrow."""
    flat = arrow.array(values.reshape(-1))
    if values.ndim == 1:
        return flat
    return arrow.FixedSizeListArray.from_arrays(flat, values.shape[1])
