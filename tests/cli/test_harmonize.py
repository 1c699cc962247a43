"""`musegen harmonize`: what it writes, what it says, and that every option counts."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import musegen
from musegen.cli import harmonize as module
from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import KeySignature, Note, Part, Score, Tempo
from musegen.engine import models
from musegen.engine.recipe import read_recipe

TICKS = 480
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "ode_to_joy.mid"

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")


def line(pitches: tuple[int, ...], length: int) -> tuple[Note, ...]:
    return tuple(
        Note(onset=i * length, duration=length, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )


def song() -> Score:
    """A melody, a second one below it, and a bass."""
    tune = (67, 69, 71, 72, 74, 72, 71, 69, 67, 67, 69, 71, 72, 71, 69, 67)
    return Score(
        ticks_per_quarter=TICKS,
        title="Song",
        tempos=(Tempo(tick=0, qpm=90),),
        key_signatures=(KeySignature(tick=0, sharps=1),),
        parts=(
            Part(name="Melody", channel=0, program=73, notes=line(tune, TICKS)),
            Part(
                name="Second",
                channel=1,
                notes=line(tuple(pitch - 3 for pitch in tune), TICKS),
            ),
            Part(name="Bass", channel=2, notes=line((43, 48, 50, 43), 4 * TICKS)),
        ),
    )


def solo() -> Score:
    return replace(song(), parts=song().parts[:1])


@pytest.fixture(autouse=True)
def inputs(workplace: Path) -> None:
    Path("solo.mid").write_bytes(midi_bytes(solo()))
    Path("song.mid").write_bytes(midi_bytes(song()))


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
    capsys: pytest.CaptureFixture[str],
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
    assert after.parts[0] == solo().parts[0]
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
    num_cells = 3 * 4 * 16
    costs = [
        output["nats_per_cell"]
        + 3.0
        * (
            output["parallel_fifths"]
            + output["parallel_octaves"]
            + output["crossings"] / 4
        )
        / num_cells
        for output in outputs
    ]
    assert costs == sorted(costs)
    sidecars = list(Path().glob("*.musegen.json"))
    assert [path.name for path in sidecars] == ["solo.harmonized.musegen.json"]
    recipe = read_recipe(sidecars[0])
    assert [file.name for file in recipe.outputs] == [
        f"solo.harmonized.{n}.mid" for n in (1, 2, 3)
    ]


def test_too_few_alternatives_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "solo.mid", "-n", "3", "--temperature", "0")
    assert len(told["outputs"]) == 1
    (warning,) = [w for w in told["warnings"] if w["code"] == "few-alternatives"]
    assert "raise --temperature" in warning["message"]
    assert not Path("solo.harmonized.2.mid").exists()


# === Every option counts ===


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (["--voice", "name:Melody"], ["--voice", "2"]),
        (["--voice", "channel:1"], ["--voice", "bottom"]),
        ([], ["--keep", "all"]),
        (["--keep", "2"], ["--keep", "name:Bass"]),
        (["--keep", "2"], ["--keep", "2", "--keep", "3"]),
        (["--beat-level", "quarter"], ["--beat-level", "half"]),
        (["--temperature", "0"], ["--temperature", "1.5"]),
        (["--steps", "2"], ["--steps", "9"]),
        (["--seed", "0"], ["--seed", "1"]),
        ([], ["--model", "another"]),
        (["--model", "./a"], ["--model", "./b"]),
    ],
    ids=str,
)
def test_option_changes_the_result(arguments: list[str], others: list[str]) -> None:
    first = result("song.mid", *arguments)
    assert first == result("song.mid", *arguments)
    assert first != result("song.mid", *others)


def test_voice_says_which_line_comes_back() -> None:
    result("song.mid", "--voice", "2")
    assert read_midi(Path("x.mid")).score.parts[0] == song().parts[1]


@pytest.mark.parametrize(
    ("keep", "names"),
    [
        ([], []),
        (["all"], ["Second", "Bass"]),
        (["name:Bass"], ["Bass"]),
        (["3", "2"], ["Second", "Bass"]),
    ],
)
def test_keep_says_which_other_parts_come_back(
    keep: list[str], names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for part in keep for word in ("--keep", part)]
    told = document(capsys, "song.mid", "-o", "y.mid", *words)
    parts = read_midi(Path("y.mid")).score.parts
    assert [part.name for part in parts] == ["Melody", "Alto", "Tenor", "Bass", *names]
    originals = {part.name: part for part in song().parts}
    assert list(parts[4:]) == [originals[name] for name in names]
    assert len({part.channel for part in parts}) == len(parts)
    left_out = [w["message"] for w in told["warnings"] if w["code"] == "parts-left-out"]
    assert bool(left_out) == (len(names) < 2)
    for name in {"Second", "Bass"} - set(names):
        assert name in left_out[0]


def test_beat_level_says_how_fast_the_harmony_moves() -> None:
    numbers = []
    for level in ("eighth", "quarter", "half", "1/1"):
        result("solo.mid", "--beat-level", level, "--temperature", "0")
        parts = read_midi(Path("x.mid")).score.parts
        numbers.append(sum(len(part.notes) for part in parts[1:]))
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[-1]


def test_formats_are_what_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    assert harmonize("solo.mid", "-f", "midi,musicxml,png,svg") == 0
    ends = ("mid", "musicxml", "png", "svg")
    assert capsys.readouterr().out.split() == [f"solo.harmonized.{e}" for e in ends]
    assert (
        ElementTree.parse("solo.harmonized.musicxml").getroot().tag == "score-partwise"
    )
    assert Path("solo.harmonized.png").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse("solo.harmonized.svg").getroot().tag.endswith("svg")
    assert Path("solo.harmonized.mid").read_bytes().startswith(b"MThd")


def test_missing_matplotlib_is_said_before_any_work(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fake_model: list[tuple[str, str]],
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert harmonize("solo.mid", "-f", "png") == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "musegen[plot]" in err
    assert fake_model == []


def test_extension_of_the_output_is_its_format() -> None:
    assert harmonize("solo.mid", "-o", "voices.xml") == 0
    assert Path("voices.xml").read_bytes().startswith(b"<?xml")
    assert Path("voices.musegen.json").is_file()


def test_seed_that_is_drawn_is_said_and_gives_the_same_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["harmonize", "solo.mid", "--steps", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    seed = told["seed"]
    assert told["outputs"][0]["seed"] == seed
    first = Path("solo.harmonized.mid").read_bytes()
    assert read_recipe(Path("solo.harmonized.musegen.json")).seed == seed
    assert result("solo.mid", "--seed", str(seed)) == first


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
        "nats_per_cell",
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


# === The recipe ===


def test_recipe_tells_all_that_the_result_depends_on() -> None:
    words = ["--voice", "1", "--keep", "3", "--beat-level", "half", "-n", "2"]
    others = ["--temperature", "0.8", "--seed", "5", "--steps", "3", "-f", "midi,svg"]
    assert harmonize("song.mid", *words, *others) == 0
    recipe = read_recipe(Path("song.harmonized.musegen.json"))
    assert recipe.musegen_version == musegen.__version__
    assert (recipe.command, recipe.seed, recipe.given_parts) == ("harmonize", 5, (0,))
    assert recipe.options == {
        "alternatives": 2,
        "voice": "1",
        "keep": ["3"],
        "beat_level": "1/2",
        "temperature": 0.8,
        "steps": 3,
        "model": "coconet_jsb_base",
        "device": "auto",
        "format": ["midi", "svg"],
    }
    assert recipe.model is not None
    assert recipe.model.name == "coconet_jsb_base"
    assert len(recipe.model.sha256) == 64
    assert [file.name for file in recipe.inputs] == ["song.mid"]
    assert [file.name for file in recipe.outputs] == [
        f"song.harmonized.{n}.{end}" for n in (1, 2) for end in ("mid", "svg")
    ]
    for file in (*recipe.inputs, *recipe.outputs):
        content = Path(file.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert {"beat-level", "parts-left-out"} <= {n["code"] for n in recipe.notices}


def test_recipe_names_its_input_as_seen_from_its_own_folder() -> None:
    absolute = str(Path("solo.mid").resolve())
    for word, name in (("solo.mid", "../../solo.mid"), (absolute, absolute)):
        assert harmonize(word, "-d", "deep/out", "--overwrite") == 0
        recipe = read_recipe(Path("deep/out/solo.harmonized.musegen.json"))
        assert [file.name for file in recipe.inputs] == [name]


def test_recipe_ranks_its_outputs() -> None:
    assert harmonize("solo.mid", "-n", "2", "-f", "svg") == 0
    outputs = read_recipe(Path("solo.harmonized.musegen.json")).outputs
    assert [file.facts for file in outputs] == [
        {"format": "svg", "rank": 1},
        {"format": "svg", "rank": 2},
    ]


def test_options_of_a_recipe_give_the_same_again() -> None:
    assert harmonize("solo.mid", "--beat-level", "3/8") == 0
    options = read_recipe(Path("solo.harmonized.musegen.json")).options
    first = Path("solo.harmonized.mid").read_bytes()
    assert first == result("solo.mid", "--beat-level", options["beat_level"])


# === The default model ===


def test_default_model_harmonises_the_example(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = [m for m in models.list_models() if m.name == module.DEFAULT_MODEL]
    if not shipped:
        pytest.skip(f"the model {module.DEFAULT_MODEL} is not in this tree yet")
    monkeypatch.undo()  # the real way to models
    words = ["harmonize", str(EXAMPLE), "--steps", "2", "--seed", "0"]
    for folder in ("a", "b"):
        assert run([*words, "-d", str(tmp_path / folder)]) == 0
    made = [tmp_path / folder / "ode_to_joy.harmonized.mid" for folder in ("a", "b")]
    assert made[0].read_bytes() == made[1].read_bytes()
    after = read_midi(made[0]).score
    assert after.parts[0] == read_midi(EXAMPLE).score.parts[0]
    assert [part.name for part in after.parts[1:]] == ["Alto", "Tenor", "Bass"]
