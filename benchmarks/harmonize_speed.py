"""Times `musegen harmonize` on 16 bars, and one step of its network beside another's.

Two tables: wall time of cold processes, and milliseconds of one forward pass of the
model's network and of the published network of 64 layers with 128 filters, at the same
length and batch, on the same runtime, taken in turn in one run. The second network is
exported with untrained weights, which needs the extra `train`; without it that row is
left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, PaperNetworkConfig
from musegen.coconet.predicting import (
    LogitsFunction,
    load_coconet,
    logits_function,
)

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


def paper_network(num_threads: int | None) -> LogitsFunction:
    """Return the 64x128 network with random weights, exported as ours is."""
    from musegen.engine.quiet import import_keras

    import_keras()
    from musegen.coconet.network import build_network
    from musegen.engine.export import onnx_bytes
    from musegen.engine.onnx_predictor import OnnxPredictor

    content = onnx_bytes(build_network(PaperNetworkConfig()), half_storage=False)
    return logits_function(
        OnnxPredictor(content, device="cpu", num_threads=num_threads)
    )


def time_in_turn(
    functions: Sequence[LogitsFunction], *, num_steps: int, batch: int, repeats: int
) -> list[list[float]]:
    """Return the milliseconds of each call of each function, taken in turn."""
    generator = np.random.default_rng(0)
    shape = (batch, num_steps, NUM_VOICES)
    pitch = generator.integers(0, NUM_PITCHES, shape).astype(np.int16)
    is_hidden = generator.random(shape) < 0.5
    calls: list[Callable[[], object]] = [
        lambda function=function: function(pitch, is_hidden)  # type: ignore[misc]
        for function in functions
    ]
    for call in calls:
        call()
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            taken.append(1000 * (time.perf_counter() - started))
    return times


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--runs", type=int, default=5, help="cold processes")
    parser.add_argument("--steps", help="of musegen harmonize (default: its own)")
    parser.add_argument("--length", type=int, default=256, help="sixteenths a pass")
    parser.add_argument("--batch", type=int, default=1, help="scores a pass")
    parser.add_argument("--repeats", type=int, default=7, help="passes timed")
    parser.add_argument(
        "--threads", type=int, help="of a pass (default: the runtime's)"
    )
    options = parser.parse_args(arguments)

    seconds = time_commands(options.model, options.steps, options.runs)
    print(ROW.format("cold process, 16 bars", "min s", "median s", "runs"))
    median = statistics.median(seconds)
    row = (f"{min(seconds):.2f}", f"{median:.2f}", len(seconds))
    print(ROW.format(f"musegen harmonize ({options.model})", *row))

    ours = load_coconet(options.model, device="cpu", num_threads=options.threads)
    functions = {ours.name: ours.logits}
    if importlib.util.find_spec("tensorflow") and importlib.util.find_spec("tf2onnx"):
        functions["64 layers x 128 (published)"] = paper_network(options.threads)
    times = time_in_turn(
        list(functions.values()),
        num_steps=options.length,
        batch=options.batch,
        repeats=options.repeats,
    )
    print()
    title = f"one pass, {options.batch} x {options.length} sixteenths"
    print(ROW.format(title, "min ms", "median ms", "ratio"))
    first = statistics.median(times[0])
    for name, taken in zip(functions, times, strict=True):
        middle = statistics.median(taken)
        ratio = f"{middle / first:.1f}"
        print(ROW.format(name, f"{min(taken):.1f}", f"{middle:.1f}", ratio))
    if len(functions) == 1:
        print("the published network is left out: it needs the extra `train`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
