from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from musegen.cli._inputs import Source
from musegen.cli._output import Output
from musegen.cli._paths import Plan, Target
from musegen.cli._recipe_inputs import recorded_inputs
from musegen.cli._recording_run import (
    RecordingCommand,
    read_recording,
    write_results,
)
from musegen.data.errors import FileFormatError
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.audio.reading import write_audio


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_audio(Path("a.wav"), np.full((44_100, 2), 0.1, dtype=np.float32), 44_100)
    return tmp_path


def plan() -> Plan:
    return Plan(
        source=Source(name="a.wav", path=Path("a.wav")),
        targets=(Target(path=Path("out/a.txt"), format="text", index=1),),
        sidecar=Path("out/a.musegen.json"),
        overwrite=False,
        is_skipped=False,
    )


def test_recording_is_read_with_its_remarks() -> None:
    output = Output(quiet=True)
    with output.item("a.wav") as item:
        recording, content = read_recording(plan().source, item)
        assert recording.sample_rate == 16_000
        assert recording.duration_s == pytest.approx(1.0, abs=0.01)
        assert content.startswith(b"RIFF")
        assert "mixed-to-mono" in {notice.code for notice in item.notices}


def test_empty_file_is_refused_in_a_sentence() -> None:
    Path("empty.wav").touch()
    output = Output(quiet=True)
    with output.item("x") as item, pytest.raises(FileFormatError, match="0 bytes"):
        source = Source(name="empty.wav", path=Path("empty.wav"))
        read_recording(source, item)


def test_files_and_recipe_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes.mid").write_bytes(b"notes")
    output = Output()
    call = RecordingCommand(name="analyse", options={"x": 1}, seed=5, output=output)
    with output.item("a.wav") as item:
        write_results(
            call,
            plan(),
            item,
            made=[(plan().targets[0], b"words", {"bars": 2})],
            inputs=recorded_inputs(plan(), b"sound", [Path("notes.mid")]),
            estimator=SimpleNamespace(name="m", digest="0" * 64),
        )
        assert item.outputs[0]["bars"] == 2
    assert Path("out/a.txt").read_bytes() == b"words"
    assert capsys.readouterr().out == f"{Path('out/a.txt')}\n"
    recipe = read_recipe(Path("out/a.musegen.json"))
    assert [file.name for file in recipe.inputs] == ["../a.wav", "../notes.mid"]
    assert recipe.options["format"] == ["text"]
    assert recipe.seed == 5
    assert recipe.model is not None
    assert recipe.model.name == "m"
    assert json.loads(Path("out/a.musegen.json").read_text())["command"] == "analyse"
