"""Options of `musegen synth` on the sound: rate, rooms, levels, places, files of parts.

Each group comes to the command as one object that knows what the recipe must hold and
refuses what cannot act. Who plays is in `_synth_casting`, how in `_synth_playing`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from musegen.cli._numbers import FiniteRange
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.midi_ddsp.mixing.mixing import MixOptions

Function = TypeVar("Function", bound=Callable[..., Any])
Depth = Literal["16", "24", "float"]

LEARNED, DEFAULT_ROOM = "learned", "chamber"
ROOMS = (LEARNED, DEFAULT_ROOM, "hall", "church", "none")
SAMPLE_RATES = ("16000", "48000")
LOSSY = ("mp3", "ogg", "html")
NO_CEILING = "none"
DECIBELS_A_DECADE = 20.0


def is_given(name: str) -> bool:
    """Return whether the user, or the environment, set a parameter of the command."""
    source = click.get_current_context().get_parameter_source(name)
    return source not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What the user says of the sound; every field is an option."""

    sample_rate: int
    depth: Depth
    dry: bool
    reverb: str | None
    reverb_level: float
    gain: float
    ceiling: float | None
    mono: bool
    spread: float
    stems: bool

    @property
    def is_dry(self) -> bool:
        """Whether no room is heard."""
        return self.dry or self.reverb == "none"

    @property
    def reverb_gain(self) -> float:
        """The level of the room as a factor."""
        return float(10.0 ** (self.reverb_level / DECIBELS_A_DECADE))

    def has_learned_rooms(self, *, knows_rooms: bool) -> bool:
        """Return whether each line is heard in the room learned with its instrument.

        Args:
            knows_rooms: Whether the model has such rooms.

        Raises:
            UsageError: They are asked for and there are none.
        """
        if self.is_dry or self.reverb not in (None, LEARNED):
            return False
        if self.reverb == LEARNED and not knows_rooms:
            raise UsageError(
                f"--reverb {LEARNED}: this model learned no rooms: choose another of "
                f"{', '.join(ROOMS[1:])}, or a sound file"
            )
        return knows_rooms

    def mix_options(self, *, has_learned_rooms: bool) -> MixOptions:
        """Return how parts become one sound.

        Args:
            has_learned_rooms: The lines bring rooms of their own.

        Raises:
            MusegenError: The room cannot be had.
        """
        from musegen.midi_ddsp.mixing.mixing import DEFAULT_REVERB_GAIN, MixOptions
        from musegen.midi_ddsp.mixing.rooms import room_named

        room = None
        if not (self.is_dry or has_learned_rooms):
            room = room_named(self.reverb or DEFAULT_ROOM, self.sample_rate)
        return MixOptions(
            gain_db=self.gain,
            reverb=room,
            reverb_gain=DEFAULT_REVERB_GAIN * self.reverb_gain,
            is_dry=self.is_dry,
            spread=self.spread,
            ceiling_db=self.ceiling,
            is_mono=self.mono,
        )

    def files(self) -> tuple[Path, ...]:
        """Return the files that go in."""
        if self.reverb is None or self.reverb.strip().lower() in ROOMS:
            return ()
        path = Path(self.reverb)
        return (path,) if path.is_file() else ()

    def check(self, *, formats: Sequence[str], is_stdout: bool) -> None:
        """Refuse what cannot act.

        Args:
            formats: That are written.
            is_stdout: Whether the sound goes to stdout.
        """
        if self.depth != "16":
            for format in formats:
                if format in LOSSY:
                    raise UsageError(
                        f"--depth {self.depth} does nothing with {format}, which has "
                        "no depth: leave it out, or write wav or flac"
                    )
                if format == "flac" and self.depth == "float":
                    raise UsageError(
                        "flac holds no float samples: take --depth 24, or write wav"
                    )
        if self.stems and is_stdout:
            raise UsageError(
                "--stems writes files beside the mix, and -o - writes none: name a "
                "file with -o FILE"
            )

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {
            **named,
            "ceiling": NO_CEILING if self.ceiling is None else self.ceiling,
        }


