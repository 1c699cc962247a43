"""Plays MIDI files that are unlike one another: sound, or one clear sentence?

    python benchmarks/odd_files.py                      # all that are short
    python benchmarks/odd_files.py --long               # and those of up to an hour
    python benchmarks/odd_files.py --only drums_only,one_hour --keep FOLDER
    python benchmarks/odd_files.py -- --instrument flute --dry

Each file of `odd_midi_files` goes to a process of `musegen synth`. A file fails where
the process crashes, is silent without a word, ends otherwise than it should, or leaves
a part out that it does not name; then the exit code is 1. Seconds are of the whole
process, memory is its peak.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from odd_midi_files import ODD_FILES, OddFile

COMMAND = (sys.executable, "-m", "musegen", "synth", "--seed", "0")
REMARK = "musegen:"  # what a line about something begins with; others are routine
BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
SILENCE_RMS = 1e-5  # -100 dB full scale
BLOCK_SAMPLES = 1 << 20
ROW = "{:<24}{:<10}{:>9}{:>7}{:>8}{:>8}{:>8}  {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What is in a sound file: seconds, largest sample, RMS where it sounds at all."""

    seconds: float
    peak: float
    rms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a process went.

    Args:
        exit_code: Of the process; below 0 is the signal that ended it.
        words: What it wrote to stderr.
        printed: What it wrote to stdout.
        seconds: Wall time.
        peak_mb: Peak resident memory, 10^6 bytes.
        sound: What it wrote; None where there is no file.
    """

    exit_code: int
    words: str
    printed: str
    seconds: float
    peak_mb: float
    sound: Sound | None

    @property
    def remarks(self) -> list[str]:
        """The lines of `words` that say something about the file."""
        lines = (line.strip() for line in self.words.splitlines())
        return [line for line in lines if line.startswith(REMARK)]


def play(
    path: Path, output: Path, *, command: Sequence[str], time_limit_s: float
) -> Run:
    """Run the command on a file and look at what it did."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, str(path), "-o", str(output)],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=said,
        )
        limit = threading.Timer(time_limit_s, process.kill)
        limit.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        words, results = (_text_of(file) for file in (said, printed))
    return Run(
        exit_code=process.returncode,
        words=words,
        printed=results,
        seconds=seconds,
        peak_mb=usage.ru_maxrss * BYTES_A_UNIT / 1e6,
        sound=measure(output) if output.is_file() else None,
    )


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def measure(path: Path) -> Sound:
    """Read a sound file block by block."""
    import soundfile

    peak, power, count = 0.0, 0.0, 0
    with soundfile.SoundFile(str(path)) as file:
        seconds = file.frames / file.samplerate
        for block in file.blocks(BLOCK_SAMPLES, dtype="float32", always_2d=True):
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            power += float(np.square(block, dtype=np.float64).sum())
            count += block.size
    return Sound(seconds=seconds, peak=peak, rms=float(np.sqrt(power / max(count, 1))))


def problems(odd: OddFile, run: Run) -> list[str]:
    """Say what is wrong with how a file was played; nothing where all is well."""
    found = []
    if "Traceback (most recent call last)" in run.words:
        found.append("traceback")
    if run.exit_code < 0:
        found.append(f"ended by signal {-run.exit_code}")
    if run.exit_code > 0 and len(run.remarks) == 0:
        found.append("failed without a word")
    if run.exit_code == 0:
        found += _problems_of_sound(odd, run)
    elif odd.outcome == "sound":
        found.append("refused")
    found += [
        f"part {number} is not named"
        for number in odd.skipped
        if not re.search(rf"\bpart {number}\b", "\n".join(run.remarks))
    ]
    return found


