"""The command of a card trains the config that the run ended with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training import LoopConfig
from musegen.engine.training_command import (
    command_block,
    preset_options,
    retraining,
)


@dataclass(frozen=True, kw_only=True)
class Run:
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(num_steps=100, learning_rate=0.003)
    )
    minutes: float = 25.0
    batch_size: int = 8
    width: int = 3
    precision: str = "float32"
    seed: int = 0


PRESETS = {
    "default": Run(),
    "tiny": Run(width=1, minutes=0.0, seed=7),
}
DATA = TrainingData(source="tunes", options=("--data", "tunes.parquet"))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Run(), ""),
        (Run(seed=3), "--seed 3"),
        (Run(minutes=2.5), "--minutes 2.5"),
        (Run(batch_size=2), "--batch-size 2"),
        (
            Run(minutes=0.0, loop=LoopConfig(num_steps=7, learning_rate=0.003)),
            "--steps 7",
        ),
        (Run(minutes=0.0), "--steps 100"),
        (PRESETS["tiny"], "--preset tiny"),
        (replace(PRESETS["tiny"], seed=0), "--preset tiny --seed 0"),
    ],
)
def test_options_are_those_that_differ_from_the_preset(config: Run, words: str) -> None:
    found = preset_options(config, PRESETS)
    assert found is not None
    assert (
        " ".join(found)
        .replace(" --precision float32", "")
        .replace("--precision float32", "")
        .strip()
        == words
    )


def test_the_precision_is_said_always_because_it_hangs_on_the_machine() -> None:
    found = preset_options(Run(precision="mixed_bfloat16"), PRESETS)
    assert found == ("--precision", "mixed_bfloat16")


def test_a_rate_is_an_option_of_some_commands_only() -> None:
    config = Run(loop=LoopConfig(num_steps=100, learning_rate=0.5))
    assert preset_options(config, PRESETS) is None
    found = preset_options(config, PRESETS, can_set_rate=True)
    assert found == ("--learning-rate", "0.5", "--precision", "float32")


def test_what_no_preset_is_like_has_no_options() -> None:
    assert preset_options(Run(width=9), PRESETS) is None
    odd = LoopConfig(num_steps=7, learning_rate=0.003)
    assert preset_options(Run(loop=odd), PRESETS) is None  # minutes and fewer steps
    assert preset_options(Run(batch_size=2), PRESETS, batch_field="width") is None


def test_data_and_beginning_are_in_the_command() -> None:
    start = StartingModel(name="first", digest="1", licence="CC0")
    text = retraining("musegen train it", "mine", (), data=DATA, start=start)
    assert text == (
        "Retrain with one command:\n\n"
        "    musegen train it --from first --data tunes.parquet --run runs/mine "
        "--export mine"
    )


def test_a_run_like_no_preset_needs_its_config() -> None:
    options: dict[str, Any] = {"data": DATA, "takes_config": True}
    text = retraining("musegen train it", "mine", None, **options)
    assert "`config.json` being that of the run's folder:" in text
    assert "musegen train it --config config.json --data tunes.parquet" in text
    text = retraining("musegen train it", "mine", None, data=DATA)
    assert text.startswith("No preset trains the same")
    assert "musegen" not in text


def test_a_long_command_is_continued_between_options() -> None:
    words = ["musegen train it", *["--option", "v" * 20] * 3, "--last", "x y"]
    assert command_block(words) == (
        f"    musegen train it --option {'v' * 20} --option {'v' * 20} \\\n"
        f"        --option {'v' * 20} --last 'x y'"
    )
