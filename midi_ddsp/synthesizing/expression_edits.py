"""How a line is played when the user has a say: cells of a table, and presets.

For: laying a user's table over what a performer predicts, and telling what of it does
nothing or is more than can be played. Not for: tables as such
(`musegen.midi_ddsp.tables.note_table_merging`), nor for what presets do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.data.notices import Notice
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.presets.expression_presets import PresetChoice, apply_presets
from musegen.midi_ddsp.synthesizing.performers import Performer, PlayingChoices
from musegen.midi_ddsp.tables.note_table import (
    NoteTable,
    PartialNoteTable,
    check_values,
)
from musegen.midi_ddsp.tables.note_table_merging import merge, rows_of

_OF_NOTES = (
    "note",
    "pitch",
    "onset",
    "offset",
    "note_length",
    "onset_s",
    "offset_s",
)
_VELOCITY, _INSTRUMENT = "velocity", "instrument"
_MOST_NAMED = 3  # notes that a message names; of more it says how many

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EditedExpression:
    """The outcome.

    Args:
        table: How each note is played, within what the performer can do.
        notices: What of the wishes does nothing, and what was limited.
    """

    table: NoteTable
    notices: tuple[Notice, ...]


def edited_expression(
    part: PlayablePart,
    performer: Performer,
    choices: PlayingChoices,
    *,
    cells: PartialNoteTable | None = None,
    presets: Sequence[PresetChoice] = (),
) -> EditedExpression:
    """Return how a part is played as the user wants it.

    Columns that the performer does not read are left out, and said. A velocity acts as
    it would in the score, on all that the cells of its note leave as predicted.

    Args:
        part: What is played.
        performer: Predicts what the user does not say.
        choices: What may be drawn.
        cells: Laid over the prediction.
        presets: Applied to the outcome, one after the other.

    Raises:
        InputError: A cell does not fit the notes, is out of range, or names an
            instrument that there is not; or a preset finds nothing to act on.
    """
    editing = _Editing(part, performer, choices)
    table = editing.predicted
    if cells is not None:
        table = editing.laid_over(cells)
    if presets:
        table = apply_presets(table, presets, read_names=performer.control_names)
    played = performer.playable(table)
    editing.tell_limits(table, played)
    return EditedExpression(table=played, notices=tuple(editing.notices))


class _Editing:
    """A prediction, and what is to be said of the wishes laid over it."""

    def __init__(
        self, part: PlayablePart, performer: Performer, choices: PlayingChoices
    ) -> None:
        self._part = part
        self._performer = performer
        self._choices = choices
        self.predicted = self._prediction(part)
        self.notices: list[Notice] = []

    def _prediction(self, part: PlayablePart) -> NoteTable:
        performer = self._performer
        return performer.playable(performer.expression(part, self._choices))

    def laid_over(self, cells: PartialNoteTable) -> NoteTable:
        """Return the prediction with cells laid over it."""
        read = {*_OF_NOTES, _VELOCITY, _INSTRUMENT, *self._performer.control_names}
        unread = [
            name
            for name, values in cells.columns.items()
            if name not in read and not np.isnan(values).all()
        ]
        cells = _only(cells, read)
        check_values(cells)
        rows = rows_of(self.predicted, cells)
        self._tell_other_players(cells)
        cells = _only(cells, read - {_INSTRUMENT})
        velocities = _velocities(self.predicted, cells, rows)
        is_other = velocities != self.predicted[_VELOCITY]
        table = self._at_velocities(velocities) if is_other.any() else self.predicted
        moved = self._moved(table)
        if is_other.any() and not any(mask.any() for mask in moved.values()):
            unread.append(_VELOCITY)
            cells, table = _only(cells, read - {_INSTRUMENT, _VELOCITY}), self.predicted
        if unread:
            self._tell_unread(unread)
        cells = _edits_alone(cells, rows, self.predicted, moved)
        self._tell_unheard(is_other & ~_is_heard(cells, rows, table, moved), moved)
        return merge(table, cells)

    def _at_velocities(self, velocities: NDArray[np.int64]) -> NoteTable:
        """Return the prediction for notes of other velocities, [N]."""
        if len(velocities) != len(self._part.notes):
            return self.predicted  # some notes are too short to be played
        notes = tuple(
            replace(note, velocity=velocity)
            for note, velocity in zip(
                self._part.notes, velocities.tolist(), strict=True
            )
        )
        return self._prediction(replace(self._part, notes=notes))

    def _moved(self, table: NoteTable) -> dict[str, Mask]:
        """Return where velocities change a prediction, [N], by column."""
        return {
            name: table[name] != self.predicted[name]
            for name in self._performer.control_names
        }

    # === What is said ===

    def _tell(self, code: str, message: str) -> None:
        self.notices.append(Notice(code=code, message=message))

    def _tell_unread(self, names: Sequence[str]) -> None:
        self._tell(
            "unread-columns",
            f"the model {self._performer.name} does not read these columns of the "
            f"expression: {', '.join(names)}",
        )

    def _tell_other_players(self, cells: PartialNoteTable) -> None:
        """Say where a table wants another instrument than plays the part.

        Raises:
            InputError: There is no such instrument.
        """
        player = self._part.instrument.name
        texts: list[str] = cells.columns.get(_INSTRUMENT, np.array([])).tolist()
        others = []
        for row, text in enumerate(texts):
            if not text.strip():
                continue
            place = cells.place(row, _INSTRUMENT)
            try:
                wanted = instrument_named(text).name
            except UsageError as error:
                raise InputError(f"{place}: {error}") from error
            if wanted != player:
                others.append((place, wanted))
        if others:
            place, wanted = others[0]
            self._tell(
                "unread-instrument",
                f"{place}: the {wanted} does not play: all of {self._part.name} is "
                f"the {player}'s; choose the instrument of the part instead",
            )

    def _tell_unheard(self, is_unheard: Mask, moved: dict[str, Mask]) -> None:
        if not is_unheard.any():
            return
        names = ", ".join(name for name, mask in moved.items() if mask.any())
        self._tell(
            "unheard-velocity",
            f"{self._part.name}: the velocity of {_named(is_unheard)} does nothing, "
            f"for the table says what it would decide: {names}; empty these cells, or "
            "play with the seed of the performance that the table was saved from",
        )

    def tell_limits(self, asked: NoteTable, played: NoteTable) -> None:
        """Say which values are more than the performer can do."""
        for name in self._performer.control_names:
            is_limited = asked[name] != played[name]
            if not is_limited.any():
                continue
            first = int(is_limited.argmax())
            wanted, given = asked[name][first], played[name][first]
            self._tell(
                "limited-expression",
                f"{self._part.name}: {name} of {_named(is_limited)} is beyond what the "
                f"model {self._performer.name} can play: {given:.4g} is played where "
                f"{wanted:.4g} is asked for",
            )


# === Small steps ===


def _only(cells: PartialNoteTable, names: Collection[str]) -> PartialNoteTable:
    columns = {name: values for name, values in cells.columns.items() if name in names}
    return replace(cells, columns=columns)


def _velocities(
    table: NoteTable, cells: PartialNoteTable, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the velocities that a table has with cells laid over it, [N]."""
    velocities: NDArray[np.int64] = table[_VELOCITY].copy()
    given = cells.columns.get(_VELOCITY)
    if given is not None:
        is_given = ~np.isnan(given)
        velocities[rows[is_given]] = given[is_given]
    return velocities


