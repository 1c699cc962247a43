"""Checkpoints of a training run: all it needs to go on as if it had never stopped.

A checkpoint is one file, written aside and renamed, so that a kill at any moment leaves
the last whole one. Weights meant for use are in model folders
(`musegen.engine.model_folder`), not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import TrainingError

_STATE_KEY = "state_json"


@dataclass(slots=True, kw_only=True)
class RunState:
    """Where a run stands.

    Args:
        step: Optimiser steps done.
        best_value: Lowest validated value so far, None before the first validation.
        best_step: Step of that value.
        seconds: Time spent training, over all sittings.
        validations_since_best: For early stopping.
        best_metrics: Everything validated at `best_step`.
    """

    step: int = 0
    best_value: float | None = None
    best_step: int = 0
    seconds: float = 0.0
    validations_since_best: int = 0
    best_metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """State and arrays of a run at one step; the run chooses the arrays' names."""

    state: RunState
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint so that `path` is at every moment absent or whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    state = np.frombuffer(json.dumps(asdict(checkpoint.state)).encode(), dtype=np.uint8)
    with aside.open("wb") as file:
        arrays: dict[str, Any] = {_STATE_KEY: state, **checkpoint.arrays}
        np.savez(file, **arrays)
        file.flush()
    aside.replace(path)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote.

    Raises:
        TrainingError: The file is absent or not a checkpoint.
    """
    try:
        # np.load leaves a file open that it cannot read: so it is not the one to open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        state = RunState(**json.loads(arrays.pop(_STATE_KEY).tobytes()))
    except FileNotFoundError as error:
        raise TrainingError(
            f"there is no checkpoint to resume from at {path}: start the run without "
            "--resume, or name the run's folder with --run"
        ) from error
    except (BadZipFile, EOFError, KeyError, OSError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is not a checkpoint of this version ({error}): remove it to start "
            "the run again"
        ) from error
    return Checkpoint(state=state, arrays=arrays)
