"""What a training run begins with: its data, and the model whose weights it takes.

The run's folder keeps both, so that a run goes on with what it began with, and the card
of the model that comes of it can say so (`musegen.engine.training_facts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegen.data.errors import TrainingError
from musegen.engine.json_fields import to_json_text
from musegen.engine.model_folder import ModelFolder
from musegen.engine.training_configs import read_json_object

DATA_NAME = "data.json"
START_NAME = "begun_from.json"
_SHOWN_DIGITS = 12  # of a digest


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """What a run learns from.

    Args:
        source: In words: `chorales of music21 10.5.1, standard split`.
        path: Its file; None for what is installed.
        sha256: Of the file, or of what was read.
        collection: Which collection that musegen reads or makes; empty for others.
        licence: What is known of its licence, in sentences; empty for nothing.
        weights_licence: Of weights that learn from it, where musegen may say one; else
            empty.
        options: Of the command that trains on it: `--data`, `clips.parquet`.
    """

    source: str
    path: Path | None = None
    sha256: str = ""
    collection: str = ""
    licence: str = ""
    weights_licence: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingModel:
    """The model whose weights a run begins with.

    Args:
        name: Of the model.
        digest: SHA-256 of its config, which holds those of its files.
        licence: Of its weights, in words.
    """

    name: str
    digest: str
    licence: str

    @classmethod
    def of(cls, folder: ModelFolder) -> StartingModel:
        """Describe a model folder."""
        config = folder.config
        return cls(name=config.name, digest=folder.digest, licence=config.licence)


def keep_data(run_dir: Path, data: TrainingData | None) -> None:
    """Write in the folder of a run what it learns from, None where that is not said."""
    kept: dict[str, str | None] | None = None
    if data is not None:
        path = None if data.path is None else str(data.path.resolve())
        kept = {"source": data.source, "path": path, "sha256": data.sha256}
    _keep(run_dir / DATA_NAME, kept)


def require_same_data(run_dir: Path, data: TrainingData) -> None:
    """Refuse other data than a run began with; a run that says nothing of it takes any.

    Args:
        run_dir: Folder of the run.
        data: What it would go on with, wherever its file is by now.

    Raises:
        TrainingError: The data is other data, or what the run says cannot be read.
    """
    kept = _kept_data(run_dir)
    if kept is None or kept.sha256 == data.sha256:
        return
    again = "leave --data out" if kept.path is None else f"give --data {kept.path}"
    raise TrainingError(
        f"{run_dir} began with {_named(kept)} and cannot go on with {_named(data)}: "
        f"{again}, or start a new run"
    )


def kept_data_path(run_dir: Path) -> Path | None:
    """Return the file that a run began with; None for installed data, or if not known.

    Raises:
        TrainingError: The file is gone, or what the run says cannot be read.
    """
    kept = _kept_data(run_dir)
    if kept is None or kept.path is None:
        return None
    if not kept.path.is_file():
        raise TrainingError(
            f"{run_dir} began with {kept.path}, which is gone: put it back, or say "
            "with --data where it is now"
        )
    return kept.path


def keep_start(run_dir: Path, start: StartingModel | None) -> None:
    """Write in the folder of a run what it begins from, None for fresh weights."""
    kept: dict[str, str | None] | None = None
    if start is not None:
        kept = {"model": start.name, "digest": start.digest, "licence": start.licence}
    _keep(run_dir / START_NAME, kept)


def kept_start(run_dir: Path) -> StartingModel | None:
    """Return the model that a run began from, None for fresh weights.

    Raises:
        TrainingError: What the run says cannot be read.
    """
    path = run_dir / START_NAME
    kept = _kept(path)
    if kept is None:
        return None
    try:
        return StartingModel(
            name=str(kept["model"]),
            digest=str(kept["digest"]),
            licence=str(kept["licence"]),
        )
    except KeyError as error:
        raise _unreadable(path, error) from error


def _kept_data(run_dir: Path) -> TrainingData | None:
    path = run_dir / DATA_NAME
    kept = _kept(path)
    if kept is None:
        return None
    try:
        return TrainingData(
            source=str(kept["source"]),
            path=None if kept["path"] is None else Path(kept["path"]),
            sha256=str(kept["sha256"]),
        )
    except (KeyError, TypeError) as error:
        raise _unreadable(path, error) from error


def _keep(path: Path, kept: Mapping[str, str | None] | None) -> None:
    if kept is None:
        path.unlink(missing_ok=True)  # of a run that never began
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json_text(kept), encoding="utf-8")


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        return read_json_object(path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"{path} does not say what the run began with ({error}): start a new run"
    )


def _named(data: TrainingData) -> str:
    return f"{data.source} (SHA-256 {data.sha256[:_SHOWN_DIGITS]})"
