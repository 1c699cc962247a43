"""What cannot be used ends in one sentence that names file, place and remedy."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.coconet import predicting
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score, TimeSignature

Untyped = Any  # a network's arguments pass through

TICKS = 480
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")


def tune(
    pitches: Sequence[int] = (67, 69, 71, 72) * 4,
    *,
    length: int = TICKS,
    **fields: object,
) -> Score:
    notes = tuple(
        Note(onset=i * TICKS, duration=length, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )
    score = Score(
        ticks_per_quarter=TICKS,
        parts=(Part(notes=notes, name="Tune", channel=0),),
        time_signatures=(TimeSignature(tick=0, numerator=4, denominator=4),),
    )
    return replace(score, **fields)  # type: ignore[arg-type]


def with_chord() -> Score:
    score = tune()
    notes = (*score.parts[0].notes, Note(onset=6 * TICKS, duration=TICKS, pitch=76))
    return tune(parts=(replace(score.parts[0], notes=tuple(sorted(notes))),))


def drums() -> Score:
    part = replace(tune().parts[0], channel=9, is_drum=True)
    return tune(parts=(part,))


BAD_FILES = {
    "empty": (b"", ["is empty", "export or download"]),
    "no_notes": (
        midi_bytes(Score(ticks_per_quarter=TICKS)),
        ["there are no notes", "give a score"],
    ),
    "text": (b"dear diary, today I sang", ["neither a MIDI nor a MusicXML", "give"]),
    "html": (b"<!DOCTYPE html><html>404</html>", ["web page", "download the file"]),
    "png": (PNG, ["neither a MIDI nor a MusicXML", "give"]),
    "truncated_header": (
        midi_bytes(tune())[:9],
        ["ends inside its header", "download it again"],
    ),
    "truncated_track": (midi_bytes(tune())[:22], ["no note could be", "again"]),
    "drums_only": (midi_bytes(drums()), ["percussion", "give a score"]),
    "chord": (
        midi_bytes(with_chord()),
        ["bar 2, beat 3", "B4 and E5", "--voice top takes the highest line"],
    ),
    "too_wide": (
        midi_bytes(tune((60, 62, 64, 127))),
        ["67 semitones", "bar 1, beat 4", "--voice"],
    ),
    "too_few_ticks": (
        midi_bytes(tune(ticks_per_quarter=2)),
        ["2 ticks to a quarter", "too few", "finer resolution"],
    ),
}


def harmonize(*arguments: str | Path) -> int:
    words = map(str, arguments)
    return run(["harmonize", "--seed", "0", "--steps", "1", "--rounds", "2", *words])


def errors(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on stderr that are no remarks; stdout must be empty.

    On an interrupt click ends the line first, for the `^C` that a terminal shows.
    """
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "internal error" not in err
    return [line for line in err.splitlines() if line and ": note: " not in line]


