"""The files of a folder or of a zip archive, read alike and never unpacked.

For importing what others made: a download may be used as it came. Writing archives and
the meaning of the files are elsewhere.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from musegen.data.errors import FileFormatError, InputError

MAX_DEPTH = 3  # folders below the one that is given; no walk through a whole disk
MAX_MEMBER_BYTES = 2 * 1024**3
_OTHER_ARCHIVES = frozenset({".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"})
_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Files by name; made by `open_archive`.

    Args:
        path: The folder or zip.
        names: Files relative to it, with `/` between folders, sorted; hidden files are
            left out.
        focus: The one file that the user pointed at, empty where it was the whole.
        read_file: Returns a file's content by name.
    """

    path: Path
    names: tuple[str, ...]
    focus: str = ""
    read_file: Callable[[str], bytes] = field(repr=False)

    def where(self, name: str) -> str:
        """Return what messages call a file."""
        return str(self.path / name)

    def read(self, name: str) -> bytes:
        """Return a file's content.

        Raises:
            FileFormatError: The zip is damaged or locked, or the file too large.
            InputError: There is no such file, or it cannot be read.
        """
        if name not in self.names:
            raise InputError(
                f"{self.where(name)} is missing: fetch the whole archive again"
            )
        return self.read_file(name)


def open_archive(path: Path) -> Archive:
    """List the files of a folder or a zip.

    Args:
        path: A folder; a zip; a file in a folder; or what the names of several files in
            a folder begin with, as TensorFlow names a checkpoint. The last two give the
            folder, with `focus` on the file.

    Raises:
        InputError: There is no such thing, or it cannot be read.
        FileFormatError: The zip is damaged.
    """
    if path.is_dir():
        return _open_folder(path)
    if path.is_file():
        if zipfile.is_zipfile(path) or path.suffix.lower() == ".zip":
            return _open_zip(path)
        if path.suffix.lower() in _OTHER_ARCHIVES:
            raise FileFormatError(f"{path} is no zip: unpack it and give the folder")
        return _open_folder(path.parent, focus=path.name)
    neighbours = path.parent.iterdir() if path.parent.is_dir() else ()
    if any(file.name.startswith(f"{path.name}.") for file in neighbours):
        return _open_folder(path.parent, focus=path.name)
    raise InputError(f"{path}: no such file or folder: check the spelling")


def _open_folder(path: Path, *, focus: str = "") -> Archive:
    def read(name: str) -> bytes:
        try:
            return (path / name).read_bytes()
        except OSError as error:
            raise InputError(
                f"cannot read {path / name} ({error.strerror or error})"
            ) from error

    names = []
    for depth in range(1 if focus else MAX_DEPTH + 1):
        files = path.glob("/".join(["*"] * (depth + 1)))
        names += [file.relative_to(path) for file in files if file.is_file()]
    return Archive(
        path=path,
        names=tuple(sorted(n.as_posix() for n in names if not _is_hidden(n.parts))),
        focus=focus,
        read_file=read,
    )


def _open_zip(path: Path) -> Archive:
    def read(name: str) -> bytes:
        try:
            with zipfile.ZipFile(path) as file:
                if file.getinfo(name).file_size > MAX_MEMBER_BYTES:
                    raise FileFormatError(f"{path}: '{name}' is too large for a model")
                return file.read(name)
        except _ZIP_FAULTS as error:
            raise FileFormatError(
                f"{path}: '{name}' cannot be unpacked ({error}): fetch the archive "
                "again, or unpack it and give the folder"
            ) from error

    try:
        with zipfile.ZipFile(path) as file:
            listed = [info.filename for info in file.infolist() if not info.is_dir()]
    except _ZIP_FAULTS as error:
        raise FileFormatError(
            f"{path} is a damaged zip ({error}): fetch it again"
        ) from error
    names = (name for name in listed if not _is_hidden(PurePosixPath(name).parts))
    return Archive(path=path, names=tuple(sorted(names)), read_file=read)


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)
