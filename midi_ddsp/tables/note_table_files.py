"""Note tables as files: CSV for people and spreadsheets, Parquet for programs.

Both come back exactly. What stands in a table is for `note_table`, what its columns
mean for `note_columns`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.data.files import read_bytes, write_bytes
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

_SEPARATORS = (",", ";", "\t")
_METADATA_KEY = b"musegen.note_table"
_SCHEMA_VERSION = 1
# A number as spreadsheets write it; not all that Python's float() takes.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_UNIT_IN_HEADER = re.compile(r"\s*[\[(].*$")


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
    data, label = read_bytes(source, name=name)
    if data[:4] == b"PAR1":
        return _from_parquet(data, label)
    return _from_csv(data, label)


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


def _from_csv(data: bytes, label: str) -> PartialNoteTable:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{label}: this is not text in UTF-8, so no CSV; save the table as CSV "
            "(UTF-8) and give that file"
        ) from error
    if "\0" in text:
        raise FileFormatError(f"{label}: this is no text, so no CSV; give a note table")
    header_line = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise FileFormatError(
            f"{label}: row {reader.line_num} is no CSV ({error}); save the table again"
        ) from error
    if not lines or not lines[0][1]:
        raise FileFormatError(
            f"{label}: the first line is empty; it must name the columns"
        )
    header = [_UNIT_IN_HEADER.sub("", cell.strip()).lower() for cell in lines[0][1]]
    _check_header(header, label)
    rows = _filled_rows(lines[1:])
    for number, cells in rows:
        if len(cells) != len(header):
            raise FileFormatError(
                f"{label}: row {number} has {len(cells)} cells and the header "
                f"{len(header)}; give each row a cell for every column"
            )
    has_decimal_comma = separator != ","
    labels = tuple(f"row {number}" for number, _ in rows)

    def read_cell(row: int, column: Column, value: str) -> float:
        return _number_in(value, has_decimal_comma, f"{label}: {labels[row]}", column)

    texts = list(zip(*(cells for _, cells in rows), strict=True))
    texts = texts or [()] * len(header)
    return _partial(dict(zip(header, texts, strict=True)), labels, label, read_cell)


def _filled_rows(lines: Sequence[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The lines that are rows: no blank ones, and none without content at the end."""
    rows = [(number, cells) for number, cells in lines if cells]
    while rows and not any(map(str.strip, rows[-1][1])):
        rows.pop()
    return rows


def _check_header(header: Sequence[str], label: str) -> None:
    for name in header:
        if name not in COLUMN_BY_NAME:
            raise FileFormatError(f"{label}: {unknown_column_text(name)}")
    name, count = Counter(header).most_common(1)[0]
    if count > 1:
        raise FileFormatError(
            f"{label}: the column '{name}' is there {count} times; keep one of them"
        )


def _number_in(text: str, has_decimal_comma: bool, where: str, column: Column) -> float:
    """The number in a cell, NaN where it is empty."""
    cell = text.strip()
    if not cell:
        return np.nan
    if has_decimal_comma:
        cell = cell.replace(",", ".")
    if not _NUMBER.fullmatch(cell):
        raise FileFormatError(
            f"{where}, column '{column.name}': {text.strip()!r} is no number; give one "
            f"({column.unit}), or leave the cell empty"
        )
    return float(cell)


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


def _from_parquet(data: bytes, label: str) -> PartialNoteTable:
    arrow = import_pyarrow()
    try:
        stored = arrow.parquet.read_table(arrow.BufferReader(data))
    except (OSError, arrow.ArrowException) as error:
        raise FileFormatError(
            f"{label}: the Parquet file is damaged; write or download it again"
        ) from error
    _check_header(stored.column_names, label)
    labels = tuple(f"row {number}" for number in range(1, stored.num_rows + 1))

    def read_cell(row: int, column: Column, value: object) -> float:
        if value is None:
            return np.nan
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FileFormatError(
                f"{label}: {labels[row]}, column '{column.name}': {value!r} is no "
                f"number; give one ({column.unit})"
            )
        if value != value:
            raise FileFormatError(
                f"{label}: {labels[row]}, column '{column.name}': NaN is no number; "
                "leave the cell empty (null), or give one"
            )
        return float(value)

    columns = {name: stored.column(name).to_pylist() for name in stored.column_names}
    return _partial(columns, labels, label, read_cell)


def _partial(
    cells: dict[str, Any],
    labels: tuple[str, ...],
    label: str,
    read_cell: Callable[[int, Column, Any], float],
) -> PartialNoteTable:
    columns: dict[str, NDArray[Any]] = {}
    for name in in_column_order(cells):
        column = COLUMN_BY_NAME[name]
        if column.is_text:
            texts = [str(value) if value is not None else "" for value in cells[name]]
            columns[name] = np.array(texts, dtype=object)
        else:
            numbers = [
                read_cell(row, column, value) for row, value in enumerate(cells[name])
            ]
            columns[name] = np.array(numbers, dtype=np.float64)
    return PartialNoteTable(columns=columns, row_labels=labels, source=label)
