"""Automation as a table in a file: rows of time, columns of what is moved.

For: continuous changes inside notes, by hand or from another program, as CSV or
Parquet. Between rows a column goes straight, before its first and after its last it
holds; an empty cell is no point. Two rows at one time are a jump. Not for: what MIDI
files move (`musegen.midi_ddsp.parts.automation`).
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.data.files import write_bytes
from musegen.data.preparation.records import import_pyarrow
from musegen.midi_ddsp.note_frames import seconds_to_frame
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.parts.automation import Automation, Curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.automating import combine
from musegen.midi_ddsp.tables.automation_columns import (
    COLUMNS,
    FRAME,
    PAN,
    PART,
    TIME,
    AutomationColumn,
    fault_of_name,
)
from musegen.midi_ddsp.tables.note_columns import MAX_TIME_S
from musegen.midi_ddsp.tables.table_cells import Numbers, TableCells, read_cells

_TIME_DECIMALS = 3  # a frame is 4 ms
_MAX_FRAME = MAX_TIME_S * FRAME_RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AutomationTable:
    """The automation of a file.

    Args:
        by_part: By what the column `part` says; under "" what holds for every part.
        placed: Those of its names for which the file gives a pan, if only the centre.
        source: What messages call the file.
    """

    by_part: Mapping[str, Automation]
    placed: frozenset[str] = frozenset()
    source: str = "the automation table"

    def for_part(self, part: PlayablePart) -> Automation:
        """Return what the file moves in a part: what is for all, and what is for it.

        Args:
            part: Called by its name or by its number in the score, from 1.
        """
        automation = Automation()
        for name, one in self.by_part.items():
            if not name or is_meant(name, part):
                automation = combine(automation, one)
        return automation

    def places(self, part: PlayablePart) -> bool:
        """Say whether the file puts a part somewhere; the centre is a place too."""
        return any(
            (name in self.placed or _is_moved(one, PAN))
            and (not name or is_meant(name, part))
            for name, one in self.by_part.items()
        )

    def refuse_unknown_parts(self, parts: Sequence[PlayablePart]) -> None:
        """Check that each part that the file names is there.

        Raises:
            InputError: One is not; the message lists those that are.
        """
        for name in self.by_part:
            if name and not any(is_meant(name, part) for part in parts):
                listed = ", ".join(
                    f"{part.part_index + 1} ({part.name})" for part in parts
                )
                raise InputError(
                    f"{self.source}: column 'part': there is no part '{name}'; the "
                    f"parts are {listed}"
                )


class _Named(Protocol):
    """A part of a score, or a line of it."""

    @property
    def name(self) -> str: ...

    @property
    def part_index(self) -> int: ...


def is_meant(name: str, part: _Named) -> bool:
    """Return whether the column `part` means a part: by its name or its number.

    Args:
        name: What the column says.
        part: With its number from 0.
    """
    return name.casefold() in (part.name.casefold(), str(part.part_index + 1))


# === Reading ===


def read_automation_table(
    source: Path | bytes, *, name: str | None = None
) -> AutomationTable:
    """Read automation, CSV or Parquet, recognised by its content.

    Args:
        source: A path, or the content itself.
        name: Name for messages; without it the path, or "the input" for bytes.

    Raises:
        InputError: There is no such file, or a number is out of range or out of order;
            the message names the row and the column.
        FileFormatError: It is no table, a column is unknown or missing, a cell is no
            number, or nothing is moved.
        MissingPackageError: It is Parquet and pyarrow is not installed.
    """
    cells = read_cells(source, fault_of_name=fault_of_name, name=name)
    moved = [column for column in COLUMNS if column.name in cells.cells]
    if not moved:
        raise FileFormatError(
            f"{cells.source}: there is no column of what is moved; add one of "
            f"{', '.join(column.name for column in COLUMNS)}"
        )
    frames = _frames_of(cells)
    values = {column.name: _values_of(cells, column) for column in moved}
    if all(np.isnan(numbers).all() for numbers in values.values()):
        raise FileFormatError(
            f"{cells.source}: there are no numbers under "
            f"{', '.join(values)}; give at least one row with a value"
        )
    rows_by_part = _rows_by_part(cells)
    for rows in rows_by_part.values():
        _check_order(cells, frames, rows)
    curves = {
        part: _curves(frames, values, rows) for part, rows in rows_by_part.items()
    }
    return AutomationTable(
        by_part={part: Automation(**moved) for part, moved in curves.items()},
        placed=frozenset(part for part, moved in curves.items() if PAN in moved),
        source=cells.source,
    )


def _frames_of(cells: TableCells) -> NDArray[np.int64]:
    """The frame of each row, [R]."""
    given = [name for name in (TIME, FRAME) if name in cells.cells]
    if len(given) != 1:
        raise FileFormatError(
            f"{cells.source}: the columns '{TIME}' and '{FRAME}' are "
            f"{'both there' if given else 'both missing'}; give one of them"
        )
    name = given[0]
    unit, highest = ("s", MAX_TIME_S) if name == TIME else ("1", _MAX_FRAME)
    numbers = cells.numbers(name, unit)
    for row, number in enumerate(numbers.tolist()):
        place = cells.place(row, name)
        if math.isnan(number):
            raise InputError(f"{place}: the cell is empty; each row needs its {name}")
        if not 0.0 <= number <= highest:
            raise InputError(
                f"{place}: {number:g} is out of range: {name} is 0 to {highest:g}"
            )
        if name == FRAME and number != int(number):
            raise InputError(f"{place}: {number:g} is no whole number; a frame is one")
    if name == FRAME:
        return numbers.astype(np.int64)
    return np.array([seconds_to_frame(time_s) for time_s in numbers], dtype=np.int64)


def _values_of(cells: TableCells, column: AutomationColumn) -> Numbers:
    """A column of what is moved, [R], NaN where a cell is empty."""
    numbers = cells.numbers(column.name, column.unit)
    is_wrong = (numbers < column.lowest) | (numbers > column.highest)
    if is_wrong.any():
        row = int(np.argmax(is_wrong))
        raise InputError(
            f"{cells.place(row, column.name)}: {numbers[row]:g} is out of range: "
            f"{column.name} is {column.lowest:g} to {column.highest:g} ({column.unit})"
        )
    return numbers


def _rows_by_part(cells: TableCells) -> dict[str, list[int]]:
    if PART not in cells.cells:
        return {"": list(range(len(cells.row_labels)))}
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(cells.texts(PART)):
        rows.setdefault(name, []).append(row)
    return rows


def _check_order(
    cells: TableCells, frames: NDArray[np.int64], rows: Sequence[int]
) -> None:
    for before, row in itertools.pairwise(rows):
        if frames[row] < frames[before]:
            name = TIME if TIME in cells.cells else FRAME
            raise InputError(
                f"{cells.place(row, name)}: {cells.cells[name][row]} comes after "
                f"{cells.cells[name][before]} in {cells.row_labels[before]}; sort the "
                "rows by time"
            )


def _curves(
    frames: NDArray[np.int64], values: Mapping[str, Numbers], rows: Sequence[int]
) -> dict[str, Curve]:
    """The curves of one part; columns without a number are left as they are."""
    curves = {}
    for name, numbers in values.items():
        points = [
            (int(frames[row]), float(numbers[row]))
            for row in rows
            if not math.isnan(numbers[row])
        ]
        if points:
            curves[name] = _curve(points)
    return curves


def _curve(points: Sequence[tuple[int, float]]) -> Curve:
    """A curve through points; two on one frame are a jump that ends there."""
    places: list[int] = []
    values: list[float] = []
    for frame, value in points:
        if places and places[-1] == frame:
            is_free = frame > 0 and (len(places) < 2 or places[-2] < frame - 1)
            if not is_free:
                values[-1] = value
                continue
            places[-1] = frame - 1
        places.append(frame)
        values.append(value)
    return Curve(frames=np.array(places, np.int64), values=np.array(values, np.float64))


# === Writing ===


def write_automation_table(
    table: AutomationTable, path: Path, *, overwrite: bool = False
) -> None:
    """Write automation: as Parquet if the name ends in .parquet, else as CSV.

    Reading it again gives the same values at every frame.

    Args:
        table: What to write; columns that never move and stand at rest are left out.
        path: Where; the folder must exist.
        overwrite: Whether an existing file may be replaced.

    Raises:
        InputError: Nothing is moved in it.
        OutputExistsError: The file exists and `overwrite` is false.
        OutputError: It cannot be written.
        MissingPackageError: Parquet is asked for and pyarrow is not installed.
    """
    columns = _columns_to_write(table)
    is_parquet = path.suffix.lower() == ".parquet"
    data = _parquet_bytes(columns) if is_parquet else _csv_bytes(columns)
    write_bytes(path, data, overwrite=overwrite)


def _columns_to_write(table: AutomationTable) -> dict[str, list[str | float | None]]:
    names = [
        column.name
        for column in COLUMNS
        if any(_is_moved(one, column.name) for one in table.by_part.values())
    ]
    if not names:
        raise InputError(f"{table.source}: nothing is moved, so there is no table")
    columns: dict[str, list[str | float | None]] = {TIME: []}
    has_parts = set(table.by_part) != {""}
    columns |= {name: [] for name in ((PART,) if has_parts else ()) + tuple(names)}
    for part, automation in table.by_part.items():
        points: dict[int, dict[str, float]] = {}
        for name in names:
            if not _is_moved(automation, name):
                continue
            curve: Curve = getattr(automation, name)
            for frame, value in zip(
                curve.frames.tolist(), curve.values.tolist(), strict=True
            ):
                points.setdefault(frame, {})[name] = value
        for frame in sorted(points):
            columns[TIME].append(round(frame / FRAME_RATE_HZ, _TIME_DECIMALS))
            if has_parts:
                columns[PART].append(part)
            for name in names:
                columns[name].append(points[frame].get(name))
    return columns


def _is_moved(automation: Automation, name: str) -> bool:
    curve: Curve = getattr(automation, name)
    at_rest: Curve = getattr(Automation(), name)
    return not (curve.is_constant and curve.values[0] == at_rest.values[0])


def _csv_bytes(columns: Mapping[str, list[str | float | None]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        ["" if cell is None else cell for cell in row]
        for row in zip(*columns.values(), strict=True)
    )
    return stream.getvalue().encode("utf-8")


def _parquet_bytes(columns: Mapping[str, list[str | float | None]]) -> bytes:
    arrow = import_pyarrow()
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(arrow.table(dict(columns)), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data
