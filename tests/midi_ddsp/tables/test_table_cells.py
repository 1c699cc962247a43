from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import FileFormatError, InputError
from musegen.midi_ddsp.tables.table_cells import TableCells, read_cells

KNOWN = ("time_s", "gain_db", "part")


def fault_of_name(name: str) -> str | None:
    return None if name in KNOWN else f"there is no column '{name}'"


def read(text: str | bytes) -> TableCells:
    data = text.encode() if isinstance(text, str) else text
    return read_cells(data, fault_of_name=fault_of_name, name="a.csv")


@pytest.mark.parametrize(
    "text",
    [
        "time_s,gain_db\n0.5,-3\n1,\n",
        "\ufefftime_s;gain_db\n0,5;-3\n1;\n",
        "time_s (s)\tgain_db [dB]\n0,5\t-3\n\n1\t\n\t\n",
        "TIME_S , Gain_dB\r\n .5 , -3.0e0 \r\n1,\r\n",
    ],
)
def test_spreadsheets_of_all_countries_are_read(text: str) -> None:
    cells = read(text)
    assert cells.numbers("time_s", "s").tolist() == [0.5, 1.0]
    gains = cells.numbers("gain_db", "dB")
    assert gains[0] == -3.0
    assert np.isnan(gains[1])


def test_text_is_stripped_and_empty_where_there_is_none() -> None:
    assert read("time_s,part\n0, Violin I\n1,\n").texts("part") == ("Violin I", "")


def test_rows_are_called_by_their_line_in_the_file() -> None:
    cells = read("time_s,gain_db\n\n0,1\n\n\n1,2\n")
    assert cells.row_labels == ("row 3", "row 6")
    assert cells.place(1, "gain_db") == "a.csv: row 6, column 'gain_db'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s,gain_db\n0,loud\n", "row 2, column 'gain_db': 'loud' is no number"),
        ("time_s,gain_db\n0,nan\n", "row 2, column 'gain_db': 'nan' is no number"),
        ("time_s,gain_db\n0,1e\n", "'1e' is no number; give one \\(dB\\)"),
    ],
)
def test_a_cell_that_is_no_number_is_named(text: str, message: str) -> None:
    cells = read(text)
    with pytest.raises(FileFormatError, match=message):
        cells.numbers("gain_db", "dB")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("time_s,volume\n", "a.csv: there is no column 'volume'"),
        ("time_s,time_s\n", "the column 'time_s' is there 2 times"),
        ("time_s,gain_db\n0\n", "row 2 has 1 cells and the header 2"),
        ("\n0,1\n", "the first line is empty"),
        (b"time_s\n\xff\xfe\n", "this is not text in UTF-8"),
        (b"time_s\n\0\n", "this is no text"),
        ("time_s\n" + "1" * 200_000, "row 2 is no CSV"),
        (b"", "the file is empty"),
        (b"PAR1 but no more", "the Parquet file is damaged"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(
    data: str | bytes, message: str
) -> None:
    if isinstance(data, bytes) and data.startswith(b"PAR1"):
        pytest.importorskip("pyarrow", reason="the extra 'records'")
    with pytest.raises(FileFormatError, match=message):
        read(data).numbers("time_s", "s")


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra 'records'")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.bin"
    columns = {"time_s": [0, 1], "gain_db": [-3.5, None], "part": ["1", None]}
    parquet.write_table(arrow.table(columns), path)
    cells = read_cells(path, fault_of_name=fault_of_name)
    assert cells.numbers("time_s", "s").tolist() == [0.0, 1.0]
    assert cells.numbers("gain_db", "dB")[0] == -3.5
    assert np.isnan(cells.numbers("gain_db", "dB")[1])
    assert cells.texts("part") == ("1", "")


def test_truth_and_nan_in_parquet_are_no_numbers(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra 'records'")
    parquet = pytest.importorskip("pyarrow.parquet")
    for values in ([True], [float("nan")], [[1.0]]):
        path = tmp_path / "a.parquet"
        parquet.write_table(arrow.table({"gain_db": values}), path)
        cells = read_cells(path, fault_of_name=fault_of_name)
        with pytest.raises(FileFormatError, match="row 1, column 'gain_db'"):
            cells.numbers("gain_db", "dB")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: there is no such file"):
        read_cells(tmp_path / "none.csv", fault_of_name=fault_of_name)
