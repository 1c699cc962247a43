"""The tensors of a model folder without the package safetensors.

Reads what `musegen.engine.safetensors_writing` writes; what the names mean is the
reader's.

Source:
    The format's description in the safetensors repository.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError

_TYPES = {
    "BOOL": "?",
    "U8": "<u1",
    "I8": "<i1",
    "I16": "<i2",
    "U16": "<u2",
    "F16": "<f2",
    "I32": "<i4",
    "U32": "<u4",
    "F32": "<f4",
    "F64": "<f8",
    "I64": "<i8",
    "U64": "<u8",
}
_HEADER_AT = 8  # behind its own length
_METADATA = "__metadata__"


def read_tensors(data: bytes, *, where: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a safetensors file by name; they cannot be written to.

    Args:
        data: Content of the file.
        where: What an error calls it.

    Raises:
        ModelFolderError: It is no such file, or damaged.
    """
    try:
        start = _HEADER_AT + int.from_bytes(data[:_HEADER_AT], "little")
        if len(data) < start:
            raise ValueError("it is cut off")
        header = json.loads(data[_HEADER_AT:start])
        header.pop(_METADATA, None)
        return {name: _array(entry, data, start) for name, entry in header.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelFolderError(
            f"{where} cannot be read as safetensors ({error}): install the model again"
        ) from error


def _array(entry: Any, data: bytes, start: int) -> NDArray[Any]:
    kind = np.dtype(_TYPES[entry["dtype"]])
    shape = tuple(entry["shape"])
    first, last = entry["data_offsets"]
    size = math.prod(shape)
    if last - first != size * kind.itemsize or first < 0:
        raise ValueError("a tensor is not of the size of its shape")
    flat = np.frombuffer(data, dtype=kind, count=size, offset=start + first)
    return flat.reshape(shape)
