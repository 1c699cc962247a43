"""`musegen harmonize`: what it writes and what it says."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from musegen.cli import harmonize as module
from musegen.cli.main import run
from musegen.data.midi import read_midi
from musegen.data.score import Score
from musegen.engine import models
from musegen.engine.recipe import read_recipe

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "ode_to_joy.mid"

pytestmark = pytest.mark.usefixtures("song", "fake_model")


def harmonize(*arguments: str) -> int:
    defaults = {"--seed": "0", "--steps": "2"}
    words = [w for k, v in defaults.items() if k not in arguments for w in (k, v)]
    return run(["harmonize", *words, *arguments])


def result(*arguments: str) -> bytes:
    """The MIDI bytes that a command line gives."""
    assert harmonize(*arguments, "-o", "x.mid", "--overwrite", "--quiet") == 0
    return Path("x.mid").read_bytes()


def document(
    capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0
) -> dict[str, Any]:
    capsys.readouterr()
    assert harmonize(*arguments, "--json") == code
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


# === What comes out ===


def test_one_word_gives_four_voices_and_a_recipe(
    song: Score, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harmonize("solo.mid") == 0
    out, err = capsys.readouterr()
    assert out == "solo.harmonized.mid\n"
    assert all(
        line.startswith("musegen: note: solo.mid: ") for line in err.splitlines()
    )
    assert Path("solo.harmonized.musegen.json").is_file()
    after = read_midi(Path("solo.harmonized.mid")).score
    assert [part.name for part in after.parts] == ["Melody", "Alto", "Tenor", "Bass"]
    assert after.parts[0] == song.parts[0]
    assert (after.tempos, after.title) == (
        read_midi(Path("solo.mid")).score.tempos,
        "Song",
    )


def test_example_that_ships_is_harmonised() -> None:
    assert harmonize(str(EXAMPLE), "-d", "demo", "-f", "midi,musicxml,svg") == 0
    assert {path.name for path in Path("demo").iterdir()} == {
        f"ode_to_joy.harmonized.{end}"
        for end in ("mid", "musicxml", "svg", "musegen.json")
    }


def test_quiet_prints_paths_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert harmonize("song.mid", "-n", "2", "--quiet") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"song.harmonized.{n}.mid" for n in (1, 2)]
    assert err == ""


def test_same_seed_gives_the_same_bytes_of_every_file() -> None:
    for folder in ("a", "b"):
        words = ["-n", "2", "-f", "midi,musicxml,svg", "--seed", "0", "-d", folder]
        assert harmonize("song.mid", *words) == 0
    made = {path.name: path.read_bytes() for path in Path("a").iterdir()}
    assert len(made) == 7
    assert made == {path.name: path.read_bytes() for path in Path("b").iterdir()}


def test_result_does_not_depend_on_the_other_inputs() -> None:
    alone = result("solo.mid")
    assert harmonize("song.mid", "solo.mid", "-d", "out") == 0
    assert Path("out/solo.harmonized.mid").read_bytes() == alone


def test_model_is_loaded_once_for_all_inputs(fake_model: list[tuple[str, str]]) -> None:
    assert harmonize("song.mid", "solo.mid", "--device", "cpu") == 0
    assert fake_model == [("coconet_jsb_base", "cpu")]


def test_alternatives_differ_and_are_ranked(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = document(capsys, "solo.mid", "-n", "3")["outputs"]
    assert [output["rank"] for output in outputs] == [1, 2, 3]
    assert len({Path(output["path"]).read_bytes() for output in outputs}) == 3
    costs = [output["cost"] for output in outputs]
    assert costs == sorted(costs)
    sidecars = list(Path().glob("*.musegen.json"))
    assert [path.name for path in sidecars] == ["solo.harmonized.musegen.json"]
    recipe = read_recipe(sidecars[0])
    assert [file.name for file in recipe.outputs] == [
        f"solo.harmonized.{n}.mid" for n in (1, 2, 3)
    ]


DRAFT = ("--rounds", "0")


def test_too_few_alternatives_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "solo.mid", "-n", "3", "--temperature", "0", *DRAFT)
    assert len(told["outputs"]) == 1
    (warning,) = [w for w in told["warnings"] if w["code"] == "few-alternatives"]
    assert "raise --temperature" in warning["message"]
    assert not Path("solo.harmonized.2.mid").exists()


# === Pipes and JSON ===


def test_pipe_in_and_out(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(Path("solo.mid").read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert harmonize("-", "-o", "-") == 0
    out, err = capsysbinary.readouterr()
    assert out == result("solo.mid")
    assert b"MThd" not in err
    assert {path.name for path in Path().iterdir()} == {
        "solo.mid",
        "song.mid",
        "x.mid",
        "x.musegen.json",
    }


def test_pipe_in_with_a_folder_for_results(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(Path("solo.mid").read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert harmonize("-", "-d", "out") == 0
    assert Path("out/stdin.harmonized.mid").read_bytes() == result("solo.mid")


def test_json_of_one_input(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "song.mid", "-f", "midi,svg")
    assert list(told)[:2] == ["schema_version", "command"]
    assert (told["schema_version"], told["command"]) == (1, "harmonize")
    assert (told["input"], told["status"], told["seed"]) == ("song.mid", "done", 0)
    assert told["model"] == {
        "name": "coconet_jsb_base",
        "sha256": told["model"]["sha256"],
    }
    assert told["seconds"] >= 0
    assert [(o["path"], o["format"]) for o in told["outputs"]] == [
        ("song.harmonized.mid", "midi"),
        ("song.harmonized.svg", "svg"),
    ]
    assert set(told["outputs"][0]) == {
        "path",
        "format",
        "rank",
        "seed",
        "voices",
        "cost",
        "nats_per_cell",
        "grade",
        "parallel_fifths",
        "parallel_octaves",
        "crossings",
    }
    codes = [warning["code"] for warning in told["warnings"]]
    assert {"voice-chosen", "beat-level", "parts-left-out"} <= set(codes)


def test_json_of_a_batch_counts_what_happened(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("bad.mid").write_bytes(b"")
    told = document(capsys, "song.mid", "bad.mid", "-d", "out", code=3)
    assert told["counts"] == {"done": 1, "skipped": 0, "failed": 1}
    assert [item["status"] for item in told["results"]] == ["done", "failed"]
    error = told["results"][1]["error"]
    assert (error["code"], error["exit_code"]) == ("file-format", 1)
    assert "bad.mid" in error["message"]


def test_json_of_a_failure_is_still_one_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = document(capsys, "nowhere.mid", code=2)
    assert told["error"]["exit_code"] == 2
    assert "nowhere.mid" in told["error"]["message"]


# === Files that exist ===


def test_overwrite_replaces() -> None:
    Path("solo.harmonized.mid").write_bytes(b"old")
    assert harmonize("solo.mid", "--overwrite") == 0
    assert Path("solo.harmonized.mid").read_bytes().startswith(b"MThd")


def test_skip_existing_passes_over_what_is_done(
    capsys: pytest.CaptureFixture[str], fake_model: list[tuple[str, str]]
) -> None:
    assert harmonize("solo.mid") == 0
    Path("solo.harmonized.mid").write_bytes(b"kept")
    fake_model.clear()
    capsys.readouterr()
    assert harmonize("solo.mid", "song.mid", "--skip-existing") == 0
    out, err = capsys.readouterr()
    assert out == "song.harmonized.mid\n"
    assert "solo.mid: skipped, its outputs exist" in err
    assert err.endswith("1 done, 1 skipped, 0 failed\n")
    assert Path("solo.harmonized.mid").read_bytes() == b"kept"


def test_nothing_is_loaded_when_all_is_skipped(
    fake_model: list[tuple[str, str]],
) -> None:
    Path("solo.harmonized.mid").write_bytes(b"kept")
    assert harmonize("solo.mid", "--skip-existing") == 0
    assert fake_model == []


# === The default model ===


def test_default_model_harmonises_the_example(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = [m for m in models.list_models() if m.name == module.DEFAULT_MODEL]
    if not shipped:
        pytest.skip(f"the model {module.DEFAULT_MODEL} is not in this tree yet")
    monkeypatch.undo()  # the real way to models
    words = ["harmonize", str(EXAMPLE), "--steps", "2", "--seed", "0"]
    words += ["--rounds", "1", "--candidates", "1"]
    for folder in ("a", "b"):
        assert run([*words, "-d", str(tmp_path / folder)]) == 0
    made = [tmp_path / folder / "ode_to_joy.harmonized.mid" for folder in ("a", "b")]
    assert made[0].read_bytes() == made[1].read_bytes()
    after = read_midi(made[0]).score
    assert after.parts[0] == read_midi(EXAMPLE).score.parts[0]
    assert [part.name for part in after.parts[1:]] == ["Alto", "Tenor", "Bass"]
