"""`musegen evaluate SCORES`: files, options, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.data.grading.grade import FEATURES
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score

TICKS = 480
CHORDS = [(73, 68, 65, 49), (75, 66, 63, 44), (77, 68, 61, 49), (75, 68, 60, 44)]
OTHER = [(73, 68, 65, 49), (73, 70, 65, 46), (72, 68, 63, 44), (73, 68, 65, 49)]
NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def quartet(chords: list[tuple[int, int, int, int]]) -> Score:
    """One voice a part, in quarters."""
    return Score(
        ticks_per_quarter=TICKS,
        parts=tuple(
            Part(
                name=name,
                channel=voice,
                notes=tuple(
                    Note(onset=TICKS * place, duration=TICKS, pitch=chord[voice])
                    for place, chord in enumerate(chords)
                ),
            )
            for voice, name in enumerate(NAMES)
        ),
    )


@pytest.fixture(autouse=True)
def scores(workplace: Path) -> None:
    """tune.mid, and two more in a folder and one below it."""
    Path("samples/deep").mkdir(parents=True)
    Path("tune.mid").write_bytes(midi_bytes(quartet(CHORDS * 4)))
    Path("samples/one.mid").write_bytes(midi_bytes(quartet(OTHER * 6)))
    Path("samples/deep/two.mid").write_bytes(midi_bytes(quartet((CHORDS + OTHER) * 2)))
    Path("samples/notes.txt").write_text("no score")


def evaluate(*arguments: str) -> int:
    return run(["evaluate", *arguments])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert evaluate(*arguments, "--json") == 0
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


def test_a_score_needs_no_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("tune.mid") == 0
    without = capsys.readouterr().out
    assert evaluate("scores", "tune.mid") == 0
    assert capsys.readouterr().out == without
    lines = without.splitlines()
    assert lines[0].split()[0] == "file"
    assert lines[1].split()[0] == "tune.mid"
    assert "voice leading" in without
    assert "Bach" in without
    assert max(map(len, lines)) <= 80


def test_options_may_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("--spelling", "naive", "tune.mid") == 0
    assert "key-aware  " not in capsys.readouterr().out


def test_folders_are_read_to_the_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "tune.mid", "samples")
    assert [Path(result["input"]).name for result in told["results"]] == [
        "tune.mid",
        "two.mid",
        "one.mid",
    ]
    assert told["counts"] == {"done": 3, "skipped": 0, "failed": 0}
    assert told["summary"]["naive"]["num_grades"] == 3


def test_json_has_grades_parts_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "tune.mid")
    assert told["command"] == "evaluate scores"
    assert told["parts"][0] == "part 1 'Soprano'"
    assert told["sixteenths"] == 64
    (grade,) = told["grades"]["key-aware"]
    assert grade["key"] == "C# major"
    assert grade["failure"] is None
    assert grade["total"] == pytest.approx(sum(grade[name] for name in FEATURES))
    assert told["summary"]["key-aware"]["median"] == pytest.approx(grade["total"])
    assert told["voice_leading"] == told["voice_leading_of_all"]
    assert told["voice_leading_of_bach"]["fifths_per_1000_beats"] == 2.3177


@pytest.mark.parametrize("spelling", ["key-aware", "naive"])
def test_spelling_chooses_a_grade(
    spelling: str, capsys: pytest.CaptureFixture[str]
) -> None:
    both = document(capsys, "tune.mid")["grades"]
    one = document(capsys, "tune.mid", "--spelling", spelling)["grades"]
    assert one == {spelling: both[spelling]}
    assert both["naive"] != both["key-aware"]


def test_window_grades_pieces_of_the_piece(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "tune.mid", "--window", "24")
    assert len(told["grades"]["naive"]) == 2
    assert told["summary"]["naive"]["num_grades"] == 2


def test_raster_forgets_repeated_notes(capsys: pytest.CaptureFixture[str]) -> None:
    struck = document(capsys, "tune.mid")["grades"]["naive"][0]
    held = document(capsys, "tune.mid", "--raster")["grades"]["naive"][0]
    assert held["bass"] == struck["bass"]  # it never repeats a note
    assert held["rhythm"] != struck["rhythm"]


def test_voices_are_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    usual = document(capsys, "tune.mid")
    turned = document(capsys, "tune.mid", "--voices", "Bass, 3, name:Alto, 1")
    assert turned["parts"] == ["Bass", "3", "name:Alto", "1"]
    assert turned["voice_leading"]["crossings"] == [1, 1, 1]
    assert usual["voice_leading"]["crossings"] == [0, 0, 0]


def test_notes_off_the_grid_are_refused_or_moved(
    capsys: pytest.CaptureFixture[str],
) -> None:
    score = quartet(CHORDS * 4)
    notes = list(score.parts[0].notes)
    notes[5] = replace(notes[5], onset=notes[5].onset + 20, duration=TICKS - 20)
    soprano = replace(score.parts[0], notes=tuple(notes))
    late = replace(score, parts=(soprano, *score.parts[1:]))
    Path("late.mid").write_bytes(midi_bytes(late))
    assert evaluate("late.mid") == 1
    out, err = capsys.readouterr()
    assert out == ""
    for word in ("late.mid", "Soprano", "bar 2, beat 2", "--quantize"):
        assert word in err
    moved = document(capsys, "late.mid", "--quantize")
    straight = document(capsys, "tune.mid", "--quantize")
    assert moved["grades"] == straight["grades"]


def test_some_failures_are_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    trio = replace(quartet(CHORDS), parts=quartet(CHORDS).parts[:3])
    Path("trio.mid").write_bytes(midi_bytes(trio))
    assert evaluate("trio.mid", "tune.mid") == 3
    out, err = capsys.readouterr()
    assert "tune.mid" in out
    assert "trio.mid" not in out
    (sentence,) = [line for line in err.splitlines() if "trio.mid" in line]
    assert "3 parts" in sentence
    assert "--voices" in sentence


def test_too_short_a_piece_has_no_grade(capsys: pytest.CaptureFixture[str]) -> None:
    Path("short.mid").write_bytes(midi_bytes(quartet(CHORDS[:2])))
    assert evaluate("short.mid") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[-2:] == ["none", "none"]
    assert "without a grade" in out
    assert "short.mid: no grade, the soprano has too few notes" in err
    told = document(capsys, "short.mid")
    assert told["grades"]["naive"][0]["total"] is None
    assert "too few notes" in told["grades"]["naive"][0]["failure"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.mid"], 2, ["missing.mid", "no such file"]),
        (["tune.mid", "tune.mid"], 2, ["given twice"]),
        (["tune.mid", "--voices", "1,2"], 2, ["--voices", "1,2,3,4"]),
        (["tune.mid", "--voices", "1,2,,4"], 2, ["--voices"]),
        (["tune.mid", "--voices", "1,2,3,9"], 2, ["tune.mid", "'9'"]),
        (["tune.mid", "--window", "8"], 2, ["--window", "16"]),
        (["tune.mid", "--window", "128"], 1, ["tune.mid", "64 sixteenths"]),
        (["tune.mid", "--spelling", "sharp"], 2, ["sharp", "naive"]),
        (["empty"], 1, ["empty", ".mid", "below"]),
        (["--spelling", "naive"], 2, ["SCORES"]),
    ],
)
def test_what_cannot_be_graded_is_told(
    arguments: list[str],
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("empty").mkdir()
    assert evaluate(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    for word in words:
        assert word in err


def test_quiet_says_nothing_of_what_went_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("tune.mid", "-q") == 0
    assert capsys.readouterr() == ("", "")
