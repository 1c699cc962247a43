"""The work of `musegen evaluate coconet`: run every task, keep it, make the report.

The options and what contradicts what are in `musegen.cli.evaluate_coconet`.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from musegen.cli._output import Output, table

if TYPE_CHECKING:
    from musegen.coconet.evaluation_log import EvaluationLog
    from musegen.coconet.held_out import NumberedPiece
    from musegen.coconet.likelihood import Figure, PieceSums
    from musegen.coconet.predicting import CoconetModel, LogitsFunction
    from musegen.coconet.protocols import EvaluationConfig, Task

_logger = logging.getLogger("musegen.evaluate")
_NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A model and what the report calls it."""

    title: str
    model: CoconetModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one task gave.

    Args:
        task: The protocol and order.
        sums: For each model those of each piece, in their order.
        seconds: Spent on each model in this call.
    """

    task: Task
    sums: Sequence[Sequence[PieceSums]]
    seconds: Sequence[float]


@dataclass(slots=True, kw_only=True)
class Measuring:
    """All tasks of one call, and the rows that are done.

    Args:
        columns: Models, at least one.
        tasks: What to measure.
        pieces: On what.
        config: Options of all tasks.
        output: Shows progress.
        log: Where finished pieces are kept, None for nowhere.
    """

    columns: Sequence[Column]
    tasks: Sequence[Task]
    pieces: Sequence[NumberedPiece]
    config: EvaluationConfig
    output: Output
    log: EvaluationLog | None = None
    rows: list[Row] = field(default_factory=list)
    _clock: _Clock = field(init=False)

    def __post_init__(self) -> None:
        self._clock = _Clock(total_cost=sum(cost for *_, cost in self._waiting()))

    @property
    def num_values(self) -> int:
        """How many values there are to find: one a task, model and piece."""
        return len(self.tasks) * len(self.columns) * len(self.pieces)

    @property
    def num_kept(self) -> int:
        """How many of them the file holds."""
        return self.num_values - sum(1 for _ in self._waiting())

    def run(self) -> None:
        """Fill `rows`; an interrupt leaves those that are whole."""
        for task in self.tasks:
            sums, seconds = [], []
            for column in self.columns:
                started = time.monotonic()
                sums.append(self._measure(task, column))
                seconds.append(round(time.monotonic() - started, 1))
            self.rows.append(Row(task=task, sums=sums, seconds=seconds))

    def _measure(self, task: Task, column: Column) -> list[PieceSums]:
        from musegen.coconet.protocols import measure, num_units

        model = column.model
        found: dict[int, PieceSums] = {}
        waiting = []
        for piece in self.pieces:
            known = self._known(task, model, piece)
            if known is None:
                waiting.append(piece)
            else:
                found[piece.index] = known
        title = f"{column.title}, {task}" if len(self.columns) > 1 else str(task)
        total = sum(num_units(task, piece.grid, self.config) for piece in waiting)
        with self.output.progress(title, total) as advance:
            for number, piece in enumerate(waiting, start=1):
                logits: LogitsFunction = model.logits
                if self.config.is_told and piece.told is not None:
                    logits = model.told(piece.told)
                sums = measure(
                    task,
                    piece.grid,
                    logits,
                    self.config,
                    index=piece.index,
                    advance=advance,
                )
                found[piece.index] = sums
                if self.log is not None:
                    self.log.add(model.digest, task, piece.index, sums)
                self._clock.advance(self._cost(task, piece))
                _logger.info(
                    "%s: %d of %d pieces, %.3f nats, %s to go in all",
                    title,
                    number,
                    len(waiting),
                    sums.mean,
                    self._clock.time_left(),
                )
        return [found[piece.index] for piece in self.pieces]

    def _known(
        self, task: Task, model: CoconetModel, piece: NumberedPiece
    ) -> PieceSums | None:
        if self.log is None:
            return None
        return self.log.get(model.digest, task, piece.index)

    def _waiting(self) -> Iterator[tuple[Task, Column, NumberedPiece, int]]:
        for task in self.tasks:
            for column in self.columns:
                for piece in self.pieces:
                    if self._known(task, column.model, piece) is None:
                        yield task, column, piece, self._cost(task, piece)

    def _cost(self, task: Task, piece: NumberedPiece) -> int:
        from musegen.coconet.protocols import num_steps_to_compute

        return num_steps_to_compute(task, piece.grid, self.config)


class _Clock:
    """Tells how long the rest takes, from what the work done so far took."""

    def __init__(self, *, total_cost: int) -> None:
        self._total = total_cost
        self._done = 0
        self._started = time.monotonic()

    def advance(self, cost: int) -> None:
        self._done += cost

    def time_left(self) -> str:
        elapsed = time.monotonic() - self._started
        seconds = elapsed * (self._total - self._done) / max(1, self._done)
        if seconds < 90:
            return f"about {seconds:.0f} s"
        minutes = round(seconds / 60)
        if minutes < 90:
            return f"about {minutes} min"
        return f"about {minutes // 60} h {minutes % 60} min"


def figures(measuring: Measuring) -> list[dict[str, Any]]:
    """Return the finished rows for JSON, one a task and model.

    Each has `all` and, where known which pieces share a tune with the training split,
    `leak_free`: a `Summary`; for the second and later models `difference_to_first`; and
    the mean of every piece.
    """
    from musegen.coconet.likelihood import difference, summarize

    rows: list[dict[str, Any]] = []
    for row in measuring.rows:
        for place, column in enumerate(measuring.columns):
            sums = row.sums[place]
            free = _leak_free(measuring.pieces, sums)
            told: dict[str, Any] = {
                "model": column.title,
                **row.task.describe(measuring.config),
                "all": summarize(sums),
                "leak_free": None if free is None else summarize(free),
            }
            if place:
                told["difference_to_first"] = difference(row.sums[0], sums)
            told["pieces"] = [
                {"index": piece.index, "nats": one.mean}
                for piece, one in zip(measuring.pieces, sums, strict=True)
            ]
            told["seconds"] = row.seconds[place]
            rows.append(told)
    return rows


def figures_table(measuring: Measuring, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the finished rows for people: a line a task."""
    if len(measuring.columns) == 1:
        return _table_of_one(rows)
    return _table_of_many(measuring, rows)


