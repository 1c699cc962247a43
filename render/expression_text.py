"""Expression of notes in text, for a terminal or a log.

For: a look at values where no picture can be shown: a column a note, a row a value, as
many notes side by side as fit. Not for: files that programs read (note tables).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence

from musegen.data.spelling import pitch_name
from musegen.render.expression_layout import decimals_for, number_text
from musegen.render.expression_view import ExpressionView, NoteValues
from musegen.render.score_view import printable
from musegen.render.text_roll import DEFAULT_WIDTH_COLUMNS

CELL_COLUMNS = 7
MIN_WIDTH_COLUMNS = 40


def expression_text(
    view: ExpressionView,
    *,
    width_columns: int = DEFAULT_WIDTH_COLUMNS,
    use_unicode: bool = True,
) -> str:
    """Return notes and values as lines of text, the last without a line break.

    Args:
        view: What to show; sound is left out.
        width_columns: Of the terminal, at least 40.
        use_unicode: Whether a minus may be the sign of its own.
    """
    shown = view.shown_notes()
    rows = [("note", "", [str(index + 1) for index in shown])]
    if view.bars:
        rows.append(("bar", "", _bar_cells(view, shown)))
    notes = [view.notes[index] for index in shown]
    rows.append(("pitch", "", [pitch_name(note.pitch) for note in notes]))
    rows.append(("start", "s", [f"{note.onset_s:.2f}" for note in notes]))
    rows.append(
        ("length", "s", [f"{note.offset_s - note.onset_s:.2f}" for note in notes])
    )
    rows += [(row.label, row.unit, _value_cells(row, shown)) for row in view.rows]
    count = "1 note" if len(shown) == 1 else f"{len(shown)} notes"
    title = printable(view.title)
    lines = [f"{title}: {count}" if title else count]
    lines += _blocks(rows, len(shown), max(width_columns, MIN_WIDTH_COLUMNS))
    text = "\n".join(lines)
    return text if use_unicode else text.replace("\N{MINUS SIGN}", "-")


def _value_cells(row: NoteValues, shown: Sequence[int]) -> list[str]:
    values = [float(row.values[index]) for index in shown]
    decimals = decimals_for(max(map(abs, values), default=0.0))
    return [number_text(value, decimals=decimals) for value in values]


def _bar_cells(view: ExpressionView, shown: Sequence[int]) -> list[str]:
    """The number of the bar in which each note begins, where it is another."""
    starts_s = [bar.start_s for bar in view.bars]
    cells: list[str] = []
    before = -1
    for index in shown:
        # A little after the onset: a bar line that is a rounding late is meant.
        onset_s = view.notes[index].onset_s + 1e-3
        place = bisect.bisect_right(starts_s, onset_s) - 1
        is_new = place >= 0 and place != before
        cells.append(str(view.bars[place].number) if is_new else "")
        before = place
    return cells


def _blocks(
    rows: Sequence[tuple[str, str, Sequence[str]]], num_notes: int, width_columns: int
) -> Iterator[str]:
    labels = max(len(label) for label, _, _ in rows)
    units = max(len(unit) for _, unit, _ in rows)
    notes_a_line = max(1, (width_columns - labels - units - 1) // CELL_COLUMNS)
    for first in range(0, num_notes, notes_a_line):
        yield ""
        for label, unit, cells in rows:
            row = "".join(
                f"{cell:>{CELL_COLUMNS}}"
                for cell in cells[first : first + notes_a_line]
            )
            yield f"{label:<{labels}} {unit:<{units}}{row}".rstrip()
