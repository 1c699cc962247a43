"""Files in and out: bytes from a path, the right reader for them, and safe writing.

A format is recognised by what stands in the file, never by its name's ending. The
formats themselves live in their own modules (`musegen.data.midi`,
`musegen.data.musicxml_reader`), which are imported only when a file asks for them.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from musegen.data.errors import (
    FileFormatError,
    InputError,
    OutputError,
    OutputExistsError,
)
from musegen.data.read_result import ReadResult

_UNNAMED = "the input"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")
_EXPORT = "export it as MIDI or MusicXML and give that file"
_FOREIGN_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", _EXPORT),
    (b"ID3", "an MP3 recording", "give notes, not sound"),
    (b"OggS", "an Ogg recording", "give notes, not sound"),
    (b"fLaC", "a FLAC recording", "give notes, not sound"),
    (b"RIFF", "a RIFF file without MIDI in it", "give a MIDI or MusicXML file"),
    (b"X:", "a tune in ABC notation", _EXPORT),
    (b"MTrk", "a MIDI track without its file header", "export it again"),
)


def read_bytes(source: Path | bytes, *, name: str | None = None) -> tuple[bytes, str]:
    """Return the bytes of a source and the name to use for it in messages.

    Args:
        source: A path, or the content itself (from a pipe, for example).
        name: Name for messages; without it the path, or "the input" for bytes.

    Raises:
        InputError: There is no such file, it is a folder, or it may not be read.
        FileFormatError: It is empty.
    """
    if isinstance(source, bytes):
        data, label = source, name or _UNNAMED
    else:
        label = name or str(source)
        data = _load(source, label)
    if not data:
        raise FileFormatError(
            f"{label}: the file is empty (0 bytes); export or download it again"
        )
    return data, label


def _load(path: Path, label: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{label}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise InputError(f"{label}: this is a folder; give a file in it") from error
    except PermissionError as error:
        raise InputError(
            f"{label}: no permission to read it; change its permissions or copy it"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{label}: cannot be read ({reason}); check the path and the disk"
        ) from error


def read_score(source: Path | bytes, *, name: str | None = None) -> ReadResult:
    """Read a MIDI or MusicXML file, recognised by its content.

    Args:
        source: A path, or the content itself. Standard MIDI files (also inside RIFF),
            MusicXML and compressed MusicXML are known.
        name: Name for messages; without it the path, or "the input" for bytes.

    Returns:
        The score, which may hold no notes, and what was noticed.

    Raises:
        InputError: There is no such file, it is a folder, or it may not be read.
        FileFormatError: It is empty, damaged beyond use, or of another format.
        MissingPackageError: MusicXML, and music21 is not installed.
    """
    data, label = read_bytes(source, name=name)
    if data[:4] == b"MThd" or (data[:4] == b"RIFF" and data[8:12] == b"RMID"):
        from musegen.data.midi_reader import read_midi

        return read_midi(data, name=label)
    if _is_musicxml(data):
        from musegen.data.musicxml_reader import read_musicxml

        return read_musicxml(data, name=label)
    raise FileFormatError(f"{label}: {foreign_format(data)}")


def _is_musicxml(data: bytes) -> bool:
    if data[:4] == b"PK\x03\x04":
        return b".mscx" not in data
    if data[:2] in _UTF16_MARKS:
        return data[2:4].strip(b"\0") == b"<"
    start = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith(b"<") and not start.startswith(_HTML_STARTS)


def foreign_format(data: bytes) -> str:
    """Say in words what content that is neither MIDI nor MusicXML seems to be.

    Args:
        data: The content, at least one byte.

    Returns:
        What was wrong and what to do, to follow a file's name and a colon.
    """
    start = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.lower().startswith(_HTML_STARTS):
        return (
            "this is a web page, not a MIDI or MusicXML file; download the file itself"
        )
    if data[:4] == b"PK\x03\x04":
        return f"this is a MuseScore or other archive, not a MIDI file; {_EXPORT}"
    if b"MThd".startswith(data[:4]):
        return "the file ends inside the MIDI header; export or download it again"
    for magic, kind, remedy in _FOREIGN_STARTS:
        if start.startswith(magic):
            return f"this is {kind}, not a MIDI or MusicXML file; {remedy}"
    return (
        "this is neither a MIDI nor a MusicXML file (it starts with "
        f"{data[:8]!r}); give a file in one of these formats"
    )


def write_bytes(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a whole file or nothing: a reader never sees half of it.

    The bytes go to a new file in the same folder, which then takes the name. A device
    or a pipe is written to directly; a link is followed.

    Args:
        path: Where to write; the folder must exist.
        data: The content.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputExistsError: The file exists and `overwrite` is false.
        OutputError: The folder is missing or the file cannot be written.
    """
    try:
        target = path.resolve()
        if target.is_dir():
            raise OutputError(f"{path}: this is a folder; give a file name in it")
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        if target.exists() and not overwrite:
            raise OutputExistsError(
                f"{path}: the file exists; choose another name or give --overwrite"
            )
        _replace(target, data)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OutputError(
            f"{path}: the folder {path.parent} does not exist; create it or choose "
            "another"
        ) from error
    except PermissionError as error:
        raise OutputError(
            f"{path}: no permission to write there; choose another folder"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{path}: cannot be written ({reason}); choose another place or name"
        ) from error


def _replace(target: Path, data: bytes) -> None:
    temporary = target.parent / f".musegen-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
