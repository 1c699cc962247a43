"""Configs of runs come back from JSON, and what does not fit is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest

from musegen.data.errors import TrainingError
from musegen.engine.training import CHECKPOINT_NAME, LoopConfig
from musegen.engine.training_configs import (
    CONFIG_NAME,
    claim_run_folder,
    read_json_object,
    read_run_config,
    training_config_from_json,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(num_steps=1, learning_rate=0.1)
    )
    sizes: tuple[int, ...] = (1,)
    seed: int = 0
    minutes: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "sizes": list(self.sizes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return training_config_from_json(cls, data, {"sizes": tuple})


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


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_config_holds_finite_numbers(word: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(f'{{"weight_decay": {word}}}', encoding="utf-8")
    with pytest.raises(ValueError, match=f"^{word} is no number of a config"):
        read_json_object(path)


# === The folder of a run ===


def test_a_run_has_its_config_beside_it(tmp_path: Path) -> None:
    run = Run(sizes=(4, 5), seed=3)
    claim_run_folder(tmp_path / "deep/run", run, Run.from_json, resume=False)
    assert read_run_config(tmp_path / "deep/run", Run.from_json) == run


def test_a_run_goes_on_longer_but_not_otherwise(tmp_path: Path) -> None:
    run = Run(seed=3)
    claim_run_folder(tmp_path, run, Run.from_json, resume=False)
    longer = replace(run, loop=LoopConfig(num_steps=9, learning_rate=0.1), minutes=2.0)
    claim_run_folder(tmp_path, longer, Run.from_json, resume=True)
    assert read_run_config(tmp_path, Run.from_json) == longer
    other = replace(run, seed=4, sizes=(2,))
    with pytest.raises(TrainingError, match="another sizes, seed: resume with"):
        claim_run_folder(tmp_path, other, Run.from_json, resume=True)
    assert read_run_config(tmp_path, Run.from_json) == longer


def test_a_run_is_not_begun_twice(tmp_path: Path) -> None:
    claim_run_folder(tmp_path, Run(), Run.from_json, resume=False)
    claim_run_folder(tmp_path, Run(seed=1), Run.from_json, resume=False)  # no step yet
    (tmp_path / CHECKPOINT_NAME).touch()
    with pytest.raises(TrainingError, match="holds a run already"):
        claim_run_folder(tmp_path, Run(), Run.from_json, resume=False)
    assert read_run_config(tmp_path, Run.from_json) == Run(seed=1)


def test_there_must_be_a_run_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run to resume: start it"):
        claim_run_folder(tmp_path / "none", Run(), Run.from_json, resume=True)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        '{"sed": 1}',
        '{"loop": 3}',
        '{"sizes": 3}',
        '{"loop": {"num_steps": 0}}',
    ],
)
def test_a_config_of_another_version_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIG_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=f"{CONFIG_NAME} is no training config of"):
        read_run_config(tmp_path, Run.from_json)
