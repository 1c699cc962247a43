"""How best to tell the network of beats, rests, metre, phrase ends and onsets.

Small networks of one shape, trained alike but for what they are told, and measured on
the same crops and masks of the validation split:

    python benchmarks/representation.py --steps 500
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.planes import Piece, begins_bar, pieces_of_chorales
from musegen.coconet.training import CoconetTrainingConfig, train_coconet
from musegen.data.corpora.chorales import load_chorales
from musegen.engine.precision import best_precision
from musegen.engine.quiet import import_keras
from musegen.engine.training import LoopConfig

SMALL = BeatNetworkConfig(
    step_channels=64,
    beat_channels=128,
    num_step_blocks=1,
    beat_dilations=(1, 2, 4),
    attention_after=(2,),
    num_heads=4,
    dropout_rate=0.0,
)
FIGURES = ("loss", "told", "lower_voices", "lower_voices_told", "future", "onset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way of telling.

    Args:
        name: For the table.
        network: What it builds.
        bar_lines_only: Tell bar lines in place of beats since and until them.
    """

    name: str
    network: BeatNetworkConfig
    bar_lines_only: bool = False


def variants() -> list[Variant]:
    """Return the variants, each with one thing more than some other."""
    bare = dataclasses.replace(
        SMALL,
        planes=(),
        knows_beat_position=False,
        writes_rests=False,
        writes_onsets=False,
    )
    beat = dataclasses.replace(bare, knows_beat_position=True)
    rests = dataclasses.replace(beat, writes_rests=True)
    metre = dataclasses.replace(rests, planes=("metre",))
    fermata = dataclasses.replace(rests, planes=("metre", "fermata"))
    return [
        Variant(name="pitches only", network=bare),
        Variant(name="+ beat position", network=beat),
        Variant(name="+ rest class", network=rests),
        Variant(name="+ bar lines", network=metre, bar_lines_only=True),
        Variant(name="+ metre (beats since and until)", network=metre),
        Variant(name="+ metre, fermatas", network=fermata),
        Variant(
            name="+ metre, fermatas, onsets written only",
            network=dataclasses.replace(fermata, writes_onsets=True),
        ),
        Variant(name="+ metre, fermatas, onsets told and written", network=SMALL),
    ]


def bar_lines_only(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with metre codes 1 on the first beat's step and 2 elsewhere."""
    return [
        dataclasses.replace(
            piece,
            metre=np.where(
                piece.metre > 0, np.where(begins_bar(piece.metre), 1, 2), 0
            ).astype(np.int8),
        )
        for piece in pieces
    ]


def main() -> None:
    """Train and measure every variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    import_keras()
    chorales = load_chorales()
    splits = [pieces_of_chorales(chorales, split) for split in ("train", "valid")]
    rows = []
    print(f"{'variant':44}" + "".join(f"{name:>19}" for name in FIGURES))
    for variant in variants():
        started = time.monotonic()
        data = [
            bar_lines_only(pieces) if variant.bar_lines_only else pieces
            for pieces in splits
        ]
        metrics = _measure(variant, data, options.steps, options.seed)
        rows.append(
            {
                "variant": variant.name,
                "seconds": round(time.monotonic() - started, 1),
                **metrics,
            }
        )
        values = (metrics.get(f"valid/{name}") for name in FIGURES)
        cells = ("-" if value is None else f"{value:.4f}" for value in values)
        print(
            f"{variant.name:44}" + "".join(f"{cell:>19}" for cell in cells), flush=True
        )
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _measure(
    variant: Variant, data: Sequence[Sequence[Piece]], steps: int, seed: int
) -> dict[str, float]:
    config = CoconetTrainingConfig(
        network=variant.network,
        loop=LoopConfig(
            num_steps=steps,
            learning_rate=4e-3,
            warmup_steps=min(50, steps // 4),
            average_decay=0.98,
            validate_every=steps,
            checkpoint_every=steps,
        ),
        batch_size=16,
        crop_steps=64,
        precision=best_precision(),
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        _, result = train_coconet(
            data[0], data[1], config=config, run_dir=Path(folder) / "run"
        )
    return {name: float(value) for name, value in result.metrics.items()}


if __name__ == "__main__":
    main()
