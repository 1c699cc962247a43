"""A piano roll in text, for a terminal or a log.

For: a look at a score where no picture can be shown. Not for: exact timing; a column is
a sixteenth or longer, and what shares one is counted below the roll.
"""

from __future__ import annotations

import bisect
import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby

from musegen.data.score import Score
from musegen.render.bar_range import BarRange
from musegen.render.score_view import (
    BarSpan,
    Voice,
    bar_spans,
    last_bar_number,
    name_of_pitch,
    printable,
    require_notes,
    score_keys,
    score_voices,
)

DEFAULT_WIDTH_COLUMNS = 80
MIN_WIDTH_COLUMNS = 20
MAX_BARS = 1000
_STEP_NAMES = {4: "a sixteenth", 2: "an eighth", 1: "a quarter"}  # steps a quarter
_SHARED = "*"
_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signs:
    """The characters of the roll."""

    bar: str
    beat: str
    held: str
    held_given: str


_UNICODE = _Signs(bar="│", beat="·", held="─", held_given="━")
_ASCII = _Signs(bar="|", beat=".", held="-", held_given="=")


@dataclass(slots=True, kw_only=True)
class _Cell:
    """What sounds at a pitch in a column: the voice shown, and whether it begins."""

    voice: int
    is_onset: bool
    is_shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The time axis in columns: a bar line, then the steps of the bar, and so on.

    Args:
        spans: The bars shown.
        step_ticks: Length of a column.
        num_steps: Of each bar, at least 1.
        firsts: Column of each bar's line, and that of the closing line.
    """

    spans: tuple[BarSpan, ...]
    step_ticks: Fraction
    num_steps: tuple[int, ...]
    firsts: tuple[int, ...]

    @property
    def end(self) -> int:
        """Column of the closing bar line."""
        return self.firsts[-1]

    def at(self, tick: int) -> int:
        """Return the column nearest to a tick, within the bars shown."""
        index = bisect.bisect_right([span.start for span in self.spans], tick) - 1
        if index < 0:
            return self.firsts[0] + 1
        steps = (tick - self.spans[index].start) / self.step_ticks
        step = math.floor(steps + Fraction(1, 2))
        if step < self.num_steps[index]:
            return self.firsts[index] + 1 + step
        return self.firsts[index + 1] + (index + 1 < len(self.spans))

    def is_beat(self, bar: int, step: int) -> bool:
        """Return whether a beat begins in a step of a bar."""
        span = self.spans[bar]
        # A pickup is the end of a bar: its beats count from its right edge.
        lead = (span.start - span.end) % span.beat_ticks if span.number == 0 else 0
        first = math.ceil((step * self.step_ticks + lead) / span.beat_ticks)
        return first * span.beat_ticks < (step + 1) * self.step_ticks + lead


@dataclass(slots=True)
class _Grid:
    """The cells of all notes, pitch by pitch, and what they could not keep apart."""

    rows: dict[int, dict[int, _Cell]] = field(default_factory=dict)
    num_merged: int = 0
    has_shared: bool = False


def text_roll(
    score: Score,
    *,
    width_columns: int = DEFAULT_WIDTH_COLUMNS,
    use_color: bool = False,
    use_unicode: bool = True,
    given_parts: frozenset[int] = frozenset(),
    title: str = "",
    bars: BarRange | None = None,
) -> str:
    """Return the roll: a row for each pitch in use, a letter where a note begins.

    Args:
        score: With at least one note.
        width_columns: Lines are at most so long, at least 20; systems wrap at bar
            lines.
        use_color: Colour the voices with ANSI sequences (256 colours).
        use_unicode: Draw with box characters; False for ASCII alone.
        given_parts: Indexes of the parts, from 0, that the user gave: held notes are
            drawn double.
        title: First line; empty for the score's own.
        bars: Which bars; None for all. More than 1000 are cut, which the last line
            says.

    Returns:
        Lines without trailing blanks, without a final line break.

    Raises:
        EmptyScoreError: The score has no notes.
        VoiceNotFoundError: `given_parts` names a part that is not there.
        UsageError: `bars` lies outside the score.
        ValueError: `width_columns` is below 20.
    """
    if width_columns < MIN_WIDTH_COLUMNS:
        raise ValueError(
            f"width_columns is at least {MIN_WIDTH_COLUMNS}; got {width_columns}"
        )
    require_notes(score)
    voices = score_voices(score, given_parts)
    spans = bar_spans(score, bars=bars, max_bars=MAX_BARS)
    names = _row_names(score, voices)
    margin = max(map(len, names.values())) + 1
    columns, steps_per_quarter = _columns(score, spans, width_columns - margin)
    grid = _grid(score, voices, columns)
    painter = _Painter(
        voices=voices,
        columns=columns,
        signs=_UNICODE if use_unicode else _ASCII,
        use_color=use_color,
        names=names,
        margin=margin,
    )
    head = _head(score, voices, grid, title, steps_per_quarter, width_columns)
    lines = [
        *(head if use_unicode else map(_ascii, head)),
        *painter.systems(grid, width_columns - margin),
        *_foot(score, spans, bars, grid, width_columns),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _row_names(score: Score, voices: Sequence[Voice]) -> dict[int, str]:
    """Name the rows; one that only drums use is called after the key."""
    keys = score_keys(score)
    names: dict[int, str] = {}
    for voice in voices:
        for note in score.parts[voice.part].notes:
            if not voice.is_drum:
                names[note.pitch] = name_of_pitch(note.pitch, keys)
            else:
                names.setdefault(note.pitch, f"key {note.pitch}")
    return names


def _columns(
    score: Score, spans: tuple[BarSpan, ...], room: int
) -> tuple[_Columns, int]:
    """Choose the finest step with which the longest bar fits into `room` columns."""
    for steps_per_quarter in _STEP_NAMES:
        step_ticks = Fraction(score.ticks_per_quarter, steps_per_quarter)
        num_steps = tuple(
            max(1, math.ceil((span.end - span.start) / step_ticks)) for span in spans
        )
        if max(num_steps) + 2 <= room:
            break
    firsts = [0]
    for number in num_steps:
        firsts.append(firsts[-1] + 1 + number)
    columns = _Columns(
        spans=spans, step_ticks=step_ticks, num_steps=num_steps, firsts=tuple(firsts)
    )
    return columns, steps_per_quarter


def _grid(score: Score, voices: Sequence[Voice], columns: _Columns) -> _Grid:
    """Put every note of the bars shown into cells; each gets at least one."""
    grid = _Grid()
    begin, end = columns.spans[0].start, columns.spans[-1].end
    for index, voice in enumerate(voices):
        for note in score.parts[voice.part].notes:
            if note.onset >= end or (note.onset < begin and note.end <= begin):
                continue
            first = min(columns.at(note.onset), columns.end - 1)
            stop = columns.end if note.end >= end else columns.at(note.end)
            row = grid.rows.setdefault(note.pitch, {})
            if note.onset >= begin:
                _add_onset(grid, row, first, index)
            else:
                row.setdefault(first, _Cell(voice=index, is_onset=False))
            for column in range(first + 1, stop):
                row.setdefault(column, _Cell(voice=index, is_onset=False))
    return grid


def _add_onset(grid: _Grid, row: dict[int, _Cell], column: int, voice: int) -> None:
    """Begin a note in a cell; a beginning is never hidden by a held note."""
    cell = row.get(column)
    if cell is None or not cell.is_onset:
        row[column] = _Cell(voice=voice, is_onset=True)
    elif cell.voice == voice:
        grid.num_merged += 1
    else:
        cell.is_shared = True
        grid.has_shared = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Painter:
    """Turns cells into lines."""

    voices: Sequence[Voice]
    columns: _Columns
    signs: _Signs
    use_color: bool
    names: dict[int, str]
    margin: int

    def systems(self, grid: _Grid, room: int) -> Iterator[str]:
        """Yield the lines of all systems, a blank line before each."""
        bar_of = {first: bar for bar, first in enumerate(self.columns.firsts)}
        for first, stop in self._ranges(room):
            lines = sorted(
                (
                    (pitch, row)
                    for pitch, row in grid.rows.items()
                    if any(c in row for c in range(first, stop) if c not in bar_of)
                ),
                reverse=True,
            )
            yield ""
            yield self._numbers(first, stop, bar_of)
            for pitch, row in lines:
                yield self._line(self.names[pitch], row, first, stop)
            if not lines:
                yield self._line("", {}, first, stop)

    def _ranges(self, room: int) -> Iterator[tuple[int, int]]:
        """Yield the first column and that after the last, of each system.

        Systems break at bar lines; only a bar longer than a line is split.
        """
        start = 0
        ends = self.columns.firsts[1:]
        for end, next_end in zip(ends, [*ends[1:], None], strict=True):
            while end + 1 - start > room:
                yield start, start + room
                start += room
            if next_end is None or next_end + 1 - start > room:
                if end > start:  # no system of the closing line alone
                    yield start, end + 1
                start = end

    def _numbers(self, first: int, stop: int, bar_of: dict[int, int]) -> str:
        """Return the line of bar numbers above a system."""
        line = ""
        end = self.margin + stop - first
        for column in range(first, stop - 1):  # the closing line opens no bar here
            bar = bar_of.get(column)
            if bar is None:
                continue
            number = str(self.columns.spans[bar].number)
            place = self.margin + column - first
            if len(line) <= place and place + len(number) <= end:
                line = f"{line.ljust(place)}{number} "
        return line.rstrip()

    def _line(self, name: str, row: dict[int, _Cell], first: int, stop: int) -> str:
        """Return one row of a system."""
        painted = [self._sign(row, column) for column in range(first, stop)]
        text = name.rjust(self.margin - 1) + " "
        for voice, run in groupby(painted, key=lambda pair: pair[1]):
            signs = "".join(sign for sign, _ in run)
            text += signs if voice is None else self._colored(signs, self.voices[voice])
        return text

    def _sign(self, row: dict[int, _Cell], column: int) -> tuple[str, int | None]:
        """Return the character of a cell and the voice that colours it."""
        bar = bisect.bisect_right(self.columns.firsts, column) - 1
        step = column - self.columns.firsts[bar] - 1
        if step < 0:
            return self.signs.bar, None
        cell = row.get(column)
        if cell is None:
            return (self.signs.beat if self.columns.is_beat(bar, step) else " "), None
        if cell.is_shared:
            return _SHARED, None
        voice = self.voices[cell.voice]
        if cell.is_onset:
            return voice.letter, cell.voice
        held = self.signs.held_given if voice.is_given else self.signs.held
        return held, cell.voice

    def _colored(self, signs: str, voice: Voice) -> str:
        """Return signs in the voice's colour, bold for a given voice."""
        if not self.use_color:
            return signs
        bold = "1;" if voice.is_given else ""
        return f"\x1b[{bold}38;5;{voice.color.ansi}m{signs}{_RESET}"