def _edits_alone(
    cells: PartialNoteTable,
    rows: NDArray[np.int64],
    predicted: NoteTable,
    moved: dict[str, Mask],
) -> PartialNoteTable:
    """Return cells without those that only repeat what a new velocity changes."""
    columns: dict[str, NDArray[Any]] = dict(cells.columns)
    for name, mask in moved.items():
        if name in columns:
            is_repeated = mask[rows] & (columns[name] == predicted[name][rows])
            columns[name] = np.where(is_repeated, np.nan, columns[name])
    return replace(cells, columns=columns)


def _is_heard(
    cells: PartialNoteTable,
    rows: NDArray[np.int64],
    table: NoteTable,
    moved: dict[str, Mask],
) -> Mask:
    """Return [N]: whether something that a velocity moves is left to it.

    True too where it moves nothing.
    """
    is_moved = np.zeros(table.num_notes, np.bool_)
    is_left = np.zeros(table.num_notes, np.bool_)
    for name, mask in moved.items():
        given = cells.columns.get(name)
        is_given = np.zeros(table.num_notes, np.bool_)
        if given is not None:
            is_given[rows] = ~np.isnan(given) & (given != table[name][rows])
        is_moved |= mask
        is_left |= mask & ~is_given
    return is_left | ~is_moved


def _named(is_meant: Mask) -> str:
    """Name notes in words: 'notes 2, 5, 7 and 4 more'."""
    numbers = (np.flatnonzero(is_meant) + 1).tolist()
    listed = ", ".join(map(str, numbers[:_MOST_NAMED]))
    more = len(numbers) - _MOST_NAMED
    if more > 0:
        listed += f" and {more} more"
    return f"note {listed}" if len(numbers) == 1 else f"notes {listed}"
