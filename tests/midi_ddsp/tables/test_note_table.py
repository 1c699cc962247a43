"""Note tables: made of notes, asked by name, and refused with row and column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.tables.note_table import (
    NoteTable,
    PartialNoteTable,
    complete_table,
    make_note_table,
)

NOTES = (
    PlayedNote(pitch=60, onset_s=0.1, offset_s=0.5, velocity=90),
    PlayedNote(pitch=64, onset_s=0.5, offset_s=1.0),
    PlayedNote(pitch=62, onset_s=1.25, offset_s=2.0),
)


def partial(**columns: list[Any]) -> PartialNoteTable:
    rows = len(next(iter(columns.values())))
    return PartialNoteTable(
        columns={name: np.array(values) for name, values in columns.items()},
        row_labels=tuple(f"row {number}" for number in range(2, rows + 2)),
        source="x.csv",
    )


def test_table_of_notes_has_their_times_in_seconds_and_frames() -> None:
    table = make_note_table(NOTES, instrument="violin")
    assert table.num_notes == 3
    assert table["note"].tolist() == [1, 2, 3]
    assert table["pitch"].tolist() == [60, 64, 62]
    assert table["onset"].tolist() == [25, 125, 312]
    assert table["offset"].tolist() == [125, 250, 500]
    assert table["note_length"].tolist() == [100, 125, 188]
    assert table["onset_s"].tolist() == [0.1, 0.5, 1.25]
    assert table["velocity"].tolist() == [90, 80, 80]
    assert table["instrument"].tolist() == ["violin"] * 3
    assert table.notes() == NOTES


def test_names_have_no_space_at_their_ends() -> None:
    table = make_note_table(NOTES, instrument=[" violin", "tenor sax ", " "])
    assert table["instrument"].tolist() == ["violin", "tenor sax", ""]


def test_expression_is_asked_for_by_name() -> None:
    rng = np.random.default_rng(0)
    controls, units = rng.random((3, 6)), rng.random((3, len(UNIT_NAMES)))
    table = make_note_table(NOTES, controls=controls, units=units)
    for column, name in enumerate(CONTROL_NAMES):
        np.testing.assert_array_equal(table[name], controls[:, column])
    for column, name in enumerate(UNIT_NAMES):
        np.testing.assert_array_equal(table[name], units[:, column])
    np.testing.assert_array_equal(table.controls(), controls)
    np.testing.assert_array_equal(table.units(), units)
    assert table.names[1:7] == CONTROL_NAMES


def test_some_units_are_enough() -> None:
    units = np.array([[-20.0, 5.0], [-30.0, 0.0], [-40.0, 7.0]])
    names = ("volume_db", "intonation_cents")
    table = make_note_table(NOTES, units=units, unit_names=names)
    assert table.names[-2:] == names
    np.testing.assert_array_equal(table["intonation_cents"], units[:, 1])


def test_other_values_leave_the_other_columns_and_the_table_itself() -> None:
    before = make_note_table(NOTES, controls=np.zeros((3, 6)))
    after = before.with_columns({"volume": np.array([0.5, 0.6, 0.7])})
    assert after.names == before.names and after.notes() == before.notes()
    assert after["volume"].tolist() == [0.5, 0.6, 0.7]
    assert before["volume"].tolist() == [0.0] * 3
    with pytest.raises(ValueError, match="read-only"):
        after["volume"][0] = 1


def test_what_no_note_can_sound_like_is_refused_with_its_note() -> None:
    units = np.zeros((3, len(UNIT_NAMES)))
    units[2, UNIT_NAMES.index("peak_position")] = 1.5
    with pytest.raises(InputError, match="note 3, column 'peak_position'"):
        make_note_table(NOTES, units=units)


@pytest.mark.parametrize("loudest", [0.0, 1e-9, 2.0, 1e5])
def test_whatever_is_measured_makes_a_table(loudest: float) -> None:
    rng = np.random.default_rng(0)
    shares = rng.random((500, 60)) ** 8
    played = SynthesisParameters(
        f0_hz=rng.uniform(20.0, 8000.0, 500).astype(np.float32),
        amplitude=loudest * (rng.random(500) > 0.5),
        harmonics=shares / shares.sum(axis=1, keepdims=True),
        noise=loudest * (rng.random((500, 65)) > 0.5),
    )
    units = measure_notes(played, note_frames(NOTES, 500))
    np.testing.assert_array_equal(make_note_table(NOTES, units=units).units(), units)


def test_columns_cannot_be_written_to() -> None:
    table = make_note_table(NOTES)
    with pytest.raises(ValueError, match="read-only"):
        table["pitch"][0] = 1


def test_column_that_is_missing_or_unknown_is_told() -> None:
    table = make_note_table(NOTES)
    with pytest.raises(InputError, match="has no column 'volume'; it has note, pitch"):
        table.controls()
    with pytest.raises(InputError, match="did you mean 'pitch'"):
        table["ptich"]


def test_values_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 6\) are needed; got \(2, 6\)"):
        make_note_table(NOTES, controls=np.zeros((2, 6)))


def test_value_that_is_not_finite_is_refused_with_its_note() -> None:
    controls = np.zeros((3, 6))
    controls[1, 2] = np.inf
    with pytest.raises(InputError, match="note 2, column 'vibrato': inf is infinite"):
        make_note_table(NOTES, controls=controls)
    controls[1, 2] = np.nan
    with pytest.raises(InputError, match="note 2, column 'vibrato': there is no numb"):
        make_note_table(NOTES, controls=controls)


def test_instrument_of_two_lines_is_refused() -> None:
    with pytest.raises(InputError, match=r"note 1, column 'instrument': .* line break"):
        make_note_table(NOTES, instrument=["vio\rlin", "", ""])


def test_notes_may_be_none() -> None:
    assert make_note_table(()).num_notes == 0


@pytest.mark.parametrize(
    "columns",
    [
        {"onset_s": [0.1, 0.5], "offset_s": [0.5, 0.9]},
        {"onset": [25, 125], "offset": [125, 225]},
        {"onset": [25, 125], "note_length": [100, 100]},
        {"onset_s": [0.1, 0.5], "note_length": [100, 100]},
        {"onset_s": [0.1, 0.5], "offset_s": [0.5, 0.9], "note": [3, 9]},
    ],
    ids=["seconds", "frames", "lengths", "both", "other numbers"],
)
def test_times_may_be_given_in_several_ways(columns: dict[str, list[float]]) -> None:
    table = complete_table(partial(pitch=[60, 62], **columns))
    assert table["onset"].tolist() == [25, 125]
    assert table["offset"].tolist() == [125, 225]
    assert table["offset_s"] == pytest.approx([0.5, 0.9])
    assert table["note"].tolist() == [1, 2]


def test_lengths_that_meet_the_next_note_do_not_overlap_by_rounding() -> None:
    onsets = np.cumsum([0, *[7] * 200]).tolist()
    table = complete_table(
        partial(
            pitch=[60] * 201,
            onset_s=[onset / 250 for onset in onsets],
            note_length=[7] * 201,
        )
    )
    assert np.all(table["offset_s"][:-1] <= table["onset_s"][1:])


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"onset_s": [0, 1], "offset_s": [1, 2]}, "x.csv: the column 'pitch' is miss"),
        ({"pitch": [60, 62], "offset_s": [1, 2]}, "the column 'onset_s' is missing"),
        ({"pitch": [60, 62], "onset_s": [0, 1]}, "the column 'offset_s' is missing"),
        (
            {"pitch": [60, 62], "onset_s": [0, 0.9], "offset_s": [1, 2]},
            "x.csv: row 3: the note begins at 0.9 s, before row 2 ends at 1 s",
        ),
        (
            {"pitch": [60, 62], "onset_s": [0, 1], "offset_s": [1, 1]},
            "x.csv: row 3: the note ends at 1 s, which is not after",
        ),
        (
            {"pitch": [60, 128], "onset_s": [0, 1], "offset_s": [1, 2]},
            "x.csv: row 3, column 'pitch': 128 is out of range: pitch is 0 to 127",
        ),
        (
            {"pitch": [60, 61.5], "onset_s": [0, 1], "offset_s": [1, 2]},
            "row 3, column 'pitch': 61.5 is no whole number",
        ),
        (
            {"pitch": [60, 62], "onset_s": [0, np.nan], "offset_s": [1, 2]},
            "row 3, column 'onset_s': there is no number",
        ),
        (
            {
                "pitch": [60, 62],
                "onset_s": [0, 1],
                "offset_s": [1, 2],
                "onset": [0, 300],
            },
            "row 3, column 'onset': 300 does not agree .* by which it is 250",
        ),
        (
            {"pitch": [60], "onset_s": [0], "offset_s": [1], "loudness": [1]},
            "x.csv: there is no column 'loudness'",
        ),
    ],
)
def test_impossible_table_is_refused_with_its_place(
    columns: dict[str, list[float]], sentence: str
) -> None:
    filled = {name: np.array(values, np.float64) for name, values in columns.items()}
    with pytest.raises(InputError, match=sentence):
        complete_table(partial(**{name: list(filled[name]) for name in filled}))


def test_table_is_made_of_known_columns_in_their_order() -> None:
    table = make_note_table(NOTES, controls=np.zeros((3, 6)))
    assert isinstance(table, NoteTable)
    assert table.names == (
        "note",
        *CONTROL_NAMES,
        "pitch",
        "onset",
        "offset",
        "note_length",
        "onset_s",
        "offset_s",
        "velocity",
        "instrument",
    )