def _table_of_one(rows: Sequence[Mapping[str, Any]]) -> str:
    header = ["protocol", "order", "nats", "+-", "one ordering", "sounding", "top-1"]
    has_leak_free = any(row["leak_free"] is not None for row in rows)
    header += ["leak-free", "+-"] if has_leak_free else []
    header += ["a", "pieces"]
    lines = []
    for row in rows:
        every = row["all"]
        line = [
            row["protocol"],
            row["order"],
            _number(every.piece.mean),
            _number(every.piece.standard_error),
            _number(every.single_piece.mean) if row.get("orderings", 1) > 1 else "",
            _number(every.sounding_unit.mean),
            _percent(every.accuracy),
        ]
        if has_leak_free:
            free = row["leak_free"]
            line += (
                [_NOTHING, _NOTHING]
                if free is None
                else [_number(free.piece.mean), _number(free.piece.standard_error)]
            )
        lines.append([*line, row["unit"], str(every.num_pieces)])
    return table(header, lines)


def _table_of_many(measuring: Measuring, rows: Sequence[Mapping[str, Any]]) -> str:
    header = ["protocol", "order", "a", "pieces"]
    for place, column in enumerate(measuring.columns):
        header += [column.title, "+-", *(["%"] if place else [])]
    lines = []
    step = len(measuring.columns)
    for first in range(0, len(rows), step):
        group = rows[first : first + step]
        lead = group[0]
        line = [
            lead["protocol"],
            lead["order"],
            lead["unit"],
            str(lead["all"].num_pieces),
        ]
        for row in group:
            piece = row["all"].piece
            line += [_number(piece.mean), _number(piece.standard_error)]
            if "difference_to_first" in row:
                line.append(f"{row['difference_to_first'].percent:+.1f}")
        lines.append(line)
    return table(header, lines)


def _leak_free(
    pieces: Sequence[NumberedPiece], sums: Sequence[PieceSums]
) -> list[PieceSums] | None:
    """Return the sums of leak-free pieces, None where unknown or none is."""
    if any(piece.is_leak_free is None for piece in pieces):
        return None
    pairs = zip(pieces, sums, strict=True)
    return [one for piece, one in pairs if piece.is_leak_free] or None


def _number(value: float) -> str:
    return _NOTHING if math.isnan(value) else f"{value:.4f}"


def _percent(figure: Figure) -> str:
    return _NOTHING if math.isnan(figure.mean) else f"{100 * figure.mean:.1f} %"
