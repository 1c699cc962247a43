"""`musegen compose`: four parts from nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.data.midi import read_midi
from musegen.data.score import KeySignature, Part, Score, TimeSignature
from musegen.engine.recipe import read_recipe

TICKS = 480
BOLD = ["--temperature", "4", "--rounds", "0"]

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")


def compose(*arguments: str) -> int:
    defaults = {"--seed": "0", "--steps": "2", "--rounds": "2", "--bars": "4"}
    words = [w for k, v in defaults.items() if k not in arguments for w in (k, v)]
    return run(["compose", *words, *arguments])


def result(*arguments: str) -> Score:
    assert compose(*arguments, "-o", "x.mid", "--overwrite", "--quiet") == 0
    return read_midi(Path("x.mid")).score


def document(
    capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0
) -> dict[str, Any]:
    capsys.readouterr()
    assert compose(*arguments, "--json") == code
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


def classes(score: Score, tick: int) -> set[int]:
    """Pitch classes that sound at a tick."""
    return {
        note.pitch % 12
        for part in score.parts
        for note in part.notes
        if note.onset <= tick < note.end
    }


def sounding(part: Part, tick: int) -> int:
    """The pitch of a part at a tick."""
    (found,) = [note.pitch for note in part.notes if note.onset <= tick < note.end]
    return found


def test_no_word_gives_four_parts_and_a_recipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["compose", "--steps", "1", "--rounds", "0"]) == 0
    assert capsys.readouterr().out == "composition.mid\n"
    score = read_midi(Path("composition.mid")).score
    names = ["Soprano", "Alto", "Tenor", "Bass"]
    assert [part.name for part in score.parts] == names
    assert score.end == 8 * 4 * TICKS
    assert len({part.channel for part in score.parts}) == 4
    recipe = read_recipe(Path("composition.musegen.json"))
    assert (recipe.command, recipe.inputs, recipe.given_parts) == ("compose", (), ())


def test_key_is_in_the_file_and_at_both_ends() -> None:
    score = result("--key", "Em")
    assert score.key_signatures == (KeySignature(tick=0, sharps=1, is_minor=True),)
    assert classes(score, 0) <= {4, 7, 11}
    assert classes(score, score.end - 1) <= {4, 7, 11}
    last_bass = [note.pitch % 12 for note in score.parts[3].notes]
    assert (last_bass[0], last_bass[-1]) == (4, 4)


def test_key_is_drawn_with_the_seed_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = {document(capsys, "--seed", str(s), "-d", str(s))["key"] for s in range(6)}
    assert len(keys) > 1
    told = document(capsys, "--seed", "3", "-d", "again")
    assert (
        (read_recipe(Path("again/composition.musegen.json")).options["key"])
        == told["key"]
    )
    made = [Path(f"{d}/composition.mid").read_bytes() for d in ("3", "again")]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("metre", "bar_quarters", "qpm"),
    [("4/4", 4, 60.0), ("3/4", 3, 60.0), ("6/8", 3, 90.0), ("2/2", 4, 120.0)],
)
def test_metre_and_tempo_are_in_the_file(
    metre: str, bar_quarters: int, qpm: float
) -> None:
    score = result("--metre", metre, "--tempo", "60", "--bars", "3")
    numerator, denominator = map(int, metre.split("/"))
    assert score.time_signatures == (
        TimeSignature(tick=0, numerator=numerator, denominator=denominator),
    )
    (tempo,) = score.tempos
    assert tempo.qpm == pytest.approx(qpm, abs=0.001)
    assert score.end == 3 * bar_quarters * TICKS


def test_pickup_comes_before_bar_1() -> None:
    score = result("--pickup", "1", "--bars", "2")
    assert score.pickup == TICKS
    assert score.end == 9 * TICKS
    assert all(part.notes[0].onset == 0 for part in score.parts)


def test_alternatives_are_different(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "-n", "3", "--temperature", "2", "--key", "C")
    paths = [output["path"] for output in told["outputs"]]
    assert paths == [f"composition.{n}.mid" for n in (1, 2, 3)]
    assert len({Path(path).read_bytes() for path in paths}) == 3


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (["--bars", "3"], ["--bars", "4"]),
        (["--key", "C"], ["--key", "Cm"]),
        (["--metre", "4/4"], ["--metre", "3/4"]),
        (["--tempo", "80"], ["--tempo", "90"]),
        (["--pickup", "0"], ["--pickup", "1/2"]),
        (["--seed", "0"], ["--seed", "1"]),
        (["--key", "C", "--seed", "0"], ["--key", "C", "--seed", "1"]),
        (["--cadence", "authentic"], ["--cadence", "half"]),
        (["--cadence", "authentic"], ["--cadence", "none"]),
        (["--beat-level", "quarter"], ["--beat-level", "half"]),
        (["--phrase-ends", "none"], ["--phrase-ends", "auto"]),
        (["--phrase-ends", "auto"], ["--phrase-ends", "2:4"]),
        (["--sampler", "gibbs"], ["--sampler", "upsampling"]),
        (["--temperature", "0.5"], ["--temperature", "2"]),
        (["--top-p", "1"], ["--top-p", "0.1"]),
        (["--steps", "2"], ["--steps", "7"]),
        (["--rounds", "0"], ["--rounds", "3"]),
        (["--temperature", "2"], ["--temperature", "2", "--candidates", "20"]),
        (["--no-rests"], ["--rests"]),
        ([], ["--pin", "soprano@2:1=E4"]),
        ([], ["--chord", "2:1=F"]),
        ([], ["--range", "soprano=C4..D4"]),
        ([], ["--forbid", "soprano=C5..C5"]),
        (BOLD, [*BOLD, "--no-crossing"]),
        ([], ["--model", "another"]),
    ],
    ids=str,
)
def test_option_changes_the_result(arguments: list[str], others: list[str]) -> None:
    first = result("--key", "C", *arguments)
    assert first == result("--key", "C", *arguments)
    assert first != result("--key", "C", *others)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bars", "1", "--metre", "2/4"],
        ["--bars", "1", "--metre", "3/8"],
        ["--bars", "1", "--metre", "6/8"],
        ["--bars", "2", "--metre", "1/4"],
        ["--bars", "2", "--beat-level", "whole", "--cadence", "plagal"],
        ["--bars", "2", "--pin", "bass@1:1=D3"],
    ],
    ids=str,
)
def test_defaults_do_not_collide(arguments: list[str]) -> None:
    score = result("--key", "C", *arguments)
    assert score.parts[3].notes[-1].pitch % 12 == 0


def test_a_cadence_that_gives_way_is_said_and_recorded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = document(capsys, "--key", "C", "--chord", "4:4=Am", "-o", "x.mid")
    assert "cadence-left-out" in [warning["code"] for warning in told["warnings"]]
    assert read_recipe(Path("x.musegen.json")).options["cadence"] == "none"


def test_chords_are_whole_and_voices_in_order_where_asked() -> None:
    words = ["--chord", "2:1=D7", "--chord", "3:3=Bdim", "--no-crossing", *BOLD]
    for seed in range(3):
        score = result("--key", "C", "--seed", str(seed), *words)
        assert {2, 6, 0} <= classes(score, 4 * TICKS)
        assert classes(score, 10 * TICKS) == {11, 2, 5}
        for tick in range(0, score.end, TICKS // 4):
            column = [sounding(part, tick) for part in score.parts]
            assert column == sorted(column, reverse=True)


def test_forbidden_pitches_are_kept_out_of() -> None:
    score = result("--key", "C", "--forbid", "bass=C3..C4", "--forbid", "bass=D2..E2")
    bass = {note.pitch for note in score.parts[3].notes}
    assert not bass & {*range(48, 61), 38, 39, 40}


def test_wishes_are_kept() -> None:
    words = ["--pin", "alto@2:1=A3", "--chord", "3:1=F/A", "--range", "bass=C3..C4"]
    score = result("--key", "C", *words)
    (alto,) = [
        note.pitch
        for note in score.parts[1].notes
        if note.onset <= 4 * TICKS + 10 < note.end
    ]
    assert alto == 57
    assert classes(score, 8 * TICKS + 10) <= {5, 9, 0}
    bass = [note.pitch for note in score.parts[3].notes]
    assert all(48 <= pitch <= 60 for pitch in bass)


def test_another_key_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from musegen.coconet import composing
    from musegen.data.grading.keys import Key

    monkeypatch.setattr(composing, "key_of", lambda pitch: Key(tonic=1, is_minor=True))
    told = document(capsys, "--key", "C")
    (warning,) = [w for w in told["warnings"] if w["code"] == "another-key"]
    assert "another key than C major" in warning["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bars", "0"], ["--bars", "0"]),
        (["--key", "H"], ["'H' is no key"]),
        (["--metre", "4/5"], ["'4/5' is no metre"]),
        (["--metre", "waltz"], ["is no metre"]),
        (["--tempo", "0"], ["--tempo"]),
        (["--pickup", "4"], ["fills a bar", "--pickup"]),
        (["--pickup", "1/3"], ["'1/3' is no pickup"]),
        (["--pickup", "1e0"], ["'1e0' is no pickup"]),
        (["--pin", "alto@9:1=C4"], ["bar 9"]),
        (
            ["--pin", "alto@1:1=Eb4", "--chord", "1:1=Bb", "--key", "Bb"],
            ["bar 1, beat 1", "the chord is Bb", "pinned to Eb4"],
        ),
        (["--range", "alto=C4..E4", "--forbid", "alto=C4..G4"], ["alto keeps out of"]),
        (["--range", "alto=C4..E4", "--forbid", "alto=C5..G5"], ["does nothing"]),
        (["--phrase-ends", "auto", "--model", "deaf"], ["--phrase-ends"]),
        (["-o", "a.txt"], ["compose writes midi"]),
        (["--json", "-o", "-"], ["--json and -o -"]),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_told(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compose(*arguments) == 2
    err = capsys.readouterr().err
    assert "internal error" not in err
    for word in words:
        assert word in err
    assert list(Path().iterdir()) == []


def test_recipe_gives_the_same_again() -> None:
    result("--metre", "3/4", "--pickup", "1", "--seed", "4")
    options = read_recipe(Path("x.musegen.json")).options
    first = Path("x.mid").read_bytes()
    words = [
        w
        for k in ("bars", "metre", "pickup", "tempo", "key")
        for w in (f"--{k}", str(options[k]))
    ]
    result(*words, "--seed", "4")
    assert Path("x.mid").read_bytes() == first