def made_files(folder: Path = Path()) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_named_with_what_to_do(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content, words = BAD_FILES[name]
    Path(f"{name}.mid").write_bytes(content)
    assert harmonize(f"{name}.mid") == 1
    (line,) = errors(capsys)
    assert line.startswith("musegen: ")
    for word in (f"{name}.mid", *words):
        assert word in line
    assert made_files() == {f"{name}.mid"}


@pytest.mark.parametrize("name", ["text", "chord"])
def test_bad_standard_input_is_told_too(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content, words = BAD_FILES[name]
    stdin = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert harmonize("-", "-o", "-") == 1
    (line,) = errors(capsys)
    assert words[0] in line
    assert made_files() == set()


def test_process_ends_with_the_code_and_one_line() -> None:
    command = [sys.executable, "-m", "musegen", "harmonize", "-", "-o", "x.mid"]
    ended = subprocess.run(
        [*command, "--seed", "0"], input=b"<html>", capture_output=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout == b""
    assert ended.stderr.count(b"\n") == 1
    assert b"web page" in ended.stderr
    assert made_files() == set()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.mid"], 2, ["nowhere.mid", "no such file", "spelling"]),
        (["empty_folder"], 1, ["empty_folder", "no .mid", "name the files"]),
        (["tune.mid", "tune.mid"], 2, ["given twice"]),
        (["tune.mid", "-o", "none/x.mid"], 1, ["none", "no such folder", "-d"]),
        (["tune.mid", "-d", "tune.mid/x"], 1, ["tune.mid is a file", "another -d"]),
        (["tune.mid", "-o", "tune.mid/x.mid"], 1, ["tune.mid is a file", "-d"]),
        (["tune.mid", "-o", "empty_folder"], 2, ["empty_folder", "extension"]),
        (["tune.mid", "-o", "tune.mid"], 2, ["input and an output", "-o"]),
        (["tune.mid", "-o", "a.mid", "-d", "b"], 2, ["-o a.mid and -d b"]),
        (["tune.mid", "--overwrite", "--skip-existing"], 2, ["contradict", "one"]),
        (["tune.mid", "--json", "-o", "-"], 2, ["--json and -o -", "-o FILE"]),
        (["tune.mid", "-n", "2", "-o", "-"], 2, ["one result, but 2", "-d"]),
        (["tune.mid", "-f", "midi,svg", "-o", "a.mid"], 2, ["2 formats", "-d"]),
        (["tune.mid", "-f", "svg", "-o", "a.mid"], 2, ["is midi, but -f says svg"]),
        (["tune.mid", "-o", "a.txt"], 2, ["not text", "change the extension"]),
        (["tune.mid", "-o", "a.xyz"], 2, ["a.xyz", "says no format", "-f"]),
        (["tune.mid", "-f", "tiff"], 2, ["'tiff' is no format", "midi"]),
        (["tune.mid", "-f", "wav"], 2, ["wav needs players", "--play"]),
        (["tune.mid", "--keep", "all", "--keep", "2"], 2, ["--keep all", "leave"]),
        (["tune.mid", "--beat-level", "lots"], 2, ["lots"]),
        (["tune.mid", "--temperature", "-1"], 2, ["-1", "--temperature"]),
        (["tune.mid", "--steps", "0"], 2, ["0", "--steps"]),
        (
            ["tune.mid", "--phrase-ends", "auto", "--model", "deaf"],
            2,
            ["--phrase-ends"],
        ),
        (["tune.mid", "-n", "0"], 2, ["0", "-n"]),
        (["tune.mid", "--seed", "-5"], 2, ["a seed is 0 to", "-5"]),
        (["tune.mid", "--device", "abacus"], 2, ["abacus", "cpu"]),
        (["tune.mid", "--voice", "name:Tuba"], 2, ["tune.mid", "Tuba", "'Tune'"]),
        (["tune.mid", "--voice", "3"], 2, ["tune.mid", "no part is '3'", "Tune"]),
        (["tune.mid", "--keep", "name:Tuba"], 2, ["tune.mid", "Tuba", "'Tune'"]),
        ([], 2, ["MELODY"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_words_are_told_and_nothing_is_written(
    arguments: list[str],
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("empty_folder").mkdir()
    Path("tune.mid").write_bytes(midi_bytes(tune()))
    assert harmonize(*arguments) == code
    lines = errors(capsys)
    help_lines = [line for line in lines if line.startswith("Try 'musegen")]
    assert len(lines) == 1 + len(help_lines)
    for word in words:
        assert word in lines[0]
    assert made_files() == {"empty_folder", "tune.mid"}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="the superuser may write everywhere; a path under a file is tested instead",
)
def test_folder_that_may_not_be_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tune.mid").write_bytes(midi_bytes(tune()))
    Path("closed").mkdir(mode=0o500)
    assert harmonize("tune.mid", "-d", "closed") == 1
    (line,) = errors(capsys)
    assert "closed: no permission to write" in line
    assert made_files(Path("closed")) == set()


def test_full_disk_is_told_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tune.mid").write_bytes(midi_bytes(tune()))

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    assert harmonize("tune.mid") == 1
    (line,) = errors(capsys)
    assert "tune.harmonized.mid: cannot be written (No space left" in line
    assert made_files() == {"tune.mid"}


@pytest.mark.parametrize("existing", ["tune.harmonized.mid", "tune.harmonized.2.mid"])
def test_existing_output_is_refused_before_any_work(
    existing: str,
    capsys: pytest.CaptureFixture[str],
    fake_model: list[tuple[str, str]],
) -> None:
    Path("tune.mid").write_bytes(midi_bytes(tune()))
    Path(existing).write_bytes(b"mine")
    arguments = ["-n", "2"] if "2" in existing else []
    assert harmonize("tune.mid", *arguments) == 2
    (line,) = errors(capsys)
    for word in (existing, "exists", "--overwrite", "--skip-existing", "-d"):
        assert word in line
    assert Path(existing).read_bytes() == b"mine"
    assert made_files() == {"tune.mid", existing}
    assert fake_model == []


@pytest.mark.parametrize("model", ["no_such_model", "no/such/folder"])
def test_model_that_is_not_there_is_exit_code_4(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("musegen.engine.predictor")
    monkeypatch.undo()  # the real way to models
    folder = Path(os.environ["XDG_CACHE_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    Path("tune.mid").write_bytes(midi_bytes(tune()))
    assert harmonize("tune.mid", "--model", model, "-d", "out") == 4
    (line,) = errors(capsys)
    assert "tune.mid" in line
    assert model in line
    assert not Path("out").exists()


def test_network_of_nonsense_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tune.mid").write_bytes(midi_bytes(tune()))
    load = predicting.load_coconet

    def broken(name: str, *, device: str, precision: str) -> predicting.CoconetModel:
        model = load(name, device=device, precision=precision)

        def nonsense(*given: Untyped) -> predicting.Prediction:
            told = model.network(*given)
            return replace(told, logits=told.logits * float("nan"))

        return replace(model, network=nonsense)

    monkeypatch.setattr(predicting, "load_coconet", broken)
    assert harmonize("tune.mid") == 1
    (line,) = errors(capsys)
    assert "values that are not numbers" in line
    assert "musegen doctor" in line
    assert made_files() == {"tune.mid"}


@pytest.mark.parametrize("num_calls", [0, 2])
def test_interrupt_while_sampling_is_130_and_leaves_nothing(
    num_calls: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tune.mid").write_bytes(midi_bytes(tune()))
    load = predicting.load_coconet
    calls: list[int] = []

    def interrupted(
        name: str, *, device: str, precision: str
    ) -> predicting.CoconetModel:
        model = load(name, device=device, precision=precision)

        def stop(*given: Untyped) -> predicting.Prediction:
            if len(calls) == num_calls:
                raise KeyboardInterrupt
            calls.append(1)
            return model.network(*given)

        return replace(model, network=stop)

    monkeypatch.setattr(predicting, "load_coconet", interrupted)
    assert harmonize("tune.mid", "-d", "out") == 130
    assert errors(capsys) == ["musegen: interrupted"]
    assert made_files() == {"tune.mid"}


def test_interrupt_while_writing_leaves_no_half_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tune.mid").write_bytes(midi_bytes(tune()))

    def interrupt(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    assert harmonize("tune.mid") == 130
    assert errors(capsys) == ["musegen: interrupted"]
    assert made_files() == {"tune.mid"}


def test_one_bad_file_of_several_is_exit_code_3(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a", "c"):
        Path(f"{name}.mid").write_bytes(midi_bytes(tune()))
    Path("b.mid").write_bytes(BAD_FILES["chord"][0])
    assert harmonize("a.mid", "b.mid", "c.mid", "-d", "out", "--steps", "2") == 3
    out, err = capsys.readouterr()
    paths = [Path("out", f"{name}.harmonized.mid") for name in ("a", "c")]
    assert out.splitlines() == [str(path) for path in paths]
    assert "musegen: b.mid: part 1 'Tune', bar 2, beat 3" in err
    assert err.endswith("2 done, 0 skipped, 1 failed\n")
    assert made_files(Path("out")) == {
        f"{name}.harmonized.{end}"
        for name in ("a", "c")
        for end in ("mid", "musegen.json")
    }


def test_several_files_that_all_fail_alike_keep_their_code() -> None:
    for name in ("a", "b"):
        Path(f"{name}.mid").write_bytes(b"")
    assert harmonize("a.mid", "b.mid", "-d", "out") == 1
    assert not Path("out").exists()
