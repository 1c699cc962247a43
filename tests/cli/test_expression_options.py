from __future__ import annotations

from pathlib import Path

import pytest

from musegen.cli._expression_options import ExpressionChoices
from musegen.data.errors import UsageError


def choices(**fields: object) -> ExpressionChoices:
    nothing: dict[str, object] = dict.fromkeys(("table", "audio", "parameters", "part"))
    return ExpressionChoices(**(nothing | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"table": Path("a.csv")},
        {"table": Path("a.csv"), "audio": Path("a.wav")},
        {"audio": Path("a.wav"), "part": "2"},
        {"parameters": Path("a.parquet")},
    ],
)
def test_what_can_act_passes(fields: dict[str, object]) -> None:
    choices(**fields).check(num_inputs=1, has_given=False)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "needs something to show: a note table after it"),
        ({"part": "2"}, "needs something to show"),
        ({"table": Path("a"), "part": "2"}, "--part does nothing with a table"),
        ({"audio": Path("a"), "parameters": Path("b")}, "are two sounds: give one"),
    ],
)
def test_what_cannot_act_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choices(**fields).check(num_inputs=1, has_given=False)


def test_one_score_is_shown_and_no_part_outlined() -> None:
    fine = choices(table=Path("a.csv"))
    with pytest.raises(UsageError, match="shows one score, but there are 3"):
        fine.check(num_inputs=3, has_given=False)
    with pytest.raises(UsageError, match="--given does nothing with --expression"):
        fine.check(num_inputs=1, has_given=True)
