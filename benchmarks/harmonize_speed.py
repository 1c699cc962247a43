"""Times `musegen harmonize` on 16 and on 64 bars: wall time of cold processes.

    python benchmarks/harmonize_speed.py
    python benchmarks/harmonize_speed.py --bars 16 --precision float32

The melody is the example of 16 bars, as often as the bars need it. One pass of the
network is timed by `network_speed.py`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from musegen.data.files import read_score
from musegen.data.midi_writer import midi_bytes

MELODY = Path(__file__).parent.parent / "examples" / "ode_to_joy.mid"
MELODY_BARS = 16
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


def write_melody(path: Path, num_bars: int) -> None:
    """Write the example's melody, over and over, as MIDI."""
    score = read_score(MELODY).score
    length = MELODY_BARS * 4 * score.ticks_per_quarter
    part = score.parts[0]
    notes = tuple(
        replace(note, onset=note.onset + index * length)
        for index in range(-(-num_bars // MELODY_BARS))
        for note in part.notes
        if note.onset + index * length < num_bars * 4 * score.ticks_per_quarter
    )
    again = replace(score, parts=(replace(part, notes=notes),))
    path.write_bytes(midi_bytes(again))


def time_commands(num_bars: int, words: Sequence[str], runs: int) -> list[float]:
    """Return the seconds of cold processes that harmonise a melody."""
    with tempfile.TemporaryDirectory() as folder:
        melody = Path(folder, "melody.mid")
        write_melody(melody, num_bars)
        command = [sys.executable, "-m", "musegen", "harmonize", str(melody)]
        command += ["--quiet", "--seed", "0", "--overwrite", "-d", folder, *words]
        return [time_process(command) for _ in range(runs)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--bars", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--runs", type=int, default=5, help="cold processes")
    for name in ("steps", "rounds", "candidates", "precision"):
        parser.add_argument(f"--{name}", help="of musegen harmonize (default: its own)")
    options = parser.parse_args(arguments)

    words = ["--model", options.model]
    for name in ("steps", "rounds", "candidates", "precision"):
        if getattr(options, name) is not None:
            words += [f"--{name}", getattr(options, name)]
    print(ROW.format("cold processes", "min s", "median s", "runs"))
    for num_bars in options.bars:
        seconds = time_commands(num_bars, words, options.runs)
        median = statistics.median(seconds)
        row = (f"{min(seconds):.2f}", f"{median:.2f}", len(seconds))
        print(ROW.format(f"musegen harmonize, {num_bars} bars", *row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
