"""Many melodies of 16 bars harmonised at once: what a GPU is for.

    python benchmarks/batch_sampling.py --device gpu            # 256 melodies
    python benchmarks/batch_sampling.py --device cpu --melodies 8

Melodies are drawn note by note from a scale; the time does not depend on the tune.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH
from musegen.coconet.filling import FillConfig, FillTask, fill_many
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import load_coconet
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig

NUM_STEPS = 256  # 16 bars of four-four
_SCALE = np.array([60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79]) - MIN_PITCH


def main() -> None:
    """Harmonise and print seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--backend", choices=("onnx", "keras"), default="onnx")
    parser.add_argument("--melodies", type=int, default=256)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--model", default="coconet_jsb_base")
    options = parser.parse_args()
    model = load_coconet(options.model, device=options.device, backend=options.backend)
    config = FillConfig(
        num_candidates=1,
        sampler=GibbsConfig(num_steps=options.steps),
        refinement=RefinementConfig(num_rounds=options.rounds),
        batch_items=options.melodies,
    )
    tasks = [_task(index) for index in range(options.melodies)]
    fill_many(tasks[:1], model=model, config=config, seeds=[0])  # warm
    started = time.monotonic()
    found = fill_many(tasks, model=model, config=config, seeds=list(range(len(tasks))))
    seconds = time.monotonic() - started
    kept = all(
        np.array_equal(item.fillings[0].pitch[:, 0], task.pitch[:, 0])
        for item, task in zip(found, tasks, strict=True)
    )
    print(
        json.dumps(
            {
                "melodies": options.melodies,
                "steps": options.steps,
                "rounds": options.rounds,
                "device": options.device,
                "backend": options.backend,
                "seconds": round(seconds, 3),
                "melodies_a_second": round(options.melodies / seconds, 2),
                "melodies_unchanged": kept,
            }
        )
    )


def _task(index: int) -> FillTask:
    generator = np.random.default_rng(index)
    melody = np.repeat(_SCALE[_walk(generator, NUM_STEPS // 4)], 4)
    pitch = np.full((NUM_STEPS, 4), -1, dtype=np.int16)
    pitch[:, 0] = melody
    is_free = np.zeros(pitch.shape, dtype=bool)
    is_free[:, 1:] = True
    return FillTask(
        pitch=pitch,
        is_free=is_free,
        planes=Planes.unknown(NUM_STEPS),
        phrases=((0, NUM_STEPS),),
    )


def _walk(generator: np.random.Generator, num_notes: int) -> NDArray[np.int64]:
    """Degrees of a tune that moves by steps of at most a third."""
    moves = generator.integers(-2, 3, size=num_notes)
    degrees = np.empty(num_notes, dtype=np.int64)
    degree = 4
    for index, move in enumerate(moves):
        degree = int(np.clip(degree + move, 0, len(_SCALE) - 1))
        degrees[index] = degree
    return degrees


if __name__ == "__main__":
    main()
