"""Options of `musegen synth` on the score and on who plays it.

They come to the command as one `Casting`, which knows what the recipe must hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from musegen.cli._bar_range import BarRangeType
from musegen.cli._completing import complete_instruments
from musegen.cli._numbers import FiniteRange
from musegen.data.errors import UsageError
from musegen.render.bar_range import BarRange

if TYPE_CHECKING:
    from musegen.data.score import Score
    from musegen.midi_ddsp.instruments import Instrument
    from musegen.midi_ddsp.player.sound_fonts import SoundFont
    from musegen.midi_ddsp.synthesizing.casting import PlanWishes
    from musegen.midi_ddsp.synthesizing.score_wishes import TickRange

Function = TypeVar("Function", bound=Callable[..., Any])

FLUIDSYNTH = "fluidsynth"
SKIP = "skip"  # `instrument_choice.SKIP`, too heavy to import for help
_ON_SCORE = {
    "instrument": "--instrument",
    "parts": "--part",
    "out_of_range": "--out-of-range",
    "max_voices": "--max-voices",
    "pedal": "--pedal",
    "transpose": "--transpose",
    "speed": "--speed",
    "bars": "--bars",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """What the user says of who plays what; every field is an option."""

    instrument: str | None = None
    parts: tuple[tuple[str, str], ...] = ()
    drums: Literal["skip", "fluidsynth"] = "skip"
    unsupported: Literal["nearest", "skip", "fluidsynth"] = "nearest"
    sound_font: Path | None = None
    out_of_range: Literal["play", "octave", "refuse"] = "play"
    max_voices: int = 16  # `voice_allocation.MAX_VOICES`, too heavy to import for help
    pedal: Literal["hold", "ignore"] = "hold"
    transpose: int = 0
    speed: float = 1.0
    bars: BarRange | None = None

    @property
    def wants_sound_font(self) -> bool:
        """Whether a sound font may be needed."""
        return FLUIDSYNTH in (self.drums, self.unsupported)

    @property
    def players(self) -> tuple[str, ...]:
        """The instruments that are named, as they were typed."""
        asked = [name for _, name in self.parts if name.lower() != SKIP]
        return tuple(asked if self.instrument is None else [self.instrument, *asked])

    def check(self, available: Sequence[Instrument]) -> None:
        """Refuse instruments that nobody here plays.

        Args:
            available: Those that the model plays.

        Raises:
            UsageError: There is no such instrument, or no voice for it.
        """
        from musegen.midi_ddsp.parts.instrument_choice import wanted_instrument

        for name in self.players:
            wanted_instrument(name, available=available)

    def without_each(self) -> Iterator[tuple[str, Casting]]:
        """Yield each option given that changes the score or who plays it.

        Yields:
            The option, and the wishes without it.
        """
        for name, option in _ON_SCORE.items():
            if getattr(self, name) != DEFAULTS[name]:
                yield option, replace(self, **{name: DEFAULTS[name]})

    def plan_wishes(self) -> PlanWishes:
        """Return the library's wishes."""
        from musegen.midi_ddsp.synthesizing.casting import PlanWishes

        return PlanWishes(
            instrument=self.instrument,
            overrides=dict(self.parts),
            drums=self.drums,
            unsupported=self.unsupported,
            out_of_range=self.out_of_range,
            pedal=self.pedal,
            max_voices=self.max_voices,
        )

    def changed_score(self, score: Score) -> tuple[Score, TickRange | None]:
        """Return the score as it is played, and the stretch of it that is heard.

        Raises:
            UsageError: There are no such bars, or the speed is not above 0.
            PitchRangeError: A note is transposed out of all range.
            EmptyScoreError: No note sounds in the bars.
        """
        from musegen.midi_ddsp.synthesizing.score_wishes import (
            at_speed,
            only_ticks,
            transposed,
        )

        ticks = self._ticks(score)
        score = at_speed(transposed(score, self.transpose), self.speed)
        return (score if ticks is None else only_ticks(score, ticks)), ticks

    def _ticks(self, score: Score) -> TickRange | None:
        if self.bars is None:
            return None
        from musegen.midi_ddsp.synthesizing.score_wishes import TickRange
        from musegen.render.score_view import bar_spans, last_bar_number, require_notes

        require_notes(score)
        spans = bar_spans(score, bars=self.bars, max_bars=last_bar_number(score) + 1)
        end = None if self.bars.last is None else spans[-1].end
        return TickRange(first=spans[0].start, last=end)

    def found_sound_font(self) -> SoundFont | None:
        """Return the sound font, None where none can be needed.

        Raises:
            InputError: There is none; the message says how to install one.
            MissingPackageError: FluidSynth is not installed.
        """
        if not self.wants_sound_font:
            return None
        from musegen.midi_ddsp.player.sampler import import_fluidsynth
        from musegen.midi_ddsp.player.sound_fonts import find_sound_font

        import_fluidsynth()
        return find_sound_font(self.sound_font)

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return {
            "instrument": self.instrument,
            "part": [f"{part}={name}" for part, name in self.parts],
            "drums": self.drums,
            "unsupported": self.unsupported,
            "sound_font": None if self.sound_font is None else str(self.sound_font),
            "out_of_range": self.out_of_range,
            "max_voices": self.max_voices,
            "pedal": self.pedal,
            "transpose": self.transpose,
            "speed": self.speed,
            "bars": None if self.bars is None else _bars_text(self.bars),
        }


DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Casting)}


class PartChoice(click.ParamType[tuple[str, str]]):
    """A part and who plays it: `1=violin`, `Bass=cello`, `3=skip`."""

    name = "part"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split; whether there is such a part is for the score to say."""
        if isinstance(value, tuple):
            return value
        part, sign, instrument = str(value).rpartition("=")
        if not (sign and part.strip() and instrument.strip()):
            self.fail(f"{value!r} is not PART=INSTRUMENT, as in 1=violin.", param, ctx)
        return part.strip(), instrument.strip()


def casting_options(function: Function) -> Function:
    """Add the options on the score and its players, passed as `casting: Casting`."""

    @click.option(
        "--instrument",
        metavar="NAME",
        shell_complete=complete_instruments,
        show_default="the nearest to each part's program",
        help="Plays every pitched part that --part does not name.",
    )
    @click.option(
        "--part",
        "parts",
        type=PartChoice(),
        multiple=True,
        metavar="PART=NAME",
        help="Who plays a part, by number from 1, name or channel:3; NAME is an "
        "instrument, or skip.",
    )
    @click.option(
        "--drums",
        type=click.Choice(["skip", FLUIDSYNTH]),
        default=DEFAULTS["drums"],
        help="What becomes of percussion.",
    )
    @click.option(
        "--unsupported",
        type=click.Choice(["nearest", "skip", FLUIDSYNTH]),
        default=DEFAULTS["unsupported"],
        help="What becomes of programs that no instrument of the model is.",
    )
    @click.option(
        "--sound-font",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        show_default="FluidR3 where it is installed",
        help="What FluidSynth plays, an .sf2 file.",
    )
    @click.option(
        "--out-of-range",
        type=click.Choice(["play", "octave", "refuse"]),
        default=DEFAULTS["out_of_range"],
        help="What becomes of notes that an instrument does not have: played all the "
        "same, moved by octaves, or an error.",
    )
    @click.option(
        "--max-voices",
        type=click.IntRange(1, 64),
        default=DEFAULTS["max_voices"],
        help="Lines that the chords of a part are shared among at most.",
    )
    @click.option(
        "--pedal",
        type=click.Choice(["hold", "ignore"]),
        default=DEFAULTS["pedal"],
        help="Whether the sustain pedal holds notes.",
    )
    @click.option(
        "--transpose",
        type=click.IntRange(-127, 127),
        default=DEFAULTS["transpose"],
        metavar="SEMITONES",
        help="Up, or down if negative; drums stay.",
    )
    @click.option(
        "--speed",
        type=FiniteRange(0.05, 20.0),
        default=DEFAULTS["speed"],
        metavar="FACTOR",
        help="Play faster, or slower below 1.",
    )
    @click.option(
        "--bars",
        type=BarRangeType(),
        metavar="BARS",
        show_default="all",
        help="Only these bars: 5, 5-8, 5- or -8. Times in tables count from the first.",
    )
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: Any) -> object:  # noqa: ANN401 - click's own
        values = {name: kwargs.pop(name) for name in Casting.__slots__}
        casting = Casting(**values)
        _refuse_idle(casting)
        return function(*args, casting=casting, **kwargs)

    return wrapper  # type: ignore[return-value]


def _bars_text(bars: BarRange) -> str:
    """Return bars as the option takes them."""
    last = "" if bars.last is None else str(bars.last)
    return str(bars.first) if bars.last == bars.first else f"{bars.first}-{last}"


def _refuse_idle(casting: Casting) -> None:
    """Refuse options that cannot act."""
    if casting.sound_font is not None and not casting.wants_sound_font:
        raise UsageError(
            f"--sound-font {casting.sound_font} does nothing without --drums "
            f"{FLUIDSYNTH} or --unsupported {FLUIDSYNTH}: add one, or leave it out"
        )
    if casting.instrument is not None and casting.unsupported != "nearest":
        raise UsageError(
            f"--unsupported {casting.unsupported} does nothing with --instrument "
            f"{casting.instrument}, which plays every program: leave one of them out"
        )
    named = [part.casefold() for part, _ in casting.parts]
    for part in named:
        if named.count(part) > 1:
            raise UsageError(
                f"--part {part} is given twice: name one instrument for it"
            )
