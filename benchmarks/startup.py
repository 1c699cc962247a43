"""Times `musegen --help` and lists the packages that it imports.

Wall time of cold processes, beside a Python that does nothing; then every top-level
module beyond the standard library that is loaded when the help has been printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

LIST_IMPORTS = """
import contextlib, io, sys
before = set(sys.modules)
from musegen.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    run(["--help"])
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(names - set(sys.stdlib_module_names)), len(set(sys.modules) - before))
"""
ROW = "{:<28} {:>8} {:>9} {:>6}"


def times(command: Sequence[str], runs: int) -> list[float]:
    """Return the seconds of each run of a command."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="processes of each kind")
    options = parser.parse_args(arguments)
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "musegen --help": [sys.executable, "-m", "musegen", "--help"],
        "musegen harmonize --help": [
            sys.executable,
            *("-m", "musegen", "harmonize", "--help"),
        ],
    }
    print(ROW.format("process", "min s", "median s", "runs"))
    for name, command in commands.items():
        taken = times(command, options.runs)
        middle = statistics.median(taken)
        print(ROW.format(name, f"{min(taken):.3f}", f"{middle:.3f}", len(taken)))
    listed = subprocess.run(
        [sys.executable, "-c", LIST_IMPORTS], check=True, capture_output=True, text=True
    )
    *names, count = listed.stdout.split()
    print(f"\nimported by musegen --help: {', '.join(names)} ({count} modules in all)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
