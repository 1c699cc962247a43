"""`musegen evaluate`: measure a model by the published protocols."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._options import (
    device_option,
    group_with_examples,
    machine_options,
    model_option,
)
from musegen.cli._output import Output, table
from musegen.cli.harmonize import DEFAULT_MODEL
from musegen.data.errors import EmptyScoreError, UsageError

if TYPE_CHECKING:
    from musegen.coconet.evaluation import Likelihood, Summary
    from musegen.coconet.predicting import CoconetModel
    from musegen.coconet.training import Grid

PROTOCOLS = ("framewise", "notewise", "lower-voices")
ORDERS = ("random", "chronological")
SPLITS = ("train", "valid", "test")


@group_with_examples(
    "evaluate",
    examples=["musegen evaluate coconet --data Jsb16thSeparated.npz --split test"],
)
def command() -> None:
    """Measure a model on held-out pieces."""


@command.command(
    "coconet",
    examples=[
        "musegen evaluate coconet --data Jsb16thSeparated.npz --split test",
        "musegen evaluate coconet --protocol lower-voices --split valid",
        "musegen evaluate coconet --protocol framewise --order chronological --json",
    ],
)
@click.option(
    "--data",
    "data_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    show_default="the chorales of the installed music21",
    help="Jsb16thSeparated.npz (published figures), or records of chorales.",
)
@click.option(
    "--split", type=click.Choice(SPLITS), default="valid", help="Which pieces."
)
@click.option(
    "--protocol",
    "protocols",
    type=click.Choice(PROTOCOLS),
    multiple=True,
    show_default="framewise and lower-voices",
    help="What to measure; repeatable.",
)
@click.option(
    "--order",
    "orders",
    type=click.Choice(ORDERS),
    multiple=True,
    show_default="both",
    help="Of frames or notes; repeatable.",
)
@click.option(
    "--orderings",
    type=click.IntRange(1, 100),
    default=5,
    help="Orderings averaged in probability space (5 as published).",
)
@click.option(
    "--units",
    "max_units",
    type=click.IntRange(min=1),
    show_default="all",
    help="Score only so many frames or cells of a piece, drawn at random.",
)
@click.option(
    "--draws",
    type=click.IntRange(1, 10000),
    default=64,
    help="Draws a piece of lower-voices.",
)
@click.option(
    "--pieces",
    type=click.IntRange(min=1),
    show_default="all",
    help="Only the first pieces of the split.",
)
@click.option(
    "--leak-free",
    is_flag=True,
    help="Leave out pieces whose hymn tune is also in the training split.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Of orders and draws."
)
@model_option(default=DEFAULT_MODEL)
@device_option
@machine_options
def coconet_command(
    data_path: Path | None,
    split: str,
    protocols: tuple[str, ...],
    orders: tuple[str, ...],
    orderings: int,
    max_units: int | None,
    draws: int,
    pieces: int | None,
    leak_free: bool,
    seed: int,
    model: str,
    device: str,
    output: Output,
) -> None:
    """Measure the likelihood of chorales under a Coconet model, in nats."""
    chosen = tuple(dict.fromkeys(protocols)) or ("framewise", "lower-voices")
    if set(chosen) == {"lower-voices"} and (orders or max_units):
        option = "--order" if orders else "--units"
        raise UsageError(f"{option} does nothing with --protocol lower-voices")
    if leak_free and split == "train":
        raise UsageError("--leak-free compares with the training split: choose another")
    numbered = _pieces(data_path, split, leak_free=leak_free)[:pieces]
    if not numbered:
        where = "the chorales" if data_path is None else str(data_path)
        raise EmptyScoreError(
            f"{where}: no piece of the split {split} is left to measure: choose "
            "another with --split, or other data"
        )
    network = _load(model, device)
    measure = _Measure(
        model=network,
        pieces=numbered,
        orderings=orderings,
        max_units=max_units,
        draws=draws,
        seed=seed,
        output=output,
    )
    rows: list[dict[str, object]] = []
    for protocol in chosen:
        if protocol == "lower-voices":
            rows.append(measure.lower_voices())
            continue
        for order in dict.fromkeys(orders or ORDERS):
            rows.append(measure.ordered(protocol, order))
    output.result(
        {
            "model": {"name": network.name, "sha256": network.digest},
            "split": split,
            "leak_free": leak_free,
            "orderings": orderings,
            "seed": seed,
            "figures": rows,
        },
        human=_table(rows),
    )


def _load(model: str, device: str) -> CoconetModel:
    from musegen.coconet.predicting import load_coconet

    return load_coconet(model, device=device)


def _pieces(
    data_path: Path | None, split: str, *, leak_free: bool
) -> list[tuple[int, Grid]]:
    """Return (index in the split, grid) of each piece."""
    from musegen.data.corpora.jsb_arrays import leak_free_indices, load_jsb_arrays

    if data_path is not None and data_path.suffix in (".npz", ".json"):
        arrays = load_jsb_arrays(data_path)
        indices = leak_free_indices(arrays)[split] if leak_free else None
        return [
            (index, grid)
            for index, grid in enumerate(arrays[split])
            if indices is None or index in indices
        ]
    if data_path is None:
        from musegen.data.corpora.chorales import load_chorales

        chorales = load_chorales(split)
    else:
        from musegen.data.preparation.chorale_records import read_chorale_records

        chorales = read_chorale_records(data_path)
    return [
        (chorale.index, chorale.grid)
        for chorale in chorales
        if chorale.split == split
        and not (leak_free and chorale.shares_hymn_tune_with_train)
    ]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """What all protocols of one call share."""

    model: CoconetModel
    pieces: Sequence[tuple[int, Grid]]
    orderings: int
    max_units: int | None
    draws: int
    seed: int
    output: Output

    def ordered(self, protocol: str, order: str) -> dict[str, object]:
        from musegen.coconet.evaluation import framewise, notewise, summarize
        from musegen.engine.seeds import derive_seed

        score = framewise if protocol == "framewise" else notewise
        units = [
            len(grid) * (1 if protocol == "framewise" else grid.shape[1])
            for _, grid in self.pieces
        ]
        if self.max_units is not None:
            units = [min(number, self.max_units) for number in units]
        started = time.monotonic()
        likelihoods: list[Likelihood] = []
        with self.output.progress(
            f"{protocol}, {order}", sum(units) * self.orderings
        ) as advance:
            for index, grid in self.pieces:
                likelihoods.append(
                    score(
                        grid,
                        self.model.logits,
                        order=order,
                        num_orderings=self.orderings,
                        max_units=self.max_units,
                        seed=derive_seed(self.seed, protocol, order, index),
                        advance=advance,
                    )
                )
        summary: Summary = summarize(likelihoods)
        return {
            "protocol": protocol,
            "order": order,
            "unit": "frame" if protocol == "framewise" else "cell",
            **dataclasses.asdict(summary),
            "seconds": round(time.monotonic() - started, 1),
        }

    def lower_voices(self) -> dict[str, object]:
        from musegen.coconet.evaluation import given_voices, summarize_means
        from musegen.engine.seeds import derive_seed

        started = time.monotonic()
        means = []
        with self.output.progress("lower-voices", len(self.pieces)) as advance:
            for index, grid in self.pieces:
                means.append(
                    given_voices(
                        grid,
                        self.model.logits,
                        given=(0,),
                        num_draws=self.draws,
                        seed=derive_seed(self.seed, "lower-voices", index),
                    )
                )
                advance(1)
        mean, standard_error = summarize_means(means)
        return {
            "protocol": "lower-voices",
            "order": "random",
            "unit": "cell",
            "piece_mean": mean,
            "piece_standard_error": standard_error,
            "num_pieces": len(means),
            "draws": self.draws,
            "seconds": round(time.monotonic() - started, 1),
        }


def _table(rows: Sequence[dict[str, object]]) -> str:
    return table(
        ("protocol", "order", "nats", "+-", "one ordering", "a", "pieces"),
        [
            (
                str(row["protocol"]),
                str(row["order"]),
                f"{row['piece_mean']:.4f}",
                f"{row['piece_standard_error']:.4f}",
                f"{row['single_piece_mean']:.4f}" if "single_piece_mean" in row else "",
                str(row["unit"]),
                str(row["num_pieces"]),
            )
            for row in rows
        ],
    )
