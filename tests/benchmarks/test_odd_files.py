"""What counts as a failure of a process that plays an odd file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

_TONE = """
import array, math, sys, wave
tone = [round(32768 * {level} * math.sin(i / 10)) for i in range(16000)]
with wave.open(sys.argv[-1], "wb") as file:
    file.setparams((1, 2, 16000, 0, "NONE", None))
    limited = (min(max(sample, -32768), 32767) for sample in tone)
    file.writeframes(array.array("h", limited).tobytes())
print({words!r}, file=sys.stderr, end="")
"""


@pytest.fixture(scope="module")
def odd_files(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("odd_files")


@pytest.fixture
def player(tmp_path: Path) -> Callable[[str], list[str]]:
    """Write a program that stands for `musegen synth`."""

    def write(code: str) -> list[str]:
        path = tmp_path / "player.py"
        path.write_text(code, encoding="utf-8")
        return [sys.executable, str(path)]

    return write


def named(odd_files: ModuleType, name: str) -> object:
    (found,) = odd_files.chosen_files(name, has_long=False)
    return found


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("grace_note", _TONE.format(level=0.1, words=""), []),
        ("grace_note", _TONE.format(level=0.0, words=""), ["silent without a word"]),
        ("grace_note", _TONE.format(level=0.0, words="musegen: quiet"), ["silent"]),
        (
            "volume_zero",
            _TONE.format(level=0.0, words="part 1 by violin"),
            ["silent without a word"],
        ),
        (
            "volume_zero",
            _TONE.format(level=0.0, words="musegen: note: nothing is heard"),
            [],
        ),
        ("grace_note", _TONE.format(level=1.5, words=""), ["reaches full scale"]),
        (
            "grace_note",
            "raise ValueError('no')",
            ["traceback", "failed without a word", "refused"],
        ),
        ("grace_note", "import sys; sys.exit('musegen: no')", ["refused"]),
        ("no_notes", "import sys; sys.exit('musegen: part 1 has no notes')", []),
        ("a_text", "import sys; sys.exit(1)", ["failed without a word"]),
        ("a_text", "pass", ["no file, and exit code 0"]),
        (
            "a_text",
            _TONE.format(level=0.1, words=""),
            ["played, and should be refused"],
        ),
        (
            "drums_and_violin",
            _TONE.format(level=0.1, words="musegen: note: part 10 is fine"),
            ["part 1 is not named"],
        ),
        (
            "grace_note",
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            ["ended by signal 9", "refused"],
        ),
    ],
)
def test_problems_are_named(
    odd_files: ModuleType,
    player: Callable[[str], list[str]],
    tmp_path: Path,
    name: str,
    code: str,
    expected: list[str],
) -> None:
    run = odd_files.play(
        tmp_path / "in.mid",
        tmp_path / "out.wav",
        command=player(code),
        time_limit_s=60.0,
    )
    assert odd_files.problems(named(odd_files, name), run) == expected
    assert run.peak_mb > 5.0


def test_the_exit_code_and_the_figures_say_what_failed(
    odd_files: ModuleType,
    player: Callable[[str], list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = tmp_path / "figures.json"
    command = " ".join(player(_TONE.format(level=0.1, words="")))
    common = ["--command", command, "--output", str(figures), "--only"]
    assert odd_files.main([*common, "grace_note,trills"]) == 0
    assert odd_files.main([*common, "grace_note,a_text"]) == 1
    assert "2 files, 1 failed" in capsys.readouterr().out
    assert '"sound_s": 1.0' in figures.read_text(encoding="utf-8")


def test_a_name_that_is_not_there_is_refused(odd_files: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no odd file nothing"):
        odd_files.chosen_files("nothing", has_long=False)


def test_long_files_are_played_only_when_asked(odd_files: ModuleType) -> None:
    short = odd_files.chosen_files("", has_long=False)
    every = odd_files.chosen_files("", has_long=True)
    assert {file.name for file in every} - {file.name for file in short} >= {"one_hour"}
