"""Times `musegen analyse`: cold processes, start, tables and picture included.

    python benchmarks/analysis_speed.py
    python benchmarks/analysis_speed.py --recording take.wav

As the command is without options, and beside it with `--model none`, whose harmonics
and noise are read off spectra. Without a recording, a tune of harmonics and noise is
made.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cold_process import run_cold

NOTE_S = 0.5
PITCHES = (67, 69, 71, 72, 74, 72, 71, 69, 76, 74, 72, 60)
KINDS: dict[str, tuple[str, ...]] = {
    "musegen analyse": (),
    "musegen analyse --model none": ("--model", "none"),
}
ROW = "{:<30} {:>8} {:>9} {:>9} {:>12} {:>8}"


def write_tune(path: Path, seconds: float) -> None:
    """Write notes with vibrato, harmonics and noise, mono, 16 kHz."""
    import numpy as np

    from musegen.midi_ddsp.audio.reading import DEFAULT_SAMPLE_RATE, write_audio

    rate = DEFAULT_SAMPLE_RATE
    time_s = np.arange(round(seconds * rate)) / rate
    index = (time_s / NOTE_S).astype(np.int64)
    pitch = np.array(PITCHES)[index % len(PITCHES)].astype(np.float64)
    pitch += 0.2 * np.sin(2 * np.pi * 5.5 * time_s)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / rate
    wave = sum(np.sin(k * phase) / k for k in range(1, 9))
    level = 0.1 * np.minimum(1, np.minimum(time_s % NOTE_S, NOTE_S) / 0.03)
    noise = np.random.default_rng(0).normal(size=len(time_s))
    write_audio(path, (level * (wave + 0.02 * noise)).astype(np.float32), rate)


def duration_s(path: Path) -> float:
    """Return how long a recording says it is."""
    import soundfile

    return float(soundfile.info(str(path)).duration)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, help="instead of a made tune")
    parser.add_argument("--seconds", type=float, default=300.0, help="of the made tune")
    parser.add_argument("--runs", type=int, default=3, help="processes of each kind")
    parser.add_argument("--write", type=Path, help="only make the tune, here")
    options = parser.parse_args(arguments)
    if options.write is not None:
        write_tune(options.write, options.seconds)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        recording = options.recording
        if recording is None:
            recording = Path(folder) / "tune.wav"
            words = ["--write", str(recording), "--seconds", str(options.seconds)]
            # In a process of its own, so that this one stays small.
            subprocess.run([sys.executable, __file__, *words], check=True)
        seconds = duration_s(recording)
        print(f"{recording.name}, {seconds:.0f} s")
        print(ROW.format("process", "min s", "median s", "CPU s", "x real time", "MB"))
        for name, chosen in KINDS.items():
            out = str(Path(folder) / "out")
            words = [str(recording), *chosen, "-d", out, "--overwrite", "--quiet"]
            runs = [run_cold(["analyse", *words]) for _ in range(options.runs)]
            middle = statistics.median(run.wall_s for run in runs)
            cells = (
                f"{min(run.wall_s for run in runs):.1f}",
                f"{middle:.1f}",
                f"{statistics.median(run.cpu_s for run in runs):.1f}",
                f"{seconds / middle:.1f}",
                f"{max(run.peak_mb for run in runs):.0f}",
            )
            print(ROW.format(name, *cells), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
