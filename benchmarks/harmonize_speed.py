"""Times `musegen harmonize` on 16 bars: wall time of cold processes.

One pass of the network is timed by `network_speed.py`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

MELODY = Path(__file__).parent.parent / "examples" / "ode_to_joy.mid"
DEFAULT_MODEL = "coconet_jsb_base"
ROW = "{:<34} {:>10} {:>10} {:>8}"


def time_process(command: Sequence[str]) -> float:
    """Return the seconds that a command takes, or end with what it said."""
    started = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if ended.returncode:
        sys.exit(f"{' '.join(command[2:4])} failed: {ended.stderr.strip()}")
    return seconds


def time_commands(model: str, steps: str | None, runs: int) -> list[float]:
    """Return the seconds of cold processes that harmonise the melody."""
    command = [sys.executable, "-m", "musegen", "harmonize", str(MELODY), "--quiet"]
    command += ["--seed", "0", "--model", model, "--overwrite"]
    if steps is not None:
        command += ["--steps", steps]
    with tempfile.TemporaryDirectory() as folder:
        return [time_process([*command, "-d", folder]) for _ in range(runs)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--runs", type=int, default=5, help="cold processes")
    parser.add_argument("--steps", help="of musegen harmonize (default: its own)")
    options = parser.parse_args(arguments)

    seconds = time_commands(options.model, options.steps, options.runs)
    print(ROW.format("cold process, 16 bars", "min s", "median s", "runs"))
    median = statistics.median(seconds)
    row = (f"{min(seconds):.2f}", f"{median:.2f}", len(seconds))
    print(ROW.format(f"musegen harmonize ({options.model})", *row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
