"""Options of `musegen synth` on how the lines are played, and on files of each level.

They come to the command as one `Playing`, which knows what the recipe must hold, loads
the model and refuses what cannot act. `{part}` in the name of a file stands for each
part in turn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from musegen.cli._completing import complete_models
from musegen.cli._numbers import FiniteRange
from musegen.cli._options import device_option
from musegen.cli._synth_models import BY_FORMULA
from musegen.cli._synth_options import is_given
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.midi_ddsp.instruments import Instrument
    from musegen.midi_ddsp.presets.expression_presets import PresetChoice
    from musegen.midi_ddsp.synthesizing.performers import PlayingChoices

Function = TypeVar("Function", bound=Callable[..., Any])

PART_FIELD = "{part}"
STANDARD_TUNING_HZ = 440.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """What the user says of how lines are played; every field is an option."""

    model: str | None
    expression_model: str | None
    deterministic: bool
    variety: float
    tuning: float
    presets: tuple[str, ...]
    expression: str | None
    save_expression: str | None
    automation: Path | None
    parameters: str | None
    save_parameters: str | None
    device: str
    threads: int | None

    def choices(self, seed: int) -> PlayingChoices:
        """Return what may be drawn."""
        from musegen.midi_ddsp.synthesizing.performers import PlayingChoices

        return PlayingChoices(
            seed=seed, is_deterministic=self.deterministic, variety=self.variety
        )

    def chosen_presets(self) -> tuple[PresetChoice, ...]:
        """Return the presets, in the order given.

        Raises:
            UsageError: There is none of that name; all are listed.
        """
        if not self.presets:
            return ()
        from musegen.midi_ddsp.presets.expression_presets import parse_preset

        return tuple(parse_preset(text) for text in self.presets)

    @property
    def saved(self) -> tuple[tuple[str, str], ...]:
        """Options that write files of parts, and these names."""
        names = (
            ("--save-expression", self.save_expression),
            ("--save-parameters", self.save_parameters),
        )
        return tuple((option, name) for option, name in names if name is not None)

    @property
    def read(self) -> tuple[tuple[str, str], ...]:
        """Options that read files of one score, and these names."""
        automation = None if self.automation is None else str(self.automation)
        names = (
            ("--expression", self.expression),
            ("--automation", automation),
            ("--parameters", self.parameters),
        )
        return tuple((option, name) for option, name in names if name is not None)

    def check(self, *, num_inputs: int, alternatives: int) -> None:
        """Refuse options that cannot act.

        Args:
            num_inputs: Scores that are played.
            alternatives: How often each is played.
        """
        if num_inputs > 1 and (files := (*self.read, *self.saved)):
            option, name = files[0]
            raise UsageError(
                f"{option} {name} belongs to one score, but there are {num_inputs}: "
                "run them apart"
            )
        if alternatives > 1 and self.saved:
            option, name = self.saved[0]
            raise UsageError(
                f"{option} {name} holds one performance, but -n asks for "
                f"{alternatives}: run them apart"
            )
        if alternatives > 1 and self.deterministic:
            raise UsageError(
                "with --deterministic all performances are the same: leave -n out"
            )
        if self.is_unplayed:
            by_formula = (f"--model {BY_FORMULA}",) if self.model == BY_FORMULA else ()
            if idle := (*self.on_performances(alternatives), *by_formula):
                raise self.idle_with_parameters(idle[0])
        self.chosen_presets()

    @property
    def is_unplayed(self) -> bool:
        """Whether every line sounds from parameters, so that nobody plays notes."""
        return self.parameters is not None and PART_FIELD not in self.parameters

    def on_performances(self, alternatives: int) -> tuple[str, ...]:
        """Return the options given that act on nothing but what a performer plays.

        Args:
            alternatives: How often a score is played.
        """
        given = {
            "--save-expression": self.save_expression is not None,
            "--expression": self.expression is not None,
            "--preset": bool(self.presets),
            "--automation": self.automation is not None,
            "--variety": is_given("variety"),
            "--deterministic": self.deterministic,
            "--expression-model": self.expression_model is not None,
            "--device": is_given("device"),
            "-n": alternatives > 1,
        }
        return tuple(option for option, is_set in given.items() if is_set)

    def on_tuning(self) -> tuple[str, ...]:
        """Return the option that acts on performers and sound fonts, if given."""
        return ("--tuning",) if self.tuning != STANDARD_TUNING_HZ else ()

    def idle_with_parameters(self, option: str) -> UsageError:
        """Return the error for an option that nothing heeds beside parameters."""
        return UsageError(
            f"{option} does nothing with --parameters {self.parameters}, which says "
            "what sounds in each frame: leave one of them out"
        )

    def check_model(self) -> tuple[Instrument, ...]:
        """Return what can be played, by what the models say of themselves.

        Raises:
            ModelError: There is none, or its description cannot be used.
            UsageError: An option does nothing with this model.
        """
        from musegen.cli._synth_models import check_model

        return check_model(self.heeded_model, self.expression_model, device=self.device)

    @property
    def heeded_model(self) -> str | None:
        """The model to load: where nobody plays notes, none unless it is named."""
        return BY_FORMULA if self.is_unplayed and self.model is None else self.model

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe that the result depends on."""
        left_out = ("save_expression", "save_parameters", "device", "threads")
        named = {
            name: getattr(self, name) for name in self.__slots__ if name not in left_out
        }
        automation = None if self.automation is None else str(self.automation)
        named |= {"preset": list(named.pop("presets")), "automation": automation}
        return named


