"""What a run learns from is read from each kind of data, and described."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musegen.coconet.training_data import CHORALES, read_training_pieces
from musegen.data.corpora import chorales
from musegen.data.errors import FileFormatError

NUM_STEPS = 16


def write_arrays(path: Path, *, lowest: int = 43) -> Path:
    piece = [[67, 62, 59, lowest]] * NUM_STEPS
    splits = {"train": [piece, piece], "valid": [piece], "test": [piece]}
    path.write_text(json.dumps(splits), encoding="utf-8")
    return path


def test_arrays_are_bare_grids_of_an_unknown_licence(tmp_path: Path) -> None:
    path = write_arrays(tmp_path / "mine.json")
    found = read_training_pieces(path)
    assert (len(found.train), len(found.valid)) == (2, 1)
    assert found.train[0].pitch.shape == (NUM_STEPS, 4)
    data = found.data
    assert (data.source, data.path) == ("mine.json", path)
    assert data.options == ("--data", "mine.json")
    assert (data.licence, data.weights_licence, data.collection) == ("", "", "")


def test_the_digest_is_that_of_the_music(tmp_path: Path) -> None:
    first = read_training_pieces(write_arrays(tmp_path / "a.json")).data
    again = read_training_pieces(write_arrays(tmp_path / "b.json")).data
    other = read_training_pieces(write_arrays(tmp_path / "c.json", lowest=44)).data
    assert first.sha256 == again.sha256 != other.sha256
    assert len(first.sha256) == 64


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"not the arrays")
    with pytest.raises(FileFormatError, match="not the published"):
        read_training_pieces(tmp_path / "x.npz")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, ...]:
    pytest.importorskip("music21", reason="the extra 'score'")
    found = chorales.load_chorales("valid")[:2]
    monkeypatch.setattr(chorales, "load_chorales", lambda: found)
    return found


def test_music21_and_records_of_it_are_the_same_data(
    few: tuple[Any, ...], tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'records'")
    from musegen.data.preparation.chorale_records import encode_chorales

    (tmp_path / "mine.parquet").write_bytes(encode_chorales(few).data)
    installed = read_training_pieces(None).data
    records = read_training_pieces(tmp_path / "mine.parquet").data
    assert installed.sha256 == records.sha256
    assert installed.source.startswith("chorales of music21 ")
    assert records.source == "mine.parquet, standard split"
    assert (installed.path, installed.options) == (None, ())
    for data in (installed, records):
        assert data.collection == CHORALES
        assert "Margaret Greentree" in data.licence
        assert data.weights_licence == "Apache-2.0"


def test_records_state_their_own_licence(
    few: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'records'")
    from musegen.data.preparation import chorale_records

    monkeypatch.setattr(chorale_records, "LICENCE", "CC BY 4.0, Ann Example")
    prepared = chorale_records.encode_chorales(few)
    (tmp_path / "mine.parquet").write_bytes(prepared.data)
    data = read_training_pieces(tmp_path / "mine.parquet").data
    assert data.licence == "Its licence, as the file states it: CC BY 4.0, Ann Example."
    assert (data.weights_licence, data.collection) == ("", "")
