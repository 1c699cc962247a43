"""The file that makes an evaluation resumable: one JSON line a finished piece.

The first line says which models, data and options the values belong to; a file of
others is refused, never overwritten. A line that was cut off by a kill is dropped. Not
a report: that is the command's JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musegen.coconet.likelihood import PieceSums
from musegen.coconet.protocols import Task
from musegen.data.errors import FileFormatError, InputError, OutputError

KIND = "musegen evaluate coconet"
SCHEMA_VERSION = 1
_Key = tuple[str, str, str, int]  # model digest, protocol, order, piece


class EvaluationLog:
    """Losses of pieces that are done, kept in a file.

    Args:
        path: The file; made, with its first line, where there is none.
        settings: Plain JSON data that the values depend on, one key a subject that a
            user knows: `models`, `data`, `seed`, ...

    Raises:
        InputError: The file belongs to other settings.
        FileFormatError: It is no such file, or damaged before its last line.
        OutputError: It cannot be written.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.has_dropped_line = False
        self._settings: dict[str, Any] = json.loads(json.dumps(settings))
        self._done: dict[_Key, PieceSums] = {}
        self._open()

    def __len__(self) -> int:
        """Return how many values it holds."""
        return len(self._done)

    def get(self, model_digest: str, task: Task, index: int) -> PieceSums | None:
        """Return what is known of a piece, None where it is still to be measured."""
        return self._done.get((model_digest, task.protocol, task.order, index))

    def add(self, model_digest: str, task: Task, index: int, sums: PieceSums) -> None:
        """Keep the losses of a piece; after this call a kill does not lose them.

        Raises:
            OutputError: The file cannot be written.
        """
        self._done[model_digest, task.protocol, task.order, index] = sums
        self._append(
            {
                "model": model_digest,
                "protocol": task.protocol,
                "order": task.order,
                "piece": index,
                **sums.to_json(),
            }
        )

    def _open(self) -> None:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be read ({error.strerror}): name another file"
            ) from error
        *lines, rest = data.split(b"\n")
        if not lines:
            if not _first_line(self._settings).startswith(data):
                raise self._foreign()
            self._write(_first_line(self._settings), mode="wb")
            return
        self._check_first(lines[0])
        num_whole = self._read_lines(lines[1:]) + 1
        if rest or num_whole < len(lines):
            self.has_dropped_line = True
            self._truncate(sum(len(line) + 1 for line in lines[:num_whole]))

    def _read_lines(self, lines: Sequence[bytes]) -> int:
        """Read all lines but a damaged last one; return how many are sound."""
        for place, line in enumerate(lines):
            try:
                self._read_line(line)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                if place + 1 == len(lines):
                    return place
                raise FileFormatError(
                    f"{self.path}, line {place + 2} is damaged ({error}): remove this "
                    "line to measure its piece again, or name another file"
                ) from error
        return len(lines)

    def _check_first(self, line: bytes) -> None:
        try:
            first = json.loads(line)
        except ValueError as error:
            raise self._foreign() from error
        if not isinstance(first, dict) or first.get("kind") != KIND:
            raise self._foreign()
        if first.get("schema_version") != SCHEMA_VERSION:
            raise FileFormatError(
                f"{self.path} has version {first.get('schema_version')} of the lines; "
                f"this musegen reads version {SCHEMA_VERSION}: name another file"
            )
        settings = first.get("settings")
        if settings != self._settings:
            raise InputError(
                f"{self.path} belongs to another evaluation "
                f"({_differences(settings, self._settings)}): repeat its options, or "
                "name another file"
            )

    def _read_line(self, line: bytes) -> None:
        fields = json.loads(line)
        task = Task(protocol=fields.pop("protocol"), order=fields.pop("order"))
        model, index = str(fields.pop("model")), int(fields.pop("piece"))
        sums = PieceSums.from_json(fields)
        self._done[model, task.protocol, task.order, index] = sums

    def _foreign(self) -> FileFormatError:
        return FileFormatError(
            f"{self.path} is not a file that an evaluation left: name another, and it "
            "is made"
        )

    def _append(self, fields: Mapping[str, Any]) -> None:
        self._write(json.dumps(fields).encode() + b"\n", mode="ab")

    def _truncate(self, num_bytes: int) -> None:
        try:
            os.truncate(self.path, num_bytes)
        except OSError as error:
            raise self._not_written(error) from error

    def _write(self, data: bytes, *, mode: str) -> None:
        try:
            with self.path.open(mode) as file:
                file.write(data)
        except OSError as error:
            raise self._not_written(error) from error

    def _not_written(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path} cannot be written ({error.strerror}): name another file"
        )


def _first_line(settings: Mapping[str, Any]) -> bytes:
    first = {"kind": KIND, "schema_version": SCHEMA_VERSION, "settings": settings}
    return json.dumps(first).encode() + b"\n"


def _differences(stored: object, wanted: Mapping[str, Any]) -> str:
    """Name what differs: `seed 3, not 4`."""
    if not isinstance(stored, dict):
        return "it does not say which"
    return ", ".join(
        f"{name} {_short(stored.get(name))}, not {_short(wanted.get(name))}"
        for name in dict.fromkeys([*wanted, *stored])
        if stored.get(name) != wanted.get(name)
    )


def _short(value: object) -> str:
    """Return a value for a sentence."""
    return value if isinstance(value, str) else json.dumps(value)
