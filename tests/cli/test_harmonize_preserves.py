"""The melody comes back bit for bit, whatever the file is like."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.musicxml import musicxml_bytes
from musegen.data.musicxml_reader import read_musicxml
from musegen.data.score import Note, Part, ProgramChange, Score

ROOT = Path(__file__).parent.parent.parent
RESOURCES = ROOT / "tests" / "resources"
MELODIES = sorted((RESOURCES / "melodies").glob("*.mid"))
EXAMPLES = sorted((ROOT / "examples").glob("*.mid"))

pytestmark = pytest.mark.usefixtures("fake_model")


@pytest.fixture(scope="module")
def preservation() -> dict[str, Any]:
    """The benchmark's own way to compare."""
    return runpy.run_path(str(ROOT / "benchmarks" / "preservation.py"))


def harmonize(path: Path, out: Path, *arguments: str) -> Score:
    words = ["harmonize", str(path), "-d", str(out), "--seed", "0", "--steps", "2"]
    assert run([*words, *arguments]) == 0
    return read_midi(out / f"{path.stem}.harmonized.mid").score


@pytest.mark.parametrize("path", [*MELODIES, *EXAMPLES], ids=lambda path: path.stem)
def test_melody_comes_back_exactly(
    path: Path, tmp_path: Path, preservation: dict[str, Any]
) -> None:
    after = harmonize(path, tmp_path)
    comparison = preservation["compare"](read_midi(path).score, after)
    assert comparison.lost == ()
    assert comparison.num_notes_back == comparison.num_notes > 0
    assert comparison.num_rests_back == comparison.num_rests


@pytest.mark.parametrize("path", [*MELODIES, *EXAMPLES], ids=lambda path: path.stem)
def test_three_voices_are_added_within_the_melodys_time(
    path: Path, tmp_path: Path
) -> None:
    after = harmonize(path, tmp_path)
    melody, *voices = after.parts
    assert [part.name for part in voices] == ["Alto", "Tenor", "Bass"]
    last = max(max(note.end, note.onset + 1) for note in melody.notes)
    for voice in voices:
        assert voice.notes
        assert voice.program == melody.program
        assert voice.channel != melody.channel
        assert max(note.end for note in voice.notes) <= last
        pairs = zip(voice.notes, voice.notes[1:], strict=False)
        assert all(first.end <= second.onset for first, second in pairs)


def test_comparison_notices_every_kind_of_loss(preservation: dict[str, Any]) -> None:
    note = Note(onset=480, duration=480, pitch=67)
    part = Part(notes=(note, replace(note, onset=1440)), name="A", channel=0)
    score = Score(ticks_per_quarter=480, parts=(part,))
    compare = preservation["compare"]
    assert compare(score, score).lost == ()
    changes: dict[str, dict[str, Any]] = {
        "onset": {"onset": 481},
        "duration": {"duration": 479},
        "pitch": {"pitch": 66},
        "velocity": {"velocity": 1},
    }
    for fact, change in changes.items():
        notes = (replace(note, **change), part.notes[1])
        found = compare(score, replace(score, parts=(replace(part, notes=notes),)))
        assert fact in found.lost
        assert found.num_notes_back == 1
    fewer = replace(part, notes=part.notes[:1])
    assert "rests" in compare(score, replace(score, parts=(fewer,))).lost
    renamed = replace(part, name="B", program=3, channel=2)
    assert compare(score, replace(score, parts=(renamed,))).lost == (
        "name",
        "program",
        "channel",
    )
    changed = replace(part, program_changes=(ProgramChange(tick=960, program=9),))
    assert compare(score, replace(score, parts=(changed,))).lost == ("program_changes",)
    assert compare(score, replace(score, pickup=480)).lost == ("pickup",)
    assert "pitch" in compare(score, replace(score, parts=())).lost


def test_line_cut_from_chords_comes_back_as_it_was_cut(
    tmp_path: Path, preservation: dict[str, Any]
) -> None:
    chords = tuple(
        Note(onset=480 * beat, duration=480, pitch=pitch)
        for beat in range(8)
        for pitch in (60, 64, 67 + beat % 3)
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=chords, channel=0),))
    path = tmp_path / "chords.mid"
    path.write_bytes(midi_bytes(score))
    after = harmonize(path, tmp_path, "--voice", "top")
    comparison = preservation["compare"](read_midi(path).score, after, voice="top")
    assert comparison.lost == ()
    assert comparison.num_notes == 8


def test_fermatas_come_back_in_musicxml_and_end_the_phrases(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    notes = tuple(
        Note(onset=480 * beat, duration=480, pitch=67 + beat % 5) for beat in range(12)
    )
    tied = Note(onset=12 * 480, duration=5 * 480, pitch=65)
    part = Part(notes=(*notes, tied), name="Melody", fermatas=(1440, 4800, 7680))
    score = Score(ticks_per_quarter=480, parts=(part,))
    Path("a.musicxml").write_bytes(musicxml_bytes(score))
    words = ["a.musicxml", "--seed", "0", "--steps", "2", "-f", "musicxml,midi"]
    assert run(["harmonize", *words, "--phrase-ends", "auto", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    messages = {item["code"]: item["message"] for item in told["warnings"]}
    assert messages["phrase-ends"].endswith("(fermatas of the score): 1:4,3:3,5:1")
    assert "MusicXML keeps them" in messages["fermatas-not-in-midi"]
    assert "left-out" not in messages
    back = read_musicxml(Path("a.harmonized.musicxml")).score
    assert [part.fermatas for part in back.parts] == [part.fermatas, (), (), ()]
    assert back.parts[0].notes == part.notes


def test_files_are_what_their_scripts_make() -> None:
    made = runpy.run_path(str(RESOURCES / "make_melodies.py"))["files"]()
    assert len(made) >= 32
    assert {path.name: path.read_bytes() for path in MELODIES} == made
    examples = runpy.run_path(str(ROOT / "examples" / "make_examples.py"))
    tunes = {
        f"{tune.file}.mid": midi_bytes(examples["score_of"](tune))
        for tune in examples["TUNES"]
    }
    assert {path.name: path.read_bytes() for path in EXAMPLES} == tunes
