"""`musegen harmonize`: the other voices to one or several given ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from musegen.cli._fill_command import (
    DEFAULT_MODEL,
    FORMATS,
    FillCommand,
    check_formats,
    run_all,
)
from musegen.cli._inputs import expand_inputs
from musegen.cli._options import (
    command_with_examples,
    device_option,
    format_option,
    machine_options,
    model_option,
    output_options,
    precision_option,
    seed_option,
)
from musegen.cli._output import Output
from musegen.cli._paths import Destination, Naming, plan_outputs
from musegen.cli._play_options import Play, play_options
from musegen.cli._sampling_options import (
    Reading,
    Sampling,
    reading_options,
    sampling_options,
)
from musegen.cli._wish_options import Asked, refuse_idle_key, wish_options
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.coconet.score_filling import ScoreJob
    from musegen.data.score import Score

__all__ = ["DEFAULT_MODEL", "command"]

NAMING = Naming(label="harmonized", formats=FORMATS, default_formats=("midi",))


@command_with_examples(
    "harmonize",
    examples=[
        "musegen harmonize melody.mid",
        "musegen harmonize melody.mid -f midi,musicxml,png -n 3 --seed 7",
        "musegen harmonize song.mid --voice name:Vocals --keep all -o song4.mid",
        "musegen harmonize duet.mid --given soprano,bass --cadence authentic",
        "musegen harmonize melody.mid --play string-quartet -o out.wav",
        "cat melody.mid | musegen harmonize - -o - > four.mid",
    ],
)
@click.argument("melodies", nargs=-1, required=True, metavar="MELODY...")
@click.option(
    "--given",
    metavar="VOICE[,VOICE...]",
    default="soprano",
    help="What the melody is: soprano, alto, tenor or bass; or several that are given.",
)
@reading_options(
    line="The melody, or each of the voices given in their order",
    default="chosen and said",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="PART",
    show_default="the melody alone",
    help="Keep another part of the input too, named as in --voice, or all.",
)
@sampling_options
@wish_options(cadence="none", key="the key signature, or found")
@play_options
@seed_option
@model_option(default=DEFAULT_MODEL)
@device_option
@precision_option
@format_option(FORMATS, default="midi")
@output_options
@machine_options
def command(
    melodies: tuple[str, ...],
    given: str,
    reading: Reading,
    keep: tuple[str, ...],
    sampling: Sampling,
    asked: Asked,
    play: Play,
    seed: int,
    model: str,
    device: str,
    precision: str,
    formats: tuple[str, ...] | None,
    destination: Destination,
    output: Output,
) -> None:
    """Write the other voices to melodies; what was given comes back as it was."""
    from musegen.coconet.given import parse_voices
    from musegen.coconet.harmonizing import HarmonizeConfig, harmonize_job

    if "all" in keep and len(keep) > 1:
        raise UsageError("--keep all already keeps every part: leave the others out")
    config = HarmonizeConfig(
        filling=sampling.fill_config(),
        given=parse_voices(given),
        voices=reading.voices,
        keep=keep,
        beat_level=reading.beat_level,
        phrase_ends=reading.phrase_ends,
        wishes=asked.wishes,
    )
    refuse_idle_key(asked)
    play.check_players()
    plans = plan_outputs(
        expand_inputs(melodies, own_label=NAMING.label, tell=output.notice),
        destination=destination,
        naming=play.naming(NAMING, destination),
        formats=formats,
        num_alternatives=sampling.alternatives,
    )
    check_formats(plans, command="harmonize", play=play)

    def make_job(score: Score) -> ScoreJob:
        return harmonize_job(score, config)

    options = {
        "given": given,
        **reading.recipe(),
        "keep": list(keep),
        **sampling.recipe(),
        **asked.recipe(),
    }
    run_all(
        FillCommand(
            name="harmonize",
            options=options,
            seed=seed,
            model=model,
            device=device,
            precision=precision,
            play=play,
            output=output,
        ),
        plans,
        make_job,
    )
