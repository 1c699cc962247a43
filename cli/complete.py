"""`musegen complete`: whatever is missing or to be rewritten in a score."""

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

NAMING = Naming(label="completed", formats=FORMATS, default_formats=("midi",))


@command_with_examples(
    "complete",
    examples=[
        "musegen complete sketch.mid",
        "musegen complete chorale.mid --bars 5-8,12 --voices alto,tenor",
        "musegen complete chorale.mid --voices alto,tenor --revoice -n 3",
        "musegen complete sketch.mid --play woodwind-quartet -f midi,mp3",
    ],
)
@click.argument("scores", nargs=-1, required=True, metavar="SCORE...")
@click.option(
    "--bars",
    metavar="BARS",
    show_default="all",
    help="Rewrite these bars: 5, 5-8,12 or 5-; bars after the end are added.",
)
@click.option(
    "--voices",
    "hidden",
    metavar="VOICE[,VOICE...]",
    show_default="all; without --bars and --voices, fill rests",
    help="Rewrite these voices: alto,tenor.",
)
@click.option(
    "--revoice",
    is_flag=True,
    help="Begin with the notes that are there, and rewrite one voice at a time.",
)
@click.option(
    "--given",
    metavar="VOICE[,VOICE...]",
    show_default="by names, else by height",
    help="Which voices the parts are, in their order or in that of --voice.",
)
@reading_options(
    line="A line of the score, once for each", default="every part with notes"
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
    scores: tuple[str, ...],
    bars: str | None,
    hidden: str | None,
    revoice: bool,
    given: str | None,
    reading: Reading,
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
    """Fill what is missing in scores; every other note stays as it was."""
    from musegen.coconet.bars import parse_bars
    from musegen.coconet.completing import CompleteConfig, complete_job
    from musegen.coconet.given import parse_voices

    if revoice and bars is None and hidden is None:
        raise UsageError(
            "--revoice rewrites notes that are there: say which with --voices or --bars"
        )
    config = CompleteConfig(
        filling=sampling.fill_config(),
        bars=None if bars is None else parse_bars(bars),
        hidden=None if hidden is None else parse_voices(hidden),
        begins_with_given=revoice,
        given=() if given is None else parse_voices(given),
        voices=reading.voices,
        beat_level=reading.beat_level,
        phrase_ends=reading.phrase_ends,
        wishes=asked.wishes,
    )
    refuse_idle_key(asked)
    play.check_players()
    plans = plan_outputs(
        expand_inputs(scores, own_label=NAMING.label, tell=output.notice),
        destination=destination,
        naming=play.naming(NAMING, destination),
        formats=formats,
        num_alternatives=sampling.alternatives,
    )
    check_formats(plans, command="complete", play=play)

    def make_job(score: Score) -> ScoreJob:
        return complete_job(score, config)

    options = {
        "bars": bars,
        "voices": hidden,
        "revoice": revoice,
        "given": given,
        **reading.recipe(),
        **sampling.recipe(),
        **asked.recipe(),
    }
    run_all(
        FillCommand(
            name="complete",
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
