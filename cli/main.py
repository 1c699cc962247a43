"""The `musegen` command: a lazy group and the one place where the process ends.

A command's module is imported when the command is named, never to print the list of
commands, so `musegen --help` and shell completion stay fast. What a command does is in
its own module; what an exception is called is in `musegen.cli._errors`.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError
from click.shell_completion import CompletionItem

from musegen import __version__
from musegen.cli._errors import EXIT_DONE, describe

PROGRAM = "musegen"
CONTEXT_SETTINGS: dict[str, Any] = {
    "auto_envvar_prefix": "MUSEGEN",
    "help_option_names": ["-h", "--help"],
    "show_default": True,
    "max_content_width": 100,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyCommand:
    """A command that is not imported yet.

    Args:
        module: Where it is; the module has the attribute `command`.
        summary: One imperative sentence for the list of commands.
    """

    module: str
    summary: str


COMMANDS = {
    "harmonize": LazyCommand(
        module="musegen.cli.harmonize", summary="Write the other voices of a melody."
    ),
    "complete": LazyCommand(
        module="musegen.cli.complete", summary="Fill what is missing in scores."
    ),
    "compose": LazyCommand(
        module="musegen.cli.compose", summary="Write music in four parts."
    ),
    "synth": LazyCommand(
        module="musegen.cli.synth", summary="Play scores with expression, as sound."
    ),
    "show": LazyCommand(
        module="musegen.cli.show", summary="Show scores as piano rolls."
    ),
    "analyse": LazyCommand(
        module="musegen.cli.analyse",
        summary="Analyse recordings: pitch, loudness, notes, expression.",
    ),
    "resynth": LazyCommand(
        module="musegen.cli.resynth",
        summary="Resynthesise recordings, changed on the way.",
    ),
    "train": LazyCommand(module="musegen.cli.train", summary="Train a model."),
    "evaluate": LazyCommand(
        module="musegen.cli.evaluate", summary="Measure a model or a folder of scores."
    ),
    "data": LazyCommand(
        module="musegen.cli.data", summary="Prepare, inspect and check data sets."
    ),
    "models": LazyCommand(
        module="musegen.cli.models", summary="List the models and describe one."
    ),
    "instruments": LazyCommand(
        module="musegen.cli.instruments",
        summary="List who can play, and in what range.",
    ),
    "doctor": LazyCommand(
        module="musegen.cli.doctor", summary="Check that this installation works."
    ),
    "completion": LazyCommand(
        module="musegen.cli.completion", summary="Print a shell's completion script."
    ),
}
"""The commands of this release, in the order in which `--help` lists them."""


@dataclass(slots=True, kw_only=True)
class Invocation:
    """What one run of the program knows about itself (`ctx.obj`).

    Args:
        debug: Show tracebacks; set by `MUSEGEN_DEBUG=1` or by any command's `--debug`.
    """

    debug: bool = False


class LazyGroup(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command, or return None for an unknown name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(entry.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which names are close to a mistyped one.

        click compares with the commands that are registered; here none is until it is
        used.
        """
        name = args[0]
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if name.startswith("-"):  # a mistyped option, which click names
                raise
            close = get_close_matches(name, COMMANDS)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(
                f"there is no command '{name}'.{hint}", ctx=ctx
            ) from error

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the list of commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, e.summary) for name, e in COMMANDS.items()])

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """Complete command names from the table, importing none of them."""
        commands = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    name=PROGRAM,
    cls=LazyGroup,
    context_settings=CONTEXT_SETTINGS,
    help="Write, show and measure music with neural networks.\n\n"
    "\b\nExamples:\n"  # \b keeps click from filling the lines into a paragraph
    "  musegen harmonize tune.mid\n"
    "  musegen show tune.harmonized.mid",
    epilog="Every option can be set in the environment: "
    "MUSEGEN_HARMONIZE_TEMPERATURE=0.7 is --temperature 0.7 of harmonize. "
    "Exit codes: 0 done, 1 failure, 2 usage, 3 some inputs failed, "
    "4 model not available, 130 interrupted.",
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def group() -> None:
    """Stand at the head of the commands."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; errors are told on stderr.

    Args:
        arguments: The words after `musegen`; None takes them from `sys.argv`.
    """
    invocation = Invocation(debug=is_debug_environment())
    try:
        code = group.main(
            arguments, prog_name=PROGRAM, standalone_mode=False, obj=invocation
        )
        sys.stdout.flush()
    except SystemExit as end:  # completion and a closed pipe end inside click
        return end.code if isinstance(end.code, int) else EXIT_DONE
    except (Exception, KeyboardInterrupt) as error:
        return _tell(error, debug=invocation.debug)
    return code if isinstance(code, int) else EXIT_DONE


def main() -> NoReturn:
    """Run the program as a process: the entry point of the `musegen` script."""
    _make_output_robust()
    with warnings.catch_warnings():
        if not sys.warnoptions and not is_debug_environment():
            warnings.simplefilter("ignore")  # libraries' remarks are not for users
        code = run()
    _silence_closed_pipes()
    sys.exit(code)


def is_debug_environment() -> bool:
    """Return whether `MUSEGEN_DEBUG` asks for tracebacks (0, no and false do not)."""
    value = os.environ.get("MUSEGEN_DEBUG", "").strip().lower()
    return value not in {"", "0", "no", "false", "off"}


def _tell(error: BaseException, *, debug: bool) -> int:
    """Write the sentence of an error on stderr and return its exit code."""
    failure = describe(error)
    with contextlib.suppress(BrokenPipeError):
        if debug and not isinstance(error, click.ClickException | click.Abort):
            traceback.print_exception(error, file=sys.stderr)
        if isinstance(error, NoArgsIsHelpError):
            print(error.format_message(), file=sys.stderr)
        elif failure.message:
            print(f"{PROGRAM}: {failure.message}", file=sys.stderr)
            _tell_where_help_is(error)
    return failure.exit_code


def _tell_where_help_is(error: BaseException) -> None:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    if ctx is not None:
        print(f"Try '{ctx.command_path} --help' for help.", file=sys.stderr)


def _make_output_robust() -> None:
    """Let stdout carry any file name, whatever the locale."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def _silence_closed_pipes() -> None:
    """Keep Python from complaining at exit about a reader that went away."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            with contextlib.suppress(OSError, ValueError):
                os.dup2(null, stream.fileno())
