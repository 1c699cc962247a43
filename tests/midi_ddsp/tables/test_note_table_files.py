"""Note tables in files: exact both ways, and sentences for what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import FileFormatError, InputError, OutputExistsError
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.tables.note_columns import COLUMN_BY_NAME
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table
from musegen.midi_ddsp.tables.note_table_files import (
    csv_bytes,
    parquet_bytes,
    read_note_table,
    read_partial_table,
    write_note_table,
)
from musegen.midi_ddsp.tables.note_table_merging import merge

LOWEST = np.array([COLUMN_BY_NAME[name].lowest for name in UNIT_NAMES])
HIGHEST = np.array([COLUMN_BY_NAME[name].highest for name in UNIT_NAMES])

number = st.floats(-1e9, 1e9)
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@st.composite
def tables(draw: st.DrawFn) -> NoteTable:
    lengths = draw(
        st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.004, 2.0)), max_size=8)
    )
    notes, time_s = [], 0.0
    for gap_s, duration_s in lengths:
        onset_s = time_s + gap_s
        notes.append(
            PlayedNote(
                pitch=draw(st.integers(0, 127)),
                onset_s=onset_s,
                offset_s=onset_s + duration_s,
                velocity=draw(st.integers(1, 127)),
            )
        )
        time_s = notes[-1].offset_s
    rows = len(notes)
    controls, shares = (
        np.array(
            draw(st.lists(kind, min_size=rows * width, max_size=rows * width))
        ).reshape(rows, width)
        if draw(st.booleans())
        else None
        for kind, width in ((number, 6), (st.floats(0.0, 1.0), 11))
    )
    units = None if shares is None else LOWEST + shares * (HIGHEST - LOWEST)
    instruments = draw(st.lists(text, min_size=rows, max_size=rows))
    return make_note_table(
        notes, instrument=instruments, controls=controls, units=units
    )


def small_table() -> NoteTable:
    notes = [
        PlayedNote(pitch=60, onset_s=0.1, offset_s=0.5),
        PlayedNote(pitch=64, onset_s=0.5, offset_s=1.0),
    ]
    controls = np.array([[0.7, 0.25, 1e-7, 0.5, 0.1, 0.3]] * 2)
    return make_note_table(notes, instrument="violin", controls=controls)


def assert_same(one: NoteTable, other: NoteTable) -> None:
    assert one.names == other.names
    for name in one.names:
        assert one[name].dtype == other[name].dtype
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@settings(max_examples=20)
@given(table=tables())
def test_csv_comes_back_exactly(table: NoteTable) -> None:
    data = csv_bytes(table)
    assert_same(read_note_table(data), table)
    assert csv_bytes(read_note_table(data)) == data


@settings(max_examples=10)
@given(table=tables())
def test_parquet_comes_back_exactly(table: NoteTable) -> None:
    pytest.importorskip("pyarrow")
    assert_same(read_note_table(parquet_bytes(table)), table)


def test_csv_has_names_points_and_no_exponents() -> None:
    lines = csv_bytes(small_table()).decode().splitlines()
    assert lines[0] == (
        "note,volume,vol_fluc,vibrato,brightness,attack,vol_peak_pos,pitch,onset,"
        "offset,note_length,onset_s,offset_s,velocity,instrument"
    )
    assert lines[1] == (
        "1,0.7,0.25,0.0000001,0.5,0.1,0.3,60,25,125,100,0.1,0.5,80,violin"
    )


@pytest.mark.parametrize("name", ["notes.csv", "notes.parquet"])
def test_file_is_written_by_its_name_and_read_by_its_content(
    tmp_path: Path, name: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    write_note_table(small_table(), tmp_path / name)
    with pytest.raises(OutputExistsError):
        write_note_table(small_table(), tmp_path / name)
    write_note_table(small_table(), tmp_path / name, overwrite=True)
    (tmp_path / name).rename(tmp_path / "table")
    assert_same(read_note_table(tmp_path / "table"), small_table())


def test_parquet_says_units_and_meanings() -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    schema = parquet.read_schema(arrow.BufferReader(parquet_bytes(small_table())))
    for field in schema:
        column = COLUMN_BY_NAME[field.name]
        assert field.metadata[b"unit"].decode() == column.unit
        assert field.metadata[b"meaning"].decode() == column.meaning


@pytest.mark.parametrize(
    "content",
    [
        "pitch;onset_s;offset_s\n60;0,5;1,25\n",
        "\ufeffPitch; onset_s [s] ;offset_s (s)\r\n60;0.5;1.25\r\n;;\r\n",
        "pitch\tonset_s\toffset_s\n60\t0,5\t1,25\n\n",
        "offset_s,pitch,onset_s\n1.25,60.0,5e-1\n",
    ],
    ids=["semicolons", "byte order mark", "tabs", "another order"],
)
def test_csv_of_any_spreadsheet_is_read(content: str) -> None:
    notes = read_note_table(content.encode()).notes()
    assert notes == (PlayedNote(pitch=60, onset_s=0.5, offset_s=1.25),)


def test_some_notes_and_columns_are_read_and_laid_over() -> None:
    edit = read_partial_table(b"note,vibrato,volume\n2,0.9,\n1,,0.5\n")
    after = merge(small_table(), edit)
    assert after["vibrato"].tolist() == [1e-7, 0.9]
    assert after["volume"].tolist() == [0.5, 0.7]


def test_row_of_empty_cells_between_others_is_a_note_left_alone() -> None:
    edit = read_partial_table(b"vibrato,volume\n,\n0.9,0.8\n,\n")
    after = merge(small_table(), edit)
    assert after["volume"].tolist() == [0.7, 0.8]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "x.csv: the file is empty"),
        (b"\n\n", "x.csv: the first line is empty"),
        (b"\xef\xbb\xbf", "x.csv: the first line is empty"),
        (b"\xff\xd8\xff\xe0", "x.csv: this is not text in UTF-8"),
        (b"pitch\0\n", "x.csv: this is no text"),
        (b"pitch,colour\n60,red\n", "there is no column 'colour'"),
        (b"pitch,pitch\n60,60\n", "the column 'pitch' is there 2 times"),
        (b"pitch,onset_s\n60\n", "row 2 has 1 cells and the header 2"),
        (b"pitch,volume\n60,loud\n", "row 2, column 'volume': 'loud' is no number"),
        (b"pitch,volume\n60,1\n\n61,nan\n", "row 4, column 'volume': 'nan' is no num"),
        (b"pitch,volume\n60,1_0\n", "'1_0' is no number"),
        (b'pitch,volume\n60,"0,5"\n', "'0,5' is no number"),
        (b"volume\n" + b'"' + b"9" * 200_000, "is no CSV"),
        (b"PAR1 and more", "the Parquet file is damaged"),
    ],
)
def test_file_that_is_no_table_is_refused(content: bytes, sentence: str) -> None:
    if content.startswith(b"PAR1"):
        pytest.importorskip("pyarrow")
    with pytest.raises(FileFormatError, match=sentence):
        read_partial_table(content, name="x.csv")


def test_missing_and_empty_cells_are_refused_in_a_whole_table() -> None:
    with pytest.raises(
        InputError, match="x: row 3, column 'pitch': there is no number"
    ):
        read_note_table(b"pitch,onset_s,offset_s\n60,0,1\n,1,2\n", name="x")
    with pytest.raises(InputError, match="x: the column 'pitch' is missing"):
        read_note_table(b"onset_s,offset_s\n0,1\n", name="x")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([0.5, float("nan")], "row 2, column 'volume': nan is no number"),
        (["a", "b"], "row 1, column 'volume': 'a' is no number"),
        ([True, False], "row 1, column 'volume': True is no number"),
    ],
)
def test_parquet_with_other_values_is_refused(
    values: list[object], sentence: str
) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.table({"volume": values}), sink)
    with pytest.raises(FileFormatError, match=sentence):
        read_partial_table(sink.getvalue().to_pybytes())


def test_null_in_parquet_is_an_empty_cell() -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.table({"note": [2, 1], "volume": [0.9, None]}), sink)
    after = merge(small_table(), read_partial_table(sink.getvalue().to_pybytes()))
    assert after["volume"].tolist() == [0.7, 0.9]
