"""Layers by path: what is missing or of another size is named."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.original.weights import TENSOR_SUFFIX, WeightReader, by_path


def reader() -> WeightReader:
    tensors = {
        f"a/b/kernel{TENSOR_SUFFIX}": np.ones((2, 3), dtype=np.float32),
        f"a/b/bias{TENSOR_SUFFIX}": np.arange(3, dtype=np.float32),
    }
    return WeightReader(tensors=by_path(tensors), where="file")


def test_a_layer_is_found_below_a_path() -> None:
    layer = reader().below("a").dense("b", 2, 3)
    np.testing.assert_array_equal(layer(np.ones((1, 2), np.float32)), [[2, 3, 4]])


def test_a_missing_tensor_is_named() -> None:
    with pytest.raises(FileFormatError, match="file has no tensor a/c/kernel"):
        reader().dense("a/c", 2, 3)


def test_another_size_is_named() -> None:
    with pytest.raises(FileFormatError, match=r"a/b/kernel has shape \(2, 3\)"):
        reader().dense("a/b", 2, 4)
