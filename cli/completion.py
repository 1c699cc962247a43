"""`musegen completion`: print the script that completes commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Output

PROGRAM = "musegen"
COMPLETION_VARIABLE = "_MUSEGEN_COMPLETE"  # click's name for a program called musegen
SHELLS = {
    "bash": 'eval "$(musegen completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(musegen completion zsh)"  # in ~/.zshrc',
    "fish": "musegen completion fish > ~/.config/fish/completions/musegen.fish",
    "powershell": "musegen completion powershell >> $PROFILE",
}
"""The shells, each with the line that installs its script."""


@command_with_examples("completion", examples=list(SHELLS.values()))
@click.argument("shell", type=click.Choice(list(SHELLS)))
@machine_options
def command(shell: str, output: Output) -> None:
    """Print a shell's completion script."""
    script = completion_script(shell)
    output.result({"shell": shell, "script": script})
    output.data(script)


def completion_script(shell: str) -> str:
    """Return the script of a shell.

    Args:
        shell: A name in `SHELLS`.
    """
    from musegen.cli.main import group

    completer = get_completion_class(shell)
    if completer is None:  # pragma: no cover - every shell of the list is in click 8.5
        raise click.UsageError(f"the installed click cannot complete {shell}")
    return completer(group, {}, PROGRAM, COMPLETION_VARIABLE).source()
