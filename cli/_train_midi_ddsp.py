"""`musegen train midi-ddsp`: train the networks of MIDI-DDSP on clip records."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from musegen.cli._numbers import FiniteRange
from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Output
from musegen.cli._train_original import chosen_stage
from musegen.cli._train_stages import (
    DEFAULT_INFERENCE_MODEL,
    PRESETS,
    STAGES,
    Config,
    Run,
    Stage,
)
from musegen.cli._training import (
    batch_size_option,
    chosen_precision,
    export_option,
    free_export_folder,
    precision_option,
    refuse_on_resume,
    resume_option,
    run_option,
    seed_option,
    steps_option,
    tell_result,
)
from musegen.data.errors import UsageError


@command_with_examples(
    "midi-ddsp",
    examples=[
        "musegen train midi-ddsp --data clips.parquet --run runs/inference",
        "musegen train midi-ddsp --stage synthesis --data clips.parquet --run runs/s",
        "musegen train midi-ddsp --run runs/inference --data clips.parquet --resume",
        "musegen train midi-ddsp --preset tiny --data clips.parquet --run runs/trial",
    ],
)
@click.option(
    "--stage",
    type=click.Choice(STAGES),
    default="inference",
    show_default=True,
    help="Which network: inference hears recordings, synthesis plays notes with "
    "their expression, expression decides on it.",
)
@click.option(
    "--data",
    "data_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Clips of `musegen data prepare midi-ddsp`.",
)
@run_option
@click.option(
    "--inference-model",
    metavar="MODEL",
    show_default=DEFAULT_INFERENCE_MODEL,
    help="What hears the clips, for the stages synthesis and expression.",
)
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    show_default="default",
    help="Which run. For synthesis, gan is ours beside a discriminator, baseline ours "
    "told nothing of expression; for synthesis and expression, paper is the published "
    "generator, paper-gan (synthesis) the same with its discriminator.",
)
@click.option(
    "--from",
    "begun_from",
    metavar="MODEL",
    show_default="fresh weights",
    help="Begin from a model of the published generators: for their presets, which "
    "train one half and take the other from it.",
)
@click.option(
    "--minutes",
    type=FiniteRange(min=0.0, min_open=True),
    show_default="of the preset or the run",
    help="Length of the whole run; the learning rate follows.",
)
@steps_option("Optimiser steps of the whole run, in place of its minutes.")
@batch_size_option
@precision_option
@seed_option("Of weights, crops and noise.")
@resume_option
@export_option
@machine_options
def command(
    stage: str,
    data_path: Path,
    run_dir: Path,
    inference_model: str | None,
    preset: str | None,
    begun_from: str | None,
    minutes: float | None,
    steps: int | None,
    batch_size: int | None,
    precision: str | None,
    seed: int | None,
    resume: bool,
    export_dir: Path | None,
    output: Output,
) -> None:
    """Train a network of MIDI-DDSP on clips and export a model folder."""
    from musegen.engine.quiet import import_keras
    from musegen.engine.run_inputs import keep_data, require_same_data
    from musegen.engine.training import require_no_run
    from musegen.midi_ddsp.records.training_data import describe_clips

    if minutes is not None and steps is not None:
        raise UsageError("--minutes and --steps both say how long: give one of them")
    chosen = chosen_stage(stage, preset, run_dir if resume else None)
    _refuse_idle_models(chosen, stage, inference_model, begun_from)
    export_dir = free_export_folder(run_dir, export_dir)
    if resume:
        refuse_on_resume(
            {
                "--preset": preset,
                "--from": begun_from,
                "--batch-size": batch_size,
                "--precision": precision,
                "--seed": seed,
            },
            changeable="--minutes and --steps",
        )
        config = chosen.stored(run_dir)
    else:
        require_no_run(run_dir)
        config = chosen.changed(chosen.preset(preset or "default"), batch_size, seed)
    config = _with_length(config, minutes, steps)
    data = describe_clips(data_path)
    if resume:
        require_same_data(run_dir, data)
    with output.progress("Starting TensorFlow"):
        import_keras()
    if not resume:
        config = _with_precision(config, precision)
    keep_data(run_dir, data)
    result = chosen.train(
        Run(
            config=config,
            data=data,
            run_dir=run_dir,
            export_dir=export_dir,
            resume=resume,
            inference_model=inference_model or DEFAULT_INFERENCE_MODEL,
            begun_from=begun_from,
        ),
        output,
    )
    tell_result(output, run_dir, export_dir, result)


def _refuse_idle_models(
    chosen: Stage, stage: str, inference_model: str | None, begun_from: str | None
) -> None:
    if inference_model is not None and not chosen.hears_clips:
        raise UsageError(
            f"--inference-model does nothing with --stage {stage}, which learns from "
            "the clips themselves: leave it out"
        )
    if begun_from is not None and not chosen.begins_from_models:
        raise UsageError(
            "--from is for the published generators: give it with --stage synthesis or "
            "expression and --preset paper, or leave it out"
        )


def _with_length(config: Config, minutes: float | None, steps: int | None) -> Config:
    if minutes is not None:
        return dataclasses.replace(config, minutes=minutes)
    if steps is not None:
        loop = dataclasses.replace(config.loop, num_steps=steps)
        return dataclasses.replace(config, loop=loop, minutes=0.0)
    return config


def _with_precision(config: Config, asked: str | None) -> Config:
    """What was asked for, or what suits the machine, where the stage has a choice."""
    if not hasattr(config, "precision"):
        if asked not in (None, "auto"):
            raise UsageError(
                f"--precision {asked} is not for this stage and preset, which compute "
                "in float32: leave it out"
            )
        return config
    return dataclasses.replace(config, precision=chosen_precision(asked))
