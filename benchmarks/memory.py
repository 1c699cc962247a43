"""Measures the peak memory of a process that harmonises a melody of 200 bars.

What the system counts as the largest resident set of the child process; a process that
only prints the help stands beside it. Linux and macOS.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cold_process import run_cold

ROOT = Path(__file__).parent.parent
MELODY = ROOT / "tests" / "resources" / "melodies" / "two_hundred_bars.mid"
ROW = "{:<44} {:>10} {:>10}"


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
            run = run_cold(row)
            cells = f"{run.peak_mb:.0f}", f"{run.cpu_s:.1f}"
            print(ROW.format(name, *cells), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
