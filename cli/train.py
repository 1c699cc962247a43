"""`musegen train`: train a model on prepared data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._options import group_with_examples, machine_options
from musegen.cli._output import Output
from musegen.cli._train_midi_ddsp import command as midi_ddsp_command
from musegen.data.errors import OutputExistsError, UsageError

if TYPE_CHECKING:
    from musegen.coconet.config import NetworkConfig
    from musegen.coconet.planes import Piece
    from musegen.coconet.training import CoconetTrainingConfig
    from musegen.engine.model_folder import ModelFolder

PRESETS = ("default", "paper", "browser", "tiny")
PRECISIONS = ("auto", "float32", "mixed_bfloat16")


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
@click.option(
    "--run",
    "run_dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Folder of the run: config, checkpoints, metrics.jsonl, TensorBoard.",
)
@click.option(
    "--data",
    "data_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    show_default="the chorales of the installed music21",
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
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    show_default="of the preset or the run",
    help="Optimiser steps of the whole run; the learning rate follows.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    show_default="of the preset",
    help="Crops in a batch.",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0.0, min_open=True),
    show_default="of the preset or the run",
    help="Peak learning rate.",
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    show_default="auto",
    help="Arithmetic; auto takes bfloat16 where the machine is fast at it.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    show_default="0",
    help="Of weights, crops and masks.",
)
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    show_default="random weights",
    help="Begin with the weights of a model, a name or a folder: trains it further.",
)
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint.")
@click.option(
    "--export",
    "export_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    show_default="FOLDER/model in the run",
    help="Where the finished model folder goes; its name is the model's name.",
)
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
        _refuse_on_resume(
            {
                "--preset": preset,
                "--config": config_path,
                "--from": start,
                "--batch-size": batch_size,
                "--precision": precision,
                "--seed": seed,
            }
        )
    else:
        _refuse_second_start(run_dir)
    if preset is not None and config_path is not None:
        raise UsageError("--preset and --config both name a run: give one of them")
    export_dir = export_dir or run_dir / "model"
    if export_dir.exists():  # said now, not after hours of training
        raise OutputExistsError(
            f"{export_dir} exists: name another folder with --export, or remove it"
        )
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
        train, valid, source = _pieces(data_path)
    _train(config, train, valid, source, run_dir, export_dir, resume, folder, output)


def _refuse_on_resume(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(
            f"{given[0]} does nothing with --resume: a run goes on with the config it "
            "was started with (--steps and --learning-rate may change)"
        )


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
    return dataclasses.replace(
        config,
        loop=loop,
        batch_size=batch_size or config.batch_size,
        precision=_precision(precision, config, config_path),
        seed=config.seed if seed is None else seed,
    )


def _start(name: str) -> tuple[ModelFolder, NetworkConfig]:
    """Return the model to train further, and its architecture."""
    from musegen.coconet.predicting import KIND, network_config
    from musegen.engine.models import find_model

    folder = find_model(name, kind=KIND)
    return folder, network_config(folder)


def _precision(
    asked: str | None, config: CoconetTrainingConfig, config_path: Path | None
) -> str:
    """What was asked for, what a config file says, or what suits the machine."""
    from musegen.engine.devices import gpu_names
    from musegen.engine.precision import best_precision

    if asked is None and config_path is not None:
        return config.precision
    if asked in (None, "auto"):
        return best_precision(has_gpu=bool(gpu_names()))
    return str(asked)


def _pieces(data_path: Path | None) -> tuple[list[Piece], list[Piece], str]:
    """Return what is learned from and what is held out, and what they are in words."""
    from musegen.coconet.planes import piece_of_grid, pieces_of_chorales

    if data_path is None:
        from musegen.data.corpora.chorales import load_chorales, music21_version

        chorales = load_chorales()
        source = f"chorales of music21 {music21_version()}, standard split"
    elif data_path.suffix in (".npz", ".json"):
        from musegen.data.corpora.jsb_arrays import load_jsb_arrays

        arrays = load_jsb_arrays(data_path)
        train, valid = (
            [piece_of_grid(grid) for grid in arrays[split]]
            for split in ("train", "valid")
        )
        return train, valid, data_path.name
    else:
        from musegen.data.preparation.chorale_records import read_chorale_records

        chorales = read_chorale_records(data_path)
        source = f"{data_path.name}, standard split"
    train, valid = (pieces_of_chorales(chorales, split) for split in ("train", "valid"))
    return train, valid, source


def _train(
    config: CoconetTrainingConfig,
    train: list[Piece],
    valid: list[Piece],
    source: str,
    run_dir: Path,
    export_dir: Path,
    resume: bool,
    start: ModelFolder | None,
    output: Output,
) -> None:
    from musegen.coconet.exporting import export_coconet
    from musegen.coconet.training import train_coconet

    with output.progress("Training", config.loop.num_steps) as advance:
        done = 0

        def tell(step: int, values: Mapping[str, float]) -> None:
            nonlocal done
            advance(step - done)
            done = step
            if step % config.loop.validate_every == 0 and "valid/loss" in values:
                output.note(
                    f"step {step}: train {values['train/loss']:.3f}, valid "
                    f"{values['valid/loss']:.3f} nats a hidden cell"
                )

        model, result = train_coconet(
            train,
            valid,
            config=config,
            run_dir=run_dir,
            resume=resume,
            start=start,
            progress=tell,
        )
    with output.progress("Exporting"):
        export_coconet(
            model, config=config, result=result, source=source, folder=export_dir
        )
    output.path(export_dir)
    output.result(
        {
            "run": run_dir,
            "model": export_dir,
            "steps": result.state.step,
            "seconds": round(result.state.seconds, 1),
            "stopped_early": result.stopped_early,
            "metrics": dict(result.metrics),
        }
    )
