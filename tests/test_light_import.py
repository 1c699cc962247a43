"""Importing the package, or one of its folders, loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "apache_beam",
    "jax",
    "keras",
    "librosa",
    "matplotlib",
    "music21",
    "note_seq",
    "onnx",
    "onnxruntime",
    "pandas",
    "pretty_midi",
    "pyarrow",
    "pydantic",
    "safetensors",
    "scipy",
    "soundfile",
    "tensorflow",
    "torch",
)


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter has after `statement`."""
    report = (
        "import sys\nprint('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    process = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{report}"],
        check=True,
        capture_output=True,
        text=True,
    )
    last = process.stdout.splitlines()[-1].split()
    assert last[0] == "LOADED"
    return set(last[1:])


def test_report_sees_what_was_imported() -> None:
    assert "wave" in loaded_by("import wave") - loaded_by("pass")


@pytest.mark.parametrize("module", ["musegen", "musegen.__main__"])
def test_importing_musegen_loads_no_other_package(module: str) -> None:
    loaded = loaded_by(f"import {module}") - loaded_by("pass")
    assert loaded <= {"musegen", "__future__"}


@pytest.mark.parametrize(
    "folder",
    ["cli", "cli.main", "coconet", "data", "engine", "midi_ddsp", "render", "sunmask"],
)
def test_importing_a_subpackage_loads_nothing_heavy(folder: str) -> None:
    assert loaded_by(f"import musegen.{folder}").isdisjoint(HEAVY)
