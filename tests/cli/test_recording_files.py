from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from musegen.cli import _recording_files
from musegen.cli._formats import FORMATS
from musegen.cli._inputs import Source
from musegen.cli._paths import Destination, Naming, Plan
from musegen.cli._recording_files import check_formats, plan_analyses
from musegen.data.errors import (
    MissingPackageError,
    OutputExistsError,
    UsageError,
)

NAMING = Naming(
    label="", formats=("midi", "frames-csv"), default_formats=("midi", "frames-csv")
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sources(*names: str) -> list[Source]:
    return [Source(name=name, path=Path(name)) for name in names]


def plan(
    *names: str, formats: tuple[str, ...] | None = None, **wishes: object
) -> tuple[Plan, ...]:
    return plan_analyses(
        sources(*names),
        destination=Destination(**wishes),  # type: ignore[arg-type]
        naming=NAMING,
        formats=formats,
    )


def test_every_recording_has_a_folder_of_its_own() -> None:
    first, second = plan("a.wav", "sub/b.flac")
    assert [str(path) for path in first.paths] == [
        str(Path("a.analysis") / name)
        for name in ("a.mid", "a.frames.csv", "a.musegen.json")
    ]
    assert second.paths[0] == Path("b.analysis/b.mid")


def test_folder_of_outputs_holds_the_folders() -> None:
    (only,) = plan("a.wav", folder=Path("out"), formats=("csv", "svg"))
    assert [path.name for path in only.paths] == [
        "a.notes.csv",
        "a.svg",
        "a.musegen.json",
    ]
    assert only.paths[0].parent == Path("out/a.analysis")


def test_one_file_needs_no_folder() -> None:
    (only,) = plan("a.wav", file="heard.csv")
    assert only.paths == (Path("heard.csv"), Path("heard.musegen.json"))
    assert only.targets[0].format == "csv"


def test_two_recordings_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match=r"both be written to a\.analysis"):
        plan("a.wav", "sub/a.flac")


def test_existing_files_are_kept() -> None:
    Path("a.analysis").mkdir()
    Path("a.analysis/a.mid").touch()
    with pytest.raises(OutputExistsError):
        plan("a.wav")
    (only,) = plan("a.wav", overwrite=True)
    assert not only.is_skipped
    Path("a.analysis/a.frames.csv").touch()
    (only,) = plan("a.wav", skip_existing=True)
    assert only.is_skipped


def test_formats_of_recordings_are_known_to_the_extension_of_an_output() -> None:
    for name in ("wav", "flac", "ogg", "mp3", "csv", "parquet", "frames-csv"):
        assert name in FORMATS
    assert FORMATS["wav"].is_binary
    assert not FORMATS["csv"].is_binary


def test_other_format_is_refused() -> None:
    with pytest.raises(UsageError, match="analyse writes midi, not frames-csv"):
        check_formats(plan("a.wav"), ("midi",), command="analyse")


def test_missing_package_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plans = plan("a.wav", formats=("png", "midi"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match="matplotlib"):
        check_formats(plans, ("midi", "png"), command="analyse")
    assert "png" in _recording_files._PACKAGES
