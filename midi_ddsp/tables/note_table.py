"""Tables of notes with their expression, which people and programs read and edit.

One voice, a row a note, columns asked for by name; rests are what lies between. Laying
a part of a table over a whole one is for `note_table_merging`, files for
`note_table_files`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.note_frames import frame_spans
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.tables.note_columns import (
    COLUMN_BY_NAME,
    in_column_order,
    unknown_column_text,
)

_DEFAULT_VELOCITY = 80
_FIRST_PRINTABLE = ord(" ")
# How far frames and seconds may differ, for those who round in another way.
_FRAMES_APART = {"onset": 1, "offset": 1, "note_length": 2}
# An end later than the next beginning by no more than rounding is that beginning.
_ROUNDING_S = 1e-6

FloatArray = NDArray[np.float64]
# Numbers are float64 [N] or int64 [N], text is an array [N] of str objects.
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoteTable:
    """Notes of one voice and what is known of them. Make one with `make_note_table`.

    Args:
        columns: Arrays [N] by name, in the order of `COLUMNS`. Always there: note,
            pitch, onset, offset, note_length, onset_s, offset_s, velocity, instrument.
    """

    columns: Columns

    @property
    def num_notes(self) -> int:
        """Rows N."""
        return len(self.columns["pitch"])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns it has, in order."""
        return tuple(self.columns)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return the column of a name, [N].

        Raises:
            InputError: There is no such column, or this table does not have it.
        """
        if name in self.columns:
            return self.columns[name]
        if name in COLUMN_BY_NAME:
            raise InputError(
                f"the note table has no column '{name}'; it has "
                f"{', '.join(self.columns)}: analyse the recording again, or add it"
            )
        raise InputError(unknown_column_text(name))

    def with_columns(self, columns: Columns) -> NoteTable:
        """Return the table with other values in some of its columns, [N] each."""
        changed = {
            name: _frozen(name, columns.get(name, values))
            for name, values in self.columns.items()
        }
        return NoteTable(columns=MappingProxyType(changed))

    def notes(self) -> tuple[PlayedNote, ...]:
        """Return the notes without their expression."""
        return _notes_of(
            self.columns["pitch"],
            self.columns["onset_s"],
            self.columns["offset_s"],
            self.columns["velocity"],
        )

    def controls(self) -> FloatArray:
        """Return [N, 6], the six controls in the order of `CONTROL_NAMES`.

        Raises:
            InputError: A column is missing.
        """
        return np.stack([self[name] for name in CONTROL_NAMES], axis=1)

    def units(self) -> FloatArray:
        """Return [N, 11], the expression in units in the order of `UNIT_NAMES`.

        Raises:
            InputError: A column is missing.
        """
        return np.stack([self[name] for name in UNIT_NAMES], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartialNoteTable:
    """Some cells of a note table, as they stand in a file.

    Args:
        columns: By name, in the order of `COLUMNS`: float64 [R], NaN where a cell is
            empty; text as str, "" where it is empty.
        row_labels: [R], what messages call each row.
        source: What messages call the file.
    """

    columns: Columns
    row_labels: tuple[str, ...]
    source: str = "the note table"

    def place(self, row: int, name: str) -> str:
        """Name a cell for a message."""
        return f"{self.source}: {self.row_labels[row]}, column '{name}'"


def make_note_table(
    notes: Sequence[PlayedNote],
    *,
    instrument: str | Sequence[str] = "",
    controls: NDArray[np.floating] | None = None,
    units: NDArray[np.floating] | None = None,
    unit_names: Sequence[str] = UNIT_NAMES,
) -> NoteTable:
    """Make a table of notes.

    Args:
        notes: One voice, sorted by onset.
        instrument: Its name, for all notes or for each.
        controls: [N, 6] in the order of `CONTROL_NAMES`.
        units: [N, U] in the order of `unit_names`.
        unit_names: What of `UNIT_NAMES` is known of the notes.

    Raises:
        InputError: Notes overlap or are not sorted, or a value is not finite or out of
            range; a note is called by its number.
        ValueError: `controls` or `units` has another shape.
    """
    names = [instrument] * len(notes) if isinstance(instrument, str) else instrument
    columns: dict[str, NDArray[Any]] = {
        "pitch": np.array([note.pitch for note in notes], dtype=np.float64),
        "onset_s": np.array([note.onset_s for note in notes], dtype=np.float64),
        "offset_s": np.array([note.offset_s for note in notes], dtype=np.float64),
        "velocity": np.array([note.velocity for note in notes], dtype=np.float64),
        "instrument": np.array(names, dtype=object),
    }
    for block, block_names in ((controls, CONTROL_NAMES), (units, unit_names)):
        if block is None:
            continue
        shape = (len(notes), len(block_names))
        if block.shape != shape:
            raise ValueError(f"values of shape {shape} are needed; got {block.shape}")
        columns |= dict(zip(block_names, block.T.astype(np.float64), strict=True))
    labels = tuple(f"note {number}" for number in range(1, len(notes) + 1))
    return complete_table(PartialNoteTable(columns=columns, row_labels=labels))


def complete_table(partial: PartialNoteTable) -> NoteTable:
    """Make a table of cells that say all that a table must.

    A beginning is given in seconds (`onset_s`) or frames (`onset`), an end in seconds
    (`offset_s`), frames (`offset`) or as a length in frames (`note_length`); where
    several are given, seconds count and the others must agree to a frame. `velocity`
    is 80 and `instrument` empty without their columns; `note` is numbered anew.

    Args:
        partial: Rows sorted by onset.

    Raises:
        InputError: A column or a cell is missing, a value is out of range, notes
            overlap or are not sorted, or frames and seconds disagree. The message names
            the row and the column.
    """
    given = dict(partial.columns)
    _check_cells(partial)
    num_rows = len(partial.row_labels)
    onset_s, offset_s = _times(given, partial.source)
    given["onset_s"], given["offset_s"] = onset_s, offset_s
    if "pitch" not in given:
        raise InputError(f"{partial.source}: the column 'pitch' is missing; add it")
    given.setdefault("velocity", np.full(num_rows, float(_DEFAULT_VELOCITY)))
    given.setdefault("instrument", np.array([""] * num_rows, dtype=object))
    _check_order(partial, onset_s, offset_s)
    notes = _notes_of(given["pitch"], onset_s, offset_s, given["velocity"])
    spans = frame_spans(notes)
    derived = {
        "onset": spans[:, 0],
        "offset": spans[:, 1],
        "note_length": spans[:, 1] - spans[:, 0],
    }
    _check_agreement(partial, derived)
    given |= derived
    given["note"] = np.arange(1, num_rows + 1)
    return NoteTable(
        columns=MappingProxyType(
            {name: _frozen(name, given[name]) for name in in_column_order(given)}
        )
    )


# === Checks, each of which names the row and the column ===


def check_values(partial: PartialNoteTable) -> None:
    """Refuse unknown columns and numbers out of bounds; empty cells pass.

    Raises:
        InputError: The message names the row and the column.
    """
    for name, values in partial.columns.items():
        column = COLUMN_BY_NAME.get(name)
        if column is None:
            raise InputError(f"{partial.source}: {unknown_column_text(name)}")
        if column.is_text:
            _check_text(partial, name)
            continue
        for row in np.flatnonzero(~np.isnan(values)):
            fault = column.fault_of(float(values[row]))
            if fault:
                place = partial.place(int(row), name)
                raise InputError(f"{place}: {values[row]:g} {fault}")


def _check_text(partial: PartialNoteTable, name: str) -> None:
    for row, text in enumerate(partial.columns[name].tolist()):
        if any(ord(sign) < _FIRST_PRINTABLE for sign in text):
            raise InputError(
                f"{partial.place(row, name)}: {text!r} holds a line break or another "
                "control character; take it out"
            )


def _check_cells(partial: PartialNoteTable) -> None:
    check_values(partial)
    for name, values in partial.columns.items():
        if COLUMN_BY_NAME[name].is_text:
            continue
        empty = np.flatnonzero(np.isnan(values))
        if len(empty):
            raise InputError(
                f"{partial.place(int(empty[0]), name)}: there is no number; give one "
                "in every row, or leave the column out"
            )


def _times(given: Columns, source: str) -> tuple[FloatArray, FloatArray]:
    """Beginnings and ends in seconds [R], from whatever columns say them."""
    if "onset_s" in given:
        onset_s = given["onset_s"]
    elif "onset" in given:
        onset_s = given["onset"] / FRAME_RATE_HZ
    else:
        raise InputError(f"{source}: the column 'onset_s' is missing; add it")
    if "offset_s" in given:
        offset_s = given["offset_s"]
    elif "offset" in given:
        offset_s = given["offset"] / FRAME_RATE_HZ
    elif "note_length" in given:
        offset_s = onset_s + given["note_length"] / FRAME_RATE_HZ
    else:
        raise InputError(f"{source}: the column 'offset_s' is missing; add it")
    following_s = np.append(onset_s[1:], np.inf)
    is_rounding = (offset_s > following_s) & (offset_s < following_s + _ROUNDING_S)
    return onset_s, np.where(is_rounding, following_s, offset_s)


def _check_order(
    partial: PartialNoteTable, onset_s: FloatArray, offset_s: FloatArray
) -> None:
    latest_s, before = 0.0, ""
    for row, label in enumerate(partial.row_labels):
        where = f"{partial.source}: {label}"
        if offset_s[row] <= onset_s[row]:
            raise InputError(
                f"{where}: the note ends at {offset_s[row]:g} s, which is not after "
                f"its beginning at {onset_s[row]:g} s; change onset or offset"
            )
        if onset_s[row] < latest_s:
            raise InputError(
                f"{where}: the note begins at {onset_s[row]:g} s, before {before} ends "
                f"at {latest_s:g} s; sort the rows by onset, and end each note where "
                "the next begins or earlier"
            )
        latest_s, before = float(offset_s[row]), label


def _check_agreement(
    partial: PartialNoteTable, derived: Mapping[str, NDArray[np.int64]]
) -> None:
    for name, values in derived.items():
        if name not in partial.columns:
            continue
        apart = np.abs(partial.columns[name] - values)
        wrong = np.flatnonzero(apart > _FRAMES_APART[name])
        if len(wrong):
            row = int(wrong[0])
            raise InputError(
                f"{partial.place(row, name)}: {partial.columns[name][row]:g} does not "
                f"agree with the other columns, by which it is {values[row]}; change "
                "one of them, or leave this column out"
            )


# === Small steps ===


def _notes_of(
    pitch: NDArray[Any],
    onset_s: NDArray[Any],
    offset_s: NDArray[Any],
    velocity: NDArray[Any],
) -> tuple[PlayedNote, ...]:
    return tuple(
        PlayedNote(
            pitch=int(one_pitch),
            onset_s=float(begin),
            offset_s=float(end),
            velocity=int(strength),
        )
        for one_pitch, begin, end, strength in zip(
            pitch, onset_s, offset_s, velocity, strict=True
        )
    )


def _frozen(name: str, values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    """The values as a column keeps them, not to be written to.

    Text has no space at its ends: cells of people have, and mean nothing by it.
    """
    column = COLUMN_BY_NAME[name]
    if column.is_text:
        values = [text.strip() for text in values]
    kind = object if column.is_text else np.int64 if column.is_whole else np.float64
    kept = np.array(values, dtype=kind)
    kept.setflags(write=False)
    return kept
