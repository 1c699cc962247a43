"""Files of the commands that take recordings: which go in, which come out, and where.

`_paths` decides where results go; here are the formats that only these commands write,
and the folder that an analysis fills.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from musegen.cli._inputs import Source
from musegen.cli._paths import Destination, Naming, Plan, plan_outputs
from musegen.data.errors import MissingPackageError, UsageError

RECORDING_SUFFIXES = (
    ".wav",
    ".flac",
    ".ogg",
    ".oga",
    ".opus",
    ".mp3",
    ".aif",
    ".aiff",
    ".caf",
    ".au",
)
FOLDER_SUFFIX = ".analysis"
_PACKAGES = {
    "png": ("matplotlib", "plot", "a PNG picture"),
    "parquet": ("pyarrow", "records", "a Parquet table"),
    "frames-parquet": ("pyarrow", "records", "a Parquet table"),
}


def plan_analyses(
    sources: Sequence[Source],
    *,
    destination: Destination,
    naming: Naming,
    formats: Sequence[str] | None,
) -> tuple[Plan, ...]:
    """Name every file of every analysis: a folder `{stem}.analysis` for each input.

    With `-o` there is one file and no folder.

    Args:
        sources: The recordings.
        destination: Where results go; its folder holds the folders.
        naming: What can be written, and what is where nothing is said; without label.
        formats: What was asked for with `-f`, None where it was not given.

    Raises:
        UsageError: Options contradict one another, or two inputs would share a folder.
        OutputExistsError: An output exists and neither replacing nor skipping was asked
            for.
        OutputError: A folder cannot be written to.
    """
    if destination.file is not None:
        return plan_outputs(
            sources, destination=destination, naming=naming, formats=formats
        )
    _refuse_shared_folders(sources)
    plans: list[Plan] = []
    for source in sources:
        folder = (destination.folder or Path()) / f"{source.stem}{FOLDER_SUFFIX}"
        plans += plan_outputs(
            [source],
            destination=replace(destination, folder=folder),
            naming=naming,
            formats=formats,
        )
    return tuple(plans)


def check_formats(
    plans: Sequence[Plan], allowed: Sequence[str], *, command: str
) -> None:
    """Refuse what cannot be written before any work is done.

    Args:
        plans: What will be written.
        allowed: The command's formats.
        command: Its name, for the message.

    Raises:
        UsageError: A format is not written by this command.
        MissingPackageError: A format needs a package that is not installed.
    """
    wanted = {target.format for plan in plans for target in plan.targets}
    for format in sorted(wanted - set(allowed)):
        raise UsageError(
            f"{command} writes {', '.join(allowed)}, not {format}: change the "
            "extension of -o, or -f"
        )
    for format in sorted(wanted & set(_PACKAGES)):
        package, extra, purpose = _PACKAGES[format]
        if importlib.util.find_spec(package) is None:
            raise MissingPackageError(package, extra=extra, purpose=purpose)


def _refuse_shared_folders(sources: Sequence[Source]) -> None:
    owner: dict[str, str] = {}
    for source in sources:
        if source.stem in owner:
            raise UsageError(
                f"{owner[source.stem]} and {source.name} would both be written to "
                f"{source.stem}{FOLDER_SUFFIX}: run them apart, each with its own -d"
            )
        owner[source.stem] = source.name
