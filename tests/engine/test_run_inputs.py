"""A run's folder keeps what the run began with, and other data is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from musegen.data.errors import TrainingError
from musegen.engine.run_inputs import (
    DATA_NAME,
    START_NAME,
    StartingModel,
    TrainingData,
    keep_data,
    keep_start,
    kept_data_path,
    kept_start,
    require_same_data,
)

START = StartingModel(name="coconet", digest="f00d", licence="CC0")


def tunes(path: Path, content: str = "ten tunes") -> TrainingData:
    path.write_text(content, encoding="utf-8")
    return TrainingData(source=path.name, path=path, sha256=f"{content} digested")


def test_the_folder_keeps_path_and_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keep_data(Path("deep/run"), tunes(Path("tunes.parquet")))
    kept = json.loads(Path("deep/run", DATA_NAME).read_text(encoding="utf-8"))
    assert kept == {
        "source": "tunes.parquet",
        "path": str(tmp_path / "tunes.parquet"),
        "sha256": "ten tunes digested",
    }
    assert kept_data_path(Path("deep/run")) == tmp_path / "tunes.parquet"


def test_the_same_data_may_have_moved(tmp_path: Path) -> None:
    keep_data(tmp_path / "run", tunes(tmp_path / "tunes.parquet"))
    require_same_data(tmp_path / "run", tunes(tmp_path / "elsewhere.parquet"))


def test_other_data_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    data = tunes(tmp_path / "tunes.parquet")
    keep_data(tmp_path / "run", data)
    other = tunes(tmp_path / "tunes.parquet", "nine tunes")
    words = (
        r"run began with tunes\.parquet \(SHA-256 ten tunes di\) and cannot go on with "
        r"tunes\.parquet \(SHA-256 nine tunes d\): give --data .*tunes\.parquet, or"
    )
    with pytest.raises(TrainingError, match=words):
        require_same_data(tmp_path / "run", other)


def test_installed_data_needs_no_option(tmp_path: Path) -> None:
    installed = TrainingData(source="the installed chorales", sha256="1")
    keep_data(tmp_path / "run", installed)
    assert kept_data_path(tmp_path / "run") is None
    require_same_data(tmp_path / "run", installed)
    with pytest.raises(TrainingError, match="leave --data out, or start a new run"):
        require_same_data(tmp_path / "run", tunes(tmp_path / "tunes.parquet"))


def test_a_run_that_says_nothing_of_its_data_takes_any(tmp_path: Path) -> None:
    assert kept_data_path(tmp_path) is None
    require_same_data(tmp_path, tunes(tmp_path / "tunes.parquet"))


def test_a_new_run_forgets_the_data_of_one_that_never_began(tmp_path: Path) -> None:
    keep_data(tmp_path / "run", tunes(tmp_path / "tunes.parquet"))
    keep_data(tmp_path / "run", None)
    assert list((tmp_path / "run").iterdir()) == []


def test_data_that_is_gone_is_told(tmp_path: Path) -> None:
    keep_data(tmp_path / "run", tunes(tmp_path / "tunes.parquet"))
    (tmp_path / "tunes.parquet").unlink()
    with pytest.raises(TrainingError, match=r"tunes\.parquet, which is gone: put it"):
        kept_data_path(tmp_path / "run")


def test_the_folder_keeps_the_model_that_the_run_began_from(tmp_path: Path) -> None:
    assert kept_start(tmp_path) is None
    keep_start(tmp_path / "run", START)
    assert kept_start(tmp_path / "run") == START
    keep_start(tmp_path / "run", None)  # a new run in the place of one that never began
    assert kept_start(tmp_path / "run") is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"source": "", "path": 3}'])
def test_a_damaged_remark_is_one_sentence(tmp_path: Path, text: str) -> None:
    for name in (DATA_NAME, START_NAME):
        (tmp_path / name).write_text(text, encoding="utf-8")
    words = "does not say what the run began with"
    with pytest.raises(TrainingError, match=f"{DATA_NAME} {words}"):
        kept_data_path(tmp_path)
    with pytest.raises(TrainingError, match=f"{START_NAME} {words}"):
        kept_start(tmp_path)
