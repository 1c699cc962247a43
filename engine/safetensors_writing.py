"""Writing a `.safetensors` file without the package safetensors.

Gives the very bytes that the package gives. Reading, and what the tensors of a Keras
network are called, is in `musegen.engine.weights`.

Source:
    The format's description in the safetensors repository.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "uint16": "U16",
    "float16": "F16",
    "int32": "I32",
    "uint32": "U32",
    "float32": "F32",
    "float64": "F64",
    "int64": "I64",
    "uint64": "U64",
}
_ORDER = tuple(_TYPES.values())  # later types come first in the file
_ALIGNMENT = 8  # bytes


def safetensors_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as the content of a safetensors file.

    Args:
        arrays: By name.

    Raises:
        ValueError: The format has no such type.
    """
    kinds = {}
    for name, array in arrays.items():
        if array.dtype.name not in _TYPES:
            raise ValueError(f"safetensors has no type {array.dtype} ('{name}')")
        kinds[name] = _TYPES[array.dtype.name]
    header: dict[str, object] = {}
    chunks: list[bytes] = []
    offset = 0
    for name in sorted(arrays, key=lambda name: (-_ORDER.index(kinds[name]), name)):
        array = arrays[name]
        data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        chunks.append(data.tobytes())
        header[name] = {
            "dtype": kinds[name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + data.nbytes],
        }
        offset += data.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return b"".join([len(text).to_bytes(8, "little"), text, *chunks])
