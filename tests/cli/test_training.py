"""What every `train` command asks, refuses and says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from musegen.cli._output import Output
from musegen.cli._training import (
    chosen_precision,
    free_export_folder,
    refuse_on_resume,
    tell_result,
    telling,
)
from musegen.data.errors import OutputExistsError, UsageError
from musegen.engine import devices, precision
from musegen.engine.checkpoints import RunState
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.generators.presets import SYNTHESIS_PRESETS


def test_the_model_goes_into_the_run_unless_it_is_told_where(tmp_path: Path) -> None:
    assert free_export_folder(tmp_path, None) == tmp_path / "model"
    assert free_export_folder(tmp_path, tmp_path / "mine") == tmp_path / "mine"
    (tmp_path / "model").mkdir()
    with pytest.raises(OutputExistsError, match="model exists: name another folder"):
        free_export_folder(tmp_path, None)


def test_what_a_resumed_run_cannot_heed_is_refused() -> None:
    refuse_on_resume({"--preset": None, "--seed": None}, changeable="--steps")
    with pytest.raises(UsageError, match=r"--seed does nothing.*\(--steps may change"):
        refuse_on_resume({"--preset": None, "--seed": 0}, changeable="--steps")


def test_precision_is_as_asked_or_as_suits_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "gpu_names", lambda: ["a GPU"])
    monkeypatch.setattr(
        precision, "best_precision", lambda *, has_gpu: f"best with gpu: {has_gpu}"
    )
    assert chosen_precision("float32") == "float32"
    for asked in (None, "auto"):
        assert chosen_precision(asked) == "best with gpu: True"


def test_steps_advance_and_validations_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    advanced: list[int] = []
    config = SYNTHESIS_PRESETS["tiny"]
    tell = telling(Output(), config, advanced.append, "loss")
    every = config.loop.validate_every
    values = {"train/loss": 2.0, "valid/loss": 1.5}
    tell(1, {})
    tell(every - 1, values)
    tell(every, values)
    assert sum(advanced) == every
    told = capsys.readouterr()
    assert told.err.strip() == f"step {every}: train 2.000, valid 1.500 loss"


def test_the_result_says_where_the_model_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = TrainingResult(
        state=RunState(step=9, seconds=1.26), stopped_early=True, metrics={"valid/a": 1}
    )
    with Output(json=True) as output:
        tell_result(output, tmp_path, tmp_path / "model", result)
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == str(tmp_path / "model")
    assert (told["steps"], told["seconds"], told["stopped_early"]) == (9, 1.3, True)
