"""Where the bytes of a stream go: a file, whole or not at all, or a pipe."""

from __future__ import annotations

import contextlib
import io
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from musegen.data.errors import OutputError, OutputExistsError
from musegen.midi_ddsp.audio.encoders import Patch


class Target(Protocol):
    """A place for bytes. Every method may raise OutputError or BrokenPipeError."""

    def open(self) -> None:
        """Make ready."""
        ...

    def write(self, data: bytes) -> None:
        """Add bytes."""
        ...

    def finish(self, patches: Sequence[Patch]) -> None:
        """Put right what came too early, where that can be, and show the result."""
        ...

    def discard(self) -> None:
        """Leave nothing behind; never raises."""
        ...


def target_of(place: Path | BinaryIO, *, name: str, overwrite: bool) -> Target:
    """Return the target for a path (a device or a named pipe too) or a stream.

    Args:
        place: Where.
        name: For messages.
        overwrite: Whether an existing file may be replaced.
    """
    if not isinstance(place, Path):
        return PipeTarget(place, name)
    if place.exists() and not place.is_file() and not place.is_dir():
        return PipeTarget(place, name)
    return FileTarget(place, name, overwrite=overwrite)


class FileTarget:
    """A new file in the same folder that takes the name in the end.

    Args:
        path: The file's name; a link is followed.
        name: For messages.
        overwrite: Whether an existing file may be replaced.
    """

    def __init__(self, path: Path, name: str, *, overwrite: bool) -> None:
        self._path = path
        self._name = name
        self._overwrite = overwrite
        self._temporary: Path | None = None
        self._stream: BinaryIO | None = None

    def open(self) -> None:
        """Begin the new file.

        Raises:
            OutputExistsError: The file exists and may not be replaced.
            OutputError: The folder is missing or cannot be written to.
        """
        with _telling(self._name):
            target = self._path.resolve()
            if target.is_dir():
                raise OutputError(
                    f"{self._name}: this is a folder; give a file name in it"
                )
            if target.exists() and not self._overwrite:
                raise OutputExistsError(
                    f"{self._name}: the file exists; choose another name or give "
                    "--overwrite"
                )
            self._path = target
            self._temporary = target.parent / f".musegen-{secrets.token_hex(8)}.tmp"
            self._stream = self._temporary.open("xb")

    def write(self, data: bytes) -> None:
        """Add bytes."""
        if self._stream is not None:
            with _telling(self._name):
                self._stream.write(data)

    def finish(self, patches: Sequence[Patch]) -> None:
        """Patch the file, close it and give it its name."""
        if self._stream is None or self._temporary is None:
            return
        with _telling(self._name):
            for patch in patches:
                self._stream.seek(patch.position)
                self._stream.write(patch.data)
            self._stream.close()
            self._temporary.replace(self._path)
        self._stream = self._temporary = None

    def discard(self) -> None:
        """Remove the new file."""
        stream, self._stream = self._stream, None
        temporary, self._temporary = self._temporary, None
        # What cannot be written any more is thrown away anyhow.
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
        with contextlib.suppress(OSError):
            if temporary is not None:
                temporary.unlink(missing_ok=True)


class PipeTarget:
    """A stream or a device: bytes go out at once, and nothing is put right later.

    But in an `io.BytesIO`, which is memory, it is.

    Args:
        place: An open stream, which stays open, or the path of a device or pipe.
        name: For messages.
    """

    def __init__(self, place: Path | BinaryIO, name: str) -> None:
        self._place = place
        self._name = name
        self._stream: BinaryIO | None = None
        self._opened: BinaryIO | None = None  # by us
        self._start = 0  # where our bytes begin in memory

    def open(self) -> None:
        """Open a path."""
        if isinstance(self._place, io.BytesIO):
            self._start = self._place.tell()
        with _telling(self._name):
            if isinstance(self._place, Path):
                self._opened = self._place.open("wb")
                self._stream = self._opened
            else:
                self._stream = self._place

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            BrokenPipeError: The reader went away.
            OutputError: The device is full, or fails otherwise.
        """
        if self._stream is None or not data:
            return
        with _telling(self._name):
            left = memoryview(data)
            while left:
                count: int | None = self._stream.write(left)
                left = left[len(left) if count is None else count :]
            self._stream.flush()

    def finish(self, patches: Sequence[Patch]) -> None:
        """Close what was opened; patches can be made in memory only."""
        if isinstance(self._place, io.BytesIO):
            for patch in patches:
                first = self._start + patch.position
                with self._place.getbuffer() as memory:
                    memory[first : first + len(patch.data)] = patch.data
        opened = self._opened
        self._opened = self._stream = None
        if opened is not None:
            with _telling(self._name):
                opened.close()

    def discard(self) -> None:
        """Close what was opened; what was sent is gone."""
        # The reader went away: nobody is left to tell.
        with contextlib.suppress(OSError, OutputError):
            self.finish(())


@contextlib.contextmanager
def _telling(name: str) -> Iterator[None]:
    """Turn the system's errors into a sentence; a closed pipe stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OutputError(
            f"{name}: its folder does not exist; create it or choose another"
        ) from error
    except PermissionError as error:
        raise OutputError(
            f"{name}: no permission to write there; choose another folder"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{name}: cannot be written ({reason}); choose another place or name"
        ) from error
