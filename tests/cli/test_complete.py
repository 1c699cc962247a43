"""`musegen complete`: what is missing is written, all else stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import Note, Part, Score
from musegen.engine.recipe import read_recipe

TICKS = 480
NAMES = ("Soprano", "Alto", "Tenor", "Bass")
TUNES = {
    "Soprano": (72, 74, 76, 77, 76, 74, 72, 71, 72, 74, 76, 74, 72, 71, 71, 72),
    "Alto": (67, 67, 67, 69, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67, 67),
    "Tenor": (60, 59, 60, 60, 60, 59, 60, 62, 60, 59, 60, 59, 60, 62, 62, 60),
    "Bass": (48, 55, 48, 53, 48, 55, 52, 55, 48, 55, 48, 55, 52, 55, 55, 48),
}

BOLD = ("--voices", "a,t,b", "--temperature", "2")

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")


def chorale(*names: str) -> Score:
    """Four bars of quarters in some of the voices."""
    parts = tuple(
        Part(
            name=name,
            channel=NAMES.index(name),
            program=52,
            notes=tuple(
                Note(onset=i * TICKS, duration=TICKS, pitch=p, velocity=60 + i)
                for i, p in enumerate(TUNES[name])
            ),
        )
        for name in names or NAMES
    )
    return Score(ticks_per_quarter=TICKS, parts=parts)


def write(score: Score, name: str = "score.mid") -> None:
    Path(name).write_bytes(midi_bytes(score))


def complete(*arguments: str) -> int:
    words = ["--seed", "0", "--rounds", "2"]
    if "--sampler" not in arguments and "--steps" not in arguments:
        words += ["--steps", "2"]
    return run(["complete", "score.mid", *words, *arguments])


def result(*arguments: str) -> Score:
    assert complete(*arguments, "-o", "x.mid", "--overwrite", "--quiet") == 0
    return read_midi(Path("x.mid")).score


def outside(part: Part, first_quarter: int, end_quarter: int) -> list[Note]:
    """The notes of a part that begin outside of some quarters."""
    first, end = first_quarter * TICKS, end_quarter * TICKS
    return [note for note in part.notes if not first <= note.onset < end]


def test_bars_and_voices_are_rewritten_and_nothing_else() -> None:
    before = chorale()
    write(before)
    after = result("--bars", "2-3", "--voices", "alto,tenor")
    assert [part.name for part in after.parts] == list(NAMES)
    assert after.parts[0] == before.parts[0]
    assert after.parts[3] == before.parts[3]
    for index in (1, 2):
        old, new = before.parts[index], after.parts[index]
        assert outside(new, 4, 12) == outside(old, 4, 12)
        assert replace(new, notes=()) == replace(old, notes=())
        assert new.notes != old.notes
    assert read_recipe(Path("x.musegen.json")).given_parts == (0, 3)


def test_whole_voices_are_rewritten() -> None:
    before = chorale()
    write(before)
    after = result("--voices", "bass")
    assert after.parts[:3] == before.parts[:3]
    assert after.parts[3].notes != before.parts[3].notes


def test_whole_bars_are_rewritten() -> None:
    before = chorale()
    write(before)
    after = result("--bars", "1,4")
    for old, new in zip(before.parts, after.parts, strict=True):
        is_inside = [4 * TICKS <= note.onset < 12 * TICKS for note in new.notes]
        kept = [n for n, inside in zip(new.notes, is_inside, strict=True) if inside]
        assert kept == outside(old, 0, 4)[:8]
        assert new.notes != old.notes


def test_missing_voices_are_written_by_default() -> None:
    before = chorale("Soprano", "Bass")
    write(before)
    after = result()
    assert [part.name for part in after.parts] == list(NAMES)
    assert (after.parts[0], after.parts[3]) == before.parts
    assert all(
        sum(n.duration for n in part.notes) == 16 * TICKS for part in after.parts
    )


def test_rests_are_filled_by_default_and_notes_stay() -> None:
    before = chorale()
    parts = list(before.parts)
    for index in range(4):
        notes = parts[index].notes
        parts[index] = replace(parts[index], notes=notes[: 4 + index] + notes[9:])
    before = replace(before, parts=tuple(parts))
    write(before)
    after = result()
    for old, new in zip(before.parts, after.parts, strict=True):
        assert set(old.notes) <= set(new.notes)
        assert sum(note.duration for note in new.notes) == 16 * TICKS


def test_bars_after_the_end_are_added() -> None:
    before = chorale()
    write(before)
    after = result("--bars", "5-6")
    assert after.end == 24 * TICKS
    for old, new in zip(before.parts, after.parts, strict=True):
        assert new.notes[:16] == old.notes


def test_notes_over_the_edge_are_kept_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = chorale()
    bass = before.parts[3]
    held = replace(bass.notes[3], duration=2 * TICKS)
    bass = replace(bass, notes=(*bass.notes[:3], held, *bass.notes[5:]))
    before = replace(before, parts=(*before.parts[:3], bass))
    write(before)
    after = result("--bars", "2", "--json")
    told = json.loads(capsys.readouterr().out)
    (notice,) = [w for w in told["warnings"] if w["code"] == "notes-over-the-edge"]
    assert "1 note reaches over the edge" in notice["message"]
    assert (notice["bar"], notice["beat"]) == (1, 4.0)
    assert held in after.parts[3].notes
    others = [note for note in after.parts[3].notes if note != held]
    assert all(not held.onset <= note.onset < held.end for note in others)


def test_revoicing_begins_with_the_notes_that_are_there() -> None:
    before = chorale()
    write(before)
    blank = result("--voices", "alto,tenor")
    revoiced = result("--voices", "alto,tenor", "--revoice")
    assert revoiced != blank
    assert (revoiced.parts[0], revoiced.parts[3]) == (before.parts[0], before.parts[3])
    assert revoiced.parts[1:3] != before.parts[1:3]
    assert revoiced == result("--voices", "alto,tenor", "--revoice")


def test_revoicing_gives_alternatives(capsys: pytest.CaptureFixture[str]) -> None:
    write(chorale())
    assert (
        complete("--voices", "alto", "--revoice", "-n", "3", "--temperature", "2") == 0
    )
    assert capsys.readouterr().out.split() == [
        f"score.completed.{n}.mid" for n in (1, 2, 3)
    ]
    made = {Path(f"score.completed.{n}.mid").read_bytes() for n in (1, 2, 3)}
    assert len(made) == 3


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (["--bars", "2"], ["--bars", "3"]),
        (["--bars", "2"], ["--bars", "2,4"]),
        (["--voices", "alto"], ["--voices", "tenor"]),
        (["--voices", "alto"], ["--voices", "alto", "--bars", "1-2"]),
        (["--voices", "alto"], ["--voices", "alto", "--given", "b,t,a,s"]),
        (["--voices", "alto"], ["--voices", "alto", "--beat-level", "half"]),
        (["--voices", "alto"], ["--voices", "alto", "--voice", "1", "--voice", "4"]),
        (["--voices", "alto"], ["--voices", "alto", "--seed", "5"]),
        (["--voices", "alto"], ["--voices", "alto", "--temperature", "2"]),
        (["--voices", "alto"], ["--voices", "alto", "--top-p", "0.1"]),
        (["--voices", "alto"], ["--voices", "alto", "--rounds", "0"]),
        (["--candidates", "1", *BOLD], ["--candidates", "16", *BOLD]),
        (["--voices", "alto"], ["--voices", "alto", "--sampler", "blocks"]),
        (["--voices", "alto"], ["--voices", "alto", "--pin", "alto@1:2=A4"]),
        (["--voices", "alto"], ["--voices", "alto", "--chord", "1:2=G"]),
        (["--voices", "alto"], ["--voices", "alto", "--range", "alto=C4..E4"]),
        (["--voices", "alto"], ["--voices", "alto", "--forbid", "alto=E4..A4"]),
        (BOLD, [*BOLD, "--no-crossing"]),
        (["--voices", "tenor"], ["--voices", "tenor", "--cadence", "authentic"]),
        (["--voices", "alto"], ["--voices", "alto", "--rests"]),
        (["--voices", "alto"], ["--voices", "alto", "--phrase-ends", "2:4"]),
        (["--voices", "alto"], ["--voices", "alto", "--model", "another"]),
    ],
    ids=str,
)
def test_option_changes_the_result(arguments: list[str], others: list[str]) -> None:
    write(chorale())
    first = result(*arguments)
    assert first == result(*arguments)
    assert first != result(*others)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 1, ["nothing to fill", "--bars or --voices"]),
        (["--revoice"], 2, ["--revoice", "--voices or --bars"]),
        (["--revoice", "--bars", "5"], 2, ["--revoice", "leave it out"]),
        (["--bars", "9"], 2, ["bar 9", "ends with bar 4", "5-9"]),
        (["--bars", "0"], 2, ["bar 0", "pickup"]),
        (["--bars", "x"], 2, ["'x' names no bars"]),
        (["--bars", "3-2"], 2, ["ends before"]),
        (["--voices", "viola"], 2, ["'viola' is no voice"]),
        (["--voices", "alto,a"], 2, ["twice"]),
        (["--given", "s,a"], 2, ["2 voices", "4 lines"]),
        (["--voice", "9"], 2, ["no part is '9'"]),
        (["--voice", "1", "--voice", "1"], 2, ["given twice"]),
        (["--voices", "alto", "--range", "bass=C2..C3"], 2, ["bass", "nothing"]),
        (["--voices", "alto", "--forbid", "bass=C2..C3"], 2, ["bass", "nothing"]),
        (["--voices", "alto", "--chord", "1:2=Dm"], 2, ["chord is Dm", "tenor", "B3"]),
        (["--voices", "bass", "--cadence", "plagal"], 2, ["A", "plagal cadence"]),
        (["--voices", "alto", "--bars", "1", "--chord", "3:1=C"], 2, ["bar 3"]),
        (["--key", "G", "--voices", "alto"], 2, ["--key"]),
        (["-o", "x.txt", "--voices", "alto"], 2, ["not text"]),
        (["--voices", "alto", "--model", "deaf", "--rests"], 2, ["--rests"]),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_told(
    arguments: list[str],
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(chorale())
    assert complete(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "internal error" not in err
    lines = [line for line in err.splitlines() if ": note: " not in line]
    for word in words:
        assert word in lines[0]
    assert {path.name for path in Path().iterdir()} == {"score.mid"}


def test_more_than_four_parts_have_to_be_chosen_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = chorale()
    more = replace(before.parts[0], name="Flute", channel=5)
    before = replace(before, parts=(*before.parts, more))
    write(before)
    assert complete("--voices", "alto") == 2
    assert "5 parts have notes" in capsys.readouterr().err
    voices = [word for n in (1, 2, 3, 4) for word in ("--voice", str(n))]
    after = result("--voices", "alto", *voices)
    assert after.parts[4] == more
    assert after.parts[1] != before.parts[1]


def test_drums_and_empty_parts_stay() -> None:
    before = chorale("Soprano", "Bass")
    drums = Part(
        name="Kit",
        channel=9,
        is_drum=True,
        notes=(Note(onset=0, duration=TICKS, pitch=36),),
    )
    before = replace(before, parts=(drums, *before.parts))
    write(before)
    after = result()
    assert after.parts[0] == drums
    assert [part.name for part in after.parts] == ["Kit", *NAMES]


def test_recipe_holds_every_option() -> None:
    write(chorale())
    words = ["--bars", "2-3", "--voices", "alto", "--revoice", "--given", "s,a,t,b"]
    assert complete(*words, "--sampler", "gibbs", "--steps", "3") == 0
    options: dict[str, Any] = dict(
        read_recipe(Path("score.completed.musegen.json")).options
    )
    assert options == {
        "bars": "2-3",
        "voices": "alto",
        "revoice": True,
        "given": "s,a,t,b",
        "voice": [],
        "beat_level": None,
        "phrase_ends": "none",
        "alternatives": 1,
        "candidates": 2,
        "sampler": "gibbs",
        "temperature": 0.7,
        "draft_heat": 1.4,
        "top_p": 1.0,
        "steps": 3,
        "schedule": "linear",
        "rounds": 2,
        "rests": False,
        "pin": [],
        "chord": [],
        "range": [],
        "forbid": [],
        "crossing": True,
        "cadence": "none",
        "key": None,
        "model": "coconet_jsb_base",
        "device": "auto",
        "precision": "auto",
        "format": ["midi"],
    }


def test_result_does_not_depend_on_the_other_inputs() -> None:
    write(chorale(), "other.mid")
    write(chorale("Soprano", "Bass"))
    alone = result()
    words = ["--seed", "0", "--rounds", "2", "--steps", "2", "--voices", "alto,tenor"]
    assert run(["complete", "other.mid", "score.mid", *words, "-d", "out"]) == 0
    together = read_midi(Path("out/score.completed.mid")).score
    assert together == result("--voices", "alto,tenor")
    assert [p.notes for p in alone.parts][::3] == [p.notes for p in together.parts][::3]
