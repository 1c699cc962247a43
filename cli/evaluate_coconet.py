"""`musegen evaluate coconet`: measure models by the published protocols."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musegen.cli._coconet_figures import (
    Column,
    Measuring,
    figures,
    figures_table,
)
from musegen.cli._coconet_options import (
    choose_tasks,
    parse_voice_order,
    parse_voices,
    parse_whole_beats,
    refuse_idle_options,
    tell_what_differs,
)
from musegen.cli._inputs import Source
from musegen.cli._json import plain
from musegen.cli._options import (
    command_with_examples,
    device_option,
    machine_options,
    model_option,
    output_options,
)
from musegen.cli._output import SCHEMA_VERSION, Output
from musegen.cli._paths import Destination, Naming, Plan, plan_outputs, write_target
from musegen.cli.harmonize import DEFAULT_MODEL
from musegen.data.errors import EmptyScoreError, UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.coconet.evaluation_log import EvaluationLog
    from musegen.coconet.held_out import NumberedPiece
    from musegen.coconet.protocols import EvaluationConfig

PROTOCOLS = ("framewise", "notewise", "given-voices")
DEFAULT_PROTOCOLS = ("framewise", "given-voices")
ORDERS = ("random", "chronological", "one-shot")
SPLITS = ("train", "valid", "test")
CORPUS = "chorales"
_JSON = ("json",)
NAMING = Naming(
    label="evaluation", formats=_JSON, default_formats=_JSON, has_sidecar=False
)
SHOWN_DIGITS = 16  # of a digest


@command_with_examples(
    "coconet",
    examples=[
        "musegen evaluate coconet --data Jsb16thSeparated.npz --split test",
        "musegen evaluate coconet --protocol notewise --order chronological",
        "musegen evaluate coconet --protocol given-voices --given soprano,bass",
        "musegen evaluate coconet --model mine --model theirs --resume-file done.jsonl",
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
    show_default="framewise and given-voices",
    help="What to measure; repeatable.",
)
@click.option(
    "--order",
    "orders",
    type=click.Choice(ORDERS),
    multiple=True,
    show_default="all that the protocol has",
    help="Of frames or cells; one-shot (given-voices only) is all at once; repeatable.",
)
@click.option(
    "--given",
    default="soprano",
    metavar="VOICE[,VOICE...]",
    callback=parse_voices,
    help="Voices that given-voices shows; the others are predicted.",
)
@click.option(
    "--voice-order",
    default="SATB",
    metavar="LETTERS",
    callback=parse_voice_order,
    help="Voices inside a step, where cells come in order of time: SBAT.",
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
    help="Draws a piece of given-voices in random order.",
)
@click.option(
    "--context",
    "context_steps",
    type=click.IntRange(min=0),
    metavar="STEPS",
    callback=parse_whole_beats,
    show_default="the whole piece, as published",
    help="Give the network only so many sixteenths to either side: faster, not exact.",
)
@click.option(
    "--told",
    "is_told",
    is_flag=True,
    help="Tell the network metre and phrase ends too: not the published protocols.",
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
@model_option(default=DEFAULT_MODEL, multiple=True)
@click.option(
    "--resume-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep each piece that is done in FILE; the same command goes on from there.",
)
@output_options
@device_option
@machine_options
def coconet_command(
    data_path: Path | None,
    split: str,
    protocols: tuple[str, ...],
    orders: tuple[str, ...],
    given: tuple[int, ...],
    voice_order: tuple[int, ...],
    orderings: int,
    max_units: int | None,
    draws: int,
    context_steps: int | None,
    is_told: bool,
    pieces: int | None,
    leak_free: bool,
    seed: int,
    models: tuple[str, ...],
    resume_file: Path | None,
    destination: Destination,
    device: str,
    output: Output,
) -> None:
    """Measure the likelihood of chorales under a Coconet model, in nats.

    The report is printed; -o or -d also writes it as JSON.
    """
    from musegen.coconet.held_out import load_pieces, pieces_digest
    from musegen.coconet.protocols import EvaluationConfig

    tasks = choose_tasks(protocols or DEFAULT_PROTOCOLS, orders)
    refuse_idle_options(tasks, given)
    if is_told and context_steps is not None:
        raise UsageError("--told covers whole pieces: leave --context out")
    if leak_free and split == "train":
        raise UsageError("--leak-free compares with the training split: choose another")
    plan = _plan(data_path, destination)
    if plan is not None and plan.is_skipped:
        output.note(f"{plan.paths[0]}: skipped, it exists")
        return
    everything = load_pieces(data_path, split)
    chosen = _choose(everything, data_path, split, leak_free=leak_free)[:pieces]
    config = EvaluationConfig(
        num_orderings=orderings,
        max_units=max_units,
        num_draws=draws,
        given=given,
        voice_order=voice_order,
        context_steps=context_steps,
        is_told=is_told,
        seed=seed,
    )
    columns = _columns(models, device)
    if is_told:
        _check_told(chosen, columns)
    _check_pieces(chosen, split, columns)
    data_digest = pieces_digest(everything)
    measuring = Measuring(
        columns=columns,
        tasks=tasks,
        pieces=chosen,
        config=config,
        output=output,
        log=_log(
            resume_file, _settings(columns, data_digest, split, config), output=output
        ),
    )
    tell_what_differs(tasks, config, output)
    facts = {
        "models": [
            {"name": column.title, "sha256": column.model.digest} for column in columns
        ],
        "data": {
            "name": CORPUS if data_path is None else data_path.name,
            "sha256": data_digest,
        },
        "split": split,
        "only_leak_free": leak_free,
        "seed": seed,
    }
    try:
        measuring.run()
    except KeyboardInterrupt:
        _report(measuring, facts, None, output)
        _tell_how_to_go_on(measuring, output)
        raise
    _report(measuring, facts, plan, output)


def _plan(data_path: Path | None, destination: Destination) -> Plan | None:
    """Return where the report goes as a file, None where it is only printed."""
    if destination.file is None and destination.folder is None:
        if destination.overwrite or destination.skip_existing:
            option = "--overwrite" if destination.overwrite else "--skip-existing"
            raise UsageError(
                f"{option} does nothing where nothing is written: ask for a file with "
                f"-o or -d, or leave {option} out"
            )
        return None
    source = Source(name=str(data_path or CORPUS), path=data_path or Path(CORPUS))
    (plan,) = plan_outputs([source], destination=destination, naming=NAMING)
    if any(target.format != "json" for target in plan.targets):
        raise UsageError(f"-o {destination.file}: the report is JSON: end it in .json")
    return plan


def _choose(
    pieces: Sequence[NumberedPiece],
    data_path: Path | None,
    split: str,
    *,
    leak_free: bool,
) -> list[NumberedPiece]:
    where = "the chorales" if data_path is None else str(data_path)
    if leak_free and any(piece.is_leak_free is None for piece in pieces):
        raise UsageError(
            f"--leak-free: {where} has no training pieces to compare with: leave it out"
        )
    chosen = [piece for piece in pieces if piece.is_leak_free or not leak_free]
    if not chosen:
        raise EmptyScoreError(
            f"{where}: no piece of the split {split} is left to measure: choose "
            "another with --split, or other data"
        )
    return chosen


def _columns(models: Sequence[str], device: str) -> list[Column]:
    """Load the models; those of one name are called as the user wrote them."""
    from musegen.coconet.predicting import load_coconet

    loaded = [load_coconet(model, device=device) for model in models]
    names = [model.name for model in loaded]
    columns: list[Column] = []
    for written, model in zip(models, loaded, strict=True):
        for column in columns:
            if column.model.digest == model.digest:
                raise UsageError(
                    f"--model {written} is the same network as {column.title}: leave "
                    "one of them out"
                )
        title = written if names.count(model.name) > 1 else model.name
        columns.append(Column(title=title, model=model))
    return columns


def _check_pieces(
    pieces: Sequence[NumberedPiece], split: str, columns: Sequence[Column]
) -> None:
    from musegen.coconet.protocols import check_piece

    for column in columns:
        for piece in pieces:
            where = f"piece {piece.index} of {split}"
            check_piece(piece.grid, column.model.config, where=where)


def _check_told(pieces: Sequence[NumberedPiece], columns: Sequence[Column]) -> None:
    """Refuse to tell what nobody knows, or hears."""
    if any(piece.told is None for piece in pieces):
        raise UsageError(
            "--told needs data with metre and fermatas: leave --data out, or give "
            "records of `musegen data prepare chorales`"
        )
    if not any({"metre", "fermata"} & set(c.model.config.planes) for c in columns):
        raise UsageError(
            "--told does nothing: none of the models hears of metre or phrase ends"
        )


def _settings(
    columns: Sequence[Column], data_digest: str, split: str, config: EvaluationConfig
) -> dict[str, Any]:
    """Return what values in a resume file depend on, named as users know it."""
    return {
        "models": " ".join(
            f"{column.model.name}:{column.model.digest[:SHOWN_DIGITS]}"
            for column in columns
        ),
        "data": data_digest[:SHOWN_DIGITS],
        "split": split,
        "seed": config.seed,
        "orderings": config.num_orderings,
        "units": config.max_units,
        "draws": config.num_draws,
        "given": config.given,
        "voice-order": config.voice_order,
        "context": config.context_steps,
        "told": config.is_told,
    }


def _log(
    path: Path | None, settings: dict[str, Any], *, output: Output
) -> EvaluationLog | None:
    if path is None:
        return None
    from musegen.coconet.evaluation_log import EvaluationLog

    log = EvaluationLog(path, settings)
    if log.has_dropped_line:
        output.notice(
            Notice(
                code="damaged-last-line",
                message=f"the last line of {path} was cut off and is measured again",
            )
        )
    if len(log):
        output.note(f"{len(log)} values of {path} are taken over")
    return log


def _tell_how_to_go_on(measuring: Measuring, output: Output) -> None:
    if measuring.log is None:
        output.note("nothing was kept: with --resume-file FILE it would be")
    else:
        output.note(
            f"{measuring.num_kept} of {measuring.num_values} values are kept in "
            f"{measuring.log.path}: the same command goes on from there"
        )


def _report(
    measuring: Measuring, facts: dict[str, Any], plan: Plan | None, output: Output
) -> None:
    rows = figures(measuring)
    fields = {**facts, "figures": rows}
    if plan is not None:
        document = {
            "schema_version": SCHEMA_VERSION,
            "command": output.command,
            **fields,
        }
        data = json.dumps(plain(document), indent=2).encode() + b"\n"
        (target,) = plan.targets
        write_target(target, data, plan=plan, output=output)
    output.result(fields, human=figures_table(measuring, rows) if rows else "")
