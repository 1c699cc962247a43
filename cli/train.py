"""`musegen train`: train a model on prepared data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._numbers import FiniteRange
from musegen.cli._options import group_with_examples, machine_options
from musegen.cli._output import Output
from musegen.cli._train_midi_ddsp import command as midi_ddsp_command
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
    telling,
)
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.coconet.config import NetworkConfig
    from musegen.coconet.training import CoconetTrainingConfig
    from musegen.coconet.training_data import TrainingPieces
    from musegen.engine.model_folder import ModelFolder

PRESETS = ("default", "paper", "browser", "tiny")


@group_with_examples("train", examples=["musegen train coconet --run runs/coconet"])
def command() -> None:
    """Train a model; a run that was stopped goes on with --resume."""


command.add_command(midi_ddsp_command)


@command.command(
    "coconet",
    examples=[
        "musegen train coconet --run runs/coconet --export models/mine",
        "musegen train coconet --run runs/coconet --resume",
        "musegen train coconet --run runs/more --from coconet_jsb_base --steps 20000",
        "musegen train coconet --preset tiny --run runs/trial --data chorales.parquet",
    ],
)
@run_option
@click.option(
    "--data",
    "data_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    show_default="the chorales of the installed music21, or the run's with --resume",
    help="Records of `musegen data prepare chorales`, or Jsb16thSeparated.npz.",
)
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    show_default="default",
    help="Which run.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    show_default="the preset",
    help="The run as JSON, like config.json in a run's folder.",
)
@steps_option("Optimiser steps of the whole run; the learning rate follows.")
@batch_size_option
@click.option(
    "--learning-rate",
    type=FiniteRange(min=0.0, min_open=True),
    show_default="of the preset or the run",
    help="Peak learning rate.",
)
@precision_option
@seed_option("Of weights, crops and masks.")
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    show_default="random weights",
    help="Begin with the weights of a model, a name or a folder: trains it further.",
)
@resume_option
@export_option
@machine_options
def coconet_command(
    run_dir: Path,
    data_path: Path | None,
    preset: str | None,
    config_path: Path | None,
    steps: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    precision: str | None,
    seed: int | None,
    start: str | None,
    resume: bool,
    export_dir: Path | None,
    output: Output,
) -> None:
    """Train Coconet on four-part chorales and export a model folder."""
    from musegen.engine.quiet import import_keras

    if resume:
        refuse_on_resume(
            {
                "--preset": preset,
                "--config": config_path,
                "--from": start,
                "--batch-size": batch_size,
                "--precision": precision,
                "--seed": seed,
            },
            changeable="--steps and --learning-rate",
        )
    else:
        _refuse_second_start(run_dir)
    if preset is not None and config_path is not None:
        raise UsageError("--preset and --config both name a run: give one of them")
    export_dir = free_export_folder(run_dir, export_dir)
    with output.progress("Starting TensorFlow"):
        import_keras()
    config = _config(
        run_dir,
        preset=preset or "default",
        config_path=config_path,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        precision=precision,
        seed=seed,
        resume=resume,
    )
    folder = None
    if start is not None:
        folder, network = _start(start)
        if (preset or config_path) and network != config.network:
            raise UsageError(
                f"--from {start} is another network than the one asked for: leave "
                "--preset and --config out, or name a model of that network"
            )
        config = dataclasses.replace(config, network=network)
    with output.progress("Reading the chorales"):
        pieces = _pieces(data_path, run_dir if resume else None)
    _train(config, pieces, run_dir, export_dir, resume, folder, output)


def _refuse_second_start(run_dir: Path) -> None:
    from musegen.engine.training import require_no_run

    require_no_run(run_dir)


def _config(
    run_dir: Path,
    *,
    preset: str,
    config_path: Path | None,
    steps: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    precision: str | None,
    seed: int | None,
    resume: bool,
) -> CoconetTrainingConfig:
    from musegen.coconet.presets import PRESETS as CONFIGS
    from musegen.coconet.training import read_config, read_run_config

    if resume:
        config = read_run_config(run_dir)
    else:
        config = CONFIGS[preset] if config_path is None else read_config(config_path)
    loop = config.loop
    if steps is not None:
        loop = dataclasses.replace(loop, num_steps=steps)
    if learning_rate is not None:
        loop = dataclasses.replace(loop, learning_rate=learning_rate)
    if resume:
        return dataclasses.replace(config, loop=loop)
    is_said = precision is None and config_path is not None
    return dataclasses.replace(
        config,
        loop=loop,
        batch_size=batch_size or config.batch_size,
        precision=config.precision if is_said else chosen_precision(precision),
        seed=config.seed if seed is None else seed,
    )


def _start(name: str) -> tuple[ModelFolder, NetworkConfig]:
    """Return the model to train further, and its architecture."""
    from musegen.coconet.predicting import KIND, network_config
    from musegen.engine.models import find_model

    folder = find_model(name, kind=KIND)
    return folder, network_config(folder)


def _pieces(data_path: Path | None, resumed: Path | None) -> TrainingPieces:
    """Read what is learned from; a run that goes on says where that is."""
    from musegen.coconet.training_data import read_training_pieces
    from musegen.engine.run_inputs import kept_data_path

    if data_path is None and resumed is not None:
        data_path = kept_data_path(resumed)
    return read_training_pieces(data_path)


def _train(
    config: CoconetTrainingConfig,
    pieces: TrainingPieces,
    run_dir: Path,
    export_dir: Path,
    resume: bool,
    start: ModelFolder | None,
    output: Output,
) -> None:
    from musegen.coconet.calibration import calibration_batches
    from musegen.coconet.exporting import export_coconet
    from musegen.coconet.training import train_coconet
    from musegen.engine.run_inputs import kept_start

    with output.progress("Training", config.loop.num_steps) as advance:
        model, result = train_coconet(
            pieces.train,
            pieces.valid,
            config=config,
            run_dir=run_dir,
            resume=resume,
            start=start,
            data=pieces.data,
            progress=telling(output, config, advance, "nats a hidden cell"),
        )
    with output.progress("Exporting"):
        export_coconet(
            model,
            config=config,
            result=result,
            data=pieces.data,
            folder=export_dir,
            start=kept_start(run_dir),
            calibration=calibration_batches(pieces.train, config),
        )
    tell_result(output, run_dir, export_dir, result)
