"""`python -m musegen` is the command, and so is the script `musegen`."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import musegen
from musegen import __main__ as entry
from musegen.cli import main as cli_main

ROOT = Path(__file__).parent.parent
INTERRUPTED_IMPORT = """
import sys
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "musegen.cli.{module}":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
sys.argv = ["musegen", "show", "--help"]
from musegen.__main__ import main
main()
"""


def test_module_runs_the_command() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "musegen", "--version"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert musegen.__version__ in process.stdout
    assert process.stderr == ""


@pytest.mark.parametrize("module", ["main", "_errors", "show"])
def test_ctrl_c_during_imports_ends_as_it_does_later(module: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT.format(module=module)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 130
    assert (process.stdout, process.stderr) == ("", "\nmusegen: interrupted\n")


def test_ctrl_c_outside_of_commands_is_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_main, "main", interrupted)
    with pytest.raises(SystemExit) as caught:
        entry.main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "\nmusegen: interrupted\n"


def test_the_script_is_the_same_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, name = project["project"]["scripts"]["musegen"].partition(":")
    assert getattr(importlib.import_module(module), name) is entry.main
