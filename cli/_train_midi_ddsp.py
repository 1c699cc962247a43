"""`musegen train midi-ddsp`: train the networks of MIDI-DDSP on clip records."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Output
from musegen.data.errors import OutputExistsError, UsageError

if TYPE_CHECKING:
    from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig

STAGES = ("inference",)
PRESETS = ("default", "baseline", "paper", "tiny")
PRECISIONS = ("auto", "float32", "mixed_bfloat16")


@command_with_examples(
    "midi-ddsp",
    examples=[
        "musegen train midi-ddsp --data clips.parquet --run runs/inference",
        "musegen train midi-ddsp --run runs/inference --data clips.parquet --resume",
        "musegen train midi-ddsp --preset tiny --data clips.parquet --run runs/trial",
    ],
)
@click.option(
    "--stage",
    type=click.Choice(STAGES),
    default="inference",
    show_default=True,
    help="Which network: inference hears recordings.",
)
@click.option(
    "--data",
    "data_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Clips of `musegen data prepare midi-ddsp`.",
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
    "--preset",
    type=click.Choice(PRESETS),
    show_default="default",
    help="Which run.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.0, min_open=True),
    show_default="of the preset or the run",
    help="Length of the whole run; the learning rate follows.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    show_default="of the preset or the run",
    help="Optimiser steps of the whole run, in place of its minutes.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    show_default="of the preset",
    help="Crops in a batch.",
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
    help="Of weights, crops and noise.",
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
def command(
    stage: str,
    data_path: Path,
    run_dir: Path,
    preset: str | None,
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

    del stage  # one so far
    if minutes is not None and steps is not None:
        raise UsageError("--minutes and --steps both say how long: give one of them")
    export_dir = export_dir or run_dir / "model"
    if export_dir.exists():  # said now, not after the training
        raise OutputExistsError(
            f"{export_dir} exists: name another folder with --export, or remove it"
        )
    if resume:
        _refuse_on_resume(
            {
                "--preset": preset,
                "--batch-size": batch_size,
                "--precision": precision,
                "--seed": seed,
            }
        )
        config = _resumed_config(run_dir)
    else:
        config = _fresh_config(run_dir, preset or "default", batch_size, seed)
    config = _with_length(config, minutes, steps)
    with output.progress("Starting TensorFlow"):
        import_keras()
    if not resume:
        config = dataclasses.replace(config, precision=_precision(precision))
    _train(config, data_path, run_dir, export_dir, resume, output)


def _refuse_on_resume(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(
            f"{given[0]} does nothing with --resume: a run goes on with the config it "
            "was started with (--minutes and --steps may change)"
        )


def _resumed_config(run_dir: Path) -> InferenceTrainingConfig:
    from musegen.midi_ddsp.inference.training_config import read_run_config

    return read_run_config(run_dir)


def _fresh_config(
    run_dir: Path, preset: str, batch_size: int | None, seed: int | None
) -> InferenceTrainingConfig:
    from musegen.engine.training import require_no_run
    from musegen.midi_ddsp.inference.presets import PRESETS as CONFIGS

    require_no_run(run_dir)
    config = CONFIGS[preset]
    return dataclasses.replace(
        config,
        batch_size=batch_size or config.batch_size,
        seed=config.seed if seed is None else seed,
    )


def _with_length(
    config: InferenceTrainingConfig, minutes: float | None, steps: int | None
) -> InferenceTrainingConfig:
    if minutes is not None:
        return dataclasses.replace(config, minutes=minutes)
    if steps is not None:
        loop = dataclasses.replace(config.loop, num_steps=steps)
        return dataclasses.replace(config, loop=loop, minutes=0.0)
    return config


def _precision(asked: str | None) -> str:
    """What was asked for, or what suits the machine."""
    from musegen.engine.devices import gpu_names
    from musegen.engine.precision import best_precision

    if asked in (None, "auto"):
        return best_precision(has_gpu=bool(gpu_names()))
    return str(asked)


def _train(
    config: InferenceTrainingConfig,
    data_path: Path,
    run_dir: Path,
    export_dir: Path,
    resume: bool,
    output: Output,
) -> None:
    from musegen.midi_ddsp.inference.exporting import export_inference
    from musegen.midi_ddsp.inference.record_clips import (
        INSTRUMENT_NAMES,
        read_training_clips,
    )
    from musegen.midi_ddsp.inference.training import train_inference

    with output.progress("Reading the clips"):
        train = read_training_clips(data_path, "train")
        valid = read_training_clips(data_path, "valid")
    length = None if config.minutes else config.loop.num_steps
    with output.progress("Training", length) as advance:
        done = 0

        def tell(step: int, values: Mapping[str, float]) -> None:
            nonlocal done
            advance(step - done)
            done = step
            if step % config.loop.validate_every == 0 and "valid/loss" in values:
                output.note(
                    f"step {step}: train {values.get('train/loss', 0.0):.3f}, valid "
                    f"{values['valid/loss']:.3f} spectral loss"
                )

        network, result = train_inference(
            train, valid, config=config, run_dir=run_dir, resume=resume, progress=tell
        )
    with output.progress("Exporting"):
        export_inference(
            network,
            config=config,
            result=result,
            source=f"{data_path.name}, pieces of the split train ({len(train)} clips)",
            folder=export_dir,
            instruments=INSTRUMENT_NAMES,
        )
    output.path(export_dir)
    output.result(
        {
            "run": run_dir,
            "model": export_dir,
            "steps": result.state.step,
            "seconds": round(result.state.seconds, 1),
            "metrics": dict(result.metrics),
        }
    )
