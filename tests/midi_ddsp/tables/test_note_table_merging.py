"""Some cells over a table: what is said changes, the rest stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.tables.note_table import (
    NoteTable,
    PartialNoteTable,
    make_note_table,
)
from musegen.midi_ddsp.tables.note_table_merging import merge

TABLE = make_note_table(
    [
        PlayedNote(pitch=60, onset_s=0.0, offset_s=0.4),
        PlayedNote(pitch=64, onset_s=0.6, offset_s=1.0),
        PlayedNote(pitch=62, onset_s=1.2, offset_s=2.0),
    ],
    instrument="violin",
    controls=np.linspace(0.0, 1.0, 18).reshape(3, 6),
)
NAN = float("nan")


def partial(**columns: list[Any]) -> PartialNoteTable:
    rows = len(next(iter(columns.values())))
    return PartialNoteTable(
        columns={
            name: np.array(values, dtype=object if name == "instrument" else np.float64)
            for name, values in columns.items()
        },
        row_labels=tuple(f"row {number}" for number in range(2, rows + 2)),
        source="edit.csv",
    )


def changes(after: NoteTable) -> dict[str, list[Any]]:
    """The columns that differ from those of the table, whole."""
    return {
        name: after[name].tolist()
        for name in after.names
        if name not in TABLE.names or after[name].tolist() != TABLE[name].tolist()
    }


def test_one_cell_changes_one_note() -> None:
    after = merge(TABLE, partial(note=[2], volume=[0.9]))
    expected = TABLE["volume"].tolist()
    expected[1] = 0.9
    assert changes(after) == {"volume": expected}


def test_rows_without_numbers_are_the_notes_in_order() -> None:
    after = merge(TABLE, partial(vibrato=[0.1, NAN, 0.3]))
    kept = float(TABLE["vibrato"][1])
    assert changes(after) == {"vibrato": [0.1, kept, 0.3]}


def test_table_over_itself_changes_nothing() -> None:
    whole = PartialNoteTable(
        columns={
            name: TABLE[name] if name == "instrument" else TABLE[name].astype(float)
            for name in TABLE.names
        },
        row_labels=("row 2", "row 3", "row 4"),
    )
    assert changes(merge(TABLE, whole)) == {}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"onset": [175.0]}, (0.7, 1.0)),
        ({"onset_s": [0.7]}, (0.7, 1.0)),
        ({"onset": [175.0], "onset_s": [0.6]}, (0.7, 1.0)),
        ({"offset": [275.0]}, (0.6, 1.1)),
        ({"note_length": [75.0]}, (0.6, 0.9)),
        ({"onset": [125.0], "note_length": [50.0]}, (0.5, 0.7)),
        ({"onset": [125.0], "onset_s": [0.5]}, (0.5, 1.0)),
    ],
)
def test_times_may_be_edited_in_seconds_or_frames(
    cells: dict[str, list[float]], expected: tuple[float, float]
) -> None:
    after = merge(TABLE, partial(note=[2], **cells))
    assert (after["onset_s"][1], after["offset_s"][1]) == pytest.approx(expected)
    assert after["onset"][1] == round(expected[0] * 250)
    assert after["offset"][1] == round(expected[1] * 250)
    assert after.notes()[::2] == TABLE.notes()[::2]


def test_text_and_pitch_can_be_changed() -> None:
    after = merge(
        TABLE, partial(note=[3, 1], pitch=[65, NAN], instrument=["", "viola"])
    )
    assert changes(after) == {
        "pitch": [60, 64, 65],
        "instrument": ["viola", "violin", "violin"],
    }


def test_new_column_is_added_if_every_note_has_it() -> None:
    after = merge(TABLE, partial(intonation_cents=[1.0, 2.0, 3.0]))
    assert changes(after) == {"intonation_cents": [1.0, 2.0, 3.0]}
    with pytest.raises(InputError, match="note 1, column 'intonation_cents': there is"):
        merge(TABLE, partial(note=[2], intonation_cents=[1.0]))


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"note": [4], "volume": [1]}, "row 2, column 'note': there is no such note"),
        ({"note": [NAN], "volume": [1]}, "the table has notes 1 to 3"),
        ({"note": [1, 1], "volume": [1, 1]}, "row 3, .* note 1 has a row already"),
        ({"volume": [1, 1]}, "2 rows for 3 notes, and no column 'note'"),
        ({"note": [2], "onset_s": [0.3]}, "edit.csv: row 2: .* before note 1 ends"),
        ({"note": [2], "pitch": [200]}, "row 2, column 'pitch': 200 is out of range"),
        (
            {"note": [2], "onset": [175], "onset_s": [0.65]},
            "row 2, column 'onset': it was changed, and so was 'onset_s'",
        ),
        (
            {"note": [2], "offset": [275], "note_length": [50]},
            "row 2, column 'note_length': it was changed, and so was 'offset'",
        ),
    ],
)
def test_cells_that_cannot_be_laid_over_are_refused(
    cells: dict[str, list[float]], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        merge(TABLE, partial(**cells))
