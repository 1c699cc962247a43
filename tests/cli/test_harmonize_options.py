"""Every option of `musegen harmonize` counts, and the recipe tells them all."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import musegen
from musegen.cli.main import run
from musegen.data.midi import read_midi
from musegen.data.score import Score
from musegen.engine.recipe import read_recipe

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


# === Every option counts ===


BOLD = ["--temperature", "4", "--rounds", "0"]
SIX_STEPS = ("--steps", "6", "--schedule")


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
        (["--rounds", "0"], ["--rounds", "3"]),
        (["--top-p", "1"], ["--top-p", "0.2"]),
        (["--candidates", "1"], ["--candidates", "9"]),
        (["--sampler", "gibbs"], ["--sampler", "blocks"]),
        (["--sampler", "gibbs"], ["--sampler", "upsampling"]),
        (["--sampler", "gibbs"], ["--sampler", "ancestral-gibbs"]),
        ([*SIX_STEPS, "linear"], [*SIX_STEPS, "steep"]),
        ([*SIX_STEPS, "steep"], [*SIX_STEPS, "cosine"]),
        ([*SIX_STEPS, "cosine"], [*SIX_STEPS, "constant"]),
        ([], ["--rests"]),
        ([], ["--phrase-ends", "auto"]),
        (["--phrase-ends", "2:4"], ["--phrase-ends", "3:4"]),
        ([], ["--pin", "alto@2:1=D4"]),
        ([], ["--chord", "2:1=D"]),
        ([], ["--range", "tenor=C3..A3"]),
        ([], ["--forbid", "tenor=A3..B3"]),
        (BOLD, [*BOLD, "--no-crossing"]),
        (["--cadence", "none"], ["--cadence", "authentic"]),
        (["--cadence", "authentic"], ["--cadence", "plagal"]),
        (["--given", "soprano"], ["--given", "bass"]),
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


def ends(key: str) -> list[int]:
    """Pitch classes of the last chord of an authentic cadence."""
    words = ["--cadence", "authentic", "--given", "alto", "--key", key]
    result("solo.mid", *words, "--voice", "1")
    parts = read_midi(Path("x.mid")).score.parts
    return sorted({part.notes[-1].pitch % 12 for part in parts})


def test_key_says_where_the_cadence_ends() -> None:
    assert set(ends("G")) <= {7, 11, 2}
    assert set(ends("Em")) <= {4, 7, 11}
    assert ends("G") != ends("Em")


def test_one_cell_after_another_takes_no_steps() -> None:
    made = []
    for sampler in ("ancestral", "chronological"):
        words = ["--sampler", sampler, "--seed", "0", "--rounds", "0", "--quiet"]
        words += ["-o", f"{sampler}.mid", "--candidates", "1"]
        assert run(["harmonize", "solo.mid", *words]) == 0
        made.append(Path(f"{sampler}.mid").read_bytes())
    assert made[0] != made[1]


def pitch_at(part: int, quarter: int) -> int:
    """What a part of x.mid sounds a little after a quarter."""
    tick = 480 * quarter + 10
    notes = read_midi(Path("x.mid")).score.parts[part].notes
    (found,) = [note.pitch for note in notes if note.onset <= tick < note.end]
    return found


def test_pins_chords_and_ranges_are_kept() -> None:
    words = ["--pin", "alto@2:1=D4", "--pin", "B@3:2=A2", "--chord", "2:3=G/B"]
    result("solo.mid", *words, "--range", "tenor=C3..F3")
    assert pitch_at(1, 4) == 62
    assert pitch_at(3, 9) == 45
    assert {pitch_at(part, 6) % 12 for part in (1, 2)} <= {7, 11, 2}
    assert pitch_at(3, 6) % 12 == 11
    tenor = read_midi(Path("x.mid")).score.parts[2].notes
    assert all(48 <= note.pitch <= 53 for note in tenor)


def test_a_pin_can_be_a_rest() -> None:
    result("solo.mid", "--pin", "alto@2:1=rest")
    alto = read_midi(Path("x.mid")).score.parts[1].notes
    assert not [note for note in alto if note.onset < 5 * 480 and note.end > 4 * 480]


def test_rests_come_only_where_they_are_allowed() -> None:
    def lengths(*words: str) -> list[int]:
        result("solo.mid", *words)
        parts = read_midi(Path("x.mid")).score.parts
        return [sum(note.duration for note in part.notes) for part in parts[1:]]

    assert lengths() == [16 * 480] * 3
    assert lengths("--no-rests") == [16 * 480] * 3
    assert min(lengths("--rests")) < 16 * 480


@pytest.mark.parametrize("given", ["bass", "tenor"])
def test_given_line_may_be_another_voice(given: str, song: Score) -> None:
    result("solo.mid", "--given", given)
    parts = read_midi(Path("x.mid")).score.parts
    names = ["Soprano", "Alto", "Tenor", "Bass"]
    place = names.index(given.capitalize())
    names[place] = "Melody"
    assert [part.name for part in parts] == names
    assert parts[place] == song.parts[0]


def test_two_given_voices_come_back_and_two_are_written(song: Score) -> None:
    result("song.mid", "--given", "soprano,bass")
    parts = read_midi(Path("x.mid")).score.parts
    assert [part.name for part in parts] == ["Melody", "Alto", "Tenor", "Bass"]
    assert (parts[0], parts[3]) == (song.parts[0], song.parts[2])
    told = read_recipe(Path("x.musegen.json"))
    assert told.given_parts == (0, 3)
    assert told.options["given"] == "soprano,bass"


def test_voices_are_named_in_the_order_of_the_given(song: Score) -> None:
    result("song.mid", "--given", "bass,soprano", "--voice", "3", "--voice", "2")
    parts = read_midi(Path("x.mid")).score.parts
    assert (parts[0], parts[3]) == (song.parts[1], song.parts[2])


def test_voice_says_which_line_comes_back(song: Score) -> None:
    result("song.mid", "--voice", "2")
    assert read_midi(Path("x.mid")).score.parts[0] == song.parts[1]


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
    keep: list[str],
    names: list[str],
    song: Score,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word for part in keep for word in ("--keep", part)]
    told = document(capsys, "song.mid", "-o", "y.mid", *words)
    parts = read_midi(Path("y.mid")).score.parts
    assert [part.name for part in parts] == ["Melody", "Alto", "Tenor", "Bass", *names]
    originals = {part.name: part for part in song.parts}
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


# === The recipe ===


def test_recipe_tells_all_that_the_result_depends_on() -> None:
    words = ["--voice", "1", "--keep", "3", "--beat-level", "half", "-n", "2"]
    others = ["--temperature", "0.8", "--seed", "5", "--steps", "3"]
    others += ["--rounds", "4", "-f", "midi,svg", "--candidates", "5", "--rests"]
    others += ["--sampler", "blocks", "--top-p", "0.9", "--phrase-ends", "auto"]
    others += ["--pin", "alto@1:1=D4", "--chord", "2:1=G", "--range", "bass=C2..C4"]
    others += ["--cadence", "authentic", "--key", "G", "--forbid", "tenor=A3..B3"]
    others += ["--no-crossing"]
    assert harmonize("song.mid", *words, *others) == 0
    recipe = read_recipe(Path("song.harmonized.musegen.json"))
    assert recipe.musegen_version == musegen.__version__
    assert (recipe.command, recipe.seed, recipe.given_parts) == ("harmonize", 5, (0,))
    assert recipe.options == {
        "given": "soprano",
        "voice": ["1"],
        "beat_level": "1/2",
        "phrase_ends": "auto",
        "keep": ["3"],
        "alternatives": 2,
        "candidates": 5,
        "sampler": "blocks",
        "temperature": 0.8,
        "draft_heat": 1.4,
        "top_p": 0.9,
        "steps": 3,
        "schedule": "linear",
        "rounds": 4,
        "rests": True,
        "pin": ["alto@1:1=D4"],
        "chord": ["2:1=G"],
        "range": ["bass=C2..C4"],
        "forbid": ["tenor=A3..B3"],
        "crossing": False,
        "cadence": "authentic",
        "key": "G",
        "model": "coconet_jsb_base",
        "device": "auto",
        "precision": "auto",
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


def test_a_schedule_needs_a_sampler_that_anneals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--sampler", "upsampling", "--schedule", "cosine"]
    assert run(["harmonize", "song.mid", *words]) == 2
    assert (
        "--schedule does nothing with --sampler upsampling" in capsys.readouterr().err
    )
