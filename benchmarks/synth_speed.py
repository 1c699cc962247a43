"""Times `musegen synth`: cold processes, start included, and their memory.

    python benchmarks/synth_speed.py
    python benchmarks/synth_speed.py --long          # and an hour of music

A violin line of 60 s, four string parts of three minutes (both at each sample rate),
and the time until the first sound of the line reaches a pipe. With --long, the peak
memory of an hour.
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

from cold_process import run_cold

from musegen.data.files import read_score
from musegen.data.midi_writer import midi_bytes
from musegen.midi_ddsp.notes import PlayedNote, score_from_notes

ROW = "{:<44} {:>9} {:>9} {:>11} {:>9}"
LENGTHS_S = (0.3, 0.3, 0.6, 0.6, 1.2)
STEPS = (-4, -2, -1, 1, 2, 3)
PARTS = (("violin", 69), ("violin", 64), ("viola", 57), ("cello", 48))
_WAV_HEADER_BYTES = 2048
SAMPLE_RATES = (16000, 48000)
"""What `--sample-rate` offers."""


def line(duration_s: float, middle: int, seed: int) -> list[PlayedNote]:
    """Return a wandering line without rests."""
    state, at_s, pitch = seed + 1, 0.0, middle
    notes = []
    while at_s < duration_s - 0.05:
        state = (1103515245 * state + 12345) % 2**31
        length_s = min(LENGTHS_S[(state >> 8) % len(LENGTHS_S)], duration_s - at_s)
        pitch += STEPS[(state >> 16) % len(STEPS)]
        pitch = min(max(pitch, middle - 7), middle + 12)
        notes.append(PlayedNote(pitch=pitch, onset_s=at_s, offset_s=at_s + length_s))
        at_s += length_s
    return notes


def write_scores(folder: Path, duration_s: float, num_parts: int) -> list[str]:
    """Write the parts as one MIDI file; return arguments that play it."""
    from dataclasses import replace

    scores = [
        score_from_notes(line(duration_s, middle, index), name=f"{name} {index + 1}")
        for index, (name, middle) in enumerate(PARTS[:num_parts])
    ]
    parts = tuple(score.parts[0] for score in scores)
    path = folder / f"{num_parts}_{duration_s:g}.mid"
    path.write_bytes(midi_bytes(replace(scores[0], parts=parts)))
    read_score(path)  # ends here, and not in the measured process, if it is wrong
    words = [str(path)]
    for index, (name, _) in enumerate(PARTS[:num_parts]):
        words += ["--part", f"{index + 1}={name}"]
    return words


def first_sound_s(arguments: Sequence[str]) -> float:
    """Return the seconds until the first samples come out of a pipe."""
    command = [sys.executable, "-m", "musegen", "synth", *arguments, "-o", "-"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(_WAV_HEADER_BYTES)
        seconds = time.perf_counter() - started
        process.stdout.close()
    return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="cold processes")
    parser.add_argument("--model", help="of musegen synth (default: its own)")
    parser.add_argument("--expression-model", help="likewise")
    parser.add_argument("--long", action="store_true", help="an hour, too")
    options = parser.parse_args(arguments)
    common = ["--seed", "0", "--quiet"]
    for name in ("model", "expression_model"):
        if value := getattr(options, name):
            common += [f"--{name.replace('_', '-')}", value]
    print(ROW.format("cold process", "min s", "median s", "x real time", "peak MB"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [(60.0, 1, rate) for rate in SAMPLE_RATES]
        jobs += [(180.0, 4, rate) for rate in SAMPLE_RATES]
        if options.long:
            jobs.append((3600.0, 1, SAMPLE_RATES[0]))
        for duration_s, num_parts, rate in jobs:
            words = write_scores(folder, duration_s, num_parts)
            words += ["--sample-rate", str(rate), "-d", name, "--overwrite", *common]
            runs = 1 if duration_s > 1000 else options.runs
            found = [run_cold(["synth", *words]) for _ in range(runs)]
            seconds = [run.wall_s for run in found]
            label = f"{num_parts} x {duration_s:g} s at {rate} Hz"
            faster = f"{duration_s / statistics.median(seconds):.1f}"
            row = (f"{min(seconds):.2f}", f"{statistics.median(seconds):.2f}")
            peak = f"{max(run.peak_mb for run in found):.0f}"
            print(ROW.format(label, *row, faster, peak), flush=True)
        words = [*write_scores(folder, 60.0, 1), *common]
        firsts = [first_sound_s(words) for _ in range(options.runs)]
        row = (f"{min(firsts):.2f}", f"{statistics.median(firsts):.2f}", "", "")
        print(ROW.format("first sound of a stream", *row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
