"""`musegen models`: what models there are, what one was made from, where it lies.

`import` and `export` are in `musegen.cli.models_import`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._completing import complete_models
from musegen.cli._options import group_with_examples, machine_options
from musegen.cli._output import Output, table
from musegen.cli.models_import import export_command, import_command

if TYPE_CHECKING:
    from musegen.engine.models import ModelInfo

BYTES_PER_MEGABYTE = 1_000_000


@group_with_examples(
    "models",
    examples=[
        "musegen models list",
        "musegen models info coconet",
        "musegen models path coconet",
        "musegen models import coconet-64layers-128filters.zip",
    ],
)
def command() -> None:
    """List the models, describe one, take in and give out others."""


command.add_command(import_command)
command.add_command(export_command)


@command.command("list", examples=["musegen models list", "musegen models list --json"])
@machine_options
def list_command(output: Output) -> None:
    """List every model that is installed or cached."""
    from musegen.engine.models import list_models

    models = list_models()
    header = ("NAME", "KIND", "VERSION", "SIZE", "WHERE", "LICENCE", "WHAT")
    output.result(
        {"models": [_facts(model) for model in models]},
        human=table(header, [_row(model) for model in models])
        if models
        else "no models",
    )


@command.command("info", examples=["musegen models info coconet"])
@click.argument("name", shell_complete=complete_models)
@machine_options
def info_command(name: str, output: Output) -> None:
    """Print a model's card and the digests of its files."""
    from musegen.engine.models import find_model

    folder = find_model(name)
    digests = _digests(folder.path)
    files = table(("FILE", "SHA-256"), list(digests.items()))
    output.result(
        {
            "name": name,
            "path": folder.path,
            "card": folder.card,
            "config": folder.config,
            "sha256": digests,
        },
        human=f"{folder.card.rstrip()}\n\n{files}\n\nin {folder.path}",
    )


@command.command("path", examples=["musegen models path coconet"])
@click.argument("name", shell_complete=complete_models)
@machine_options
def path_command(name: str, output: Output) -> None:
    """Print the folder of a model and nothing else."""
    from musegen.engine.models import find_model

    folder = find_model(name)
    output.result({"name": name, "path": folder.path})
    output.path(folder.path)


def _facts(model: ModelInfo) -> dict[str, object]:
    """Return what JSON says of a model."""
    return {
        "name": model.name,
        "kind": model.kind,
        "version": model.version,
        "path": model.path,
        "size_bytes": model.size_bytes,
        "is_shipped": model.is_shipped,
        "licence": model.licence,
        "summary": model.summary,
    }


def _row(model: ModelInfo) -> tuple[str, ...]:
    return (
        model.name,
        model.kind,
        str(model.version),
        f"{model.size_bytes / BYTES_PER_MEGABYTE:.1f} MB",
        "shipped" if model.is_shipped else "cached",
        model.licence,
        model.summary,
    )


def _digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder, by its name."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
