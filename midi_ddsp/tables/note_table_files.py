"""Note tables as files: CSV for people and spreadsheets, Parquet for programs.

Both come back exactly. What stands in a table is for `note_table`, what its columns
mean for `note_columns`.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.files import write_bytes
from musegen.data.preparation.records import import_pyarrow
from musegen.midi_ddsp.tables.note_columns import (
    COLUMN_BY_NAME,
    Column,
    in_column_order,
    unknown_column_text,
)
from musegen.midi_ddsp.tables.note_table import (
    NoteTable,
    PartialNoteTable,
    complete_table,
)
from musegen.midi_ddsp.tables.table_cells import read_cells

_METADATA_KEY = b"musegen.note_table"
_SCHEMA_VERSION = 1


def write_note_table(table: NoteTable, path: Path, *, overwrite: bool = False) -> None:
    """Write a table: as Parquet if the name ends in .parquet, else as CSV.

    Args:
        table: What to write.
        path: Where; the folder must exist.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputExistsError: The file exists and `overwrite` is false.
        OutputError: It cannot be written.
        MissingPackageError: Parquet is asked for and pyarrow is not installed.
    """
    is_parquet = path.suffix.lower() == ".parquet"
    encode = parquet_bytes if is_parquet else csv_bytes
    write_bytes(path, encode(table), overwrite=overwrite)


def read_note_table(source: Path | bytes, *, name: str | None = None) -> NoteTable:
    """Read a whole table, CSV or Parquet, recognised by its content.

    Args:
        source: A path, or the content itself.
        name: Name for messages; without it the path, or "the input" for bytes.

    Raises:
        InputError: There is no such file, or what it says is no table; the message
            names the row and the column.
        FileFormatError: It is no table, or a cell is no number.
        MissingPackageError: It is Parquet and pyarrow is not installed.
    """
    return complete_table(read_partial_table(source, name=name))


def read_partial_table(
    source: Path | bytes, *, name: str | None = None
) -> PartialNoteTable:
    """Read any columns of any notes, for `musegen.midi_ddsp.tables.note_table_merging`.

    CSV may be separated by comma, semicolon or tab, with a decimal comma unless commas
    separate; a unit in brackets after a column's name is passed over.

    Args:
        source: A path, or the content itself.
        name: Name for messages; without it the path, or "the input" for bytes.

    Raises:
        InputError: There is no such file.
        FileFormatError: It is no table, a column is unknown, or a cell is no number.
        MissingPackageError: It is Parquet and pyarrow is not installed.
    """
    cells = read_cells(
        source, fault_of_name=_fault_of_name, name=name, keeps_empty_rows=True
    )
    columns: dict[str, NDArray[Any]] = {}
    for column_name in in_column_order(cells.cells):
        column = COLUMN_BY_NAME[column_name]
        if column.is_text:
            texts = cells.texts(column_name)
            columns[column_name] = np.array(texts, dtype=object)
        else:
            columns[column_name] = cells.numbers(column_name, column.unit)
    return PartialNoteTable(
        columns=columns, row_labels=cells.row_labels, source=cells.source
    )


def _fault_of_name(name: str) -> str | None:
    return None if name in COLUMN_BY_NAME else unknown_column_text(name)


# === CSV ===


def csv_bytes(table: NoteTable) -> bytes:
    """Return a table as CSV: UTF-8, commas, decimal points, no exponents.

    The header holds the names of the columns; what they count is told by
    `describe_columns`. Each number is the shortest that reads back as itself.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.names)
    texts = [
        [_cell_text(COLUMN_BY_NAME[name], value) for value in table[name]]
        for name in table.names
    ]
    writer.writerows(zip(*texts, strict=True))
    return stream.getvalue().encode("utf-8")


def _cell_text(column: Column, value: Any) -> str:
    if column.is_text or column.is_whole:
        return str(value)
    return np.format_float_positional(value, unique=True, trim="-")


# === Parquet ===


def parquet_bytes(table: NoteTable) -> bytes:
    """Return a table as Parquet, units and meanings beside the columns' names.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    fields, arrays = [], []
    for name in table.names:
        column = COLUMN_BY_NAME[name]
        kind = (
            arrow.string()
            if column.is_text
            else arrow.int64()
            if column.is_whole
            else arrow.float64()
        )
        metadata = {"unit": column.unit, "meaning": column.meaning}
        fields.append(arrow.field(name, kind, metadata=metadata))
        arrays.append(arrow.array(table[name], type=kind))
    version = json.dumps({"schema_version": _SCHEMA_VERSION}).encode()
    schema = arrow.schema(fields, metadata={_METADATA_KEY: version})
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(
        arrow.Table.from_arrays(arrays, schema=schema), sink, compression="zstd"
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data
