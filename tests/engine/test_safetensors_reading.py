"""Reading safetensors without the package of that name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError
from musegen.engine.safetensors_reading import read_tensors
from musegen.engine.safetensors_writing import safetensors_bytes

EXAMPLE: dict[str, NDArray[Any]] = {
    "a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a/half": np.array([0.5, -2.0], dtype=np.float16),
    "b": np.array(7, dtype=np.int64),
    "c": np.array([True, False, True]),
    "empty": np.zeros((0, 4), dtype=np.float32),
}


def test_what_was_written_is_read_again() -> None:
    found = read_tensors(safetensors_bytes(EXAMPLE), where="file")
    assert found.keys() == EXAMPLE.keys()
    for name, array in EXAMPLE.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_remarks_of_other_programs_are_passed_over() -> None:
    header = b'{"__metadata__":{"format":"pt"}}'
    data = len(header).to_bytes(8, "little") + header
    assert read_tensors(data, where="file") == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x10",
        b"\xff" * 40,
        safetensors_bytes(EXAMPLE)[:60],
        safetensors_bytes(EXAMPLE)[:-1],
        safetensors_bytes(EXAMPLE).replace(b"[2,3]", b"[2,4]"),
        safetensors_bytes(EXAMPLE).replace(b'"F32"', b'"F99"'),
        (2).to_bytes(8, "little") + b"[]",
    ],
    ids=["empty", "short", "huge", "header", "cut", "shape", "type", "list"],
)
def test_damaged_files_are_one_sentence(data: bytes) -> None:
    with pytest.raises(ModelFolderError, match="file cannot be read as safetensors"):
        read_tensors(data, where="file")
