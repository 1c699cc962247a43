"""Speed and memory of rendering: 60 harmonics, 65 noise bands, 3 s of reverb.

    python benchmarks/rendering_speed.py               # a table
    python benchmarks/rendering_speed.py --json        # the same as JSON
    python benchmarks/rendering_speed.py --hours 0     # without the hour's memory

CPU seconds of one thread, all harmonics below half the sample rate (f0 110 Hz with
vibrato). Memory is the peak of a process that renders a stream, read by the block.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from musegen.midi_ddsp.dsp.rendering import (  # noqa: E402
    Renderer,
    RenderOptions,
    render,
    render_blocks,
)
from musegen.midi_ddsp.parameters import (  # noqa: E402
    FRAME_RATE_HZ,
    NUM_HARMONICS,
    NUM_NOISE_BANDS,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
    from_logits,
)

BARS = {16000: 60.0, 48000: 20.0}  # times real time
RATES = (16000, 24000, 44100, 48000)
REVERB_S = 3.0
BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
ROW = "{:>8} {:<12} {:>12} {:>12} {:>8}"


def main() -> int:
    """Measure, print, and exit with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=30.0, help="of sound")
    parser.add_argument("--rounds", type=int, default=3, help="the best is told")
    parser.add_argument(
        "--hours", type=float, default=1.0, help="of the longest stream"
    )
    parser.add_argument("--stream", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream is not None:
        _print_peak_memory(options.stream)
        return 0
    speed = [
        row
        for rate in RATES
        for row in measure_speed(rate, options.seconds, options.rounds)
    ]
    lengths_s = [10.0, 60.0] + [3600.0 * options.hours] * (options.hours > 0)
    memory = {f"{length:g}": peak_memory_mb(length) for length in lengths_s}
    if options.json:
        print(json.dumps({"speed": speed, "peak_memory_mb": memory}, indent=2))
    else:
        _print_table(speed, memory)
    missed = [
        row
        for row in speed
        if row["part"] == "all" and row["times_real_time"] < BARS.get(row["rate"], 0.0)
    ]
    return 1 if missed else 0


def measure_speed(sample_rate: int, seconds: float, rounds: int) -> list[dict]:
    """Return the CPU milliseconds that a second of sound costs, part by part."""
    parameters = performance(round(seconds * FRAME_RATE_HZ), seed=0)
    dry = RenderOptions(reverb_gain=0.0)
    parts = {
        "harmonics": RenderOptions(noise_gain=0.0, reverb_gain=0.0),
        "noise": RenderOptions(harmonic_gain=0.0, reverb_gain=0.0),
        "dry": dry,
        "all": RenderOptions(),
    }
    rows = []
    for name, options in parts.items():
        best = min(
            _cpu_seconds(parameters, sample_rate, options) for _ in range(rounds)
        )
        rows.append(
            {
                "rate": sample_rate,
                "part": name,
                "ms_a_second": round(1e3 * best / seconds, 2),
                "times_real_time": round(seconds / best, 1),
            }
        )
    return rows


def _cpu_seconds(
    parameters: SynthesisParameters, sample_rate: int, options: RenderOptions
) -> float:
    started = time.process_time()
    render(parameters, sample_rate=sample_rate, reverb=room(), options=options)
    return time.process_time() - started


def performance(num_frames: int, *, seed: int) -> SynthesisParameters:
    """A long low note with vibrato, a random spectrum and random noise bands."""
    generator = np.random.default_rng(seed)
    vibrato = np.sin(2.0 * np.pi * 5.5 * np.arange(num_frames) / FRAME_RATE_HZ)
    return from_logits(
        110.0 * 2.0 ** (0.3 / 12.0 * vibrato),
        generator.normal(size=num_frames),
        generator.normal(size=(num_frames, NUM_HARMONICS)),
        generator.normal(size=(num_frames, NUM_NOISE_BANDS)),
    )


def room() -> NDArray[np.float32]:
    """Three seconds of decaying noise."""
    num_taps = round(REVERB_S * SAMPLE_RATE_HZ)
    decay = np.exp(-6.0 * np.arange(num_taps) / num_taps)
    return (0.01 * np.random.default_rng(1).normal(size=num_taps) * decay).astype(
        np.float32
    )


def peak_memory_mb(seconds: float) -> float:
    """Return the peak in MB (10^6 bytes) of a process that renders a stream."""
    command = [sys.executable, __file__, "--stream", str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _print_peak_memory(seconds: float) -> None:
    import resource

    blocks = render_blocks(
        _stream(seconds), block_samples=16000, renderer=Renderer(reverb=room())
    )
    num_samples = sum(len(block) for block in blocks)
    if num_samples != round(seconds * SAMPLE_RATE_HZ):
        sys.exit(f"{num_samples} samples came of {seconds} seconds")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(round(peak * BYTES_A_UNIT / 1e6, 1))


def _stream(seconds: float) -> Iterator[SynthesisParameters]:
    one_second = performance(round(FRAME_RATE_HZ), seed=0)
    for _ in range(round(seconds)):
        yield one_second


def _print_table(speed: list[dict], memory: dict[str, float]) -> None:
    print(ROW.format("rate", "part", "ms a second", "x real time", "bar"))
    for row in speed:
        bar = BARS.get(row["rate"], "") if row["part"] == "all" else ""
        cells = (row["rate"], row["part"], row["ms_a_second"], row["times_real_time"])
        print(ROW.format(*cells, bar))
    print()
    for length, peak in memory.items():
        print(f"peak memory of a stream of {length} s: {peak} MB")


if __name__ == "__main__":
    sys.exit(main())
