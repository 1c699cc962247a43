"""Options of `musegen show --expression`, which come as one `ExpressionChoices`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from musegen.data.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

_MEASURED = ""  # what --expression without a table says
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionChoices:
    """What the user says of showing expression; every field is an option.

    Args:
        table: A note table; None where expression is measured.
        audio: A recording of the line.
        parameters: A parameter file of the line.
        part: Which part of the score is measured, by number from 1 or by name.
    """

    table: Path | None
    audio: Path | None
    parameters: Path | None
    part: str | None

    def check(self, *, num_inputs: int, has_given: bool) -> None:
        """Refuse options that contradict one another or cannot act.

        Args:
            num_inputs: Scores that are shown.
            has_given: Whether parts are to be outlined.

        Raises:
            UsageError: As said.
        """
        if num_inputs > 1:
            raise UsageError(
                f"--expression shows one score, but there are {num_inputs}: run them "
                "apart"
            )
        if has_given:
            raise UsageError("--given does nothing with --expression: leave it out")
        if self.audio is not None and self.parameters is not None:
            raise UsageError("--audio and --parameters are two sounds: give one")
        has_sound = self.audio is not None or self.parameters is not None
        if self.table is None and not has_sound:
            raise UsageError(
                "--expression needs something to show: a note table after it, as "
                "`musegen synth --save-expression` and `musegen analyse` write, or "
                "--audio or --parameters, from which it is measured"
            )
        if self.table is not None and self.part is not None:
            raise UsageError(
                "--part does nothing with a table, which has its own notes: leave one "
                "of them out"
            )


def expression_options(function: Function) -> Function:
    """Add the options, passed as `expression: ExpressionChoices | None`."""

    @click.option(
        "--expression",
        is_flag=False,
        flag_value=_MEASURED,
        metavar="[TABLE]",
        help="Show how one line is played: by a note table, CSV or Parquet, or "
        "without one measured from --audio or --parameters.",
    )
    @click.option(
        "--audio",
        type=_FILE,
        metavar="FILE",
        help="With --expression: a recording of the line.",
    )
    @click.option(
        "--parameters",
        type=_FILE,
        metavar="FILE",
        help="With --expression: the line's synthesis parameters, Parquet.",
    )
    @click.option(
        "--part",
        metavar="PART",
        show_default="the only one",
        help="With --expression: which part is measured, by number from 1 or by name.",
    )
    @functools.wraps(function)
    def wrapper(
        *args: object,
        expression: str | None,
        audio: Path | None,
        parameters: Path | None,
        part: str | None,
        **kwargs: object,
    ) -> object:
        given = {"--audio": audio, "--parameters": parameters, "--part": part}
        if expression is None:
            for option, value in given.items():
                if value is not None:
                    raise UsageError(
                        f"{option} does nothing without --expression: add that, or "
                        f"leave {option} out"
                    )
            return function(*args, expression=None, **kwargs)
        choices = ExpressionChoices(
            table=None if expression == _MEASURED else Path(expression),
            audio=audio,
            parameters=parameters,
            part=part,
        )
        return function(*args, expression=choices, **kwargs)

    return wrapper  # type: ignore[return-value]
