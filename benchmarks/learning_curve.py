"""The learning curve of a run, and where it points: a power law fitted to it.

    python benchmarks/learning_curve.py docs/runs/coconet_jsb_base/metrics.jsonl

Fits  value = floor + scale * step ** -power  to the validated values at full learning
rate, and adds what the fall of the rate at the end brought on top (the last value less
the fit there), for runs of 2, 4 and 10 times as many steps. A guess, not a measurement.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHIPPED_RUN = Path(__file__).parents[1] / "docs/runs/coconet_jsb_base/metrics.jsonl"
FIRST_STEP = 500
_POWERS = np.linspace(0.05, 2.0, 391)
_TIMES = (2, 4, 10)


def power_law(
    steps: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return floor (at least 0), scale and power of the law with the least squares.

    Args:
        steps: (point,), at least three, all positive.
        values: (point,).
    """
    best: tuple[float, tuple[float, float, float]] | None = None
    for power in _POWERS:
        falling = steps**-power
        design = np.stack([np.ones_like(falling), falling], axis=1)
        (floor, scale), *_ = np.linalg.lstsq(design, values, rcond=None)
        if floor < 0.0 or scale <= 0.0:
            floor, scale = 0.0, float(values @ falling / (falling @ falling))
        error = float(((floor + scale * falling - values) ** 2).sum())
        if best is None or error < best[0]:
            best = (error, (float(floor), float(scale), float(power)))
    assert best is not None  # the powers are never empty
    return best[1]


def main() -> None:
    """Print the curve and its extrapolation as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("metrics", type=Path, nargs="?", default=SHIPPED_RUN)
    options = parser.parse_args()
    lines = options.metrics.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    records = [r for r in records if "valid/loss" in r and r["step"] >= FIRST_STEP]
    peak = max(r["learning_rate"] for r in records)
    names = [name for name in records[-1] if name.startswith("valid/")]
    last = records[-1]["step"]
    print("| figure | fitted floor | power | measured at the end |", end="")
    print("".join(f" {times} x {last} steps |" for times in _TIMES))
    print("| --- " * (4 + len(_TIMES)) + "|")
    for name in names:
        at_peak = [r for r in records if r["learning_rate"] > 0.95 * peak and name in r]
        steps = np.array([r["step"] for r in at_peak], dtype=float)
        floor, scale, power = power_law(steps, np.array([r[name] for r in at_peak]))
        gain = records[-1][name] - (floor + scale * last**-power)
        ahead = [floor + scale * (times * last) ** -power + gain for times in _TIMES]
        cells = [f"{floor:.3f}", f"{power:.2f}", f"{records[-1][name]:.3f}"]
        cells += [f"{value:.3f}" for value in ahead]
        print(f"| {name.removeprefix('valid/')} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
