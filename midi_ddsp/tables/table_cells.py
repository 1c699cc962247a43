"""Tables from files as named columns of cells: CSV or Parquet, told by the content.

For: tables that people and spreadsheets write, whose faults must be named by row and
column. Not for: what the columns mean (`note_columns`, `automation_columns`).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.data.files import read_bytes
from musegen.data.preparation.records import import_pyarrow

_SEPARATORS = (",", ";", "\t")
_PARQUET_START = b"PAR1"
# A number as spreadsheets write it; not all that Python's float() takes.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_UNIT_IN_HEADER = re.compile(r"\s*[\[(].*$")

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableCells:
    """A table as it stands in a file.

    Args:
        source: What messages call the file.
        row_labels: [R], what messages call each row.
        cells: By column, [R] each: text from CSV, Python's values from Parquet.
        has_decimal_comma: Whether a comma in a cell is a decimal point.
    """

    source: str
    row_labels: tuple[str, ...]
    cells: Mapping[str, Sequence[Any]]
    has_decimal_comma: bool = False

    def place(self, row: int, name: str) -> str:
        """Name a cell for a message."""
        return f"{self.source}: {self.row_labels[row]}, column '{name}'"

    def numbers(self, name: str, unit: str) -> Numbers:
        """Return a column of numbers, [R], NaN where a cell is empty.

        Args:
            name: Of a column that is there.
            unit: What its numbers count, for messages.

        Raises:
            FileFormatError: A cell is no number; it is named.
        """
        values = [
            self._number(row, name, unit, cell)
            for row, cell in enumerate(self.cells[name])
        ]
        return np.array(values, dtype=np.float64)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a column of text, [R], "" where a cell is empty."""
        return tuple(
            "" if cell is None else str(cell).strip() for cell in self.cells[name]
        )

    def _number(self, row: int, name: str, unit: str, cell: object) -> float:
        if cell is None:
            return np.nan
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            if np.isfinite(cell):
                return float(cell)
        elif isinstance(cell, str):
            text = cell.strip()
            if not text:
                return np.nan
            plain = text.replace(",", ".") if self.has_decimal_comma else text
            if _NUMBER.fullmatch(plain):
                return float(plain)
        raise FileFormatError(
            f"{self.place(row, name)}: {cell!r} is no number; give one ({unit}), or "
            "leave the cell empty"
        )


def read_cells(
    source: Path | bytes,
    *,
    fault_of_name: Callable[[str], str | None],
    name: str | None = None,
    keeps_empty_rows: bool = False,
) -> TableCells:
    """Read a table.

    CSV may be separated by comma, semicolon or tab, with a decimal comma unless commas
    separate; a unit in brackets after a column's name is passed over.

    Args:
        source: A path, or the content itself.
        fault_of_name: Says what is wrong with the name of a column; None if nothing.
        name: Name for messages; without it the path, or "the input" for bytes.
        keeps_empty_rows: Whether a row of empty cells between others is a row.

    Raises:
        InputError: There is no such file.
        FileFormatError: It is no table, or a column's name is wrong.
        MissingPackageError: It is Parquet and pyarrow is not installed.
    """
    data, label = read_bytes(source, name=name)
    if data.startswith(_PARQUET_START):
        return _from_parquet(data, label, fault_of_name)
    return _from_csv(data, label, fault_of_name, keeps_empty_rows)


def _from_csv(
    data: bytes,
    label: str,
    fault_of_name: Callable[[str], str | None],
    keeps_empty_rows: bool,
) -> TableCells:
    text = _decoded(data, label)
    header_line = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header_line.count)
    lines = _split(text, separator, label)
    if not lines or not lines[0][1]:
        raise FileFormatError(
            f"{label}: the first line is empty; it must name the columns"
        )
    header = [_UNIT_IN_HEADER.sub("", cell.strip()).lower() for cell in lines[0][1]]
    _check_header(header, label, fault_of_name)
    rows = _filled_rows(lines[1:], keeps_empty_rows)
    for number, cells in rows:
        if len(cells) != len(header):
            raise FileFormatError(
                f"{label}: row {number} has {len(cells)} cells and the header "
                f"{len(header)}; give each row a cell for every column"
            )
    columns = zip(*(cells for _, cells in rows), strict=True) if rows else ()
    return TableCells(
        source=label,
        row_labels=tuple(f"row {number}" for number, _ in rows),
        cells=dict(zip(header, columns or [()] * len(header), strict=True)),
        has_decimal_comma=separator != ",",
    )


def _filled_rows(
    lines: Sequence[tuple[int, list[str]]], keeps_empty_rows: bool
) -> list[tuple[int, list[str]]]:
    """The lines that are rows: no blank ones, and none without content at the end."""
    rows = [(number, cells) for number, cells in lines if cells]
    if not keeps_empty_rows:
        return [row for row in rows if any(map(str.strip, row[1]))]
    while rows and not any(map(str.strip, rows[-1][1])):
        rows.pop()
    return rows


def _decoded(data: bytes, label: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{label}: this is not text in UTF-8, so no CSV; save the table as CSV "
            "(UTF-8) and give that file"
        ) from error
    if "\0" in text:
        raise FileFormatError(f"{label}: this is no text, so no CSV; give a table")
    return text


def _split(text: str, separator: str, label: str) -> list[tuple[int, list[str]]]:
    """The lines with their numbers, from 1."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise FileFormatError(
            f"{label}: row {reader.line_num} is no CSV ({error}); save the table again"
        ) from error


def _from_parquet(
    data: bytes, label: str, fault_of_name: Callable[[str], str | None]
) -> TableCells:
    arrow = import_pyarrow()
    try:
        stored = arrow.parquet.read_table(arrow.BufferReader(data))
    except (OSError, arrow.ArrowException) as error:
        raise FileFormatError(
            f"{label}: the Parquet file is damaged; write or download it again"
        ) from error
    _check_header(stored.column_names, label, fault_of_name)
    return TableCells(
        source=label,
        row_labels=tuple(f"row {number}" for number in range(1, stored.num_rows + 1)),
        cells={name: stored.column(name).to_pylist() for name in stored.column_names},
    )


def _check_header(
    header: Sequence[str], label: str, fault_of_name: Callable[[str], str | None]
) -> None:
    for name in header:
        fault = fault_of_name(name)
        if fault is not None:
            raise FileFormatError(f"{label}: {fault}")
    name, count = Counter(header).most_common(1)[0]
    if count > 1:
        raise FileFormatError(
            f"{label}: the column '{name}' is there {count} times; keep one of them"
        )
