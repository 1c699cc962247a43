"""Configs of networks go to JSON and come back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from musegen.engine.architectures import (
    architecture_from_json,
    architecture_to_json,
    require_at_least,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    architecture: ClassVar[str] = "small"

    channels: int = 4

    def __post_init__(self) -> None:
        require_at_least("channels", self.channels, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deep:
    architecture: ClassVar[str] = "deep"

    dilations: tuple[int, ...] = (1, 2)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dilations", tuple(self.dilations))


CLASSES: tuple[type[Small] | type[Deep], ...] = (Small, Deep)


@pytest.mark.parametrize(
    "config", [Small(channels=7), Deep(dilations=(3,))], ids=["small", "deep"]
)
def test_a_config_comes_back(config: Small | Deep) -> None:
    text = json.dumps(architecture_to_json(config))
    assert architecture_from_json(json.loads(text), CLASSES) == config


def test_what_is_left_out_has_its_default() -> None:
    assert architecture_from_json({"architecture": "deep"}, CLASSES) == Deep()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, r"one of \['deep', 'small'\]; received None"),
        ({"architecture": "wide"}, "received 'wide'"),
        ({"architecture": "small", "filters": 3}, "unknown keys .*'small': filters"),
        ({"architecture": "small", "channels": 0}, "channels must be at least 1"),
    ],
    ids=["no_name", "another_name", "another_key", "out_of_range"],
)
def test_what_does_not_fit_is_named(data: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        architecture_from_json(data, CLASSES)
