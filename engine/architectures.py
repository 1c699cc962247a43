"""Configs of networks as JSON: an architecture's name and the fields of its class.

Each package of models keeps its own classes, frozen dataclasses with a class variable
`architecture`; how they are written and read is the same for all and stands here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, TypeVar


class ArchitectureConfig(Protocol):
    """A frozen dataclass that describes a network."""

    architecture: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


Config = TypeVar("Config", bound=ArchitectureConfig)


def architecture_to_json(config: ArchitectureConfig) -> dict[str, Any]:
    """Return a config as JSON data; `architecture_from_json` is the exact inverse."""
    fields = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(config).items()
    }
    return {"architecture": config.architecture, **fields}


def architecture_from_json(
    data: Mapping[str, Any], classes: Iterable[type[Config]]
) -> Config:
    """Build a config from JSON data.

    Args:
        data: As `architecture_to_json` gives it; fields that are left out have their
            defaults.
        classes: The architectures there are.

    Raises:
        ValueError: Unknown architecture, unknown key, or a value out of range.
    """
    by_name = {cls.architecture: cls for cls in classes}
    fields = dict(data)
    architecture = fields.pop("architecture", None)
    if architecture not in by_name:
        raise ValueError(
            f"architecture must be one of {sorted(by_name)}; received {architecture!r}"
        )
    cls = by_name[architecture]
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(set(fields) - known):
        raise ValueError(
            f"unknown keys for architecture '{architecture}': {', '.join(unknown)}"
        )
    return cls(**fields)


def require_at_least(name: str, value: int, low: int) -> None:
    """Refuse a number that is too small.

    Raises:
        ValueError: It is below `low`.
    """
    if value < low:
        raise ValueError(f"{name} must be at least {low}; received {value}")
