"""Configs of training runs as JSON: what is the same for every model.

The dataclasses themselves belong to the packages of the models.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from musegen.engine.training import LoopConfig

Config = TypeVar("Config")
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
        ValueError: It holds something else.
    """
    data = json.loads(path.read_bytes())
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def _read_loop(data: Any) -> LoopConfig:
    return LoopConfig(**data)
