"""`python -m musegen` is the command."""

from __future__ import annotations

import subprocess
import sys

import musegen


def test_module_runs_the_command() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "musegen", "--version"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert musegen.__version__ in process.stdout
    assert process.stderr == ""
