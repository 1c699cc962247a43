from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from musegen.data.errors import FileFormatError, InputError, MissingPackageError
from musegen.data.preparation.records import (
    RecordMetadata,
    Rejection,
    Row,
    content_digest,
    encode_records,
    import_pyarrow,
    is_record_file,
    list_type,
    read_records,
)

ROWS: list[Row] = [{"name": "a", "steps": [1, 2]}, {"name": "ü", "steps": []}]
METADATA = RecordMetadata(
    kind="tunes",
    schema_version=3,
    source="a test",
    licence="none",
    versions={"musegen": "1"},
    num_read=3,
    rejections=(Rejection(source="c", reason="empty", message="no notes"),),
    content_sha256=content_digest(ROWS),
)


def schema() -> pa.Schema:
    return pa.schema([("name", pa.string()), ("steps", list_type(pa.int16()))])


def encoded() -> bytes:
    return encode_records(ROWS, schema=schema(), metadata=METADATA)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "tunes.parquet"
    path.write_bytes(data)
    return path


def test_records_come_back(tmp_path: Path) -> None:
    records = read_records(written(tmp_path, encoded()))
    assert list(records.rows) == ROWS
    assert records.metadata == METADATA
    assert records.columns == {field.name: str(field.type) for field in schema()}


def test_the_same_rows_give_the_same_bytes() -> None:
    assert encoded() == encoded()


def test_any_parquet_reader_sees_columns_and_licence(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path, encoded()))
    assert table.column("name").to_pylist() == ["a", "ü"]
    assert b'"licence": "none"' in table.schema.metadata[b"musegen"]


def test_the_digest_is_that_of_lines_of_json() -> None:
    lines = b'{"name":"a","steps":[1,2]}\n{"name":"\\u00fc","steps":[]}\n'
    assert content_digest(ROWS) == hashlib.sha256(lines).hexdigest()


def test_a_fixed_length_is_kept() -> None:
    assert list_type(pa.int16(), 4).list_size == 4


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"rejections": [{"x": 1}]}', '{"rejections": []}']
)
def test_unreadable_metadata_is_said(text: str) -> None:
    with pytest.raises(FileFormatError, match="metadata of the records cannot be read"):
        RecordMetadata.from_json(text)


def test_what_is_no_record_file_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, b"MThd")
    assert not is_record_file(path)
    with pytest.raises(FileFormatError, match=r"tunes\.parquet is not a Parquet file"):
        read_records(path)
    cut = written(tmp_path, encoded()[:-20])
    assert is_record_file(cut)
    with pytest.raises(FileFormatError, match="damaged"):
        read_records(cut)


def test_damage_within_is_said(tmp_path: Path) -> None:
    data = bytearray(encoded())
    data[4:40] = bytes(36)
    with pytest.raises(FileFormatError, match="damaged"):
        read_records(written(tmp_path, bytes(data)))


def test_parquet_of_others_is_told_from_ours(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(FileFormatError, match="not written by musegen"):
        read_records(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_records(tmp_path / "gone.parquet")


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"musegen\[records\]"):
        import_pyarrow()


def test_a_rejection_names_its_input_once() -> None:
    for message in ("no sound", "a.wav: no sound"):
        rejection = Rejection(source="a.wav", reason="silent", message=message)
        assert str(rejection) == "a.wav: no sound"
