from __future__ import annotations

from collections.abc import Callable

import pytest

from musegen.render.expression_text import expression_text
from musegen.render.expression_view import ExpressionView

MakeExpression = Callable[..., ExpressionView]


def test_a_column_a_note_and_a_row_a_value(make_expression: MakeExpression) -> None:
    text = expression_text(make_expression(), width_columns=80, use_unicode=False)
    assert text.splitlines() == [
        "A tune & <more>: 3 notes",
        "",
        "note                           1      2      3",
        "bar                            1             2",
        "pitch                         A4    Bb4     B4",
        "start      s                0.00   1.00   2.00",
        "length     s                0.95   0.95   0.95",
        "volume     dB              -22.0  -31.0  -18.5",
        "vibrato    cents            12.0    0.0   33.0",
        "intonation cents            4.00  -7.00   0.00",
        "loudest at 0 start, 1 end   0.50   0.20   0.90",
    ]


@pytest.mark.parametrize(("width", "num_blocks"), [(20, 2), (41, 2), (80, 1)])
def test_what_does_not_fit_goes_below(
    make_expression: MakeExpression, width: int, num_blocks: int
) -> None:
    text = expression_text(make_expression(), width_columns=width)
    lines = text.splitlines()
    assert lines.count("") == num_blocks
    assert max(map(len, lines)) <= max(width, 40)


def test_signs_that_a_terminal_lacks_are_left_out(
    make_expression: MakeExpression,
) -> None:
    view = make_expression()
    assert "\N{MINUS SIGN}22.0" in expression_text(view)
    assert expression_text(view, use_unicode=False).isascii()


def test_a_window_keeps_the_numbers_of_notes(make_expression: MakeExpression) -> None:
    text = expression_text(make_expression(start_s=1.0, end_s=2.0, bars=()))
    assert text.splitlines()[0] == "A tune & <more>: 1 note"
    assert text.splitlines()[2].split() == ["note", "2"]
    assert "bar" not in text


def test_a_window_without_notes_has_a_heading_alone(
    make_expression: MakeExpression,
) -> None:
    text = expression_text(make_expression(start_s=50.0, end_s=60.0))
    assert text == "A tune & <more>: 0 notes"
