"""Measures the peak memory of a process that harmonises a melody of 200 bars.

What the system counts as the largest resident set of the child process; a process that
only prints the help stands beside it. Linux and macOS.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
MELODY = ROOT / "tests" / "resources" / "melodies" / "two_hundred_bars.mid"
BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
ROW = "{:<44} {:>10} {:>10}"


def measure(arguments: Sequence[str]) -> tuple[float, float]:
    """Run musegen and return its peak in MB (10^6 bytes) and its CPU seconds.

    Nothing heavy may be imported here: a child's peak is at least its parent's size.
    """
    command = [sys.executable, "-m", "musegen", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"musegen {arguments[0]} ended with exit code {process.returncode}")
    return usage.ru_maxrss * BYTES_A_UNIT / 1e6, usage.ru_utime + usage.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--melody", type=Path, default=MELODY, help="MIDI file")
    parser.add_argument("--model", help="of musegen harmonize (default: its own)")
    parser.add_argument("--steps", help="of musegen harmonize (default: its own)")
    parser.add_argument("-n", default="1", help="alternatives")
    options = parser.parse_args(arguments)
    words = ["harmonize", str(options.melody), "--quiet", "--seed", "0"]
    words += ["-n", options.n]
    for name in ("model", "steps"):
        if value := getattr(options, name):
            words += [f"--{name}", value]
    print(ROW.format("process", "peak MB", "CPU s"))
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "musegen --help": ["--help"],
            f"musegen harmonize {options.melody.name}": [*words, "-d", folder],
        }
        for name, row in rows.items():
            peak, seconds = measure(row)
            print(ROW.format(name, f"{peak:.0f}", f"{seconds:.1f}"), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
