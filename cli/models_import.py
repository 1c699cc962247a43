"""`musegen models import` and `export`: models in and out of this installation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._completing import complete_models
from musegen.cli._options import (
    command_with_examples,
    machine_options,
)
from musegen.cli._output import Output
from musegen.data.errors import FileFormatError, OutputExistsError, UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.engine.archives import Archive
    from musegen.engine.model_sources import ModelSource

_NAME = re.compile(r"\w[\w.-]*")
_MAX_LISTED = 4


@command_with_examples(
    "import",
    examples=[
        "musegen models import coconet-64layers-128filters.zip --name released",
        "musegen models import checkpoints/coconet -o models/released",
        "musegen models import midi_ddsp_model_weights_urmp_9_10.zip",
    ],
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    show_default="where `musegen models list` finds it",
    help="The model folder to make.",
)
@click.option(
    "--name",
    metavar="NAME",
    show_default="of FOLDER, or of what is imported",
    help="What the model is called.",
)
@click.option("--overwrite", is_flag=True, help="Replace a model that exists.")
@machine_options
def import_command(
    path: Path, folder: Path | None, name: str | None, overwrite: bool, output: Output
) -> None:
    """Make a model of a Magenta checkpoint, browser weights or an exported model."""
    from musegen.engine.archives import open_archive
    from musegen.engine.model_folder import require_replaceable
    from musegen.engine.models import user_models_folder

    if name is not None:
        _check_name(name)
    with output.item(str(path)) as item:
        with output.progress(f"Importing {path}"):
            source = find_source(open_archive(path))
            chosen = name or (folder.resolve().name if folder else "")
            chosen = chosen or source.suggested_name
            target = folder or user_models_folder() / chosen
            if target.exists() and not overwrite:
                raise OutputExistsError(
                    f"the model folder {target} exists: give another with -o or "
                    "--name, or add --overwrite"
                )
            require_replaceable(target)
            imported = source.import_to(target, name=chosen, overwrite=overwrite)
        for notice in imported.notices:
            item.notice(notice)
        if folder is None and _is_shipped(chosen):
            item.notice(
                Notice(
                    code="hides-shipped-model",
                    message=f"'{chosen}' now hides the model of that name which came "
                    "with musegen; --name gives it another",
                )
            )
        model = imported.folder
        item.output(
            model.path,
            name=chosen,
            kind=model.config.kind,
            summary=model.config.summary,
            sha256=model.digest,
        )
        output.note(f"use it with --model {chosen if folder is None else model.path}")


@command_with_examples(
    "export",
    examples=[
        "musegen models export coconet -o coconet.zip",
        "musegen models export coconet -o models/copy",
    ],
)
@click.argument("name", shell_complete=complete_models)
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    metavar="FOLDER|FILE.zip",
    show_default="NAME.zip",
    help="Where to; a name that ends in .zip makes one file.",
)
@click.option("--overwrite", is_flag=True, help="Replace what exists.")
@machine_options
def export_command(
    name: str, target: Path | None, overwrite: bool, output: Output
) -> None:
    """Copy a model to a folder or a zip, for `musegen models import` elsewhere."""
    from musegen.data.files import write_bytes
    from musegen.engine.archives import open_archive
    from musegen.engine.model_sources import model_zip_bytes
    from musegen.engine.models import find_model

    with output.item(name) as item:
        model = find_model(name)
        target = target or Path(f"{model.config.name}.zip")
        if target.exists() and not overwrite:
            raise OutputExistsError(f"{target} exists: give another, or --overwrite")
        if target.suffix.lower() == ".zip":
            write_bytes(target, model_zip_bytes(model), overwrite=overwrite)
        else:
            find_source(open_archive(model.path)).import_to(
                target, name=model.config.name, overwrite=overwrite
            )
        item.output(target, name=model.config.name, kind=model.config.kind)


def find_source(archive: Archive) -> ModelSource:
    """Return the model in an archive, whatever its kind.

    Raises:
        FileFormatError: There is none that is known, or it is damaged.
    """
    from musegen.coconet.importing import find_coconet
    from musegen.engine.model_sources import find_own_model
    from musegen.midi_ddsp.original.importing import find_midi_ddsp

    # Coconet's refuses several folders of checkpoints, which MIDI-DDSP's archive has.
    for find in (find_own_model, find_midi_ddsp, find_coconet):
        source: ModelSource | None = find(archive)
        if source is not None:
            return source
    listed = ", ".join(
        [archive.focus] if archive.focus else archive.names[:_MAX_LISTED]
    )
    raise FileFormatError(
        f"{archive.path} holds no model that is known (but {listed or 'nothing'}): "
        "give the folder or zip of a Magenta Coconet checkpoint (.index, .data-*, "
        "config), of MIDI-DDSP's two checkpoints, of browser weights "
        "(weights_manifest.json), or of a musegen model"
    )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"--name {name}: a name is letters, digits, '_', '-' and '.', and begins "
            "with a letter or digit"
        )


def _is_shipped(name: str) -> bool:
    from musegen.engine.models import list_models

    return any(model.name == name and model.is_shipped for model in list_models())
