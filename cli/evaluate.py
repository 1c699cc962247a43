"""`musegen evaluate`: the group of what measures models and scores.

The first word is a subcommand, or else scores are meant: `musegen evaluate tune.mid` is
`musegen evaluate scores tune.mid`.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from musegen.cli._options import MusegenGroup
from musegen.cli.evaluate_coconet import coconet_command
from musegen.cli.evaluate_scores import scores_command
from musegen.data.errors import UsageError

DEFAULT = "scores"


class EvaluateGroup(MusegenGroup):
    """A group whose first argument may be a score."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the default command where none is."""
        if args and args[0] not in self.commands:
            self._refuse_misspelled(args[0])
            if args[0] not in ctx.help_option_names:
                args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelled(self, word: str) -> None:
        """Say which subcommand is close to a word that is no file."""
        close = get_close_matches(word, self.commands)
        if close and not Path(word).exists():
            raise UsageError(
                f"{word}: neither a file nor a command. Did you mean '{close[0]}'?"
            )

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write both ways to use the command."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] SCORES...")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...")


@click.command(
    "evaluate",
    cls=EvaluateGroup,
    examples=[
        "musegen evaluate chorale.mid",
        "musegen evaluate coconet --data Jsb16thSeparated.npz --split test",
    ],
)
def command() -> None:
    """Measure scores against Bach's, or a model on held-out pieces.

    `musegen evaluate scores --help` lists the options for scores.
    """


command.add_command(scores_command)
command.add_command(coconet_command)
