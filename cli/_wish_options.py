"""What every result has to satisfy, as options: pins, chords, ranges, a cadence.

They come to the command as one object that knows what the recipe must hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.coconet.constraints import CadenceKind
    from musegen.coconet.wishes import Wishes

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user asks of every result.

    Args:
        wishes: As the library takes them.
        words: As they were typed, for the recipe.
        default_cadence: What the command ends with where nothing is said; None where
            something is, or where it leaves the end open.
    """

    wishes: Wishes
    words: dict[str, object]
    default_cadence: CadenceKind | None = None

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return self.words


def wish_options(*, cadence: str, key: str) -> Callable[[Function], Function]:
    """Add `--pin --chord --range --forbid --crossing --cadence --key`.

    They are passed as one `asked: Asked`.

    Args:
        cadence: What the command ends with where nothing is said: `none` or a cadence.
        key: What the key is where none is said, for the help.
    """
    return functools.partial(_with_wishes, default_cadence=cadence, key_default=key)


def _with_wishes(
    function: Function, *, default_cadence: str, key_default: str
) -> Function:
    @click.option(
        "--pin",
        "pins",
        multiple=True,
        metavar="VOICE@BAR:BEAT=PITCH",
        help="Have a voice sing a pitch at a place: alto@3:2=F#4.",
    )
    @click.option(
        "--chord",
        "chords",
        multiple=True,
        metavar="BAR:BEAT=CHORD",
        help="Have a chord at a place: 4:1=Am, 4:3=D7, 5:1=G/B.",
    )
    @click.option(
        "--range",
        "ranges",
        multiple=True,
        metavar="VOICE=LOW..HIGH",
        help="Keep a voice between two pitches: tenor=C3..G4.",
    )
    @click.option(
        "--forbid",
        "forbidden",
        multiple=True,
        metavar="VOICE=LOW..HIGH",
        help="Keep a voice out of two pitches and what is between: alto=C4..E4.",
    )
    @click.option(
        "--crossing/--no-crossing",
        "may_cross",
        default=True,
        help="Whether new voices may lie above a higher voice or below a lower one.",
    )
    @click.option(
        "--cadence",
        type=click.Choice(["authentic", "half", "plagal", "none"]),
        default=default_cadence,
        help="How the music ends.",
    )
    @click.option(
        "--key",
        metavar="KEY",
        show_default=key_default,
        help="The key: G, Em, Bb, F#m, 'C minor', ...",
    )
    @functools.wraps(function)
    def wrapper(
        *args: object,
        pins: tuple[str, ...],
        chords: tuple[str, ...],
        ranges: tuple[str, ...],
        forbidden: tuple[str, ...],
        may_cross: bool,
        cadence: str,
        key: str | None,
        **kwargs: object,
    ) -> object:
        words: dict[str, object] = {
            "pin": list(pins),
            "chord": list(chords),
            "range": list(ranges),
            "forbid": list(forbidden),
            "crossing": may_cross,
            "cadence": cadence,
            "key": key,
        }
        kind = cast("CadenceKind | None", None if cadence == "none" else cadence)
        context = click.get_current_context()
        is_said = context.get_parameter_source("cadence") is not ParameterSource.DEFAULT
        asked = Asked(
            wishes=_wishes(
                pins,
                chords,
                ranges,
                forbidden,
                may_cross=may_cross,
                cadence=kind if is_said else None,
                key=key,
            ),
            words=words,
            default_cadence=None if is_said else kind,
        )
        return function(*args, asked=asked, **kwargs)

    return wrapper  # type: ignore[return-value]


def refuse_idle_key(asked: Asked) -> None:
    """Refuse a key where nothing but a cadence would ask for it.

    Raises:
        UsageError: There is a key and no cadence.
    """
    if asked.wishes.key is not None and asked.wishes.cadence is None:
        raise UsageError(
            "--key does nothing without --cadence: add --cadence authentic, half or "
            "plagal, or leave --key out"
        )


def _wishes(
    pins: tuple[str, ...],
    chords: tuple[str, ...],
    ranges: tuple[str, ...],
    forbidden: tuple[str, ...],
    *,
    may_cross: bool,
    cadence: CadenceKind | None,
    key: str | None,
) -> Wishes:
    from musegen.coconet.wish_words import (
        parse_chord_wish,
        parse_key,
        parse_pin,
        parse_range,
    )
    from musegen.coconet.wishes import Wishes

    return Wishes(
        pins=tuple(map(parse_pin, pins)),
        chords=tuple(map(parse_chord_wish, chords)),
        ranges=tuple(map(parse_range, ranges)),
        forbidden=tuple(parse_range(text, option="--forbid") for text in forbidden),
        forbids_crossing=not may_cross,
        cadence=cadence,
        key=None if key is None else parse_key(key),
    )
