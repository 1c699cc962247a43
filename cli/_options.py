"""Options that several commands share, declared once and so spelled the same.

Use these decorators and `command_with_examples`; do not declare such an option in a
command's file.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from musegen.cli._completing import complete_models
from musegen.cli._output import Output
from musegen.cli._paths import Destination
from musegen.data.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

MAX_SEED = 2**63 - 1  # inclusive; every generator in use takes it
DRAWN_SEED_BELOW = 2**31  # short enough to be typed again
_DRAWN_SEED = "musegen.cli.drawn_seed"


class _Examples(click.Command):
    """The part of a help text that shows how a command is used."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's own arguments pass through
        examples: Sequence[str] = (),
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_help_text(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the sentence and the examples."""
        super().format_help_text(ctx, formatter)
        with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class MusegenCommand(_Examples):
    """A command whose help reads: one sentence, examples, options.

    Args:
        examples: Whole command lines, at least one.
    """


class MusegenGroup(_Examples, click.Group):
    """A command with subcommands, which take `examples` too.

    Args:
        examples: Whole command lines, at least one.
    """

    command_class = MusegenCommand


def command_with_examples(
    name: str, *, examples: Sequence[str]
) -> Callable[[Callable[..., Any]], MusegenCommand]:
    """Declare a command; `examples` are whole command lines, at least one."""
    return click.command(name, cls=MusegenCommand, examples=examples)


def group_with_examples(
    name: str, *, examples: Sequence[str]
) -> Callable[[Callable[..., Any]], MusegenGroup]:
    """Declare a command with subcommands; `@it.command("list", examples=[...])`."""
    return click.command(name, cls=MusegenGroup, examples=examples)


def machine_options(function: Function) -> Function:
    """Add `--json -q -v --debug`, passed as one `output: Output`.

    The outermost of what a command does: it opens the output object, which says the
    seed that was drawn as the work begins, closes the JSON whatever happens, and ends
    with the exit code of the report. Put it directly above the function, so that these
    options come last in the help.
    """

    @click.option("--json", is_flag=True, help="Print one JSON object on stdout.")
    @click.option(
        "-q", "--quiet", is_flag=True, help="Print only the paths of what was produced."
    )
    @click.option(
        "-v",
        "--verbose",
        count=True,
        show_default=False,
        help="Say more on stderr; -vv says all.",
    )
    @click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_set_debug,
        help="Show the traceback of an error (also MUSEGEN_DEBUG=1).",
    )
    @click.pass_context
    @functools.wraps(function)
    def wrapper(
        ctx: click.Context,
        /,
        *args: object,
        json: bool,
        quiet: bool,
        verbose: int,
        **kwargs: object,
    ) -> None:
        _configure_logging(ctx, verbose)
        output = Output(
            json=json,
            quiet=quiet,
            command=ctx.command_path.partition(" ")[2] or ctx.info_name or "",
            debug=getattr(ctx.find_root().obj, "debug", False),
        )
        with output:
            _tell_drawn_seed(ctx, output)
            function(*args, output=output, **kwargs)
        ctx.exit(output.exit_code)

    return wrapper  # type: ignore[return-value]


def output_options(function: Function) -> Function:
    """Add `-o -d --overwrite --skip-existing` as one `destination: Destination`."""

    @click.option(
        "-o",
        "--output",
        "output_file",
        metavar="FILE",
        show_default="named after the input",
        help="Write the one result to FILE; - is stdout.",
    )
    @click.option(
        "-d",
        "--output-dir",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        show_default="the working folder",
        help="Write results to FOLDER, made if missing.",
    )
    @click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
    @click.option(
        "--skip-existing", is_flag=True, help="Pass over inputs whose outputs exist."
    )
    @functools.wraps(function)
    def wrapper(
        *args: object,
        output_file: str | None,
        output_dir: Path | None,
        overwrite: bool,
        skip_existing: bool,
        **kwargs: object,
    ) -> object:
        destination = Destination(
            file=output_file,
            folder=output_dir,
            overwrite=overwrite,
            skip_existing=skip_existing,
        )
        if destination.is_stdout and click.get_current_context().params.get("json"):
            raise UsageError(
                "--json and -o - would both print to stdout: name a file with -o FILE"
            )
        return function(*args, destination=destination, **kwargs)

    return wrapper  # type: ignore[return-value]


class FormatList(click.ParamType[tuple[str, ...]]):
    """Formats separated by commas, as a tuple without repetitions: `midi,png`.

    Args:
        choices: The names that are allowed.
    """

    name = "formats"

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = tuple(choices)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split and check."""
        words = str(value).split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
        names = [word.strip().lower() for word in words]
        for name in names:
            if name not in self.choices:
                known = ", ".join(self.choices)
                self.fail(f"{name!r} is no format; choose from {known}.", param, ctx)
        return tuple(dict.fromkeys(names))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the last of the names."""
        done, comma, last = incomplete.rpartition(",")
        taken = set(done.split(","))
        return [
            CompletionItem(f"{done}{comma}{name}")
            for name in self.choices
            if name.startswith(last) and name not in taken
        ]


def format_option(
    choices: Sequence[str], *, default: str
) -> Callable[[Function], Function]:
    """Add `-f/--format`, passed as `formats: tuple[str, ...] | None` (None: not given).

    Args:
        choices: Names from `musegen.cli._formats.FORMATS`.
        default: What the command writes when neither `-f` nor an extension says
            otherwise; shown in the help, applied by `plan_outputs`.
    """
    return click.option(
        "-f",
        "--format",
        "formats",
        type=FormatList(choices),
        metavar="FORMAT[,FORMAT...]",
        show_default=f"{default}, or by the extension of -o",
        help=f"What to write: {', '.join(choices)}.",
    )


def seed_option(function: Function) -> Function:
    """Add `--seed` as `seed: int`; when absent one is drawn, said and recorded."""
    return click.option(
        "--seed",
        type=int,
        callback=_draw_seed,
        show_default="drawn and printed",
        help="The same seed, input and model give the same result.",
    )(function)


def model_option(
    *, default: str, multiple: bool = False
) -> Callable[[Function], Function]:
    """Add `--model`, passed as `model: str`, or as `models: tuple[str, ...]`.

    Args:
        default: Name of the model that the command uses.
        multiple: The option may be repeated, to compare models.
    """
    return click.option(
        "--model",
        "models" if multiple else "model",
        multiple=multiple,
        default=(default,) if multiple else default,
        metavar="NAME|FOLDER",
        shell_complete=complete_models,
        help="A name from `musegen models list`, or a model folder"
        + ("; repeatable, to compare." if multiple else "."),
    )


def device_option(function: Function) -> Function:
    """Add `--device`, passed as `device: str`: `auto`, `cpu` or `gpu`."""
    return click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "gpu"]),
        default="auto",
        help="Where to compute; auto takes a GPU if there is one.",
    )(function)


def precision_option(function: Function) -> Function:
    """Add `--precision`, passed as `precision: str`: `auto`, `float32` or `int8`."""
    return click.option(
        "--precision",
        type=click.Choice(["auto", "float32", "int8"]),
        default="auto",
        help="Of the network's products; int8 is faster, for CPUs; auto takes it where "
        "the model has it.",
    )(function)


def _set_debug(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    invocation = ctx.find_root().obj
    if value and invocation is not None:
        invocation.debug = True
    return value


def _draw_seed(ctx: click.Context, param: click.Parameter, value: int | None) -> int:
    if value is not None:
        if not 0 <= value <= MAX_SEED:
            raise click.BadParameter(
                f"a seed is 0 to {MAX_SEED}; got {value}", ctx=ctx, param=param
            )
        return value
    import secrets  # its hashes take longer than the rest of an option

    seed = secrets.randbelow(DRAWN_SEED_BELOW)
    ctx.meta[_DRAWN_SEED] = seed
    return seed


def _tell_drawn_seed(ctx: click.Context, output: Output) -> None:
    seed = ctx.meta.get(_DRAWN_SEED)
    if seed is not None:
        output.begin_with(f"seed {seed} was drawn; repeat with --seed {seed}")
    if "seed" in ctx.params:
        output.result({"seed": ctx.params["seed"]})


def _configure_logging(ctx: click.Context, verbose: int) -> None:
    """Send the library's log to stderr while the command runs."""
    if not verbose:
        return
    logger = logging.getLogger("musegen")
    level_before = logger.level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)

    def restore() -> None:
        logger.removeHandler(handler)
        logger.setLevel(level_before)

    ctx.call_on_close(restore)