def _problems_of_sound(odd: OddFile, run: Run) -> list[str]:
    if run.sound is None:
        return ["no file, and exit code 0"]
    if not np.isfinite(run.sound.rms):
        return ["samples are not finite"]
    if run.sound.peak >= 1.0:
        return ["reaches full scale"]
    if odd.outcome == "sentence":
        return ["played, and should be refused"]
    if run.sound.rms < SILENCE_RMS and not run.remarks:
        return ["silent without a word"]
    if run.sound.rms < SILENCE_RMS and odd.outcome == "sound":
        return ["silent"]
    return []


def print_row(odd: OddFile, run: Run, found: Sequence[str]) -> None:
    """Print one line of the table, and one for each remark of the process."""
    sound = run.sound if run.exit_code == 0 else None
    figures = ("-",) * 3
    if sound is not None:
        level = 20.0 * np.log10(max(sound.rms, 1e-9))
        figures = (f"{sound.seconds:.1f}", f"{sound.peak:.2f}", f"{level:.0f}")
    outcome = "sound" if run.exit_code == 0 else f"exit {run.exit_code}"
    cost = (f"{run.seconds:.1f}", f"{run.peak_mb:.0f}")
    remark = "FAILED: " + "; ".join(found) if found else ""
    print(ROW.format(odd.name, outcome, *figures, *cost, remark).rstrip())
    for line in run.words.strip().splitlines() if found else run.remarks:
        print(f"    {line}")
    sys.stdout.flush()


def as_json(odd: OddFile, run: Run, found: Sequence[str]) -> dict[str, object]:
    """Return the figures of one file."""
    sound = run.sound
    return {
        "name": odd.name,
        "exit_code": run.exit_code,
        "seconds": round(run.seconds, 2),
        "peak_mb": round(run.peak_mb, 1),
        "sound_s": None if sound is None else round(sound.seconds, 3),
        "peak": None if sound is None else round(sound.peak, 4),
        "rms": None if sound is None else round(sound.rms, 6),
        "problems": list(found),
        "words": run.words,
    }


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="long files, too")
    parser.add_argument("--only", default="", help="names of files, by commas")
    parser.add_argument("--keep", type=Path, help="folder for the files and sounds")
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    parser.add_argument("--time-limit", type=float, default=900.0, help="s a file")
    parser.add_argument(
        "--command", help="what plays, with IN -o OUT after it; else musegen synth"
    )
    parser.add_argument("extra", nargs="*", help="options for the command, after --")
    return parser.parse_args(arguments)


def chosen_files(only: str, *, has_long: bool) -> list[OddFile]:
    """Return the files that are asked for.

    Raises:
        SystemExit: A name is not known.
    """
    names = [name for name in only.split(",") if name]
    unknown = sorted(set(names) - {odd.name for odd in ODD_FILES})
    if unknown:
        raise SystemExit(f"there is no odd file {', '.join(unknown)}")
    if names:
        return [odd for odd in ODD_FILES if odd.name in names]
    return [odd for odd in ODD_FILES if has_long or not odd.is_long]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    options = _options(arguments)
    command = shlex.split(options.command) if options.command else list(COMMAND)
    results, num_failed = [], 0
    print(ROW.format("file", "outcome", "sound s", "peak", "rms dB", "s", "MB", ""))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for odd in chosen_files(options.only, has_long=options.long):
            source, output = folder / f"{odd.name}.mid", folder / f"{odd.name}.wav"
            source.write_bytes(odd.make())
            output.unlink(missing_ok=True)
            run = play(
                source,
                output,
                command=[*command, *options.extra],
                time_limit_s=options.time_limit,
            )
            found = problems(odd, run)
            num_failed += bool(found)
            print_row(odd, run, found)
            results.append(as_json(odd, run, found))
            if options.keep is None:
                output.unlink(missing_ok=True)
    print(f"\n{len(results)} files, {num_failed} failed")
    if options.output is not None:
        text = json.dumps(results, indent=1, ensure_ascii=False)
        options.output.write_text(text + "\n", encoding="utf-8")
    return 1 if num_failed else 0


if __name__ == "__main__":
    sys.exit(main())
