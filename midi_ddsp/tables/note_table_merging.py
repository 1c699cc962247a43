"""Some cells of a note table laid over a whole one.

For editing expression by hand: any notes, any columns. What a table is stands in
`musegen.midi_ddsp.tables.note_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.tables.note_columns import COLUMN_BY_NAME, in_column_order
from musegen.midi_ddsp.tables.note_table import (
    NoteTable,
    PartialNoteTable,
    check_values,
    complete_table,
)

# They follow from the seconds, and are made anew.
_FRAME_COLUMNS = ("note", "onset", "offset", "note_length")


def merge(table: NoteTable, partial: PartialNoteTable) -> NoteTable:
    """Lay some cells over a table: what they say is changed, the rest stays.

    Rows belong to notes by the column `note`; without it there must be as many rows as
    notes, in order. An empty cell, or one that says what the table says already,
    changes nothing; so of `onset` and `onset_s` it is enough to edit one.

    Args:
        table: What is changed.
        partial: The cells.

    Raises:
        InputError: A row belongs to no note or to one that had a row already, or the
            outcome is no table, as for `complete_table`.
    """
    check_values(partial)
    rows = rows_of(table, partial)
    cells: dict[str, NDArray[Any]] = {name: table[name].copy() for name in table.names}
    changed: dict[str, NDArray[np.bool_]] = {}
    for name, values in partial.columns.items():
        if name == "note":
            continue
        blank = np.full(table.num_notes, np.nan)
        old = cells.get(name, blank)
        column = COLUMN_BY_NAME[name]
        is_given = values != "" if column.is_text else ~np.isnan(values)
        new = old.copy() if column.is_text else old.astype(np.float64)
        new[rows[is_given]] = values[is_given]
        changed[name] = new != old
        cells[name] = new
    _follow_times(cells, changed, partial, rows)
    for name in _FRAME_COLUMNS:
        cells.pop(name)
    labels = [f"note {number}" for number in range(1, table.num_notes + 1)]
    for row, index in enumerate(rows):
        labels[index] = partial.row_labels[row]
    return complete_table(
        PartialNoteTable(
            columns={name: cells[name] for name in in_column_order(cells)},
            row_labels=tuple(labels),
            source=partial.source,
        )
    )


def rows_of(table: NoteTable, partial: PartialNoteTable) -> NDArray[np.int64]:
    """Return which note, from 0, each row belongs to, [R].

    Raises:
        InputError: A row belongs to no note or to one that had a row already.
    """
    num_rows = len(partial.row_labels)
    numbers = partial.columns.get("note")
    if numbers is None:
        if num_rows != table.num_notes:
            raise InputError(
                f"{partial.source}: {num_rows} rows for {table.num_notes} notes, and "
                "no column 'note' to say which; add it, the first note is 1"
            )
        return np.arange(num_rows)
    seen: set[float] = set()
    for row, number in enumerate(numbers.tolist()):
        if np.isnan(number) or number > table.num_notes:
            raise InputError(
                f"{partial.place(row, 'note')}: there is no such note; the table has "
                f"notes 1 to {table.num_notes}"
            )
        if number in seen:
            raise InputError(
                f"{partial.place(row, 'note')}: note {number:g} has a row already; "
                "keep one of them"
            )
        seen.add(number)
    return numbers.astype(np.int64) - 1


def _follow_times(
    cells: dict[str, NDArray[Any]],
    changed: Mapping[str, NDArray[np.bool_]],
    partial: PartialNoteTable,
    rows: NDArray[np.int64],
) -> None:
    """Bring seconds up to frames that were changed.

    Raises:
        InputError: Seconds and frames were both changed, to different times.
    """
    unchanged = np.zeros(len(cells["pitch"]), dtype=np.bool_)
    told = unchanged
    for frames, seconds in (("onset", "onset_s"), ("offset", "offset_s")):
        by_frames = changed.get(frames, unchanged)
        told = by_frames | changed.get(seconds, unchanged)
        both = by_frames & changed.get(seconds, unchanged)
        apart = np.abs(cells[seconds] * FRAME_RATE_HZ - cells[frames]) > 1.0
        _refuse_any(both & apart, frames, seconds, partial, rows)
        cells[seconds] = np.where(
            by_frames & ~both, cells[frames] / FRAME_RATE_HZ, cells[seconds]
        )
    by_length = changed.get("note_length", unchanged)
    end_s = cells["onset_s"] + cells["note_length"] / FRAME_RATE_HZ
    apart = np.abs(end_s - cells["offset_s"]) * FRAME_RATE_HZ > 2.0
    _refuse_any(by_length & told & apart, "note_length", "offset", partial, rows)
    cells["offset_s"] = np.where(by_length & ~told, end_s, cells["offset_s"])


def _refuse_any(
    is_wrong: NDArray[np.bool_],
    name: str,
    other: str,
    partial: PartialNoteTable,
    rows: NDArray[np.int64],
) -> None:
    if is_wrong.any():
        row = int(np.flatnonzero(rows == is_wrong.argmax())[0])
        raise InputError(
            f"{partial.place(row, name)}: it was changed, and so was '{other}', to "
            "another time; change one of them"
        )
