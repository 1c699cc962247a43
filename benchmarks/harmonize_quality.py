r"""Harmonise chorale sopranos and grade what comes out, beside Bach's own setting.

The melodies are the first 128 sixteenths of the sopranos of a split: bare pitches,
nothing curated; with --told also their metre, phrase ends and repeated notes.

    python benchmarks/harmonize_quality.py --data Jsb16thSeparated.npz --split valid \\
        --setting 20:12:1 --setting 20:12:16

A setting is STEPS:ROUNDS:CANDIDATES of the sampler; several give quality against cost.
`:settled` after it stops the rounds of a piece that two sweeps have not changed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH
from musegen.coconet.filling import FillConfig, FillTask, fill_many
from musegen.coconet.given_voices import given_over_orders
from musegen.coconet.planes import Piece, Planes, piece_of_chorale, piece_of_grid
from musegen.coconet.predicting import CoconetModel, load_coconet
from musegen.coconet.ranking import RankingConfig
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.data.corpora.chorales import load_chorales
from musegen.data.corpora.jsb_arrays import leak_free_indices, load_jsb_arrays
from musegen.data.grading.grade import FEATURES, grade_grid
from musegen.data.grading.summary import summarize_grades
from musegen.data.grading.texture import texture

WINDOW_STEPS = 128
DEFAULT_SETTINGS = ("12:0:1", "12:8:1", "12:8:4", "20:12:1", "20:12:16")
Grid = NDArray[np.int16]


def main() -> None:
    """Harmonise, grade, print."""
    options = _options()
    bach = _melodies(options)
    model = load_coconet(
        options.model, device=options.device, precision=options.precision
    )
    judge = load_coconet(options.model, device=options.device)
    rows = [{"setting": "Bach", **_figures([piece.pitch for piece in bach])}]
    _show(rows[0])
    for setting in options.setting or DEFAULT_SETTINGS:
        row = _measure(setting, bach, model, judge, options)
        rows.append(row)
        _show(row)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="Jsb16thSeparated.npz")
    parser.add_argument("--split", choices=("train", "valid", "test"), default="valid")
    parser.add_argument("--leak-free", action="store_true")
    parser.add_argument("--pieces", type=int, help="only the first ones")
    parser.add_argument("--model", default="coconet_jsb_base")
    parser.add_argument("--setting", action="append", help="several give a curve")
    parser.add_argument("--told", action="store_true", help="metre, ends, onsets too")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="auto", help="of the sampler's network")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--heat", type=float, default=1.4, help="of drafts")
    parser.add_argument("--grade-weight", type=float)
    parser.add_argument("--fault-nats", type=float)
    parser.add_argument("--likelihood", action="store_true", help="of the results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _melodies(options: argparse.Namespace) -> list[Piece]:
    """The first window of each piece of the split that is long enough."""
    if options.data is None:
        chorales = load_chorales(options.split)
        pieces = [
            piece_of_chorale(chorale)
            for chorale in chorales
            if not (options.leak_free and chorale.shares_hymn_tune_with_train)
        ]
    else:
        arrays = load_jsb_arrays(options.data)
        grids = arrays[options.split]
        indices = sorted(leak_free_indices(arrays)[options.split])
        kept = indices if options.leak_free else range(len(grids))
        pieces = [piece_of_grid(grids[index]) for index in kept]
    windows = [
        Piece(
            pitch=piece.pitch[:WINDOW_STEPS],
            onset=piece.onset[:WINDOW_STEPS],
            metre=piece.metre[:WINDOW_STEPS],
            fermata=piece.fermata[:WINDOW_STEPS],
        )
        for piece in pieces
        if len(piece.pitch) >= WINDOW_STEPS
    ]
    return windows[: options.pieces]


def _measure(
    setting: str,
    bach: Sequence[Piece],
    model: CoconetModel,
    judge: CoconetModel,
    options: argparse.Namespace,
) -> dict[str, Any]:
    numbers, is_settled, _ = setting.partition(":settled")
    steps, rounds, candidates = (int(part) for part in numbers.split(":"))
    ranking = RankingConfig()
    for name in ("grade_weight", "fault_nats"):
        if getattr(options, name) is not None:
            ranking = dataclasses.replace(ranking, **{name: getattr(options, name)})
    config = FillConfig(
        num_candidates=candidates,
        sampler=GibbsConfig(
            num_steps=steps, temperature=options.heat * options.temperature
        ),
        refinement=RefinementConfig(
            num_rounds=rounds,
            temperature=options.temperature,
            stop_when_settled=bool(is_settled),
        ),
        ranking=ranking,
    )
    started, cpu_started = time.monotonic(), time.process_time()
    found = fill_many(
        [_task(piece, is_told=options.told) for piece in bach],
        model=model,
        config=config,
        seeds=[options.seed + index for index in range(len(bach))],
    )
    seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu_started
    grids = [
        np.where(f.fillings[0].pitch >= 0, f.fillings[0].pitch + MIN_PITCH, -1)
        for f in found
    ]
    changed = [
        int((grid[:, 0] != given.pitch[:, 0]).sum())
        for grid, given in zip(grids, bach, strict=True)
    ]
    row = {
        "setting": setting,
        **_figures(grids),
        "ms_a_piece": 1000 * seconds / len(bach),
        "cpu_ms_a_piece": 1000 * cpu_seconds / len(bach),
        "changed_melody_cells": sum(changed),
    }
    if options.likelihood:
        row["nats_a_cell"] = _mean_nats(grids, judge)
    return row


def _task(piece: Piece, *, is_told: bool) -> FillTask:
    grid = piece.pitch
    pitch = np.where(grid >= 0, grid - MIN_PITCH, -1).astype(np.int16)
    is_free = np.zeros(pitch.shape, dtype=bool)
    is_free[:, 1:] = True
    planes = Planes.unknown(len(pitch))
    if is_told:
        onset = np.where(is_free, 0, piece.onset).astype(np.int8)
        planes = dataclasses.replace(piece.planes, onset=onset[None])
    return FillTask(
        pitch=pitch, is_free=is_free, planes=planes, phrases=((0, len(pitch)),)
    )


def _figures(grids: Sequence[Grid]) -> dict[str, Any]:
    grades = [grade_grid(grid) for grid in grids]
    summary = summarize_grades(grades)
    facts = texture([np.asarray(grid, dtype=np.int16) for grid in grids])
    return {
        "pieces": len(grids),
        "grade_median": summary.median,
        "grade_mean": summary.mean,
        "features": {
            name: float(np.median([grade.features[name] for grade in grades]))
            for name in FEATURES
        },
        "texture": dataclasses.asdict(facts),
    }


def _mean_nats(grids: Sequence[Grid], model: CoconetModel) -> float:
    """Nats of an alto, tenor or bass cell under the float network, over all orders."""
    values = [
        given_over_orders(
            np.asarray(grid, dtype=np.int16),
            model.logits,
            given=(0,),
            num_draws=16,
            seed=index,
        )
        for index, grid in enumerate(grids)
    ]
    return float(np.mean([value.mean for value in values]))


def _show(row: dict[str, Any]) -> None:
    facts = row["texture"]
    parallels = facts["fifths_per_1000_beats"] + facts["octaves_per_1000_beats"]
    crossings = 100 * sum(facts["crossings"])
    print(
        f"{row['setting']:>10}  grade {row['grade_median']:6.2f} "
        f"(mean {row['grade_mean']:6.2f})  parallels {parallels:5.1f}  "
        f"crossings {crossings:4.1f} %  repeated chords "
        f"{100 * facts['repeated_chords']:4.1f} %  "
        + " ".join(f"{name} {value:.2f}" for name, value in row["features"].items())
        + (f"  {row['ms_a_piece']:.0f} ms" if "ms_a_piece" in row else "")
        + (f"  {row['nats_a_cell']:.3f} nats" if "nats_a_cell" in row else ""),
        flush=True,
    )


if __name__ == "__main__":
    main()
