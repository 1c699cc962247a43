"""Asking for help imports next to nothing; its time is in `benchmarks/startup.py`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from musegen.cli.main import COMMANDS

FORBIDDEN = {
    "keras",
    "matplotlib",
    "music21",
    "numpy",
    "onnxruntime",
    "pretty_midi",
    "pydantic",
    "rich",
    "symusic",
    "tensorflow",
}


def modules_after(arguments: list[str]) -> set[str]:
    script = (
        "import sys\n"
        "from musegen.cli.main import run\n"
        f"code = run({arguments!r})\n"
        "print(*sys.modules, file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_the_frame_imports_nothing_heavy_and_no_command(arguments: list[str]) -> None:
    modules = modules_after(arguments)
    assert modules.isdisjoint(FORBIDDEN)
    assert modules.isdisjoint({entry.module for entry in COMMANDS.values()})


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_a_command_imports_nothing_heavy(name: str) -> None:
    assert modules_after([name, "--help"]).isdisjoint(FORBIDDEN)
