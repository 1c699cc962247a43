"""Numbers as options are finite, and say their bounds as click does."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner, Result

from musegen.cli._numbers import Finite, FiniteRange

TYPES = (Finite(), FiniteRange(min=0.0), FiniteRange(-1.0, 1.0, min_open=True))
NOT_FINITE = ["nan", "-NaN", "inf", "-Infinity", "1e999"]


def invoke(kind: click.ParamType[float], *arguments: str) -> Result:
    @click.command()
    @click.option("--amount", type=kind, default=1.0, help="How much.")
    def command(amount: float) -> None:
        click.echo(repr(amount))

    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("text", NOT_FINITE)
def test_nan_and_infinity_are_wrong_usage(
    kind: click.ParamType[float], text: str
) -> None:
    result = invoke(kind, f"--amount={text}")
    assert result.exit_code == 2
    assert "Invalid value for '--amount'" in result.stderr


def test_the_sentence_has_the_word_that_was_typed() -> None:
    assert "'nan' is not finite; write a plain number." in invoke(
        Finite(), "--amount=nan"
    ).stderr.replace("\n", " ")


@pytest.mark.parametrize("kind", TYPES)
def test_other_numbers_are_read(kind: click.ParamType[float]) -> None:
    assert invoke(kind, "--amount", "25e-2").stdout == "0.25\n"


@pytest.mark.parametrize("text", ["2", "-1", "x"])
def test_a_range_is_kept(text: str) -> None:
    assert invoke(TYPES[2], f"--amount={text}").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (Finite(), click.FLOAT),
        (FiniteRange(min=0.0), click.FloatRange(min=0.0)),
        (FiniteRange(0.0, 1.0), click.FloatRange(0.0, 1.0)),
    ],
)
def test_the_help_is_that_of_click(
    kind: click.ParamType[float], plain: click.ParamType[float]
) -> None:
    assert invoke(kind, "--help").stdout == invoke(plain, "--help").stdout
