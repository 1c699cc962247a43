from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from musegen.data.errors import FileFormatError, InputError
from musegen.engine import archives
from musegen.engine.archives import open_archive

FILES = {"model/config": b"one", "model/deep/er/x.bin": b"two", "readme": b"three"}


def fill(folder: Path) -> Path:
    for name, content in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (folder / ".hidden").write_bytes(b"")
    return folder


def zipped(file: Path, *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("model/", b"")
        for name, content in FILES.items():
            archive.writestr(name, content)
        archive.writestr("__MACOSX/._config", b"")
    return file


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_folder_and_a_zip_are_alike(tmp_path: Path, is_zip: bool) -> None:
    path = zipped(tmp_path / "a.zip") if is_zip else fill(tmp_path / "a")
    archive = open_archive(path)
    assert archive.names == tuple(sorted(FILES))
    assert {name: archive.read(name) for name in archive.names} == FILES
    assert archive.where("readme") == str(path / "readme")
    assert archive.focus == ""
    with pytest.raises(InputError, match=r"no\.thing is missing"):
        archive.read("no.thing")


def test_folders_are_not_walked_without_end(tmp_path: Path) -> None:
    deep = tmp_path / "/".join("abcde"[: archives.MAX_DEPTH + 1])
    deep.mkdir(parents=True)
    (deep / "x").write_bytes(b"")
    (deep.parent / "y").write_bytes(b"")
    assert open_archive(tmp_path).names == ("a/b/c/y",)


@pytest.mark.parametrize("name", ["config", "x", "x.ckpt"])
def test_a_file_or_a_prefix_gives_its_folder(tmp_path: Path, name: str) -> None:
    for file in ("config", "x.ckpt.index", "x.ckpt.data-0"):
        (tmp_path / file).write_bytes(b"1")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "other").write_bytes(b"")
    archive = open_archive(tmp_path / name)
    assert archive.path == tmp_path
    assert archive.focus == name
    assert archive.names == ("config", "x.ckpt.data-0", "x.ckpt.index")


@pytest.mark.parametrize("name", ["none", "none/none", "model"])
def test_what_is_not_there_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "models.bin").write_bytes(b"")
    with pytest.raises(InputError, match=f"{name}: no such file or folder"):
        open_archive(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_damaged_zip_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"a\.zip is a damaged zip .* again"):
        open_archive(tmp_path / "a.zip")


def test_a_damaged_member_is_one_sentence(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", compression=zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"three", b"THREE"))
    archive = open_archive(file)
    assert archive.read("model/config") == b"one"
    with pytest.raises(FileFormatError, match="'readme' cannot be unpacked"):
        archive.read("readme")


def test_a_member_that_is_too_large_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = open_archive(zipped(tmp_path / "a.zip"))
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 4)
    assert archive.read("model/config") == b"one"
    with pytest.raises(FileFormatError, match="'readme' is too large"):
        archive.read("readme")


def test_other_archives_are_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"1")
    with pytest.raises(FileFormatError, match="no zip: unpack it"):
        open_archive(tmp_path / "a.tar.gz")


def test_a_file_that_vanished_is_one_sentence(tmp_path: Path) -> None:
    archive = open_archive(fill(tmp_path / "a"))
    (tmp_path / "a" / "readme").unlink()
    with pytest.raises(InputError, match=r"cannot read .*readme"):
        archive.read("readme")
