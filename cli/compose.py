"""`musegen compose`: four parts from nothing."""

from __future__ import annotations

import contextlib
import re
from fractions import Fraction
from pathlib import Path

import click

from musegen.cli._fill_command import (
    DEFAULT_MODEL,
    FORMATS,
    FillCommand,
    check_formats,
    run_one,
)
from musegen.cli._inputs import Source
from musegen.cli._numbers import FiniteRange
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
    beat_options,
    sampling_options,
)
from musegen.cli._wish_options import Asked, wish_options

NAMING = Naming(label="", formats=FORMATS, default_formats=("midi",))
STEM = "composition"
MAX_BARS = 1000


@command_with_examples(
    "compose",
    examples=[
        "musegen compose",
        "musegen compose --bars 16 --key Em --metre 3/4 --tempo 90 -n 4",
        "musegen compose --chord 4:1=D7 --cadence plagal -o chorale.musicxml",
        "musegen compose --play brass-quartet -f html",
    ],
)
@click.option(
    "--bars",
    type=click.IntRange(1, MAX_BARS),
    default=8,
    help="How many full bars.",
)
@click.option(
    "--metre",
    metavar="METRE",
    default="4/4",
    callback=lambda ctx, param, value: _read_metre(value, ctx, param),
    help="The metre: 4/4, 3/4, 6/8, ...",
)
@click.option(
    "--tempo",
    type=FiniteRange(10.0, 400.0),
    default=80.0,
    help="Beats a minute; in 6/8 and its like a beat is a dotted one.",
)
@click.option(
    "--pickup",
    metavar="BEATS",
    default="0",
    callback=lambda ctx, param, value: _read_pickup(value, ctx, param),
    help="Beats before bar 1: 1, or 1/2 for half of one.",
)
@beat_options
@sampling_options
@wish_options(cadence="authentic", key="drawn and said")
@play_options
@seed_option
@model_option(default=DEFAULT_MODEL)
@device_option
@precision_option
@format_option(FORMATS, default="midi")
@output_options
@machine_options
def command(
    bars: int,
    metre: tuple[int, int],
    tempo: float,
    pickup: Fraction,
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
    """Write music in four parts, in a key and a metre."""
    from musegen.coconet.composing import ComposeConfig, compose_job, drawn_key

    key = asked.wishes.key or drawn_key(seed)
    if asked.wishes.key is None:
        output.note(f"in {key}; another with --key")
    job = compose_job(
        ComposeConfig(
            filling=sampling.fill_config(),
            num_bars=bars,
            key=key,
            metre=metre,
            tempo_bpm=tempo,
            pickup_beats=pickup,
            beat_level=reading.beat_level,
            phrase_ends=reading.phrase_ends,
            cadence=asked.default_cadence,
            wishes=asked.wishes,
        )
    )
    play.check_players()
    (plan,) = plan_outputs(
        [Source(name=STEM, path=Path(STEM))],  # there is no input: a name for outputs
        destination=destination,
        naming=play.naming(NAMING, destination),
        formats=formats,
        num_alternatives=sampling.alternatives,
    )
    check_formats([plan], command="compose", play=play)
    output.result({"key": str(key)})
    options = {
        "bars": bars,
        "metre": f"{metre[0]}/{metre[1]}",
        "tempo": tempo,
        "pickup": str(pickup),
        **reading.recipe(),
        **sampling.recipe(),
        **asked.recipe(),
        "cadence": job.wishes.cadence or "none",
        "key": str(key),
    }
    run_one(
        FillCommand(
            name="compose",
            options=options,
            seed=seed,
            model=model,
            device=device,
            precision=precision,
            play=play,
            output=output,
        ),
        plan,
        job,
    )


def _read_metre(
    value: str, ctx: click.Context, param: click.Parameter
) -> tuple[int, int]:
    """Read `6/8`."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(\d{1,2})\s*", value)
    if match is not None:
        numerator, denominator = int(match[1]), int(match[2])
        if 1 <= numerator <= 32 and denominator in (1, 2, 4, 8, 16):
            return numerator, denominator
    raise click.BadParameter(
        f"{value!r} is no metre; write 4/4, 3/4, 6/8 or the like.", ctx=ctx, param=param
    )


def _read_pickup(value: str, ctx: click.Context, param: click.Parameter) -> Fraction:
    """Read `1` or `1/2`."""
    beats = Fraction(-1)
    if "e" not in value.lower():  # 1e999999999 would take all memory
        with contextlib.suppress(ValueError, ZeroDivisionError):
            beats = Fraction(value)
    if beats < 0 or 8 % beats.denominator:
        raise click.BadParameter(
            f"{value!r} is no pickup; write beats, such as 1 or 1/2.",
            ctx=ctx,
            param=param,
        )
    return beats
