"""Times one pass of our network beside the published ones, on the same runtime.

A table of milliseconds for every length and batch: the model's network, the 64 layers
with 128 filters of the paper and the separable network of the Bach Doodle, taken in
turn in one run, so that a busy machine slows all of them alike. The speed of the other
two does not depend on their weights, which are random. Then how long it takes to load
each file.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from musegen.coconet.config import (
    BROWSER,
    NUM_PITCHES,
    NUM_VOICES,
    PAPER,
    PaperNetworkConfig,
)
from musegen.coconet.paper_onnx import paper_onnx_bytes
from musegen.coconet.paper_plan import weight_shapes
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import KIND, Network, predictor_network
from musegen.engine.models import find_model
from musegen.engine.onnx_predictor import OnnxPredictor

DEFAULT_MODEL = "coconet_jsb_base"
OTHERS = {"64 layers x 128 (paper)": PAPER, "33 separable (browser)": BROWSER}
ROW = "{:>5} {:>6}  {:<26} {:>9} {:>10} {:>8}"
Record = dict[str, str | int | float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    options = _parser().parse_args(arguments)
    contents = network_files(options.model, alone=options.alone)
    networks: dict[str, Network] = {}
    loading: dict[str, float] = {}
    for name, content in contents.items():
        started = time.perf_counter()
        predictor = OnnxPredictor(content, device="cpu", num_threads=options.threads)
        loading[name] = 1000 * (time.perf_counter() - started)
        networks[name] = predictor_network(predictor)
    print(ROW.format("batch", "steps", "network", "min ms", "median ms", "ratio"))
    rows = []
    for batch in options.batches:
        for steps in options.lengths:
            found = time_in_turn(
                networks,
                num_steps=steps,
                batch=batch,
                repeats=options.repeats,
                seconds=options.seconds,
            )
            rows += show(found, steps=steps, batch=batch)
    print()
    for name, taken in loading.items():
        print(f"loading {name}: {taken:.0f} ms, {len(contents[name]) / 1e6:.1f} MB")
    if options.json is not None:
        report = {
            "onnxruntime": onnxruntime.__version__,
            "threads": options.threads,
            "passes": rows,
            "loading_ms": loading,
        }
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="name, folder or .onnx file"
    )
    parser.add_argument("--alone", action="store_true", help="leave the others out")
    parser.add_argument(
        "--lengths",
        type=int,
        nargs="+",
        default=[32, 64, 128, 256],
        help="sixteenths a pass",
    )
    parser.add_argument(
        "--batches", type=int, nargs="+", default=[1, 4, 16], help="scores a pass"
    )
    parser.add_argument("--repeats", type=int, default=7, help="passes timed, at most")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of each length and batch, about"
    )
    parser.add_argument(
        "--threads", type=int, help="of a pass (default: the runtime's)"
    )
    parser.add_argument("--json", type=Path, help="where to write the figures")
    return parser


def network_files(model: str, *, alone: bool) -> dict[str, bytes]:
    """Return the `.onnx` files by name, ours first."""
    path = Path(model)
    if path.suffix == ".onnx":
        contents = {path.stem: path.read_bytes()}
    else:
        folder = find_model(model, kind=KIND)
        file = folder.config.networks["network"].file
        contents = {folder.config.name: folder.read(file)}
    if not alone:
        for name, config in OTHERS.items():
            contents[name] = paper_onnx_bytes(config, random_weights(config))
    return contents


def random_weights(config: PaperNetworkConfig) -> dict[str, np.ndarray]:
    """Return weights under which nothing overflows."""
    rng = np.random.default_rng(0)
    return {
        name: np.ones(shape, dtype=np.float32)
        if name.endswith("variance")
        else 0.01 * rng.standard_normal(shape, dtype=np.float32)
        for name, shape in weight_shapes(config).items()
    }


def time_in_turn(
    networks: Mapping[str, Network],
    *,
    num_steps: int,
    batch: int,
    repeats: int,
    seconds: float,
) -> dict[str, list[float]]:
    """Return the milliseconds of each pass of each network, taken in turn."""
    rng = np.random.default_rng(0)
    shape = (batch, num_steps, NUM_VOICES)
    pitch = rng.integers(0, NUM_PITCHES, shape).astype(np.int16)
    is_hidden = rng.random(shape) < 0.5
    planes = Planes.unknown(num_steps)
    calls: dict[str, Callable[[], object]] = {
        name: lambda network=network: network(pitch, is_hidden, planes)  # type: ignore[misc]
        for name, network in networks.items()
    }
    began = time.perf_counter()
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            times[name].append(1000 * (time.perf_counter() - started))
        if time.perf_counter() - began > seconds:
            break
    return times


def show(
    times: Mapping[str, Sequence[float]], *, steps: int, batch: int
) -> list[Record]:
    """Print and return a row for each network; ratios are of medians, to the first."""
    first = statistics.median(next(iter(times.values())))
    rows: list[Record] = []
    for name, taken in times.items():
        median = statistics.median(taken)
        rows.append(
            {
                "batch": batch,
                "steps": steps,
                "network": name,
                "min_ms": round(min(taken), 3),
                "median_ms": round(median, 3),
                "ratio": round(median / first, 2),
                "passes": len(taken),
            }
        )
        figures = (f"{min(taken):.1f}", f"{median:.1f}", f"{median / first:.1f}")
        print(ROW.format(batch, steps, name, *figures), flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
