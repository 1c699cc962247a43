"""`musegen train coconet`: options reach the run, contradictions are told."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from musegen.cli import train as train_command
from musegen.cli.main import run
from musegen.coconet import exporting, training
from musegen.coconet.config import config_from_json
from musegen.coconet.planes import UNKNOWN
from musegen.coconet.presets import PRESETS
from musegen.coconet.training import CoconetTrainingConfig
from musegen.coconet.training_data import read_training_pieces
from musegen.data.corpora import chorales
from musegen.data.preparation import chorale_records
from musegen.engine import devices, precision, quiet, run_inputs
from musegen.engine.checkpoints import RunState
from musegen.engine.models import find_model
from musegen.engine.training import Progress, TrainingResult

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "ode_to_joy.mid"
NUM_STEPS = 96

pytestmark = pytest.mark.usefixtures("workplace")


@pytest.fixture(autouse=True)
def arrays(workplace: Path) -> None:
    """Pieces long enough for a crop: four chords, again and again."""
    chords = [[67, 62, 59, 43], [69, 62, 54, 50], [71, 62, 55, 43], [67, 64, 60, 48]]
    piece = [chord for chord in chords * (NUM_STEPS // 16) for _ in range(4)]
    splits = {"train": [piece, piece], "valid": [piece], "test": [piece]}
    Path("arrays.json").write_text(json.dumps(splits), encoding="utf-8")


@dataclass(kw_only=True)
class Calls:
    trained: list[dict[str, Any]] = field(default_factory=list)
    exported: list[dict[str, Any]] = field(default_factory=list)

    @property
    def config(self) -> CoconetTrainingConfig:
        config: CoconetTrainingConfig = self.trained[-1]["config"]
        return config


def best_precision(*, has_gpu: bool) -> str:
    return "mixed_bfloat16" if has_gpu else "float32"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    made = Calls()
    metrics = {"train/loss": 1.5, "valid/loss": 1.25}

    def train(
        *pieces: object,
        config: CoconetTrainingConfig,
        progress: Progress,
        **others: object,
    ) -> tuple[str, TrainingResult]:
        made.trained.append({"pieces": pieces, "config": config, **others})
        loop = config.loop
        for step in (1, loop.validate_every, loop.num_steps):
            progress(step, metrics)
        state = RunState(step=loop.num_steps, seconds=2.04)
        result = TrainingResult(state=state, stopped_early=False, metrics=metrics)
        return "the network", result

    def export(model: str, **others: object) -> None:
        made.exported.append({"model": model, **others})

    monkeypatch.setattr(training, "train_coconet", train)
    monkeypatch.setattr(exporting, "export_coconet", export)
    monkeypatch.setattr(quiet, "import_keras", lambda: None)
    monkeypatch.setattr(devices, "gpu_names", lambda: ())
    monkeypatch.setattr(precision, "best_precision", best_precision)
    return made


def train(*arguments: str) -> int:
    return run(["train", "coconet", "--run", "run", *arguments])


def on_arrays(*arguments: str) -> int:
    return train("--data", "arrays.json", *arguments)


def write_config(config: CoconetTrainingConfig) -> None:
    Path("run").mkdir()
    Path("run/config.json").write_text(json.dumps(config.to_json()), encoding="utf-8")


def error(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert "internal error" not in err
    return err


def test_default_run_is_the_default_preset(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_arrays() == 0
    expected = PRESETS["default"]
    assert calls.config.to_json() == {**expected.to_json(), "precision": "float32"}
    (trained,) = calls.trained
    assert (trained["run_dir"], trained["resume"]) == (Path("run"), False)
    assert trained["start"] is None
    train_pieces, valid_pieces = trained["pieces"]
    assert (len(train_pieces), len(valid_pieces)) == (2, 1)
    assert train_pieces[0].pitch.shape == (NUM_STEPS, 4)
    assert (train_pieces[0].metre == UNKNOWN).all()  # arrays are bare grids
    (exported,) = calls.exported
    assert exported["folder"] == Path("run/model")
    assert exported["model"] == "the network"
    assert exported["data"] == trained["data"]
    assert exported["data"].path == Path("arrays.json")
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(Path("run/model"))]
    assert "step 500: train 1.500, valid 1.250 nats a hidden cell" in err


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--preset", "tiny"], "batch_size", 8),
        (["--batch-size", "3"], "batch_size", 3),
        (["--precision", "mixed_bfloat16"], "precision", "mixed_bfloat16"),
        (["--seed", "7"], "seed", 7),
        (["--seed", "0"], "seed", 0),
    ],
)
def test_option_reaches_the_config(
    arguments: list[str], name: str, value: object, calls: Calls
) -> None:
    assert on_arrays(*arguments) == 0
    assert getattr(calls.config, name) == value


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_named(name: str, calls: Calls) -> None:
    assert on_arrays("--preset", name, "--precision", "mixed_bfloat16") == 0
    expected = {**PRESETS[name].to_json(), "precision": "mixed_bfloat16"}
    assert calls.config.to_json() == expected


def test_the_presets_of_the_help_are_those_that_there_are() -> None:
    assert tuple(PRESETS) == train_command.PRESETS


@pytest.mark.parametrize(
    ("words", "gpus", "expected"),
    [
        ([], (), "float32"),
        (["--precision", "auto"], (), "float32"),
        ([], ("gpu:0",), "mixed_bfloat16"),
        (["--precision", "float32"], ("gpu:0",), "float32"),
    ],
)
def test_precision_suits_the_machine_unless_it_is_given(
    words: list[str],
    gpus: tuple[str, ...],
    expected: str,
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "gpu_names", lambda: gpus)
    assert on_arrays(*words) == 0
    assert calls.config.precision == expected


def test_a_config_file_is_the_run_and_options_change_it(calls: Calls) -> None:
    config = dataclasses.replace(
        PRESETS["tiny"], batch_size=5, seed=9, precision="mixed_bfloat16"
    )
    Path("mine.json").write_text(json.dumps(config.to_json()), encoding="utf-8")
    assert on_arrays("--config", "mine.json") == 0
    assert calls.config == config  # its precision too
    words = ["--batch-size", "6", "--seed", "0", "--steps", "7"]
    assert on_arrays("--config", "mine.json", *words, "--precision", "auto") == 0
    found = calls.config
    assert (found.batch_size, found.seed, found.loop.num_steps) == (6, 0, 7)
    assert found.precision == "float32"
    assert found.network == config.network


@pytest.mark.parametrize("text", ["{", '{"age": 3}', '{"optimizer": "sgd"}'])
def test_a_config_file_that_is_none_is_told(
    text: str, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.json").write_text(text, encoding="utf-8")
    assert on_arrays("--config", "mine.json") == 1
    assert "mine.json is no training config of this version" in error(capsys)
    assert calls.trained == []


def test_a_preset_and_a_config_file_contradict_each_other(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(PRESETS["tiny"])
    words = ["--preset", "tiny", "--config", "run/config.json"]
    assert on_arrays(*words) == 2
    assert "--preset and --config both name a run: give one of them" in error(capsys)
    assert calls.trained == []


def test_a_model_to_begin_with_decides_the_network(calls: Calls) -> None:
    assert on_arrays("--from", "coconet_jsb_base") == 0
    model = find_model("coconet_jsb_base", kind="coconet")
    (trained,) = calls.trained
    assert trained["start"].path == model.path
    assert calls.config.network == config_from_json(model.config.architecture)


def test_a_model_to_begin_with_must_fit_the_preset(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_arrays("--preset", "tiny", "--from", "coconet_jsb_base") == 2
    assert "is another network than the one asked for" in error(capsys)
    assert calls.trained == []


def test_a_model_to_begin_with_must_be_there(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_arrays("--from", "nobody") == 4
    assert "nobody" in error(capsys)
    assert calls.trained == []


def test_steps_and_learning_rate_reach_the_loop(calls: Calls) -> None:
    assert on_arrays("--steps", "12", "--learning-rate", "0.5") == 0
    assert (calls.config.loop.num_steps, calls.config.loop.learning_rate) == (12, 0.5)


def test_export_folder_names_the_model(calls: Calls) -> None:
    assert on_arrays("--export", "models/mine") == 0
    assert calls.exported[0]["folder"] == Path("models/mine")


def test_json_tells_how_the_run_ended(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_arrays("--steps", "12", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["command"] == "train coconet"
    assert (told["steps"], told["seconds"], told["stopped_early"]) == (12, 2.0, False)
    assert told["model"] == str(Path("run/model"))
    assert told["metrics"]["valid/loss"] == 1.25


def test_resume_goes_on_with_the_config_of_the_run(calls: Calls) -> None:
    write_config(PRESETS["tiny"])
    assert on_arrays("--resume", "--steps", "200", "--learning-rate", "0.1") == 0
    assert calls.trained[0]["resume"]
    assert calls.config.batch_size == PRESETS["tiny"].batch_size
    assert calls.exported[0]["start"] is None
    assert (calls.config.loop.num_steps, calls.config.loop.learning_rate) == (200, 0.1)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--preset", "tiny"),
        ("--config", "run/config.json"),
        ("--from", "coconet_jsb_base"),
        ("--batch-size", "8"),
        ("--precision", "float32"),
        ("--seed", "0"),
    ],
)
def test_option_that_a_resumed_run_ignores_is_refused(
    option: str, value: str, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(PRESETS["tiny"])
    assert on_arrays("--resume", option, value) == 2
    assert f"{option} does nothing with --resume" in error(capsys)
    assert calls.trained == []


def test_resume_goes_on_with_data_and_beginning_of_the_run(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(PRESETS["tiny"])
    run_inputs.keep_data(Path("run"), read_training_pieces(Path("arrays.json")).data)
    start = run_inputs.StartingModel(name="first", digest="12", licence="CC0")
    run_inputs.keep_start(Path("run"), start)
    assert train("--resume") == 0
    assert calls.trained[0]["data"].path == Path("arrays.json").resolve()
    assert calls.exported[0]["start"] == start
    Path("arrays.json").unlink()
    capsys.readouterr()
    assert train("--resume") == 1
    assert "arrays.json, which is gone: put it back" in error(capsys)
    assert len(calls.trained) == 1


def test_resuming_nothing_is_told(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_arrays("--resume") == 1
    assert "run holds no run to resume: start it without --resume" in error(capsys)


def test_starting_twice_is_refused_and_leaves_the_run_alone(
    calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(PRESETS["tiny"])
    Path("run/checkpoint.npz").write_bytes(b"the work of hours")
    before = Path("run/config.json").read_bytes()
    assert on_arrays("--seed", "5") == 1
    assert "run holds a run already: add --resume" in error(capsys)
    assert Path("run/config.json").read_bytes() == before
    assert calls.trained == []


@pytest.mark.parametrize("resume", [False, True])
def test_export_folder_that_exists_is_refused_before_training(
    resume: bool, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    arguments = []
    if resume:
        write_config(PRESETS["tiny"])
        arguments = ["--resume"]
    assert on_arrays("--export", "mine", *arguments) == 2
    assert "mine exists: name another folder with --export" in error(capsys)
    assert calls.trained == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--data", "nowhere.json"], 2, ["nowhere.json", "does not exist"]),
        (["--data", "empty.json"], 1, ["empty.json", "empty"]),
        (["--data", "other.npz"], 1, ["not the published", "fetch"]),
        (["--data", "arrays.json", "--steps", "0"], 2, ["--steps"]),
        (["--data", "arrays.json", "--learning-rate", "0"], 2, ["--learning-rate"]),
        (["--data", "arrays.json", "--preset", "huge"], 2, ["huge", "tiny"]),
        (["--data", "arrays.json", "--config", "no.json"], 2, ["no.json", "exist"]),
    ],
)
def test_wrong_words_are_told(
    arguments: list[str],
    code: int,
    words: list[str],
    calls: Calls,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("empty.json").touch()
    Path("other.npz").write_bytes(b"not the arrays")
    assert train(*arguments) == code
    err = error(capsys)
    for word in words:
        assert word in err
    assert calls.trained == []
    assert not Path("run").exists()


def test_chorales_of_music21_are_the_default(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("music21", reason="the extra 'score'")
    few = chorales.load_chorales("valid")[:3]
    monkeypatch.setattr(chorales, "load_chorales", lambda: few)
    assert train() == 0
    train_pieces, valid_pieces = calls.trained[0]["pieces"]
    assert (len(train_pieces), len(valid_pieces)) == (0, 3)
    data = calls.exported[0]["data"]
    assert data.source.startswith("chorales of music21 ")
    assert data.weights_licence == "Apache-2.0"


def test_records_of_chorales_can_be_trained_on(calls: Calls) -> None:
    pytest.importorskip("music21", reason="the extra 'score'")
    few = chorales.load_chorales("valid")[:3]
    prepared = chorale_records.encode_chorales(few)
    Path("records.parquet").write_bytes(prepared.data)
    assert train("--data", "records.parquet") == 0
    train_pieces, valid_pieces = calls.trained[0]["pieces"]
    assert (len(train_pieces), len(valid_pieces)) == (0, 3)
    assert calls.exported[0]["data"].source == "records.parquet, standard split"
