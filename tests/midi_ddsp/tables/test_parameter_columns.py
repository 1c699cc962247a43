"""Columns of parameter files; files as a whole are tested with `parameter_files`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.tables.parameter_columns import (
    check_columns,
    loaded_column,
    stored_column,
)

arrow = pytest.importorskip("pyarrow", reason="the extra 'records'")
PATH = Path("a.parquet")


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_what_is_stored_is_loaded(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    name = "amplitude" if len(shape) == 1 else "noise"
    column = stored_column(arrow, values)
    assert np.array_equal(loaded_column(column, PATH, name, 0), values)
    part = loaded_column(column.slice(2, 2), PATH, name, 0)
    assert np.array_equal(part, values[2:4])


def test_whole_numbers_and_doubles_are_numbers() -> None:
    for kind in (arrow.int32(), arrow.float64()):
        column = arrow.array([1, 2], type=kind)
        assert loaded_column(column, PATH, "f0_hz", 0).dtype == np.float32


def test_truth_is_no_number() -> None:
    names = ("f0_hz", "amplitude", "harmonics", "noise")
    schema = arrow.schema([(name, arrow.bool_()) for name in names])
    with pytest.raises(FileFormatError, match=r"column 'f0_hz'.*this is bool; do that"):
        check_columns(schema, PATH, remedy="do that")


def test_an_empty_list_is_named_with_its_frame() -> None:
    column = arrow.array([[1.0], [1.0], []])
    with pytest.raises(FileFormatError, match="frame 12 has another number"):
        loaded_column(column, PATH, "noise", 10)
