"""`musegen train coconet` from data to music: trained, resumed, exported and used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from musegen.cli.main import run
from musegen.coconet import exporting
from musegen.data.midi import read_midi
from musegen.engine.models import find_model

EXAMPLE = Path(__file__).parents[2] / "examples" / "ode_to_joy.mid"
NUM_STEPS = 96  # of a piece: those of a crop

pytestmark = pytest.mark.usefixtures("workplace")


def write_arrays() -> None:
    """Pieces long enough for a crop: four chords, again and again."""
    chords = [[67, 62, 59, 43], [69, 62, 54, 50], [71, 62, 55, 43], [67, 64, 60, 48]]
    piece = [chord for chord in chords * (NUM_STEPS // 16) for _ in range(4)]
    splits = {"train": [piece, piece], "valid": [piece], "test": [piece]}
    Path("arrays.json").write_text(json.dumps(splits), encoding="utf-8")


@pytest.mark.timeout(900)  # four times what two idle cores take for two graphs
def test_run_is_trained_resumed_exported_and_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("tensorflow", "tf2onnx", "safetensors"):
        pytest.importorskip(package, reason="the extra 'train'")
    write_arrays()
    train = ["train", "coconet", "--run", "run"]
    words = ["--preset", "tiny", "--batch-size", "2", "--steps", "2"]
    with monkeypatch.context() as patch:  # one export is enough, and takes its time
        patch.setattr(exporting, "export_coconet", lambda model, **others: None)
        command = [*train, "--data", "arrays.json", *words]
        assert run([*command, "--export", "models/two", "--quiet"]) == 0
    more = ["--resume", "--steps", "3", "--export", "models/three", "--json"]
    capsys.readouterr()
    assert run([*train, *more]) == 0  # with the data that it began with
    assert json.loads(capsys.readouterr().out)["steps"] == 3
    lines = Path("run/metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 3]
    folder = find_model("./models/three", kind="coconet")
    assert folder.config.name == "three"
    for words_of_card in (
        "3 steps",
        "Trained on: arrays.json",
        "--preset tiny --steps 3 --batch-size 2",
    ):
        assert words_of_card in folder.card
    used = ["harmonize", str(EXAMPLE), "--model", "./models/three", "--seed", "0"]
    assert run([*used, "--steps", "1"]) == 0
    after = read_midi(Path("ode_to_joy.harmonized.mid")).score
    assert after.parts[0] == read_midi(EXAMPLE).score.parts[0]
    assert len(after.parts) == 4
