"""What every `musegen train` command asks, refuses and says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from musegen.cli._output import Output
from musegen.data.errors import OutputExistsError, UsageError

if TYPE_CHECKING:
    from musegen.engine.training import LoopConfig, Progress, TrainingResult

PRECISIONS = ("auto", "float32", "mixed_bfloat16")

run_option = click.option(
    "--run",
    "run_dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Folder of the run: config, checkpoints, metrics.jsonl, TensorBoard.",
)
batch_size_option = click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    show_default="of the preset",
    help="Crops in a batch.",
)
precision_option = click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    show_default="auto",
    help="Arithmetic; auto takes bfloat16 where the machine is fast at it.",
)
resume_option = click.option(
    "--resume", is_flag=True, help="Go on from the run's last checkpoint."
)
export_option = click.option(
    "--export",
    "export_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    show_default="FOLDER/model in the run",
    help="Where the finished model folder goes; its name is the model's name.",
)


class HasLoop(Protocol):
    """The config of a run: it has a loop."""

    @property
    def loop(self) -> LoopConfig:
        """Its steps and when it is validated."""


def steps_option(what: str) -> Callable[[Any], Any]:
    """Return the option `--steps`.

    Args:
        what: Its help.
    """
    return click.option(
        "--steps",
        type=click.IntRange(min=1),
        show_default="of the preset or the run",
        help=what,
    )


def seed_option(what: str) -> Callable[[Any], Any]:
    """Return the option `--seed` of a run, which a run that goes on has already.

    Args:
        what: Its help.
    """
    return click.option(
        "--seed", type=click.IntRange(min=0), show_default="0", help=what
    )


def free_export_folder(run_dir: Path, export_dir: Path | None) -> Path:
    """Return where the model goes.

    Raises:
        OutputExistsError: Something is there; said now, not after hours of training.
    """
    export_dir = export_dir or run_dir / "model"
    if export_dir.exists():
        raise OutputExistsError(
            f"{export_dir} exists: name another folder with --export, or remove it"
        )
    return export_dir


def refuse_on_resume(options: Mapping[str, object], *, changeable: str) -> None:
    """Refuse options that a run which goes on cannot heed.

    Args:
        options: Their values by name; None where they were not given.
        changeable: Those that it can, in words.

    Raises:
        UsageError: One was given.
    """
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(
            f"{given[0]} does nothing with --resume: a run goes on with the config it "
            f"was started with ({changeable} may change)"
        )


def chosen_precision(asked: str | None) -> str:
    """Return what was asked for, or what suits the machine."""
    from musegen.engine.devices import gpu_names
    from musegen.engine.precision import best_precision

    if asked in (None, "auto"):
        return best_precision(has_gpu=bool(gpu_names()))
    return str(asked)


def telling(
    output: Output, config: HasLoop, advance: Callable[[int], None], what: str
) -> Progress:
    """Return what reports the steps of a run.

    Args:
        output: Where to.
        config: Of the run.
        advance: Called with the steps since the last call.
        what: What the losses are.
    """
    done = 0

    def tell(step: int, values: Mapping[str, float]) -> None:
        nonlocal done
        advance(step - done)
        done = step
        if step % config.loop.validate_every == 0 and "valid/loss" in values:
            output.note(
                f"step {step}: train {values.get('train/loss', 0.0):.3f}, valid "
                f"{values['valid/loss']:.3f} {what}"
            )

    return tell


def tell_result(
    output: Output, run_dir: Path, export_dir: Path, result: TrainingResult
) -> None:
    """Say what came of a run, and where it is."""
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
