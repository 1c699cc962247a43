"""Options of `musegen data prepare midi-ddsp`, gathered into one value."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
from click.core import ParameterSource

from musegen.cli._numbers import FiniteRange
from musegen.cli._options import MAX_SEED
from musegen.data.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])
NotesChoice = Literal["auto", "paired", "sound"]

DEFAULT_MINUTES = 10.0
DEFAULT_CLIP_S = 4.0
DEFAULT_SHARES = "0.8,0.1,0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipWishes:
    """What the user said about clips; names are those of the options.

    Args:
        given: Names of the options that were given, as typed.
    """

    from_recordings: Path | None
    from_player: tuple[str, ...]
    instruments: tuple[str, ...]
    licence: str | None
    notes: NotesChoice
    align: bool
    min_seconds: float
    min_note_seconds: float | None
    minutes: float
    styles: tuple[str, ...]
    sound_font: Path | None
    seed: int
    clip_seconds: float
    hop_seconds: float | None
    split_shares: tuple[float, float, float]
    valid_pieces: tuple[str, ...]
    test_pieces: tuple[str, ...]
    workers: int
    is_dry_run: bool
    given: tuple[str, ...]

    def refuse_given(self, names: frozenset[str], *, because: str) -> None:
        """Refuse options that would have no effect.

        Args:
            names: As typed: `--align`.
            because: Follows the option in the sentence.

        Raises:
            UsageError: One was given.
        """
        useless = [name for name in self.given if name in names]
        if useless:
            raise UsageError(f"{useless[0]} {because}")


class _Shares(click.ParamType[tuple[float, float, float]]):
    """Three shares apart by commas: train, valid, test."""

    name = "shares"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """Split and check."""
        if isinstance(value, tuple):
            return value
        try:
            train, valid, test = (float(word) for word in str(value).split(","))
        except ValueError:
            self.fail(
                f"{value!r}: give three shares, as in {DEFAULT_SHARES}", param, ctx
            )
        return train, valid, test


_DECORATORS = (
    click.option(
        "--from-recordings",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Take recordings, with notes of the same name; URMP's layout is known.",
    ),
    click.option(
        "--from-player",
        multiple=True,
        metavar="COLLECTION|SCORE",
        help="Let the virtual player play chorales, all, or scores; repeatable.",
    ),
    click.option(
        "--instrument",
        "instruments",
        multiple=True,
        metavar="NAME",
        help="What plays; repeatable for the player.",
    ),
    click.option(
        "--licence",
        metavar="TEXT",
        show_default="the nearest file LICENSE",
        help="Of the recordings or scores; recorded with every clip.",
    ),
    click.option(
        "--notes",
        type=click.Choice(["auto", "paired", "sound"]),
        default="auto",
        help="From paired files, from the sound, or (auto) from files where there are.",
    ),
    click.option("--align", is_flag=True, help="Move paired notes to fit the sound."),
    click.option(
        "--min-seconds",
        type=FiniteRange(min=0.0),
        default=1.0,
        help="Refuse shorter recordings.",
    ),
    click.option(
        "--min-note-seconds",
        type=FiniteRange(min=0.02, max=2.0),
        show_default="0.04",
        help="Take no shorter sound for a note, where notes are heard.",
    ),
    click.option(
        "--minutes",
        type=FiniteRange(min=0.0, min_open=True),
        default=DEFAULT_MINUTES,
        help="How much the player plays, all instruments together.",
    ),
    click.option(
        "--style",
        "styles",
        multiple=True,
        metavar="NAME",
        show_default="all, drawn tune by tune",
        help="How the player plays; repeatable.",
    ),
    click.option(
        "--sound-font",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        show_default="FluidR3, where installed",
        help="What the player's samples come from.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, MAX_SEED),
        default=0,
        help="Of the player's plan; the same seed gives the same file.",
    ),
    click.option(
        "--clip-seconds",
        type=FiniteRange(min=0.1),
        default=DEFAULT_CLIP_S,
        help="Length of a clip.",
    ),
    click.option(
        "--hop-seconds",
        type=FiniteRange(min=0.004),
        show_default="the length of a clip",
        help="From the start of a clip to the next.",
    ),
    click.option(
        "--split-shares",
        type=_Shares(),
        default=DEFAULT_SHARES,
        metavar="TRAIN,VALID,TEST",
        help="Shares of the pieces.",
    ),
    click.option(
        "--valid-piece",
        "valid_pieces",
        multiple=True,
        metavar="NAME",
        help="Put this piece, or pattern, into valid; repeatable.",
    ),
    click.option(
        "--test-piece",
        "test_pieces",
        multiple=True,
        metavar="NAME",
        help="Put this piece, or pattern, into test; repeatable.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=1,
        help="Processes; the file does not depend on it.",
    ),
    click.option(
        "--dry-run", "is_dry_run", is_flag=True, help="Count only; write nothing."
    ),
)


def clip_options(function: Function) -> Function:
    """Add the options of clips, passed as one `wishes: ClipWishes`."""

    @functools.wraps(function)
    def wrapper(
        *args: object,
        **kwargs: Any,  # noqa: ANN401 - click's own arguments pass through
    ) -> object:
        context = click.get_current_context()
        spelled = {
            param.name: param.opts[0]
            for param in context.command.params
            if param.name in ClipWishes.__slots__
        }
        given = tuple(
            option
            for name, option in spelled.items()
            if context.get_parameter_source(name) is not ParameterSource.DEFAULT
        )
        values = {name: kwargs.pop(name) for name in spelled}
        return function(*args, wishes=ClipWishes(**values, given=given), **kwargs)

    decorated: Any = wrapper
    for decorator in reversed(_DECORATORS):
        decorated = decorator(decorated)
    return decorated  # type: ignore[no-any-return]
