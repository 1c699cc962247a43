"""What every result has to satisfy, as options: pins, chords, ranges, a cadence.

They come to the command as one object that knows what the recipe must hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

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
    """

    wishes: Wishes
    words: dict[str, object]

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return self.words


def wish_options(*, cadence: str, key: str) -> Callable[[Function], Function]:
    """Add `--pin --chord --range --cadence --key`, passed as one `asked: Asked`.

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
        cadence: str,
        key: str | None,
        **kwargs: object,
    ) -> object:
        wishes = _wishes(pins, chords, ranges, cadence=cadence, key=key)
        words: dict[str, object] = {
            "pin": list(pins),
            "chord": list(chords),
            "range": list(ranges),
            "cadence": cadence,
            "key": key,
        }
        return function(*args, asked=Asked(wishes=wishes, words=words), **kwargs)

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
    *,
    cadence: str,
    key: str | None,
) -> Wishes:
    from musegen.coconet.wishes import (
        Wishes,
        parse_chord_wish,
        parse_key,
        parse_pin,
        parse_range,
    )

    return Wishes(
        pins=tuple(map(parse_pin, pins)),
        chords=tuple(map(parse_chord_wish, chords)),
        ranges=tuple(map(parse_range, ranges)),
        cadence=cast("CadenceKind | None", None if cadence == "none" else cadence),
        key=None if key is None else parse_key(key),
    )
