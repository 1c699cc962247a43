"""The output object: what a command says, in words, as JSON or as bare paths.

stdout is for data, stderr is for words. Three modes: human (paths and tables on stdout,
remarks on stderr), `--json` (exactly one object on stdout, `schema_version` first) and
`--quiet` (only the paths of what was produced, one a line). What was done to each input
is counted in a `Report`, and the report is the exit code. Commands never print by
themselves.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from click.exceptions import Exit

from musegen.cli._errors import (
    EXIT_DONE,
    EXIT_FAILURE,
    EXIT_SOME_FAILED,
    Failure,
    describe,
)
from musegen.cli._json import plain
from musegen.cli._progress import Advance, ProgressStyle, progress
from musegen.data.notices import Notice

SCHEMA_VERSION = 1


@dataclass(slots=True)
class Report:
    """Counts of inputs done, skipped and failed; the exit code follows from them.

    Args:
        done: Inputs that gave all their outputs.
        skipped: Inputs passed over because the user asked for it (`--skip-existing`).
        failure_codes: The exit code of each input that failed.
    """

    done: int = 0
    skipped: int = 0
    failure_codes: list[int] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Inputs that failed."""
        return len(self.failure_codes)

    @property
    def exit_code(self) -> int:
        """0 all done, 3 some failed; where all failed, their common code or 1."""
        if not self.failure_codes:
            return EXIT_DONE
        if self.done or self.skipped:
            return EXIT_SOME_FAILED
        codes = set(self.failure_codes)
        return codes.pop() if len(codes) == 1 else EXIT_FAILURE

    def __str__(self) -> str:
        counts = {"done": self.done, "skipped": self.skipped, "failed": self.failed}
        return ", ".join(f"{number} {what}" for what, number in counts.items())


