"""What the reader does with files: archives, encodings, damage, other formats."""

from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from musegen.data import musicxml_reader
from musegen.data.errors import FileFormatError, InputError, MissingPackageError
from musegen.data.musicxml import musicxml_bytes
from musegen.data.musicxml_reader import read_musicxml
from musegen.data.score import Note, Part, Score

PLAIN = Score(
    ticks_per_quarter=480,
    parts=(Part(notes=(Note(onset=0, duration=960, pitch=60),), name="Voice"),),
)


def archived(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


CONTAINER = (
    b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    b'<rootfile full-path="inner/the.xml"/></rootfiles></container>'
)


def test_a_path_and_its_bytes_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "größe.musicxml"
    path.write_bytes(musicxml_bytes(PLAIN))
    assert read_musicxml(path) == read_musicxml(path.read_bytes())
    assert read_musicxml(path).notices == ()
    (part,) = read_musicxml(path).score.parts
    assert part == PLAIN.parts[0]


def test_compressed_files_are_read_by_their_container() -> None:
    data = musicxml_bytes(PLAIN)
    decoy = musicxml_bytes(replace(PLAIN, title="Decoy"))
    by_container = archived(
        {
            "a.xml": decoy,
            "META-INF/container.xml": CONTAINER,
            "inner/the.xml": data,
        }
    )
    assert read_musicxml(by_container) == read_musicxml(data)
    assert read_musicxml(archived({"META-INF/x.xml": decoy, "b.musicxml": data})) == (
        read_musicxml(data)
    )


def test_utf_16_is_read() -> None:
    text = musicxml_bytes(PLAIN).decode().replace("UTF-8", "UTF-16")
    assert read_musicxml(text.encode("utf-16")) == read_musicxml(musicxml_bytes(PLAIN))


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    b"<score-partwise>&b;</score-partwise>"
)
WHOLE = musicxml_bytes(PLAIN)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"hello", "no well-formed XML"),
        (bytes(range(256)), "no well-formed XML"),
        (WHOLE[: len(WHOLE) // 2], "cut off"),
        (b"<html><body><p>404</p></body></html>", "not MusicXML .*<html>"),
        (b"<!DOCTYPE html><html><br></html>", "no well-formed XML"),
        (b"<museScore/>", "not MusicXML"),
        (LAUGHS, "entities"),
        (b'<!DOCTYPE x SYSTEM "f"><score-partwise>&x;</score-partwise>', "entity"),
        (b"PK\x03\x04 no archive", "damaged"),
        (archived({"a.xml": WHOLE})[:200], "damaged"),
        (archived({"readme.txt": b"hi"}), "no MusicXML score"),
        (archived({"META-INF/container.xml": b"<oops"}), "no well-formed XML"),
        (b"<score-partwise/>", "no parts"),
    ],
)
def test_damaged_and_foreign_files_are_refused_in_one_sentence(
    data: bytes, message: str
) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        read_musicxml(data, name="odd.xml")
    text = str(caught.value)
    assert text.startswith("odd.xml: ")
    assert any(word in text for word in ("export", "download"))
    assert "\n" not in text


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.xml"):
        read_musicxml(tmp_path / "gone.xml")
    with pytest.raises(InputError, match="folder"):
        read_musicxml(tmp_path)


def test_an_archive_that_explodes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(musicxml_reader, "_MAX_XML_BYTES", 1000)
    with pytest.raises(FileFormatError, match="larger than"):
        read_musicxml(archived({"a.xml": WHOLE + b" " * 5000}))


def test_a_missing_music21_is_said_with_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(MissingPackageError, match=r'pip install "musegen\[score\]"'):
        read_musicxml(WHOLE)
