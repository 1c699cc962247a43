from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.engine.safetensors_writing import safetensors_bytes


def test_a_file_by_hand() -> None:
    arrays: dict[str, NDArray[Any]] = {
        "b": np.array([1, 2], np.uint8),
        "a": np.array([[1.0]], np.float32),
    }
    content = safetensors_bytes(arrays)
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    assert size % 8 == 0
    assert header == {
        "a": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]},
        "b": {"dtype": "U8", "shape": [2], "data_offsets": [4, 6]},
    }
    assert content[8 + size :] == np.float32(1.0).tobytes() + b"\x01\x02"


def test_the_package_gives_the_same_bytes() -> None:
    library = pytest.importorskip("safetensors.numpy", reason="the extra 'train'")
    rng = np.random.default_rng(0)
    types = ["bool", "uint8", "int8", "int16", "float16", "int32", "float32"]
    types += ["float64", "int64"]
    arrays = {
        f"{dtype}/é{size}": rng.normal(size=(size, 3)).astype(dtype)
        for dtype in types
        for size in (2, 1, 0)
    }
    arrays["scalar"] = np.array(3.0, np.float32)
    arrays["turned"] = np.arange(6, dtype=np.float32).reshape(2, 3).T
    content = safetensors_bytes(arrays)
    contiguous = {name: np.array(a, order="C") for name, a in arrays.items()}
    assert content == library.save(contiguous)
    for name, array in library.load(content).items():
        np.testing.assert_array_equal(array, arrays[name])


def test_a_type_that_the_format_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no type complex64 \\('z'\\)"):
        safetensors_bytes({"z": np.ones(1, np.complex64)})
