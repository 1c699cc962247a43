"""`musegen show`: a score as a piano roll, or how a line of it is played."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import click

from musegen.cli._bar_range import BarRangeType
from musegen.cli._expression_options import ExpressionChoices, expression_options
from musegen.cli._given_parts import given_parts
from musegen.cli._inputs import Source, expand_inputs
from musegen.cli._options import (
    command_with_examples,
    format_option,
    machine_options,
    output_options,
)
from musegen.cli._output import Item, Output
from musegen.cli._paths import (
    Destination,
    Naming,
    Plan,
    plan_outputs,
    write_target,
)
from musegen.cli._show_expression import expression_picture
from musegen.cli._show_roll import RollPicture
from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.data.score import Score
from musegen.render.bar_range import BarRange
from musegen.render.score_view import require_notes
from musegen.render.text_roll import MIN_WIDTH_COLUMNS

FORMATS = ("svg", "png", "text")
NAMING = Naming(label="", formats=FORMATS, default_formats=("svg",), has_sidecar=False)
PIPE_WIDTH_COLUMNS = 100  # where there is no terminal and COLUMNS is not set
_ROLL_SIGNS = "\N{BOX DRAWINGS LIGHT VERTICAL}\N{BOX DRAWINGS HEAVY HORIZONTAL}"


class Picture(Protocol):
    """What is made of a score."""

    def facts(self) -> dict[str, object]:
        """Return what JSON says of it."""
        ...

    def text(self, *, width_columns: int, use_color: bool, use_unicode: bool) -> str:
        """Return it in characters."""
        ...

    def content(self, format: str) -> tuple[bytes, tuple[Notice, ...]]:
        """Return a file, and what its format cannot hold."""
        ...


@command_with_examples(
    "show",
    examples=[
        "musegen show tune.mid",
        "musegen show tune.harmonized.mid -f svg,png",
        "musegen show tune.mid --bars 5-8 --given soprano -o excerpt.png",
        "musegen show tune.mid --expression tune.csv --audio tune.wav -o played.svg",
    ],
)
@click.argument("scores", nargs=-1, required=True, metavar="SCORE...")
@click.option(
    "--text",
    is_flag=True,
    show_default="unless a picture is asked for by -o, -d or -f",
    help="Print a roll in text.",
)
@click.option(
    "--bars",
    type=BarRangeType(),
    metavar="BARS",
    show_default="all",
    help="Which bars: 5, 5-8, 5- or -8; 0 is a pickup.",
)
@click.option(
    "--given",
    multiple=True,
    metavar="PART",
    show_default="what the recipe beside the score says",
    help="Outline a part, by number from 1 or by name; none for none.",
)
@expression_options
@format_option(FORMATS, default="svg")
@output_options
@machine_options
def command(
    scores: tuple[str, ...],
    text: bool,
    bars: BarRange | None,
    given: tuple[str, ...],
    expression: ExpressionChoices | None,
    formats: tuple[str, ...] | None,
    destination: Destination,
    output: Output,
) -> None:
    """Show scores as piano rolls: in text, or as SVG and PNG pictures.

    With --expression, after SCORE: how one line is played, note by note, and where
    there is sound its spectrogram, pitch and level.
    """
    has_files = bool(formats or destination.file or destination.folder)
    _refuse_contradictions(destination, has_files=has_files, text=text)
    sources = expand_inputs(scores)
    if expression is not None:
        expression.check(num_inputs=len(sources), has_given=bool(given))
    plans: Sequence[Plan | None] = [None] * len(sources)
    if has_files:
        plans = plan_outputs(
            sources, destination=destination, naming=NAMING, formats=formats
        )
        _refuse_other_formats(plans)
    output.expect(len(sources))
    for source, plan in zip(sources, plans, strict=True):
        with output.item(source.name) as item:
            if plan is not None and plan.is_skipped:
                item.skip("its outputs exist")
                continue
            score = _read(source, item)
            title = score.title or ("" if source.path is None else source.stem)
            picture: Picture = RollPicture(
                score=score,
                title=title,
                given_parts=given_parts(score, source, given, item),
                bars=bars,
            )
            if expression is not None:
                with output.progress(f"Reading how {item.name} is played"):
                    picture = expression_picture(
                        score, expression, title=title, bars=bars, item=item
                    )
            item.set(**picture.facts())
            if text or plan is None:
                _print_text(picture, item, output)
            if plan is not None:
                _write_files(picture, plan, item, output)


def _refuse_contradictions(
    destination: Destination, *, has_files: bool, text: bool
) -> None:
    """Refuse options that cannot act."""
    if not has_files and (destination.overwrite or destination.skip_existing):
        option = "--overwrite" if destination.overwrite else "--skip-existing"
        raise UsageError(
            f"{option} does nothing where nothing is written: ask for a file with -o, "
            f"-d or -f, or leave {option} out"
        )
    if text and destination.is_stdout:
        raise UsageError(
            "--text and -o - would both write to stdout: leave one of them out"
        )


def _refuse_other_formats(plans: Sequence[Plan]) -> None:
    """Refuse what the extension of `-o` names and this command does not write."""
    for target in (target for plan in plans for target in plan.targets):
        if target.format not in FORMATS:
            raise UsageError(
                f"-o {target.path}: show writes {', '.join(FORMATS)}, not "
                f"{target.format}: change the extension"
            )


def _read(source: Source, item: Item) -> Score:
    """Return the score of an input and tell what was noticed."""
    from musegen.data.files import read_score

    result = read_score(source.content(), name=source.name)
    for notice in result.notices:
        item.notice(notice)
    require_notes(result.score)
    return result.score


def _print_text(picture: Picture, item: Item, output: Output) -> None:
    """Print it as the terminal allows, or put it plainly into the JSON."""
    width = shutil.get_terminal_size((PIPE_WIDTH_COLUMNS, 24)).columns
    text = picture.text(
        width_columns=max(MIN_WIDTH_COLUMNS, width),
        use_color=not output.is_json and _has_color(),
        use_unicode=output.is_json or _has_unicode(),
    )
    item.set(text=text)
    output.data(text)


def _has_color() -> bool:
    """Return whether stdout is a terminal that shows colours (no-color.org)."""
    wants_none = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not wants_none


def _has_unicode() -> bool:
    """Return whether stdout can carry the box characters."""
    try:
        _ROLL_SIGNS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _write_files(picture: Picture, plan: Plan, item: Item, output: Output) -> None:
    """Draw everything that is asked for of a score, then write it."""
    with output.progress(f"Drawing {item.name}"):
        drawn = [picture.content(target.format) for target in plan.targets]
    for target, (data, notices) in zip(plan.targets, drawn, strict=True):
        write_target(target, data, plan=plan, output=output)
        item.output(target.path, format=target.format)
        for notice in notices:
            item.notice(replace(notice, message=f"{target.format}: {notice.message}"))