def _head(
    score: Score,
    voices: Sequence[Voice],
    grid: _Grid,
    title: str,
    steps_per_quarter: int,
    width_columns: int,
) -> Iterator[str]:
    """Yield the title and the legend."""
    shown_title = printable(title or score.title, max_characters=width_columns)
    if shown_title:
        yield shown_title
    entries = [f"{voice.letter} {voice.legend}" for voice in voices]
    if grid.has_shared:
        entries.append(f"{_SHARED} several at once")
    entries.append(f"1 column = {_STEP_NAMES[steps_per_quarter]}")
    yield from _wrapped(entries, width_columns, gap="   ")


def _foot(
    score: Score,
    spans: Sequence[BarSpan],
    bars: BarRange | None,
    grid: _Grid,
    width_columns: int,
) -> Iterator[str]:
    """Yield what the roll does not show."""
    last = last_bar_number(score)
    wanted = last if bars is None or bars.last is None else min(bars.last, last)
    remarks: list[str] = []
    if grid.num_merged:
        noun = "note begins" if grid.num_merged == 1 else "notes begin"
        remarks.append(
            f"{grid.num_merged} {noun} in the same column as another of the same pitch "
            "and part, and cannot be seen apart."
        )
    if spans[-1].number < wanted:
        remarks.append(
            f"Bars {spans[-1].number + 1} to {wanted} are not shown; ask for them as a "
            "range of bars."
        )
    for remark in remarks:
        yield ""
        yield from _wrapped(remark.split(), width_columns, gap=" ")


def _wrapped(words: Iterable[str], width_columns: int, *, gap: str) -> Iterator[str]:
    """Yield lines of words joined by `gap`; a word longer than a line is cut."""
    line = ""
    for word in words:
        joined = f"{line}{gap}{word}" if line else word
        if line and len(joined) > width_columns:
            yield line
            joined = word
        line = joined[:width_columns]
    yield line


def _ascii(text: str) -> str:
    """Return text without accents; what ASCII has not becomes a question mark."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return kept.encode("ascii", "replace").decode("ascii")
