"""Folders that take no file are refused, and a check leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musegen.cli._output_folders import check_folder
from musegen.data.errors import OutputError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_check_leaves_nothing_behind(here: Path) -> None:
    check_folder(Path(), may_create=False)
    check_folder(Path("new/deep"), may_create=True)
    assert list(here.iterdir()) == []


def test_a_folder_that_is_not_made_must_be_there() -> None:
    with pytest.raises(OutputError, match="new: no such folder"):
        check_folder(Path("new"), may_create=False)


def test_a_file_is_no_folder() -> None:
    Path("file").touch()
    with pytest.raises(OutputError, match="file is a file, not a folder"):
        check_folder(Path("file/deep"), may_create=True)


def test_the_system_says_why_no_file_can_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OutputError, match=r"no file can be made here \(No space"):
        check_folder(Path(), may_create=False)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_permission_is_not_enough() -> None:
    with pytest.raises(OutputError, match=r"^/proc: no (file can|permission)"):
        check_folder(Path("/proc"), may_create=False)
