"""`musegen analyse`: pitch, loudness, notes and expression of recordings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from musegen.cli._inputs import expand_inputs
from musegen.cli._options import (
    command_with_examples,
    format_option,
    machine_options,
    output_options,
)
from musegen.cli._output import Item, Output
from musegen.cli._paths import Destination, Naming, Plan
from musegen.cli._recipe_inputs import recorded_inputs
from musegen.cli._recording_files import (
    RECORDING_SUFFIXES,
    check_formats,
    plan_analyses,
)
from musegen.cli._recording_options import Hearing, hearing_options
from musegen.cli._recording_run import (
    Made,
    RecordingCommand,
    read_recording,
    write_results,
)

if TYPE_CHECKING:
    from musegen.midi_ddsp.analysis.harmonic_analysis import ParameterEstimator

FORMATS = ("midi", "csv", "parquet", "frames-csv", "frames-parquet", "svg", "png")
NAMING = Naming(
    label="",
    formats=FORMATS,
    default_formats=("midi", "csv", "frames-csv", "svg"),
)


@command_with_examples(
    "analyse",
    examples=[
        "musegen analyse violin.wav",
        "musegen analyse take1.flac take2.flac --instrument cello -d heard",
        "musegen analyse solo.wav --notes solo.mid -f midi,parquet,frames-parquet,png",
        "musegen analyse solo.wav -o solo.svg --json",
    ],
)
@click.argument("recordings", nargs=-1, required=True, metavar="RECORDING...")
@hearing_options
@format_option(FORMATS, default="midi,csv,frames-csv,svg")
@output_options
@machine_options
def command(
    recordings: tuple[str, ...],
    hearing: Hearing,
    formats: tuple[str, ...] | None,
    destination: Destination,
    output: Output,
) -> None:
    """Analyse recordings of one voice: pitch, loudness, notes, expression, a picture.

    Without -o the files go to a folder RECORDING.analysis: the notes as MIDI, a table
    of their expression (csv, parquet), a table of pitch and loudness every 4 ms
    (frames-csv, frames-parquet), and a picture (svg, png).
    """
    sources = expand_inputs(recordings, suffixes=RECORDING_SUFFIXES)
    hearing.check(num_inputs=len(sources))
    hearing.settings()
    plans = plan_analyses(
        sources, destination=destination, naming=NAMING, formats=formats
    )
    check_formats(plans, FORMATS, command="analyse")
    call = RecordingCommand(
        name="analyse", options=hearing.recipe(), seed=None, output=output
    )
    estimator = hearing.estimator()
    output.expect(len(plans))
    for plan in plans:
        with output.item(plan.source.name) as item:
            if plan.is_skipped:
                item.skip("its outputs exist")
                continue
            _analyse(call, plan, item, hearing, estimator)


def _analyse(
    call: RecordingCommand,
    plan: Plan,
    item: Item,
    hearing: Hearing,
    estimator: ParameterEstimator,
) -> None:
    """Read, analyse and write one recording."""
    from musegen.cli._analysis_files import AnalysisFiles
    from musegen.midi_ddsp.analysis.analysing import analyse
    from musegen.midi_ddsp.analysis.summary import summarize

    started = time.monotonic()
    notes, notices = hearing.read_notes()
    for notice in notices:
        item.notice(notice)
    recording, content = read_recording(plan.source, item)
    name = plan.source.name
    with call.output.progress(f"Analysing {name}", 100) as advance:
        analysis = analyse(
            recording.samples,
            settings=hearing.settings(),
            notes=notes,
            estimator=estimator,
            advance=advance,
        )
    for notice in analysis.notices:
        item.notice(notice)
    files = AnalysisFiles(
        analysis=analysis, audio=recording.samples, title=plan.source.stem
    )
    with call.output.progress(f"Writing {name}"):
        made: Made = [
            (target, files.content(target.format), {}) for target in plan.targets
        ]
    summary = summarize(analysis, files.table())
    item.set(
        summary=summary,
        estimator=analysis.estimator,
        seconds=round(time.monotonic() - started, 2),
    )
    write_results(
        call,
        plan,
        item,
        made=made,
        inputs=recorded_inputs(plan, content, hearing.files()),
        estimator=estimator,
    )
    call.output.note(f"{name}: {summary}")
