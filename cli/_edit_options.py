"""Options of the edits of `musegen resynth`: each acts on the sound's parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musegen.cli._completing import complete_instruments
from musegen.cli._numbers import Finite
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.midi_ddsp.edits.parameter_edits import Edits
    from musegen.midi_ddsp.edits.timbre import Timbre

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user wants changed; every field is an option."""

    transpose: float
    formants: str | None
    timbre: str | None
    vibrato: float
    tune: float
    volume: float
    dynamics: float
    brightness: float
    noise: float
    dry: float
    stretch: float

    def edits(self, timbre: Timbre | None = None) -> Edits:
        """Return the library's edits.

        Args:
            timbre: What `--timbre` names, once it is read.

        Raises:
            UsageError: A value is out of its bounds, or an option cannot act.
        """
        from musegen.midi_ddsp.edits.parameter_edits import Edits

        if self.formants is not None and self.transpose == 0:
            raise UsageError(
                "--formants does nothing without --transpose: leave it out"
            )
        return Edits(
            transpose=self.transpose,
            formants=self.formants or "keep",
            timbre=timbre,
            vibrato=self.vibrato,
            tune=self.tune,
            volume=self.volume,
            dynamics=self.dynamics,
            brightness=self.brightness,
            noise=self.noise,
            dry=self.dry,
            stretch=self.stretch,
        )

    def timbre_file(self) -> Path | None:
        """Return the recording that `--timbre` names, None for an instrument's name."""
        if self.timbre is None:
            return None
        path = Path(self.timbre)
        is_file = path.is_file() or path.suffix != "" or len(path.parts) > 1
        return path if is_file else None

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return {name: getattr(self, name) for name in self.__slots__}


def edit_options(function: Function) -> Function:
    """Add the options of the edits, passed as one `wishes: Wishes`."""

    @click.option(
        "--transpose",
        type=Finite(),
        default=0.0,
        metavar="SEMITONES",
        help="Up, or down if negative.",
    )
    @click.option(
        "--formants",
        type=click.Choice(["keep", "follow"]),
        show_default="keep",
        help="Whether the colour stays where it is in Hz, or moves with --transpose.",
    )
    @click.option(
        "--timbre",
        metavar="INSTRUMENT|RECORDING",
        shell_complete=complete_instruments,
        show_default="the recording's own",
        help="Take the colour of an instrument, or of another recording.",
    )
    @click.option(
        "--vibrato",
        type=Finite(),
        default=1.0,
        metavar="FACTOR",
        help="Widen the vibrato, or narrow it; 0 takes it out.",
    )
    @click.option(
        "--tune",
        type=Finite(),
        default=0.0,
        metavar="AMOUNT",
        help="Pull each note to its tempered pitch: 0 not, 1 wholly.",
    )
    @click.option(
        "--volume", type=Finite(), default=0.0, metavar="DB", help="Louder or softer."
    )
    @click.option(
        "--dynamics",
        type=Finite(),
        default=1.0,
        metavar="FACTOR",
        help="Enlarge differences of loudness, or even them out; 0 makes all equal.",
    )
    @click.option(
        "--brightness",
        type=Finite(),
        default=1.0,
        metavar="FACTOR",
        help="Raise the mean harmonic number, or lower it.",
    )
    @click.option(
        "--noise",
        type=Finite(),
        default=1.0,
        metavar="FACTOR",
        help="More breath and bow, or less; 0 leaves the harmonics alone.",
    )
    @click.option(
        "--dry",
        type=Finite(),
        default=0.0,
        metavar="AMOUNT",
        help="Let the tails of the room die sooner: 0 not, 1 three times as fast.",
    )
    @click.option(
        "--stretch",
        type=Finite(),
        default=1.0,
        metavar="FACTOR",
        help="Play slower, or faster below 1, at the same pitch.",
    )
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: Any) -> object:  # noqa: ANN401 - click's own
        values = {name: kwargs.pop(name) for name in Wishes.__slots__}
        return function(*args, wishes=Wishes(**values), **kwargs)

    return wrapper  # type: ignore[return-value]
