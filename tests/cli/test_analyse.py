from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.data.files import read_score
from musegen.data.midi import midi_bytes
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.audio.reading import write_audio
from musegen.midi_ddsp.notes import PlayedNote, score_from_notes
from musegen.midi_ddsp.tables.note_table_files import read_note_table

RATE = 16_000


def tune(*pitches: int) -> np.ndarray:
    """Notes of 0.35 s and gaps of 0.1 s."""
    time_s = np.arange(round(0.35 * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time_s, 0.35 - time_s) / 0.02)
    pieces = []
    for pitch in pitches:
        f0_hz = 440 * 2 ** ((pitch - 69) / 12)
        wave = sum(np.sin(2 * np.pi * k * f0_hz * time_s) / k for k in range(1, 6))
        pieces += [np.zeros(round(0.1 * RATE)), 0.15 * fade * wave]
    return np.concatenate([*pieces, np.zeros(round(0.1 * RATE))]).astype(np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recording in it."""
    monkeypatch.chdir(tmp_path)
    write_audio(Path("tune.wav"), tune(69, 72), RATE)
    return tmp_path


def analyse(*arguments: str) -> int:
    return run(["analyse", *arguments])


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return parsed


def test_recording_alone_gives_a_folder_of_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert analyse("tune.wav") == 0
    out, err = capsys.readouterr()
    inside = Path("tune.analysis")
    names = ["tune.mid", "tune.notes.csv", "tune.frames.csv", "tune.svg"]
    assert out.splitlines() == [str(inside / name) for name in names]
    assert "2 notes from A4 to C5" in err
    score = read_score(inside / "tune.mid").score
    assert [note.pitch for note in score.parts[0].notes] == [69, 72]
    assert read_note_table(inside / "tune.notes.csv")["pitch"].tolist() == [69, 72]
    frames = (inside / "tune.frames.csv").read_text().splitlines()
    assert len(frames) == 1 + -(-len(tune(69, 72)) // 64)
    root = ElementTree.parse(inside / "tune.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f".//{svg}rect[@class='note']")) == 2
    recipe = read_recipe(inside / "tune.musegen.json")
    assert recipe.command == "analyse"
    assert [file.name for file in recipe.inputs] == ["../tune.wav"]
    assert [file.name for file in recipe.outputs] == names


def test_json_tells_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert analyse("tune.wav", "--json", "-f", "midi") == 0
    document = answer(capsys)
    summary = document["summary"]
    assert next(iter(document)) == "schema_version"
    assert summary["notes"] == 2
    assert summary["lowest_note"] == "A4"
    assert summary["duration_s"] == pytest.approx(1.0)
    assert 0.5 < summary["voiced_share"] < 0.9
    assert abs(summary["tuning_cents"]) < 3
    assert document["estimator"] == "ddsp_inference_base"
    assert document["outputs"][0]["format"] == "midi"


def test_tables_and_picture_come_in_the_formats_asked_for() -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    pytest.importorskip("pyarrow", reason="the extra 'records'")
    assert analyse("tune.wav", "-f", "png,parquet,frames-parquet", "-d", "out") == 0
    inside = Path("out/tune.analysis")
    assert (inside / "tune.png").read_bytes().startswith(b"\x89PNG")
    assert read_note_table(inside / "tune.notes.parquet").num_notes == 2
    assert (inside / "tune.frames.parquet").read_bytes().startswith(b"PAR1")


def test_one_file_is_written_where_it_is_asked_for() -> None:
    assert analyse("tune.wav", "-o", "heard.csv") == 0
    assert read_note_table(Path("heard.csv")).num_notes == 2
    assert not Path("tune.analysis").exists()


def test_stdin_and_stdout(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    content = Path("tune.wav").read_bytes()
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(isatty=lambda: False, buffer=io.BytesIO(content))
    )
    assert analyse("-", "-o", "-", "-f", "midi") == 0
    score = read_score(capsysbinary.readouterr().out).score
    assert [note.pitch for note in score.parts[0].notes] == [69, 72]


def test_one_bad_file_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("bad.wav").write_text("no sound at all, only some words")
    assert analyse("bad.wav", "tune.wav", "-f", "midi") == 3
    out, err = capsys.readouterr()
    assert out == f"{Path('tune.analysis/tune.mid')}\n"
    assert "bad.wav: this is a text file" in err
    assert "1 done, 0 skipped, 1 failed" in err


def test_outputs_are_kept_skipped_or_replaced() -> None:
    assert analyse("tune.wav", "-f", "midi") == 0
    before = Path("tune.analysis/tune.mid").read_bytes()
    assert analyse("tune.wav", "-f", "midi") == 2
    assert analyse("tune.wav", "-f", "midi", "--skip-existing") == 0
    write_audio(Path("tune.wav"), tune(60, 62), RATE, overwrite=True)
    assert analyse("tune.wav", "-f", "midi", "--overwrite") == 0
    assert Path("tune.analysis/tune.mid").read_bytes() != before


def test_bounds_change_what_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    write_audio(Path("tune.wav"), tune(57, 60), RATE, overwrite=True)
    notes = []
    for words in ([], ["--min-hz", "240"], ["--max-hz", "240"]):
        assert analyse("tune.wav", "--json", "-f", "midi", "--overwrite", *words) == 0
        summary = answer(capsys)["summary"]
        notes.append((summary["lowest_note"], summary["highest_note"]))
    assert notes[0] == ("A3", "C4")
    assert notes[1][0] != "A3"
    assert notes[2][1] != "C4"


def test_instrument_bounds_the_pitch_and_names_the_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert analyse("tune.wav", "-f", "midi", "--instrument", "flute") == 0
    part = read_score(Path("tune.analysis/tune.mid")).score.parts[0]
    assert part.program == 73
    capsys.readouterr()
    words = ["--instrument", "tuba", "--json", "-f", "midi", "--overwrite"]
    assert analyse("tune.wav", *words) == 0
    assert answer(capsys)["summary"]["highest_note"] != "C5"


def test_notes_that_are_given_are_kept_and_aligned_unless_told_not_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    late = [
        PlayedNote(pitch=pitch, onset_s=0.2 + 0.45 * i, offset_s=0.55 + 0.45 * i)
        for i, pitch in enumerate((69, 72))
    ]
    Path("tune.mid").write_bytes(midi_bytes(score_from_notes(late)))
    onsets = []
    for words in ([], ["--no-align"]):
        assert (
            analyse(
                "tune.wav", "--notes", "tune.mid", "-o", "x.csv", "--overwrite", *words
            )
            == 0
        )
        onsets.append(read_note_table(Path("x.csv"))["onset_s"][0])
    assert onsets[1] == pytest.approx(0.2, abs=0.002)
    assert onsets[0] == pytest.approx(0.1, abs=0.05)
    names = [file.name for file in read_recipe(Path("x.musegen.json")).inputs]
    assert names == ["tune.wav", "tune.mid"]
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--no-align"], "--no-align does nothing without --notes"),
        (["--part", "1"], "--part does nothing without --notes"),
        (["--min-hz", "1"], "min-hz is"),
        (["--instrument", "kazoo"], "kazoo"),
        (["-f", "wav"], "is no format"),
        (["-o", "a.wav"], "analyse writes"),
        (["--model", "nobody"], "no model 'nobody'"),
        (["missing.wav"], "no such file"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_refused_before_any_work(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyse("tune.wav", *words) in (2, 4)
    assert message in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["tune.wav"]


def test_nothing_is_drawn_so_there_is_no_seed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["analyse", "tune.wav", "--seed", "1"]) == 2
    assert "--seed" in capsys.readouterr().err


def test_notes_too_short_to_count_are_left_out_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert analyse("tune.wav", "-o", "a.mid", "--json") == 0
    found = answer(capsys)
    assert (found["summary"]["notes"], found["warnings"]) == (2, [])
    long = np.concatenate([tune(69), tune(72)[: RATE // 5], np.zeros(RATE // 5)])
    write_audio(Path("long.wav"), long.astype(np.float32), RATE)
    words = ["long.wav", "-o", "b.mid", "--json", "--min-note-seconds", "0.2"]
    assert analyse(*words) == 0
    found = answer(capsys)
    assert found["summary"]["notes"] == 1
    (warning,) = found["warnings"]
    assert warning["code"] == "pitch-without-note"
    assert "1 stretch of pitch became no note" in warning["message"]


def test_chord_is_said_to_be_several_notes(capsys: pytest.CaptureFixture[str]) -> None:
    chord = tune(60, 65) + tune(64, 69) + tune(67, 72)
    write_audio(Path("chord.wav"), chord, RATE)
    assert analyse("chord.wav", "-o", "a.mid", "--json") == 0
    codes = [warning["code"] for warning in answer(capsys)["warnings"]]
    assert "several-notes" in codes
