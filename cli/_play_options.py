"""Options of the commands that fill scores on hearing the result: `--play` and others.

They come to the command as one `Play`, which knows what the recipe must hold, refuses
what cannot act and loads who plays. Nothing of `musegen.midi_ddsp` is imported unless
`--play` is given. What is done with it is in `_play_settings`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from musegen.cli._completing import complete_models
from musegen.cli._formats import SOUND_FORMATS
from musegen.cli._paths import Destination, Naming, Plan
from musegen.cli._synth_options import (
    Sound,
    gain_option,
    is_given,
    reverb_option,
    sample_rate_option,
)
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.midi_ddsp.synthesizing.ensembles import Ensemble
    from musegen.midi_ddsp.synthesizing.performers import Performer

Function = TypeVar("Function", bound=Callable[..., Any])

PAGE = "html"
HEARD_FORMATS = (*SOUND_FORMATS, PAGE)
MODEL_OPTION = "--synth-model"
EXPRESSION_OPTION = "--expression-model"
_MODEL_OPTIONS = (MODEL_OPTION, EXPRESSION_OPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What the user says of hearing the result; every field is an option.

    Args:
        ensemble: Who plays, as asked for; None for nobody.
        synth_model: Name or folder; None for ours.
        expression_model: Name or folder; None for ours.
        reverb: The room; None for the model's own, or the usual one.
        sample_rate: In Hz.
        gain: In dB.
    """

    ensemble: str | None = None
    synth_model: str | None = None
    expression_model: str | None = None
    reverb: str | None = None
    sample_rate: int = 16_000
    gain: float = 0.0

    @property
    def is_wanted(self) -> bool:
        """Whether anything shall sound."""
        return self.ensemble is not None

    @property
    def sound(self) -> Sound:
        """How it sounds, in the words of `musegen synth`."""
        return Sound(
            sample_rate=self.sample_rate,
            depth="16",
            dry=False,
            reverb=self.reverb,
            reverb_level=0.0,
            gain=self.gain,
            ceiling=-1.0,
            mono=False,
            spread=1.0,
            stems=False,
        )

    def naming(self, naming: Naming, destination: Destination) -> Naming:
        """Return how results are named: with `--play` a sound is among them.

        Args:
            naming: As it is without `--play`.
            destination: Stdout holds one file: the sound.
        """
        if not self.is_wanted:
            return naming
        scores = () if destination.is_stdout else naming.default_formats
        return replace(naming, default_formats=(*scores, "wav"))

    def check(self, plans: Sequence[Plan]) -> None:
        """Refuse what cannot act, before anything is loaded.

        Args:
            plans: What will be written.

        Raises:
            UsageError: A sound without players, or players without a sound.
        """
        formats = {target.format for plan in plans for target in plan.targets}
        heard = [format for format in HEARD_FORMATS if format in formats]
        if heard and not self.is_wanted:
            raise UsageError(
                f"{heard[0]} needs players: say who with --play, as in --play "
                "string-quartet"
            )
        if not self.is_wanted:
            return
        if not heard:
            raise UsageError(
                f"--play {self.ensemble} makes sound, and none is written: add one of "
                f"{', '.join(HEARD_FORMATS)} with -f, as in -f midi,wav"
            )

    def check_players(self) -> None:
        """Refuse players that there are not; nothing is loaded.

        Raises:
            ModelError: There is no such model, or its description cannot be used.
            UsageError: There is no such ensemble, or an option does nothing.
        """
        if self.is_wanted:
            self.found_ensemble()

    def found_ensemble(self) -> Ensemble:
        """Return who plays.

        Raises:
            ModelError: There is no such model, or its description cannot be used.
            UsageError: There is no such ensemble; all are listed, and the instruments
                that the model plays.
        """
        from musegen.cli._synth_models import check_model
        from musegen.midi_ddsp.synthesizing.ensembles import ensemble_named

        available = check_model(
            self.synth_model, self.expression_model, options=_MODEL_OPTIONS
        )
        return ensemble_named(self.ensemble or "", available=available)

    def load_performer(self, *, device: str) -> Performer:
        """Load who plays.

        Args:
            device: `auto`, `cpu` or `gpu`, of the command.

        Raises:
            ModelError: There is none, or its folder cannot be used.
            UsageError: An option does nothing with this model.
        """
        from musegen.cli._synth_models import load_performer

        return load_performer(
            self.synth_model,
            self.expression_model,
            device="cpu" if device == "cpu" else "auto",
            options=_MODEL_OPTIONS,
        ).performer

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe; none where nothing sounds."""
        if not self.is_wanted:
            return {}
        return {
            "play": self.ensemble,
            "synth_model": self.synth_model,
            "expression_model": self.expression_model,
            "reverb": self.reverb,
            "sample_rate": self.sample_rate,
            "gain": self.gain,
        }


def complete_ensembles(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete names of ensembles and instruments."""
    from musegen.midi_ddsp.instruments import INSTRUMENTS
    from musegen.midi_ddsp.synthesizing.ensembles import ENSEMBLES

    names = [*ENSEMBLES, *(item.name.replace(" ", "-") for item in INSTRUMENTS)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def play_options(function: Function) -> Function:
    """Add the options on hearing the result, passed as one `play: Play`."""

    @click.option(
        "--play",
        metavar="ENSEMBLE",
        shell_complete=complete_ensembles,
        show_default="nobody",
        help="Let it sound, as wav or what -f says: string-quartet, woodwind-quartet, "
        "brass-quartet, mixed-quartet, or one instrument for all voices.",
    )
    @click.option(
        MODEL_OPTION,
        metavar="NAME|FOLDER",
        shell_complete=complete_models,
        show_default="synthesis_base",
        help="Who plays, as --model of musegen synth.",
    )
    @click.option(
        EXPRESSION_OPTION,
        metavar="NAME|FOLDER",
        shell_complete=complete_models,
        show_default="expression_base",
        help="What says how each note is played.",
    )
    @reverb_option
    @sample_rate_option
    @gain_option
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: Any) -> object:  # noqa: ANN401 - click's own
        play = Play(
            ensemble=kwargs.pop("play"),
            synth_model=kwargs.pop("synth_model"),
            expression_model=kwargs.pop("expression_model"),
            reverb=kwargs.pop("reverb"),
            sample_rate=int(kwargs.pop("sample_rate")),
            gain=kwargs.pop("gain"),
        )
        if not play.is_wanted:
            _refuse_idle()
        return function(*args, play=play, **kwargs)

    return wrapper  # type: ignore[return-value]


def _refuse_idle() -> None:
    """Refuse options that do nothing where nobody plays."""
    for name in Play.__slots__[1:]:
        if is_given(name):
            raise UsageError(
                f"--{name.replace('_', '-')} does nothing without --play: add it, as "
                "in --play string-quartet"
            )