class Ceiling(click.ParamType[float | None]):
    """A level in dB, or `none`."""

    name = "ceiling"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Read and check."""
        text = str(value).strip().lower()
        if text == NO_CEILING:
            return None
        try:
            level = float(text)
        except ValueError:
            level = 1.0
        if not -60.0 <= level <= 0.0:
            self.fail(f"{value!r} is no level of -60 to 0 dB, nor none.", param, ctx)
        return level


def complete_rooms(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete names of rooms; anything else may be a file."""
    names = [name for name in ROOMS if name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or [
        CompletionItem(incomplete, type="file")
    ]


def sample_rate_option(function: Function) -> Function:
    """Add `--sample-rate`, passed as `sample_rate: str`, one of `SAMPLE_RATES`."""
    return click.option(
        "--sample-rate",
        type=click.Choice(SAMPLE_RATES),
        default="16000",
        help="Of the sound, in Hz; 48000 lets harmonics go beyond 8 kHz.",
    )(function)


def reverb_option(function: Function) -> Function:
    """Add `--reverb`, passed as `reverb: str | None`."""
    return click.option(
        "--reverb",
        metavar="ROOM|FILE",
        shell_complete=complete_rooms,
        show_default=f"{LEARNED}, or {DEFAULT_ROOM} where a model learned none",
        help=f"The room: {', '.join(ROOMS)}, or a recorded impulse response.",
    )(function)


def gain_option(function: Function) -> Function:
    """Add `--gain`, passed as `gain: float`, in dB."""
    return click.option(
        "--gain",
        type=FiniteRange(-120.0, 120.0),
        default=0.0,
        metavar="DB",
        help="Louder or softer, before the ceiling.",
    )(function)


def sound_options(function: Function) -> Function:
    """Add the options of the sound, passed as one `sound: Sound`."""

    @sample_rate_option
    @click.option(
        "--depth",
        type=click.Choice(["16", "24", "float"]),
        default="16",
        help="Bits of a sample, for wav and flac.",
    )
    @click.option("--dry", is_flag=True, help="Without any room.")
    @reverb_option
    @click.option(
        "--reverb-level",
        type=FiniteRange(-60.0, 40.0),
        default=0.0,
        metavar="DB",
        help="Of the room, above or below its usual level.",
    )
    @gain_option
    @click.option(
        "--ceiling",
        type=Ceiling(),
        default="-1",
        metavar="DB|none",
        help="Highest true peak; a limiter holds it.",
    )
    @click.option("--mono", is_flag=True, help="One channel instead of two.")
    @click.option(
        "--spread",
        type=FiniteRange(0.0, 1.0),
        default=1.0,
        metavar="AMOUNT",
        help="How far parts stand from the centre: 0 not, 1 as seated or as the score "
        "pans them.",
    )
    @click.option(
        "--stems",
        is_flag=True,
        help="Write each part too, mono and before the mix's room: NAME.PART.wav.",
    )
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: Any) -> object:  # noqa: ANN401 - click's own
        values = {name: kwargs.pop(name) for name in Sound.__slots__}
        values["sample_rate"] = int(values["sample_rate"])
        sound = Sound(**values)
        _refuse_idle(sound)
        return function(*args, sound=sound, **kwargs)

    return wrapper  # type: ignore[return-value]


def _refuse_idle(sound: Sound) -> None:
    """Refuse options that cannot act, whatever is played."""
    if sound.dry and sound.reverb is not None:
        raise UsageError(
            f"--reverb {sound.reverb} does nothing with --dry: leave one of them out"
        )
    if sound.is_dry and is_given("reverb_level"):
        raise UsageError(
            "--reverb-level does nothing without a room: leave it, or --dry, out"
        )
    if sound.mono and is_given("spread"):
        raise UsageError(
            "--spread does nothing with --mono, where all stand in one place: leave "
            "one of them out"
        )
