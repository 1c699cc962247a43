"""The frames of an analysis as a table: time, pitch, confidence, voicing, loudness.

For: CSV and Parquet files that other programs read. Not for: synthesis parameters,
which have a file of their own (`SynthesisParameters.save`), nor notes
(`musegen.midi_ddsp.tables.note_table`).
"""

from __future__ import annotations

import io
from typing import Any

from numpy.typing import NDArray

from musegen.data.preparation.records import import_pyarrow
from musegen.midi_ddsp.analysis.analysing import Analysis, frame_times_s

DECIMALS = {"time_s": 3, "f0_hz": 3, "confidence": 4, "loudness_db": 2}
"""Decimals in CSV of the columns that are not true or false."""


def frame_columns(analysis: Analysis) -> dict[str, NDArray[Any]]:
    """Return the columns, each [T]: `time_s, f0_hz, confidence, voiced, loudness_db`.

    Args:
        analysis: Of a recording; `f0_hz` is 0 where there is no pitch.
    """
    return {
        "time_s": frame_times_s(analysis.num_frames),
        "f0_hz": analysis.f0_hz,
        "confidence": analysis.confidence,
        "voiced": analysis.voiced,
        "loudness_db": analysis.loudness_db,
    }


def frames_csv(analysis: Analysis) -> bytes:
    """Return the table as CSV: a line of names, a line a frame, `voiced` as 0 or 1."""
    columns = frame_columns(analysis)
    patterns = (
        f"%.{DECIMALS[name]}f" if name in DECIMALS else "%d" for name in columns
    )
    row = ",".join(patterns) + "\n"
    text = io.StringIO()
    text.write(",".join(columns) + "\n")
    lists = [column.tolist() for column in columns.values()]
    text.writelines(row % values for values in zip(*lists, strict=True))
    return text.getvalue().encode("ascii")


def frames_parquet(analysis: Analysis) -> bytes:
    """Return the table as Parquet; the same analysis gives the same bytes.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(arrow.table(frame_columns(analysis)), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data
