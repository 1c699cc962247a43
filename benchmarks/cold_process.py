"""One musegen command in a process of its own: its time, its work and its memory.

For the benchmarks of commands. Imports nothing heavy, and neither should who calls it:
a child's peak is at least its parent's size. Linux and macOS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of the system's largest resident set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdRun:
    """What a process took, its start included.

    Args:
        wall_s: From its start to its end.
        cpu_s: Of all its threads.
        peak_mb: Largest resident set, in 10^6 bytes.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float


def run_cold(arguments: Sequence[str]) -> ColdRun:
    """Run musegen, stdout thrown away, and measure it.

    Raises:
        SystemExit: It failed.
    """
    command = [sys.executable, "-m", "musegen", *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"musegen {arguments[0]} ended with exit code {process.returncode}")
    return ColdRun(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss * BYTES_A_UNIT / 1e6,
    )
