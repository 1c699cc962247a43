"""`musegen synth`: scores played, with expression, as sound."""

from __future__ import annotations

import click

from musegen.cli._inputs import expand_inputs
from musegen.cli._options import (
    command_with_examples,
    format_option,
    machine_options,
    output_options,
    seed_option,
)
from musegen.cli._output import Output
from musegen.cli._paths import Destination, Naming, plan_outputs
from musegen.cli._recording_files import check_formats
from musegen.cli._synth_casting import Casting, casting_options
from musegen.cli._synth_files import PAGE, check_saving
from musegen.cli._synth_options import Sound, sound_options
from musegen.cli._synth_playing import Playing, playing_options

FORMATS = ("wav", "flac", "mp3", "ogg", PAGE)
NAMING = Naming(label="synth", formats=FORMATS, default_formats=("wav",))


@command_with_examples(
    "synth",
    examples=[
        "musegen synth tune.mid --instrument violin",
        "musegen synth quartet.mid --part 1=violin --part Bass=cello -f flac --stems",
        "musegen synth song.mid --drums fluidsynth --reverb hall --sample-rate 48000",
        "musegen synth tune.mid --preset more-vibrato --save-expression tune.csv",
        "musegen synth tune.mid --expression tune.csv -o - | aplay",
    ],
)
@click.argument("scores", nargs=-1, required=True, metavar="SCORE...")
@casting_options
@playing_options
@sound_options
@click.option(
    "-n",
    "--alternatives",
    type=click.IntRange(1, 64),
    default=1,
    help="How many performances to write; the second has the seed plus 1, and so on.",
)
@seed_option
@format_option(FORMATS, default="wav")
@output_options
@machine_options
def command(
    scores: tuple[str, ...],
    casting: Casting,
    playing: Playing,
    sound: Sound,
    alternatives: int,
    seed: int,
    formats: tuple[str, ...] | None,
    destination: Destination,
    output: Output,
) -> None:
    """Play scores: each part by an instrument that phrases, breathes and vibrates.

    Notes become expression, expression becomes what the synthesizer plays, and each of
    the two can be saved, edited and given back.
    """
    sources = expand_inputs(scores, own_label=NAMING.label, tell=output.notice)
    playing.check(num_inputs=len(sources), alternatives=alternatives)
    if casting.players or playing.model or playing.expression_model:
        casting.check(playing.check_model())
    plans = plan_outputs(
        sources,
        destination=destination,
        naming=NAMING,
        formats=formats,
        num_alternatives=alternatives,
        has_side_files=bool(playing.saved),
    )
    check_formats(plans, FORMATS, command="synth")
    sound.check(
        formats=[target.format for target in plans[0].targets],
        is_stdout=destination.is_stdout,
    )
    check_saving(playing)
    from musegen.cli._synth_run import SynthCommand, SynthRun

    run = SynthRun(
        SynthCommand(
            casting=casting,
            playing=playing,
            sound=sound,
            alternatives=alternatives,
            seed=seed,
            output=output,
        )
    )
    output.expect(len(plans))
    for plan in plans:
        with output.item(plan.source.name) as item:
            if plan.is_skipped:
                item.skip("its outputs exist")
                continue
            run.play(plan, item)
