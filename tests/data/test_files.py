from __future__ import annotations

import os
import stat
import sys
import types
from pathlib import Path

import pytest

from musegen.data import files
from musegen.data.errors import (
    FileFormatError,
    InputError,
    OutputError,
    OutputExistsError,
)
from musegen.data.midi_writer import midi_bytes
from musegen.data.read_result import ReadResult
from musegen.data.score import Note, Part, Score

PART = Part(channel=0, notes=(Note(onset=0, duration=9, pitch=60),))
SCORE = Score(ticks_per_quarter=480, parts=(PART,))
MUSICXML = b"<?xml version='1.0'?><score-partwise/>"


# === Reading ===


@pytest.fixture
def musicxml_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, str]]:
    """Stands in for the MusicXML reader, which needs an optional package."""
    calls: list[tuple[bytes, str]] = []

    def read_musicxml(source: bytes, *, name: str) -> ReadResult:
        calls.append((source, name))
        return ReadResult(score=SCORE)

    module = types.ModuleType("musegen.data.musicxml_reader")
    vars(module)["read_musicxml"] = read_musicxml
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


@pytest.mark.parametrize("file_name", ["song.mid", "song.xml", "song", "Übung 音.txt"])
def test_midi_is_known_by_its_content(tmp_path: Path, file_name: str) -> None:
    path = tmp_path / file_name
    path.write_bytes(midi_bytes(SCORE))
    assert files.read_score(path).score == SCORE


def test_midi_in_riff_is_known() -> None:
    data = midi_bytes(SCORE)
    block = b"data" + len(data).to_bytes(4, "little") + data
    riff = b"RIFF" + (len(block) + 4).to_bytes(4, "little") + b"RMID" + block
    assert files.read_score(riff).score == SCORE


@pytest.mark.parametrize(
    "data",
    [
        MUSICXML,
        b"\xef\xbb\xbf" + MUSICXML,
        b"\n  " + MUSICXML,
        MUSICXML.decode().encode("utf-16"),
        b"\xfe\xff" + MUSICXML.decode().encode("utf-16-be"),
        b"<score-timewise/>",
        b"PK\x03\x04 META-INF/container.xml",
    ],
)
def test_musicxml_is_known_by_its_content(
    musicxml_calls: list[tuple[bytes, str]], data: bytes
) -> None:
    assert files.read_score(data, name="a.mid").score == SCORE
    assert musicxml_calls == [(data, "a.mid")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"  <HTML><body>404</body></HTML>", "web page"),
        (b"PK\x03\x04 score.mscx", "MuseScore"),
        (b"%PDF-1.7", "PDF"),
        (b"ID3\x04", "MP3"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "RIFF file without MIDI"),
        (b"OggS", "Ogg"),
        (b"fLaC", "FLAC"),
        (b"X:1\nT:Tune\n", "ABC"),
        (b"MTrk\x00\x00\x00\x00", "without its file header"),
        (b"MTh", "ends inside the MIDI header"),
        (b"C4 D4 E4", "neither a MIDI nor a MusicXML"),
        (b"\x00\x01\x02", "neither a MIDI nor a MusicXML"),
        (b"\xff\xfea", "neither a MIDI nor a MusicXML"),
    ],
)
def test_other_content_is_refused_in_words(data: bytes, reason: str) -> None:
    with pytest.raises(FileFormatError, match=reason) as caught:
        files.read_score(data, name="song.mid")
    assert str(caught.value).startswith("song.mid: ")


def test_bytes_without_a_name_are_the_input() -> None:
    assert files.read_bytes(b"x") == (b"x", "the input")


def test_path_is_the_name_unless_another_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(b"x")
    assert files.read_bytes(path) == (b"x", str(path))
    assert files.read_bytes(path, name="tune") == (b"x", "tune")


def test_missing_file_and_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mid: there is no such file"):
        files.read_score(tmp_path / "none.mid")
    with pytest.raises(InputError, match="this is a folder"):
        files.read_score(tmp_path)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "no permission to read"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_failure_of_the_system_is_translated(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fail(_path: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(InputError, match=reason) as caught:
        files.read_score(Path("song.mid"))
    assert str(caught.value).startswith("song.mid: ")


# === Writing ===


def test_new_file_has_the_content_and_ordinary_permissions(tmp_path: Path) -> None:
    path, ordinary = tmp_path / "new.bin", tmp_path / "ordinary.bin"
    ordinary.write_bytes(b"")
    files.write_bytes(path, b"abc", overwrite=False)
    assert path.read_bytes() == b"abc"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "new.bin",
        "ordinary.bin",
    ]


def test_existing_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        files.write_bytes(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"
    files.write_bytes(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


def test_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target.bin", tmp_path / "link.bin"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write_bytes(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_device_is_written_to_and_stays_a_device() -> None:
    device = Path(os.devnull)
    files.write_bytes(device, b"abc", overwrite=False)
    assert device.exists()
    assert not device.is_file()


def test_missing_folder_and_folder_as_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist; create it"):
        files.write_bytes(tmp_path / "none" / "a.bin", b"", overwrite=False)
    with pytest.raises(OutputError, match="this is a folder"):
        files.write_bytes(tmp_path, b"", overwrite=True)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="does not exist"):
        files.write_bytes(tmp_path / "file" / "a.bin", b"", overwrite=False)


def test_name_that_no_system_takes_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        files.write_bytes(tmp_path / ("a" * 300), b"", overwrite=False)
    with pytest.raises(OutputError, match="cannot be written"):
        files.write_bytes(tmp_path / "a\0b", b"", overwrite=False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "no permission"),
        (OSError(28, "No space left on device"), "No space left"),
    ],
)
def test_failed_write_leaves_the_old_file_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError, reason: str
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(_path: Path, _target: Path) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match=reason):
        files.write_bytes(path, b"new", overwrite=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_write_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(_path: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_bytes(tmp_path / "a.bin", b"new", overwrite=False)
    assert list(tmp_path.iterdir()) == []
