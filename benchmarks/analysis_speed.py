"""Times what `musegen analyse` does to a recording: processor time, stage by stage.

Without a recording, a tune of harmonics and noise is made. Processor time does not
depend on what else the machine does; the wall time of an idle one is beside it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from musegen.cli._analysis_files import AnalysisFiles
from musegen.midi_ddsp.analysis.analysing import analyse
from musegen.midi_ddsp.audio.reading import read_audio
from musegen.midi_ddsp.edits.parameter_edits import Edits
from musegen.midi_ddsp.edits.resynthesis import resynthesize

RATE = 16_000
NOTE_S = 0.5
PITCHES = (67, 69, 71, 72, 74, 72, 71, 69, 76, 74, 72, 60)
ROW = "{:<34} {:>12} {:>12} {:>12} {:>12}"
Result = TypeVar("Result")


def tune(seconds: float) -> np.ndarray:
    """Return notes with vibrato, harmonics and noise, mono, 16 kHz, float32."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    index = (time_s / NOTE_S).astype(np.int64)
    pitch = np.array(PITCHES)[index % len(PITCHES)].astype(np.float64)
    pitch += 0.2 * np.sin(2 * np.pi * 5.5 * time_s)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE
    wave = sum(np.sin(k * phase) / k for k in range(1, 9))
    level = 0.1 * np.minimum(1, np.minimum(time_s % NOTE_S, NOTE_S) / 0.03)
    noise = np.random.default_rng(0).normal(size=len(time_s))
    return (level * (wave + 0.02 * noise)).astype(np.float32)


def timed(name: str, work: Callable[[], Result], seconds: float) -> Result:
    """Do the work, print its times and return what comes of it."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    cells = [f"{processor:.2f}", f"{seconds / processor:.0f}"]
    cells += [f"{wall:.2f}", f"{seconds / wall:.0f}"]
    print(ROW.format(name, *cells))
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, help="instead of a made tune")
    parser.add_argument("--seconds", type=float, default=300.0, help="of the made tune")
    options = parser.parse_args(arguments)

    if options.recording is not None:
        audio = read_audio(options.recording).samples
    else:
        audio = tune(options.seconds)
    seconds = len(audio) / RATE
    analyse(audio[:RATE])  # loads what is loaded once
    print(ROW.format(f"{seconds:.0f} s", "processor s", "x real time", "wall s", "x"))
    found = timed("analyse", lambda: analyse(audio), seconds)
    files = AnalysisFiles(analysis=found, audio=audio, title="benchmark")
    for format in ("midi", "csv", "frames-csv", "svg"):
        timed(f"write {format}", lambda f=format: files.content(f), seconds)
    edits = Edits(transpose=2.0, vibrato=1.5, brightness=1.2, dry=0.5)
    timed(
        "resynthesise with four edits",
        lambda: resynthesize(found.parameters, edits, seed=0),
        seconds,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
