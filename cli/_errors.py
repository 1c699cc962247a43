"""The table that turns any exception into one sentence and an exit code.

The only place where the command line decides what an error is called and how the
process ends. It prints nothing and never exits; `musegen.cli.main` and
`musegen.cli._output` do.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

import click

from musegen.data.errors import MissingPackageError, MusegenError

EXIT_DONE = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_SOME_FAILED = 3
EXIT_MODEL_NOT_AVAILABLE = 4
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it

EXTRA_OF_PACKAGE = {
    "apache_beam": "beam",
    "cairosvg": "score",
    "fluidsynth": "player",
    "keras": "train",
    "matplotlib": "plot",
    "music21": "score",
    "note_seq": "magenta",
    "onnx": "train",
    "pyarrow": "records",
    "safetensors": "train",
    "tensorboard": "train",
    "tensorflow": "train",
    "tf2onnx": "train",
    "verovio": "score",
}
"""Optional packages, by import name, and the extra of `setup.py` that brings each."""

_SENTENCE_OF_ERRNO = {
    errno.ENOSPC: "the disk is full: free some space or choose another place with -d",
    errno.EDQUOT: "your disk quota is used up: free some space or choose another "
    "place with -d",
    errno.EROFS: "that place is read-only: choose another one with -d",
    errno.EACCES: "permission denied: check the file's owner and mode",
    errno.EPERM: "the system does not permit it: check the file's owner and mode",
    errno.ENOENT: "no such file or folder: check the spelling",
    errno.ENOTDIR: "a part of the path is a file, not a folder: check the spelling",
    errno.EISDIR: "that is a folder, where a file is needed",
    errno.EEXIST: "it exists already: add --overwrite to replace it",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one with -o",
    errno.EMFILE: "too many files are open: give fewer inputs at a time",
    errno.EIO: "the device failed while reading or writing: check the disk",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How an exception is told to the user.

    Args:
        code: Stable, hyphenated, for programs: `file-format`, `model-not-found`.
        message: One sentence: what was wrong, where, and what to do. May be empty (a
            reader that closed the pipe needs no sentence).
        exit_code: 1, 2, 4 or 130.
        is_internal: True where the fault is ours, so that a traceback would help.
    """

    code: str
    message: str
    exit_code: int
    is_internal: bool = False


def describe(error: BaseException) -> Failure:
    """Return the sentence, code and exit code of any exception."""
    if isinstance(error, MusegenError):
        return _failure(error, str(error) or code_of(error), error.exit_code)
    if isinstance(error, click.ClickException):
        return _failure(error, error.format_message(), error.exit_code)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Failure(
            code="interrupted", message="interrupted", exit_code=EXIT_INTERRUPTED
        )
    if isinstance(error, BrokenPipeError):
        return Failure(code="broken-pipe", message="", exit_code=EXIT_FAILURE)
    if isinstance(error, MemoryError):
        return _failure(
            error,
            "not enough memory: give fewer inputs or alternatives at a time, or close "
            "other programs",
        )
    if isinstance(error, UnicodeError):
        return _failure(error, _unicode_sentence(error))
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(error)
    if isinstance(error, OSError):
        return _failure(error, _os_sentence(error))
    return _internal(error)


def code_of(error: BaseException) -> str:
    """Return the stable code of an exception: `FileFormatError` is `file-format`."""
    name = type(error).__name__.removesuffix("Error").removesuffix("Exception")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _failure(
    error: BaseException, message: str, exit_code: int = EXIT_FAILURE
) -> Failure:
    one_line = " ".join(filter(None, map(str.strip, message.splitlines())))
    return Failure(code=code_of(error), message=one_line, exit_code=exit_code)


def _os_sentence(error: OSError) -> str:
    """Name the file and the remedy of a system error."""
    reason = _SENTENCE_OF_ERRNO.get(error.errno or 0, error.strerror or str(error))
    files = [str(name) for name in (error.filename, error.filename2) if name]
    return f"{' and '.join(files)}: {reason}" if files else reason


def _unicode_sentence(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return (
            f"some text is not valid {error.encoding} (byte {error.start}): save the "
            "file as UTF-8"
        )
    if isinstance(error, UnicodeEncodeError):
        return (
            f"a character cannot be written as {error.encoding}: set the locale to "
            "UTF-8, for instance with PYTHONUTF8=1"
        )
    return f"some text cannot be read ({error}): save the file as UTF-8"


def _missing_module(error: ModuleNotFoundError) -> Failure:
    """Tell an optional package that is not installed from a fault of ours."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRA_OF_PACKAGE:
        return _internal(error)
    missing = MissingPackageError(
        package, extra=EXTRA_OF_PACKAGE[package], purpose="this command"
    )
    return _failure(missing, str(missing), missing.exit_code)


def _internal(error: BaseException) -> Failure:
    detail = " ".join(str(error).split())
    what = f"{type(error).__name__}: {detail}" if detail else type(error).__name__
    return Failure(
        code="internal",
        message=f"internal error ({what}); run again with --debug to see where, and "
        "report it",
        exit_code=EXIT_FAILURE,
        is_internal=True,
    )
