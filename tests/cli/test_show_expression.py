"""`musegen show --expression`, by a table, by parameters and by a recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.audio.reading import write_audio
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units
from musegen.midi_ddsp.tables.note_table import make_note_table
from musegen.midi_ddsp.tables.note_table_files import write_note_table
from musegen.midi_ddsp.tables.parameter_files import ParameterWriter

TICKS = 480  # a quarter; half a second
PITCHES = (69, 72, 76, 74, 72, 71, 69, 72)
LENGTH_S = 0.5


def score(*names: str) -> Score:
    notes = tuple(
        Note(onset=n * TICKS, duration=TICKS, pitch=pitch)
        for n, pitch in enumerate(PITCHES)
    )
    parts = (Part(name=name, notes=notes) for name in names)
    return Score(ticks_per_quarter=TICKS, title="Tune", parts=tuple(parts))


def played_notes(later_s: float = 0.0) -> tuple[PlayedNote, ...]:
    return tuple(
        PlayedNote(
            pitch=pitch,
            onset_s=later_s + n * LENGTH_S,
            offset_s=later_s + (n + 1) * LENGTH_S,
            velocity=80,
        )
        for n, pitch in enumerate(PITCHES)
    )


def units() -> np.ndarray:
    values = dict.fromkeys(UNIT_NAMES, 0.0)
    values |= {"volume_db": -20.0, "peak_position": 0.5, "mean_harmonic": 3.0}
    values |= {"attack_noise_db": -70.0}
    rows = np.array([list(values.values())] * len(PITCHES))
    rows[:, 0] -= np.arange(len(PITCHES))
    return rows


def sound() -> SynthesisParameters:
    return synthesise_units(played_notes(), units(), 1100)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a score and a table of how it is played."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("tune.mid").write_bytes(midi_bytes(score("Violin")))
    table = make_note_table(played_notes(), units=units(), instrument="violin")
    write_note_table(table, Path("tune.csv"))
    return tmp_path


def show(*arguments: str) -> int:
    return run(["show", *arguments])


def facts(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found["items"][0] if "items" in found else found


def save_parameters(part: str = "") -> None:
    pytest.importorskip("pyarrow", reason="the extra 'records'")
    with ParameterWriter(Path("tune.parquet"), part=part) as writer:
        writer.write(sound())


def test_a_table_is_shown_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("tune.mid", "--expression", "tune.csv") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "Tune: 8 notes"
    assert any(line.split()[:4] == ["pitch", "A4", "C5", "E5"] for line in lines)
    assert any(line.startswith("volume        dB") for line in lines)
    assert any(line.split() == ["bar", "1", "2"] for line in lines)
    assert err == ""


def test_a_table_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("tune.mid", "--expression", "tune.csv", "-f", "svg,text") == 0
    picture = Path("tune.svg").read_text()
    assert picture.count('class="note"') == 8
    assert "attack noise" in picture
    assert "<image" not in picture
    assert Path("tune.txt").read_text().startswith("Tune: 8 notes\n")


def test_bars_cut_the_picture(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("tune.mid", "--expression", "tune.csv", "--bars", "2", "-o", "a.svg")
    assert show(*arguments) == 0
    assert Path("a.svg").read_text().count('class="note"') == 4


def test_parameters_are_drawn_with_their_sound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_parameters()
    arguments = ("tune.mid", "--expression", "tune.csv", "--parameters", "tune.parquet")
    assert show(*arguments, "-o", "a.svg") == 0
    picture = Path("a.svg").read_text()
    assert "<image" in picture
    assert 'class="pitch"' in picture
    assert ">level<" in picture


def test_without_a_table_expression_is_measured_from_parameters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_parameters()
    arguments = ("tune.mid", "--expression", "--parameters", "tune.parquet", "--json")
    assert show(*arguments) == 0
    text = capsys.readouterr().out
    found = next(
        one["expression"] for one in _objects(json.loads(text)) if "expression" in one
    )
    measured = np.array(found["volume_db"])
    assert measured == pytest.approx(units()[:, 0], abs=1.0)


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """All objects within a JSON value."""
    if isinstance(value, list):
        return [found for one in value for found in _objects(one)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for one in value.values() for found in _objects(one))]


def test_without_a_table_expression_is_measured_from_a_recording(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_audio(Path("tune.wav"), render(sound()), 16000)
    arguments = ("tune.mid", "--expression", "--audio", "tune.wav", "-o", "a.svg")
    assert show(*arguments) == 0
    picture = Path("a.svg").read_text()
    assert picture.count('class="note"') == 8
    assert ">loudness<" in picture


def test_the_part_is_asked_for_unless_the_file_names_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("tune.mid").write_bytes(midi_bytes(score("Violin", "Flute")))
    save_parameters()
    arguments = ("tune.mid", "--expression", "--parameters", "tune.parquet")
    assert show(*arguments) == 2
    assert "2 parts with pitched notes (1 Violin, 2 Flute): say with --part" in (
        capsys.readouterr().err
    )
    assert show(*arguments, "--part", "flute") == 0
    Path("tune.parquet").unlink()
    save_parameters(part="Flute")
    assert show(*arguments) == 0


def test_notes_out_of_the_scores_time_have_no_bars(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = make_note_table(played_notes(0.2), units=units())
    write_note_table(table, Path("late.csv"))
    assert show("tune.mid", "--expression", "late.csv") == 0
    out, err = capsys.readouterr()
    assert not any(line.startswith("bar ") for line in out.splitlines())
    assert "no bar lines" in err
    assert show("tune.mid", "--expression", "late.csv", "--bars", "2") == 2
    assert "--bars cannot act" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--expression",), "needs something to show"),
        (("--part", "1"), "--part does nothing without --expression"),
        (("--audio", "tune.mid"), "--audio does nothing without --expression"),
        (("--expression", "none.csv"), "none.csv: there is no such file"),
        (("--expression", "tune.mid"), "tune.mid"),
        (("--expression", "--parameters", "tune.csv"), "this is no Parquet file"),
        (("--expression", "tune.csv", "--given", "1"), "--given does nothing"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    if "--parameters" in arguments:
        pytest.importorskip("pyarrow", reason="the extra 'records'")
    assert show("tune.mid", *arguments) in (1, 2)
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
