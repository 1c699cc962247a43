"""`musegen data`: prepare data sets, look into them, count and check them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._clip_options import ClipWishes, clip_options
from musegen.cli._errors import EXIT_FAILURE
from musegen.cli._options import group_with_examples, machine_options, output_options
from musegen.cli._output import Item, Output, table
from musegen.cli._paths import Destination, write_file
from musegen.data.errors import (
    FileFormatError,
    OutputError,
    OutputExistsError,
    UsageError,
)
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.data.corpora.chorales import Chorale
    from musegen.data.preparation.chorale_checks import ChoraleCounts
    from musegen.data.preparation.chorale_records import Prepared

CLIPS = "midi-ddsp"
COLLECTIONS = ("chorales", CLIPS)
NUM_CHORALES = 382  # of the standard split, the absent ones included
ABSENT = "absent-from-corpus"
SHOWN_DIGITS = 12  # of a digest, for people

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group_with_examples(
    "data",
    examples=[
        "musegen data prepare chorales -o chorales.parquet",
        "musegen data stats chorales.parquet",
        "musegen data inspect tune.mid",
    ],
)
def command() -> None:
    """Prepare, inspect and check data sets."""


@command.command(
    "prepare",
    examples=[
        "musegen data prepare chorales",
        "musegen data prepare chorales -o chorales.parquet --overwrite",
        "musegen data prepare midi-ddsp --from-recordings takes -o clips.parquet",
        "musegen data prepare midi-ddsp --from-player chorales --instrument violin "
        "--minutes 60",
    ],
)
@click.argument("collection", type=click.Choice(COLLECTIONS))
@clip_options
@output_options
@machine_options
def prepare_command(
    collection: str, wishes: ClipWishes, destination: Destination, output: Output
) -> None:
    """Make a record file (Parquet) of a collection.

    The chorales are read from the files of the installed music21. For midi-ddsp,
    recordings or the virtual player give clips of sound with pitch, loudness and notes;
    all options up to --dry-run are for these.
    """
    from musegen.cli._prepare_midi_ddsp import prepare_midi_ddsp, refuse_clip_options

    with output.item(collection) as item:
        if collection != CLIPS:
            refuse_clip_options(wishes, collection=collection)
        path = None if wishes.is_dry_run else _target(collection, destination)
        if path is not None and destination.skip_existing and path.exists():
            item.skip(f"{path} exists")
            return
        if collection == CLIPS:
            overwrite = destination.overwrite
            prepare_midi_ddsp(
                wishes, path, overwrite=overwrite, item=item, output=output
            )
            return
        from musegen.data.preparation.chorale_records import prepare_chorales

        with output.progress("Reading chorales", NUM_CHORALES) as advance:
            prepared = prepare_chorales(advance=advance)
        if path is None:
            output.binary(prepared.data)
        else:
            write_file(path, prepared.data, overwrite=destination.overwrite)
        _tell_prepared(prepared, path, item, output)


@command.command("inspect", examples=["musegen data inspect chorales.parquet"])
@click.argument("file", type=FILE)
@machine_options
def inspect_command(file: Path, output: Output) -> None:
    """List the pieces of a record file, or say what preparing makes of a score."""
    from musegen.cli._clip_tables import inspect_clips, is_clips
    from musegen.data.preparation.records import is_record_file

    with output.item(str(file)) as item:
        if is_clips(file):
            inspect_clips(file, item, output)
        elif is_record_file(file):
            _inspect_records(file, item, output)
        else:
            _inspect_score(file, item, output)


@command.command("stats", examples=["musegen data stats chorales.parquet --json"])
@click.argument("file", type=FILE)
@machine_options
def stats_command(file: Path, output: Output) -> None:
    """Count the pieces, steps, notes and ranges of a record file."""
    from musegen.cli._clip_tables import is_clips, tell_counts
    from musegen.data.preparation.chorale_checks import count_chorales
    from musegen.data.preparation.chorale_records import read_chorale_records

    with output.item(str(file)) as item:
        if is_clips(file):
            tell_counts(file, item, output)
            return
        counts = count_chorales(read_chorale_records(file))
        item.set(**asdict(counts))
        output.result(human=_counts_text(counts))


@command.command("verify", examples=["musegen data verify chorales.parquet"])
@click.argument("file", type=FILE)
@machine_options
def verify_command(file: Path, output: Output) -> None:
    """Check the schema, the digest and every piece of a record file."""
    from musegen.cli._clip_tables import check_clips, is_clips
    from musegen.data.preparation.chorale_checks import find_problems
    from musegen.data.preparation.records import read_records

    with output.item(str(file)) as item:
        if is_clips(file):
            problems, num_records, digest = check_clips(file, output)
        else:
            records = read_records(file)
            problems, num_records = list(find_problems(records)), len(records.rows)
            digest = records.metadata.content_sha256
        item.set(problems=problems, records=num_records, content_sha256=digest)
        if problems:
            for problem in problems:
                output.note(f"{file}: {problem}")
            raise FileFormatError(
                f"{file}: {len(problems)} problems, the first: {problems[0]}; prepare "
                "it again with  musegen data prepare"
            )
        output.result(
            human=f"{file}: {num_records} records, no problem; content "
            f"{digest[:SHOWN_DIGITS]}"
        )


def _target(collection: str, destination: Destination) -> Path | None:
    """Return where the records go (None: stdout), checked before the work begins."""
    destination.refuse_idle_overwrite()
    if destination.is_stdout:
        if sys.stdout.isatty():
            raise UsageError(
                "Parquet would garble the terminal: redirect stdout, or give -o FILE"
            )
        return None
    name = destination.file or f"{collection}.parquet"
    path = (destination.folder or Path()) / name
    if path.is_dir():
        raise UsageError(f"-o {path} is a folder: use -d {path}")
    if destination.folder is None and not path.parent.is_dir():
        raise OutputError(f"{path.parent}: no such folder: make it first, or use -d")
    if path.exists() and not (destination.overwrite or destination.skip_existing):
        raise OutputExistsError(
            f"{path} exists: add --overwrite to replace it, or choose another -o"
        )
    return path


def _tell_prepared(
    prepared: Prepared, path: Path | None, item: Item, output: Output
) -> None:
    metadata = prepared.metadata
    item.output(path, format="parquet", records=prepared.num_records)
    item.set(
        read=metadata.num_read,
        written=prepared.num_records,
        rejected=[asdict(rejection) for rejection in metadata.rejections],
        content_sha256=metadata.content_sha256,
        licence=metadata.licence,
        source=metadata.source,
        versions=dict(metadata.versions),
    )
    for rejection in metadata.rejections:
        item.notice(Notice(code=rejection.reason, message=str(rejection)))
        if rejection.reason != ABSENT:
            output.report.failure_codes.append(EXIT_FAILURE)
    output.note(
        f"read {metadata.num_read}, written {prepared.num_records}, rejected "
        f"{len(metadata.rejections)}"
    )
    output.note(f"licence: {metadata.licence}")


def _inspect_records(file: Path, item: Item, output: Output) -> None:
    from musegen.data.preparation.chorale_checks import key_name
    from musegen.data.preparation.chorale_records import read_chorale_records

    pieces = [
        {
            "split": chorale.split,
            "index": chorale.index,
            "bwv": chorale.bwv,
            "steps": chorale.num_steps,
            "notes": int(chorale.is_onset.sum()),
            "metre": _metre(chorale),
            "key": key_name(chorale),
            "agreement": round(chorale.agreement, 4),
            "notices": [str(notice) for notice in chorale.notices],
        }
        for chorale in read_chorale_records(file)
    ]
    item.set(pieces=pieces)
    columns = ("split", "index", "bwv", "steps", "notes", "metre", "key", "agreement")
    output.result(
        human=table(
            [column.upper() for column in columns],
            [[str(piece[column]) for column in columns] for piece in pieces],
        )
    )


def _metre(chorale: Chorale) -> str:
    numerator, denominator = chorale.metre[0]
    return f"{numerator}/{denominator}"


def _inspect_score(file: Path, item: Item, output: Output) -> None:
    from musegen.data.files import read_score
    from musegen.data.preparation.inspection import inspect_score

    result = read_score(file)
    stages = inspect_score(result.score)
    for notice in (*result.notices, *(n for stage in stages for n in stage.notices)):
        item.notice(notice)
    item.set(
        is_usable=stages[-1].is_passed,
        stages=[
            {
                "name": stage.name,
                "is_passed": stage.is_passed,
                "reason": stage.reason,
                "message": stage.message,
            }
            for stage in stages
        ],
    )
    rows = [
        (stage.name, "passed" if stage.is_passed else stage.reason, stage.message)
        for stage in stages
    ]
    output.result(human=table(("STAGE", "RESULT", "FOUND"), rows))


def _counts_text(counts: ChoraleCounts) -> str:
    """Return the counts as tables for people."""
    header = ("SPLIT", "PIECES", "STEPS", "LENGTH", "NOTES", "SILENT", "SHARED TUNES")
    rows = [
        (
            name,
            str(split.pieces),
            str(split.steps),
            f"{split.shortest}/{split.median:g}/{split.longest}",
            str(split.notes),
            str(split.silent_cells),
            str(split.sharing_hymn_tune_with_train),
        )
        for name, split in counts.splits.items()
    ]
    ranges = [
        (name, voice, str(low), str(high))
        for name, split in counts.splits.items()
        for voice, (low, high) in split.ranges.items()
    ]
    return "\n\n".join(
        [
            table(header, rows),
            table(("SPLIT", "VOICE", "LOWEST", "HIGHEST"), ranges),
            table(("METRE", "PIECES"), [(k, str(n)) for k, n in counts.metres.items()]),
            table(("KEY", "PIECES"), [(k, str(n)) for k, n in counts.keys.items()]),
            f"cells equal to the standard arrays: {counts.mean_agreement:.2%}",
        ]
    )
