from __future__ import annotations

from collections.abc import Callable

from musegen.render.expression_view import ExpressionView

MakeExpression = Callable[..., ExpressionView]


def test_notes_are_shown_that_sound_in_the_picture(
    make_expression: MakeExpression,
) -> None:
    assert make_expression().shown_notes() == (0, 1, 2)
    assert make_expression(start_s=1.0, end_s=2.0).shown_notes() == (1,)
    assert make_expression(start_s=1.9, end_s=2.1).shown_notes() == (1, 2)
    assert make_expression(start_s=50.0, end_s=60.0).shown_notes() == ()
