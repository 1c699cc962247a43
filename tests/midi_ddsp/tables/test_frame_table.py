from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from musegen.midi_ddsp.analysis.analysing import Analysis
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.tables.frame_table import (
    frame_columns,
    frames_csv,
    frames_parquet,
)

NAMES = ["time_s", "f0_hz", "confidence", "voiced", "loudness_db"]


def analysis() -> Analysis:
    f0_hz = np.array([0, 440.1234, 441], dtype=np.float32)
    return Analysis(
        duration_s=0.012,
        f0_hz=f0_hz,
        confidence=np.array([0, 0.5, 1], dtype=np.float32),
        voiced=f0_hz > 0,
        loudness_db=np.array([-80, -20.5, -3], dtype=np.float32),
        notes=(),
        parameters=SynthesisParameters(
            f0_hz=f0_hz,
            amplitude=f0_hz,
            harmonics=np.ones((3, 1), dtype=np.float32),
            noise=np.zeros((3, 65), dtype=np.float32),
        ),
        instrument=None,
        estimator="spectra",
    )


def test_csv_has_a_line_a_frame() -> None:
    rows = list(csv.DictReader(io.StringIO(frames_csv(analysis()).decode("ascii"))))
    assert list(rows[0]) == NAMES
    assert rows[1] == {
        "time_s": "0.004",
        "f0_hz": "440.123",
        "confidence": "0.5000",
        "voiced": "1",
        "loudness_db": "-20.50",
    }
    assert len(rows) == 3


def test_parquet_holds_the_same_columns() -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra 'records'")
    import pyarrow.parquet

    data = frames_parquet(analysis())
    table = pyarrow.parquet.read_table(arrow.BufferReader(data))
    assert table.column_names == NAMES
    for name, values in frame_columns(analysis()).items():
        np.testing.assert_array_equal(table.column(name).to_numpy(), values)
    assert frames_parquet(analysis()) == data
