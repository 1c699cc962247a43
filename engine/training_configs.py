"""Configs of training runs as JSON: what is the same for every model.

The dataclasses themselves belong to the packages of the models.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from musegen.data.errors import TrainingError
from musegen.engine.training import LoopConfig, require_no_run

CONFIG_NAME = "config.json"
# What may change when a run goes on: its length.
_LENGTHS = ("loop", "minutes")


class RunConfig(Protocol):
    """The config of a run: a dataclass that can be written as JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return the config as JSON data."""
        ...


Config = TypeVar("Config")
SomeRunConfig = TypeVar("SomeRunConfig", bound=RunConfig)
Reader = Callable[[Any], Any]


def training_config_from_json(
    cls: type[Config], data: Mapping[str, Any], readers: Mapping[str, Reader]
) -> Config:
    """Build a training config from JSON data.

    Args:
        cls: A dataclass; its field `loop` is a `LoopConfig`.
        data: Fields by name; what is left out has its default.
        readers: How other fields that are no plain values are read, by name.

    Raises:
        ValueError: An unknown key, or a value out of range.
    """
    fields = dict(data)
    known = {item.name for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(set(fields) - known):
        raise ValueError(f"unknown keys in the config: {', '.join(unknown)}")
    try:
        for name, read in {"loop": _read_loop, **readers}.items():
            if name in fields:
                fields[name] = read(fields[name])
        return cls(**fields)
    except TypeError as error:
        raise ValueError(f"the config does not fit: {error}") from error


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds something else, or NaN or an infinity.
    """
    data = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def read_run_config(run_dir: Path, read: Callable[[Any], Config]) -> Config:
    """Read the config of a run from its folder.

    Args:
        run_dir: The folder.
        read: From JSON data to the config; raises ValueError.

    Raises:
        TrainingError: There is none, or it is not of this version.
    """
    path = run_dir / CONFIG_NAME
    try:
        return read(read_json_object(path))
    except FileNotFoundError as error:
        raise TrainingError(
            f"{run_dir} holds no run to resume: start it without --resume, or name the "
            "run's folder with --run"
        ) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is no training config of this version ({error}): start a new run"
        ) from error


def claim_run_folder(
    run_dir: Path,
    config: SomeRunConfig,
    read: Callable[[Any], SomeRunConfig],
    *,
    resume: bool,
) -> None:
    """Write the config beside the run; only its length may differ when it goes on.

    Raises:
        TrainingError: There is a run already, or one with another config.
    """
    if not resume:
        require_no_run(run_dir)
    else:
        stored, data = read_run_config(run_dir, read).to_json(), config.to_json()
        differing = [
            key
            for key, value in data.items()
            if key not in _LENGTHS and stored[key] != value
        ]
        if differing:
            raise TrainingError(
                f"the run was started with another {', '.join(differing)}: resume with "
                f"the values of {run_dir / CONFIG_NAME}, or start a new run"
            )
    run_dir.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config.to_json(), indent=2) + "\n"
    (run_dir / CONFIG_NAME).write_text(text, encoding="utf-8")


def _read_loop(data: Any) -> LoopConfig:
    return LoopConfig(**data)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of a config")