@dataclass(slots=True)
class Item:
    """What happened to one input; made by `Output.item`.

    Args:
        name: The input as the user wrote it.
    """

    name: str
    _sink: Output
    status: str = "done"
    fields: dict[str, object] = field(default_factory=dict)
    outputs: list[dict[str, object]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    failure: Failure | None = None

    def output(self, path: Path | None, **fields: object) -> None:
        """Record a file that was written (None: it went to stdout) and print its path.

        Args:
            path: Where it is.
            fields: What JSON says of it: `format="midi", seed=17, bars=16`.
        """
        self.outputs.append({"path": "-" if path is None else path, **fields})
        if path is not None:
            self._sink.path(path)

    def notice(self, notice: Notice) -> None:
        """Tell a remark on this input."""
        self.notices.append(notice)
        self._sink.say_notice(notice, input_name=self.name)

    def set(self, **fields: object) -> None:
        """Add fields to the JSON of this input: `seconds=4.2, model={...}`."""
        self.fields.update(fields)

    def skip(self, reason: str) -> None:
        """Count this input as skipped and say why."""
        self.status = "skipped"
        self.fields["reason"] = reason
        self._sink.note(f"{self.name}: skipped, {reason}")

    def as_json(self) -> dict[str, object]:
        """Return the JSON of one result (ux.md section 4)."""
        result: dict[str, object] = {
            "input": self.name,
            "status": self.status,
            "outputs": self.outputs,
            "warnings": [notice_json(notice) for notice in self.notices],
            **self.fields,
        }
        if self.failure is not None:
            result["error"] = failure_json(self.failure)
        return result


class Output:
    """Decides what is printed, where and how; a context manager that ends the JSON.

    Args:
        json: Print one JSON object on stdout when the command ends.
        quiet: Print only the paths of what was produced; no words but errors.
        command: The command's name in the JSON: `harmonize`, `models list`.
        debug: Show the traceback of an error within an item.
    """

    def __init__(
        self,
        *,
        json: bool = False,
        quiet: bool = False,
        command: str = "",
        debug: bool = False,
    ) -> None:
        self.is_json = json
        self.is_quiet = quiet
        self.is_debug = debug
        self.command = command
        self.report = Report()
        self._fields: dict[str, object] = {}
        self._items: list[Item] = []
        self._notices: list[Notice] = []
        self._is_batch = False
        self._has_sent_bytes = False
        self._first_words = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Print what is printed once, at the end: the counts and the JSON."""
        if error is None:
            self._begin()
        if self._is_batch:
            self.note(str(self.report))
        if self.is_json and not isinstance(error, BrokenPipeError):
            document = self._document()
            if error is not None and not isinstance(error, Exit):
                document["error"] = failure_json(describe(error))
            print(json.dumps(plain(document)))

    @property
    def exit_code(self) -> int:
        """The exit code that the report asks for."""
        return self.report.exit_code

    @property
    def progress_style(self) -> ProgressStyle:
        """How progress is told on stderr: a bar is for people at a terminal."""
        if self.is_quiet:
            return "none"
        if not sys.stderr.isatty():
            return "lines"
        return "none" if self.is_json else "bar"

    def begin_with(self, text: str) -> None:
        """Say words on stderr before any others, once the work begins.

        They are left out where it never does: what was asked for was refused.
        """
        self._first_words = text

    def note(self, text: str) -> None:
        """Say words on stderr; `--quiet` silences them."""
        self._begin()
        if not self.is_quiet:
            print(text, file=sys.stderr)

    def notice(self, notice: Notice) -> None:
        """Tell a remark that concerns the whole run, on stderr and in the JSON."""
        self._notices.append(notice)
        self.say_notice(notice)

    def say_notice(self, notice: Notice, *, input_name: str = "") -> None:
        """Print a remark on stderr without recording it."""
        where = f"{input_name}: " if input_name else ""
        self.note(f"musegen: note: {where}{notice}")

    def result(
        self, fields: Mapping[str, object] | None = None, *, human: str = ""
    ) -> None:
        """Give the command's answer.

        Args:
            fields: Top-level fields of the JSON object.
            human: The same for people, on stdout (on stderr where stdout carries a
                file).
        """
        self._fields.update(fields or {})
        if human:
            self._begin()
        if human and not (self.is_json or self.is_quiet):
            print(human, file=sys.stderr if self._has_sent_bytes else sys.stdout)

    def data(self, text: str) -> None:
        """Print the very thing that was asked for on stdout (not with `--json`)."""
        self._begin()
        if not self.is_json:
            print(text, file=sys.stderr if self._has_sent_bytes else sys.stdout)

    def path(self, path: Path) -> None:
        """Print the path of something produced on stdout (not with `--json`)."""
        self.data(str(path))

    def binary(self, data: bytes) -> None:
        """Write a file to stdout; from here on nothing else is printed there."""
        self._has_sent_bytes = True
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def expect(self, num_items: int) -> None:
        """Say how many inputs come; with more than one the JSON has `results`."""
        self._is_batch = num_items > 1

    @contextmanager
    def item(self, name: str) -> Iterator[Item]:
        """Work on one input: its errors are told, counted and do not stop the others.

        Args:
            name: The input as the user wrote it.

        Yields:
            The item to record outputs and remarks in.
        """
        self._begin()
        item = Item(name, self)
        self._items.append(item)
        try:
            yield item
        except (BrokenPipeError, Exit):
            raise
        except Exception as error:  # any input may fail; none is lost without a word
            self._fail(item, error)
        else:
            if item.status == "skipped":
                self.report.skipped += 1
            else:
                self.report.done += 1

    def progress(
        self, description: str, total: int | None = None
    ) -> AbstractContextManager[Advance]:
        """Tell how far something is that takes time: a bar, or a line now and then.

        Args:
            description: What is being done: "Harmonizing tune.mid".
            total: Number of steps, None where unknown.
        """
        self._begin()
        return progress(description, total, style=self.progress_style)

    def _begin(self) -> None:
        text, self._first_words = self._first_words, ""
        if text:
            self.note(text)

    def _fail(self, item: Item, error: Exception) -> None:
        item.status = "failed"
        item.failure = describe(error)
        self.report.failure_codes.append(item.failure.exit_code)
        if self.is_debug:
            traceback.print_exception(error, file=sys.stderr)
        message = item.failure.message
        is_named = item.name in message or item.name == "-"
        where = "" if is_named else f"{item.name}: "
        print(f"musegen: {where}{message}", file=sys.stderr)

    def _document(self) -> dict[str, object]:
        """Return the one JSON object."""
        document: dict[str, object] = {
            "schema_version": SCHEMA_VERSION,
            "command": self.command,
            **self._fields,
        }
        run_warnings = [notice_json(notice) for notice in self._notices]
        if self._is_batch or len(self._items) > 1:
            document["results"] = [item.as_json() for item in self._items]
            document["counts"] = {
                "done": self.report.done,
                "skipped": self.report.skipped,
                "failed": self.report.failed,
            }
        elif self._items:
            document |= self._items[0].as_json()
            run_warnings += [notice_json(n) for n in self._items[0].notices]
        document["warnings"] = run_warnings
        return document


def notice_json(notice: Notice) -> dict[str, object]:
    """Return a remark as JSON: code, bar and beat where there is a place, sentence."""
    place: dict[str, object] = {}
    if notice.place is not None:
        place = {"bar": notice.place.bar, "beat": float(notice.place.beat)}
    return {"code": notice.code, **place, "message": notice.message}


def failure_json(failure: Failure) -> dict[str, object]:
    """Return an error as JSON."""
    return {
        "code": failure.code,
        "message": failure.message,
        "exit_code": failure.exit_code,
    }


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under titles in aligned columns.

    Args:
        header: One title a column.
        rows: As many cells a row as there are titles.
    """
    return aligned([header, *rows])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in aligned columns, plain text that survives a pipe.

    Args:
        rows: All of the same number of cells.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
