"""`musegen train midi-ddsp`: options reach the run, contradictions are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.engine import devices, precision, quiet
from musegen.engine.checkpoints import RunState
from musegen.engine.digests import sha256_of_file
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.engine.training_configs import claim_run_folder
from musegen.midi_ddsp.inference import exporting, record_clips, training
from musegen.midi_ddsp.inference.presets import PRESETS
from musegen.midi_ddsp.inference.training_config import (
    InferenceTrainingConfig,
    claim_folder,
)
from musegen.midi_ddsp.original.training_config import EXPRESSION_PRESETS
from musegen.midi_ddsp.records import training_data

pytestmark = pytest.mark.usefixtures("workplace")
COMMAND = ["train", "midi-ddsp", "--data", "clips.parquet", "--run", "run"]


@dataclass(kw_only=True)
class Calls:
    trained: list[dict[str, Any]] = field(default_factory=list)
    exported: list[dict[str, Any]] = field(default_factory=list)

    @property
    def config(self) -> InferenceTrainingConfig:
        config: InferenceTrainingConfig = self.trained[-1]["config"]
        return config


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Everything but the training: what it is asked for."""
    calls = Calls()

    def train(
        train: Sequence[str],
        valid: Sequence[str],
        **arguments: Any,  # noqa: ANN401 - the run's own arguments pass through
    ) -> tuple[str, TrainingResult]:
        calls.trained.append({"train": train, "valid": valid, **arguments})
        arguments["progress"](60, {"train/loss": 4.0, "valid/loss": 3.5})
        result = TrainingResult(
            state=RunState(step=60, seconds=9.0),
            stopped_early=False,
            metrics={"valid/loss": 3.5},
        )
        return "network", result

    def export(
        network: str,
        **arguments: Any,  # noqa: ANN401 - the export's own arguments pass through
    ) -> None:
        calls.exported.append({"network": network, **arguments})

    def read(path: Path, split: str) -> list[str]:
        return [f"{split} of {path.name}"]

    def describe(path: Path) -> TrainingData:
        digest = sha256_of_file(path)
        return TrainingData(source=path.name, path=path, sha256=digest)

    def best(*, has_gpu: bool) -> str:
        return "mixed_bfloat16" if has_gpu else "float32"

    monkeypatch.setattr(training, "train_inference", train)
    monkeypatch.setattr(exporting, "export_inference", export)
    monkeypatch.setattr(record_clips, "read_training_clips", read)
    monkeypatch.setattr(training_data, "describe_clips", describe)
    monkeypatch.setattr(quiet, "import_keras", lambda: None)
    monkeypatch.setattr(devices, "gpu_names", lambda: ("gpu:0",))
    monkeypatch.setattr(precision, "best_precision", best)
    Path("clips.parquet").touch()
    return calls


def test_splits_and_defaults_reach_the_run(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(COMMAND) == 0
    (trained,), (exported,) = calls.trained, calls.exported
    assert trained["train"] == ["train of clips.parquet"]
    assert trained["valid"] == ["valid of clips.parquet"]
    assert calls.config.network == PRESETS["default"].network
    assert calls.config.minutes == 25.0
    assert calls.config.precision == "mixed_bfloat16"
    assert exported["folder"] == Path("run/model")
    assert exported["network"] == "network"
    assert "violin" in exported["instruments"]
    captured = capsys.readouterr()
    assert captured.out == "run/model\n"
    assert "train 4.000, valid 3.500 spectral loss" in captured.err


def test_options_change_the_run(calls: Calls) -> None:
    options = "--preset baseline --minutes 3 --batch-size 2 --seed 7 --export made"
    assert run([*COMMAND, *options.split(), "--precision", "float32"]) == 0
    config = calls.config
    assert config.network.architecture == "autoencoder"
    assert (config.minutes, config.batch_size, config.seed) == (3.0, 2, 7)
    assert config.precision == "float32"
    assert calls.exported[-1]["folder"] == Path("made")


def test_steps_take_the_place_of_minutes(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*COMMAND, "--steps", "40"]) == 0
    assert (calls.config.loop.num_steps, calls.config.minutes) == (40, 0.0)
    assert run([*COMMAND, "--steps", "40", "--minutes", "1"]) == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_resumed_run_keeps_its_config_but_for_its_length(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    claim_folder(Path("run"), PRESETS["tiny"], resume=False)
    assert run([*COMMAND, "--resume", "--minutes", "2"]) == 0
    assert calls.config.network == PRESETS["tiny"].network
    assert calls.config.minutes == 2.0
    assert calls.config.precision == "float32"
    assert calls.trained[-1]["resume"]
    assert run([*COMMAND, "--resume", "--seed", "3"]) == 2
    assert "--seed does nothing with --resume" in capsys.readouterr().err


def test_a_resumed_run_keeps_its_data(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*COMMAND, "--preset", "tiny"]) == 0
    claim_folder(Path("run"), PRESETS["tiny"], resume=False)
    Path("moved.parquet").write_bytes(Path("clips.parquet").read_bytes())
    resumed = ["train", "midi-ddsp", "--run", "run", "--resume", "--data"]
    assert run([*resumed, "moved.parquet", "--export", "made"]) == 0
    Path("moved.parquet").write_bytes(b"other clips")
    capsys.readouterr()
    assert run([*resumed, "moved.parquet", "--export", "again"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "run began with moved.parquet (SHA-256 e3b0c44298fc) and cannot" in told
    assert len(calls.trained) == 2


def test_an_export_that_exists_is_told_before_the_training(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("made").mkdir()
    assert run([*COMMAND, "--export", "made"]) == 2
    assert "made exists" in capsys.readouterr().err
    assert not calls.trained


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--from model", "--from is for the published generators"),
        ("--stage synthesis --from model", "--from is for the published generators"),
        (
            "--stage expression --preset tiny --from model",
            "--from is for the published generators",
        ),
        (
            "--stage expression --preset paper-gan",
            "has no preset 'paper-gan': choose one of default, tiny, paper",
        ),
        ("--preset paper-gan", "--stage inference has no preset 'paper-gan'"),
        (
            "--stage synthesis --preset paper --precision mixed_bfloat16",
            "--precision mixed_bfloat16 is not for this stage and preset",
        ),
        ("--stage synthesis --preset paper --from ./none", "no model folder none"),
    ],
)
def test_options_of_another_network_are_refused(
    calls: Calls, capsys: pytest.CaptureFixture[str], options: str, message: str
) -> None:
    assert run([*COMMAND, *options.split()]) in (2, 4)
    told = " ".join(capsys.readouterr().err.split())
    assert message in told
    assert not calls.trained


def test_a_published_run_is_resumed_by_its_own_stage_only(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    published = EXPRESSION_PRESETS["paper"]
    claim_run_folder(Path("run"), published, type(published).from_json, resume=False)
    for stage in ("inference", "synthesis"):
        assert run([*COMMAND, "--stage", stage, "--resume"]) == 2
        assert "resume it with --stage expression" in capsys.readouterr().err
    resumed = [*COMMAND, "--stage", "expression", "--resume"]
    assert run([*resumed, "--preset", "paper"]) == 2
    assert "--preset does nothing with --resume" in capsys.readouterr().err
    assert run([*resumed, "--from", "model"]) == 2
    assert "--from does nothing with --resume" in capsys.readouterr().err
    assert not calls.trained
