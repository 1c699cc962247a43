"""What a command reads: files, the files of a folder, standard input.

Arguments become `Source`s, checked before any work. Reading a score from one is
elsewhere.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from musegen.data.errors import EmptyScoreError, UsageError
from musegen.data.notices import Notice

STANDARD_STREAM = "-"
MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".kar")
MUSICXML_SUFFIXES = (".musicxml", ".mxl", ".xml")
SCORE_SUFFIXES = MIDI_SUFFIXES + MUSICXML_SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input.

    Args:
        name: As the user wrote it, for messages; `-` is standard input.
        path: Where it is, None for standard input.
    """

    name: str
    path: Path | None

    @property
    def stem(self) -> str:
        """The name that outputs are made from."""
        return "stdin" if self.path is None else self.path.stem

    def read_bytes(self) -> bytes:
        """Return the content."""
        if self.path is None:
            return sys.stdin.buffer.read()
        return self.path.read_bytes()

    def content(self) -> Path | bytes:
        """Return what `read_score` takes: the path, or all of standard input."""
        return sys.stdin.buffer.read() if self.path is None else self.path


def expand_inputs(
    arguments: Sequence[str],
    *,
    suffixes: Sequence[str] = SCORE_SUFFIXES,
    own_label: str = "",
    tell: Callable[[Notice], None] = lambda notice: None,
) -> tuple[Source, ...]:
    """Return the inputs that arguments name; a folder stands for the files in it.

    Args:
        arguments: Paths, or `-` for standard input.
        suffixes: Extensions that count in a folder, lower case.
        own_label: The word in the names of the command's own results (`Naming.label`).
            They do not count in a folder; one that is named itself is taken.
        tell: Hears, once, how many files of folders did not count.

    Raises:
        UsageError: A file is missing or unreadable, or `-` is a terminal or stands
            twice.
        EmptyScoreError: A folder has no such file.
    """
    if list(arguments).count(STANDARD_STREAM) > 1:
        raise UsageError("standard input was given twice: write - once")
    sources: list[Source] = []
    own: list[Path] = []
    for argument in arguments:
        if argument == STANDARD_STREAM:
            sources.append(_standard_input())
        elif Path(argument).is_dir():
            found = _files_of_folder(Path(argument), suffixes)
            results = [path for path in found if _is_result(path, own_label)]
            sources += [_file_input(path) for path in found if path not in results]
            own += results
        else:
            sources.append(_file_input(Path(argument)))
    _refuse_repeated(sources)
    named = {source.path.resolve() for source in sources if source.path is not None}
    left_out = [path for path in own if path.resolve() not in named]
    if left_out:
        notice = _left_out_notice(left_out)
        if not sources:
            raise EmptyScoreError(f"there is no other input: {notice.message}")
        tell(notice)
    return tuple(sources)


def _standard_input() -> Source:
    if sys.stdin.isatty():
        raise UsageError(
            "standard input is a terminal: pipe a file in, as in  "
            "musegen harmonize - -o - < tune.mid > out.mid"
        )
    return Source(name=STANDARD_STREAM, path=None)


def _file_input(path: Path) -> Source:
    if not path.exists():
        raise UsageError(f"{path}: no such file: check the spelling")
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: it cannot be read: check the file's owner and mode")
    return Source(name=str(path), path=path)


def _files_of_folder(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and path.is_file()
    )
    if not found:
        raise EmptyScoreError(
            f"{folder}: no {', '.join(suffixes)} file in this folder: name the files, "
            "or a folder that holds them directly"
        )
    return found


def _is_result(path: Path, label: str) -> bool:
    """Whether a file is named like a result: `tune.harmonized.2.mid`."""
    end = rf"\.{re.escape(label)}(\.\d+)?"
    return label != "" and re.search(end + "$", path.stem) is not None


def _left_out_notice(paths: Sequence[Path]) -> Notice:
    """Say that earlier results were left out."""
    message = (
        f"{paths[0]} is named like a result of this command and was left out: name the "
        "file to have it taken"
    )
    if len(paths) > 1:
        message = (
            f"{len(paths)} files such as {paths[0]} are named like results of this "
            "command and were left out: name a file to have it taken"
        )
    return Notice(code="own-results-left-out", message=message)


def _refuse_repeated(sources: Sequence[Source]) -> None:
    seen: set[Path] = set()
    for source in sources:
        if source.path is None:
            continue
        resolved = source.path.resolve()
        if resolved in seen:
            raise UsageError(f"{source.name}: it was given twice: name it once")
        seen.add(resolved)
