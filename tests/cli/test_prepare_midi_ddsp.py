from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.audio.reading import write_audio
from musegen.midi_ddsp.records.clip_reading import open_clips

RATE = 16_000
PREPARE = ["data", "prepare", "midi-ddsp"]


def write_take(stem: str, *pitches: int, notes: bool = True) -> None:
    """Sines of half a second each, and a list of their notes."""
    path = Path("takes") / f"{stem}.wav"
    path.parent.mkdir(exist_ok=True)
    time_s = np.arange(RATE // 2) / RATE
    audio = [
        0.3 * h * np.sin(2 * np.pi * k * 440 * 2 ** ((p - 69) / 12) * time_s)
        for p in pitches
        for h, k in [(1.0, 1)]
    ]
    write_audio(path, np.concatenate(audio), RATE)
    lines = [f"{k / 2},{k / 2 + 0.5},{p}" for k, p in enumerate(pitches)]
    if notes:
        path.with_suffix(".csv").write_text("\n".join(["onset,offset,pitch", *lines]))


@pytest.fixture
def takes(workplace: Path) -> Path:
    """Two good takes, and one that is no sound."""
    write_take("up_vn", 60, 62, 64, 65)
    write_take("down_flute", 72, 71, 69, 67)
    Path("takes/bad_vn.wav").write_text("no sound")
    Path("takes/LICENSE").write_text("CC0 1.0\n")
    return workplace


def test_takes_become_clips_and_failures_are_counted(
    takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--from-recordings", "takes", "-o", "c.parquet"]
    assert run([*PREPARE, *arguments, "--test-piece", "takes/../up"]) == 2
    assert "no piece is called" in capsys.readouterr().err
    assert run([*PREPARE, *arguments, "--test-piece", "up"]) == 3
    out, err = capsys.readouterr()
    assert out == "c.parquet\n"
    assert ": bad_vn.wav: this is a text file" in err
    assert "bad_vn.wav: bad_vn.wav" not in err
    assert "read 3, written 2, rejected 1; 2 clips of 0.1 minutes" in err
    assert "licence: CC0 1.0" in err
    with open_clips(Path("c.parquet")) as clips:
        assert clips.values("split") == ["train", "test"]
        assert clips.values("instrument") == ["flute", "violin"]
        assert [note.pitch for note in clips.clip(1).notes] == [60, 62, 64, 65]
        assert clips.clip(1).f0_hz[60] == pytest.approx(261.6, rel=0.01)
        assert clips.clip(1).num_frames == 500


def test_json_tells_all(takes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--from-recordings", "takes", "--clip-seconds", "1", "--json"]
    assert run([*PREPARE, *arguments]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "data prepare"
    assert document["outputs"] == [
        {"path": "midi-ddsp.parquet", "format": "parquet", "records": 4}
    ]
    assert (document["read"], document["written"], document["clips"]) == (3, 2, 4)
    assert [r["reason"] for r in document["rejected"]] == ["unreadable-audio"]
    assert document["source"] == "recordings in takes"
    assert "musegen" in document["versions"]


def test_a_dry_run_counts_and_writes_nothing(
    takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--from-recordings", "takes", "--dry-run"]
    assert run([*PREPARE, *arguments, "--split-shares", "1,0,0"]) == 0
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()] == [
        ["SPLIT", "INSTRUMENT", "RECORDINGS", "MINUTES"],
        ["train", "flute", "1", "0.03"],
        ["train", "violin", "2", "0.03"],
    ]
    assert "nothing was written" in err
    assert run([*PREPARE, *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["read"] == 3
    assert not list(takes.glob("*.parquet"))


def test_a_run_that_gives_nothing_fails(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("takes").mkdir()
    Path("takes/bad_vn.wav").write_text("no sound")
    assert run([*PREPARE, "--from-recordings", "takes"]) == 1
    assert "not one recording gave a clip (1 unreadable-audio)" in (
        capsys.readouterr().err
    )
    assert not list(workplace.glob("*.parquet"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say where the sound comes from"),
        (["--from-recordings", "takes", "--from-player", "all"], "one of the two"),
        (["--from-recordings", "takes", "--minutes", "3"], "--minutes is of"),
        (["--from-player", "all", "--align"], "--align is of"),
        (["--from-player", "all"], "needs --instrument"),
        (["--from-recordings", "takes", "-o", "-"], "name a file with -o"),
        (
            ["--from-recordings", "takes", "--instrument", "vn", "--instrument", "vc"],
            "give one",
        ),
        (
            ["--from-recordings", "takes", "--hop-seconds", "5"],
            "longer than a clip of 4 s",
        ),
        (["--from-recordings", "takes", "--clip-seconds", "1e9"], "300 s is the long"),
        (["--from-recordings", "takes", "--clip-seconds", "nan"], "nan"),
        (["--from-recordings", "takes", "--hop-seconds", "1e9"], "longer than a clip"),
        (["--from-recordings", "takes", "--min-seconds", "nan"], "nan"),
        (["--from-recordings", "takes", "--split-shares", "1,1,1"], "sum to 1"),
        (["--from-recordings", "gone"], "gone"),
        (["--from-recordings", "takes", "--instrument", "kazoo"], "kazoo"),
    ],
)
def test_options_that_cannot_act_are_usage_errors(
    arguments: list[str],
    sentence: str,
    takes: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run([*PREPARE, *arguments]) == 2
    assert sentence in capfd.readouterr().err


def test_options_of_clips_are_refused_for_chorales(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "prepare", "chorales", "--minutes", "3"]) == 2
    assert "--minutes is of midi-ddsp, not of chorales" in capsys.readouterr().err


def test_existing_files_are_not_replaced_unasked(takes: Path) -> None:
    arguments = [*PREPARE, "--from-recordings", "takes", "-o", "c.parquet"]
    Path("c.parquet").write_bytes(b"mine")
    assert run(arguments) == 2
    assert run([*arguments, "--skip-existing"]) == 0
    assert Path("c.parquet").read_bytes() == b"mine"
    assert run([*arguments, "--overwrite"]) == 3
    assert Path("c.parquet").read_bytes()[:4] == b"PAR1"


def test_a_split_is_empty_if_nothing_was_written_to_it(
    takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*PREPARE, "--from-recordings", "takes", "--test-piece", "up"]
    shares = ["--split-shares", "0.5,0,0.5"]
    assert run([*arguments, *shares, "-o", "c.parquet"]) == 3
    assert "no piece falls to" not in capsys.readouterr().err
    Path("takes/up_vn.wav").write_text("no sound")
    assert run([*arguments, *shares, "-o", "d.parquet"]) == 3
    assert "no piece falls to test: 1 are few" in capsys.readouterr().err
    assert run([*arguments, *shares, "--dry-run"]) == 0
    assert "no piece falls to" not in capsys.readouterr().err


@pytest.fixture
def sound_font() -> str:
    """A small one, for playing."""
    fluidsynth = pytest.importorskip(
        "fluidsynth", reason="libfluidsynth is not installed", exc_type=ImportError
    )
    assert fluidsynth
    pretty_midi = importlib.util.find_spec("pretty_midi")
    assert pretty_midi is not None
    assert pretty_midi.origin is not None
    font = Path(pretty_midi.origin).parent / "TimGM6mb.sf2"
    if not font.exists():
        pytest.skip("pretty_midi has no TimGM6mb.sf2")
    return str(font)


def write_score(path: str, *chord: int) -> None:
    """A scale of eighths, and a chord at its end."""
    Path(path).parent.mkdir(exist_ok=True)
    pitches = [(240 * k, 60 + k % 7) for k in range(40)]
    notes = tuple(
        Note(onset=onset, duration=240, pitch=pitch)
        for onset, pitch in [*pitches, *((240 * 40, pitch) for pitch in chord)]
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes),))
    Path(path).write_bytes(midi_bytes(score))


def test_scores_of_one_name_are_apart_in_the_file(
    workplace: Path, sound_font: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("a/tune.mid", "b/tune.mid"):
        write_score(path)
    arguments = ["--from-player", "a/tune.mid", "--from-player", "b/tune.mid"]
    arguments += ["--instrument", "flute", "--minutes", "0.3", "--style", "plain"]
    arguments += ["--sound-font", sound_font, "--test-piece", "b/tune"]
    assert run([*PREPARE, *arguments, "-o", "c.parquet"]) == 0
    with open_clips(Path("c.parquet")) as clips:
        assert set(zip(clips.values("piece"), clips.values("split"), strict=True)) == {
            ("a/tune", "train"),
            ("b/tune", "test"),
        }
    capsys.readouterr()
    assert run(["data", "verify", "c.parquet"]) == 0


def test_notes_of_a_score_that_are_not_played_are_told(
    workplace: Path, sound_font: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_score("tune.mid", 67, 71)
    arguments = ["--from-player", "tune.mid", "--instrument", "flute", "--minutes", "1"]
    assert run([*PREPARE, *arguments, "--sound-font", sound_font, "--dry-run"]) == 0
    told = "in tune.mid, notes of chords left out: 1, the first at bar 6, beat 1"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("minutes", ["inf", "nan", "1e12"])
def test_minutes_without_an_end_are_refused(
    minutes: str,
    workplace: Path,
    sound_font: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_score("tune.mid")
    arguments = ["--from-player", "tune.mid", "--instrument", "flute", "--dry-run"]
    arguments += ["--minutes", minutes, "--sound-font", sound_font]
    assert run([*PREPARE, *arguments]) == 2
    assert "minutes" in capfd.readouterr().err


def test_the_player_plays_a_score(
    workplace: Path, sound_font: str, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tuple(
        Note(onset=240 * k, duration=240, pitch=60 + k % 7) for k in range(12)
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes),))
    Path("tune.mid").write_bytes(midi_bytes(score))
    arguments = ["--from-player", "tune.mid", "--instrument", "trumpet"]
    arguments += ["--minutes", "0.05", "--sound-font", sound_font, "--licence", "own"]
    arguments += ["--style", "plain", "--split-shares", "1,0,0"]
    assert run([*PREPARE, *arguments, "-o", "a.parquet"]) == 0
    assert run([*PREPARE, *arguments, "-o", "b.parquet"]) == 0
    assert Path("a.parquet").read_bytes() == Path("b.parquet").read_bytes()
    assert run([*PREPARE, *arguments, "-o", "c.parquet", "--seed", "1"]) == 0
    assert Path("a.parquet").read_bytes() != Path("c.parquet").read_bytes()
    with open_clips(Path("a.parquet")) as clips:
        clip = clips.clip(0)
    assert (clip.instrument, clip.notes_from) == ("trumpet", "player")
    assert "own" in clip.licence
    assert "GPL-2" in clip.licence
    assert clip.notes[0].expression["volume_db"] < 0.0
    assert clip.voiced.any()
    assert "seed 0: tune.mid" in clips.metadata.source
    capsys.readouterr()


def test_a_licence_of_collections_is_refused(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--from-player", "chorales", "--instrument", "vn", "--licence", "x"]
    assert run([*PREPARE, *arguments]) == 2
    assert "that of a collection is known" in capsys.readouterr().err
