"""What the shell completes: names of models and instruments."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def complete_models(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete model names; folders complete too, once a separator is typed."""
    if "/" in incomplete or "\\" in incomplete or incomplete.startswith("."):
        return [CompletionItem(incomplete, type="dir")]
    from musegen.engine.models import list_models

    return [
        CompletionItem(model.name, help=model.summary)
        for model in list_models()
        if model.name.startswith(incomplete)
    ]


def complete_instruments(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete names of instruments, with hyphens for spaces."""
    from musegen.midi_ddsp.instruments import INSTRUMENTS

    names = [instrument.name.replace(" ", "-") for instrument in INSTRUMENTS]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