def complete_presets(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete names of presets."""
    from musegen.midi_ddsp.presets.expression_presets import PRESETS

    return [
        CompletionItem(name, help=preset.meaning)
        for name, preset in PRESETS.items()
        if name.startswith(incomplete)
    ]


def playing_options(function: Function) -> Function:
    """Add the options on how lines are played, passed as one `playing: Playing`."""

    @click.option(
        "--model",
        metavar="NAME|FOLDER",
        shell_complete=complete_models,
        show_default="synthesis_base",
        help="Who plays: a name from `musegen models list`, or a model folder; also an "
        "imported MIDI-DDSP; none plays by formula.",
    )
    @click.option(
        "--expression-model",
        metavar="NAME|FOLDER",
        shell_complete=complete_models,
        show_default="expression_base",
        help="What says how each note is played.",
    )
    @click.option(
        "--deterministic",
        is_flag=True,
        help="Draw nothing: the likeliest everywhere.",
    )
    @click.option(
        "--variety",
        type=FiniteRange(0.0, 4.0),
        default=1.0,
        metavar="AMOUNT",
        help="How far expression is drawn from its mean: 0 not, 1 as learned.",
    )
    @click.option(
        "--tuning",
        type=FiniteRange(220.0, 880.0),
        default=STANDARD_TUNING_HZ,
        metavar="HZ",
        help="Of the A above middle C.",
    )
    @click.option(
        "--preset",
        "presets",
        multiple=True,
        metavar="NAME[:STRENGTH]",
        shell_complete=complete_presets,
        help="Change how notes are played: more-vibrato, louder-at-the-cadence:0.5, "
        "...; a wrong name lists all.",
    )
    @click.option(
        "--expression",
        metavar="FILE",
        show_default="all predicted",
        help="A table of notes, CSV or Parquet, with any of the rows and columns of "
        "--save-expression. {part} in the name reads a file for each part.",
    )
    @click.option(
        "--save-expression",
        metavar="FILE",
        show_default="not saved",
        help="Write how each note is played: .csv, .parquet. Several parts need {part} "
        "in the name: take.{part}.csv.",
    )
    @click.option(
        "--automation",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        show_default="what the score moves",
        help="A table of what moves inside notes: time_s, part, gain_db, bend_cents, "
        "vibrato_factor, ...",
    )
    @click.option(
        "--parameters",
        metavar="FILE",
        show_default="played",
        help="Sound these parameters, a row every 4 ms, as --save-parameters writes "
        "them; {part} as above.",
    )
    @click.option(
        "--save-parameters",
        metavar="FILE",
        show_default="not saved",
        help="Write what the synthesizer plays, a row every 4 ms, as Parquet; {part} "
        "as above.",
    )
    @device_option
    @click.option(
        "--threads",
        type=click.IntRange(1, 64),
        show_default="the cores, four at most",
        help="How many parts are computed at once; the sound is the same.",
    )
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: Any) -> object:  # noqa: ANN401 - click's own
        values = {name: kwargs.pop(name) for name in Playing.__slots__}
        playing = Playing(**values)
        if playing.deterministic and is_given("variety"):
            raise UsageError(
                "--variety does nothing with --deterministic, which draws nothing: "
                "leave one of them out"
            )
        return function(*args, playing=playing, **kwargs)

    return wrapper  # type: ignore[return-value]


def file_of_part(option: str, name: str, key: str, keys: Sequence[str]) -> Path:
    """Return the file of a part.

    Args:
        option: For the message.
        name: As given, with `{part}` in it or for a single part.
        key: Of the part.
        keys: Of all parts.

    Raises:
        UsageError: One file is named and there are several parts.
    """
    if PART_FIELD in name:
        return Path(name.replace(PART_FIELD, key))
    if len(keys) > 1:
        root, dot, suffix = name.rpartition(".")
        better = f"{root}.{PART_FIELD}.{suffix}" if dot else f"{name}.{PART_FIELD}"
        raise UsageError(
            f"{option} {name} names one file, but {len(keys)} parts are played "
            f"({', '.join(keys)}): write {PART_FIELD} for each, as in {better}"
        )
    return Path(name)
