"""Configs of runs come back from JSON, and what does not fit is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from musegen.engine.training import LoopConfig
from musegen.engine.training_configs import (
    read_json_object,
    training_config_from_json,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(num_steps=1, learning_rate=0.1)
    )
    sizes: tuple[int, ...] = (1,)
    seed: int = 0


def test_nested_fields_are_read_each_in_its_way() -> None:
    data = {"loop": {"num_steps": 7, "learning_rate": 0.5}, "sizes": [2, 3]}
    run = training_config_from_json(Run, data, {"sizes": tuple})
    loop = LoopConfig(num_steps=7, learning_rate=0.5)
    assert run == Run(loop=loop, sizes=(2, 3))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"sed": 1}, "unknown keys in the config: sed"),
        ({"loop": {"steps": 1}}, "the config does not fit"),
        ({"loop": 3}, "the config does not fit"),
    ],
    ids=["unknown", "unknown_within", "no_object"],
)
def test_what_does_not_fit_is_named(data: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        training_config_from_json(Run, data, {})


def test_a_file_holds_one_object(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"seed": 1}', encoding="utf-8")
    assert read_json_object(path) == {"seed": 1}
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(ValueError, match="not a JSON object"):
        read_json_object(path)
    with pytest.raises(FileNotFoundError):
        read_json_object(tmp_path / "none.json")
