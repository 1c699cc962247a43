"""Where a command's results go, decided and checked before any work.

`plan_outputs` names every file that will be written and refuses contradictions, clashes
and existing files; only then is a model loaded. Making the results is elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._formats import FORMATS, format_of, split_name
from musegen.cli._inputs import STANDARD_STREAM, Source
from musegen.cli._output_folders import check_folder
from musegen.data.errors import (
    OutputError,
    OutputExistsError,
    UsageError,
)

if TYPE_CHECKING:
    from musegen.cli._output import Output

SIDECAR_SUFFIX = ".musegen.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The user's wishes about outputs: `-o`, `-d`, `--overwrite`, `--skip-existing`.

    Args:
        file: The one output, `-` for stdout, None where not given.
        folder: Folder for outputs named after their inputs, None where not given.
        overwrite: Replace what exists.
        skip_existing: Pass over inputs whose outputs exist.

    Raises:
        UsageError: Two of them contradict one another.
    """

    file: str | None = None
    folder: Path | None = None
    overwrite: bool = False
    skip_existing: bool = False

    def __post_init__(self) -> None:
        if self.file == "":
            raise UsageError("-o names no file: give a name, or - for stdout")
        if self.file is not None and self.folder is not None:
            raise UsageError(
                f"-o {self.file} and -d {self.folder} contradict one another: use -o "
                "for one result, -d for many"
            )
        if self.overwrite and self.skip_existing:
            raise UsageError(
                "--overwrite and --skip-existing contradict one another: use one"
            )
        if self.is_stdout and self.skip_existing:
            raise UsageError("--skip-existing does nothing with -o -: leave it out")

    @property
    def is_stdout(self) -> bool:
        """Whether the result goes to stdout."""
        return self.file == STANDARD_STREAM

    def refuse_idle_overwrite(self) -> None:
        """Refuse `--overwrite` where stdout takes all that is written.

        Raises:
            UsageError: As said.
        """
        if self.is_stdout and self.overwrite:
            raise UsageError("--overwrite does nothing with -o -: leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a command names what it writes: `{stem}.{label}.{index}.{extension}`.

    Args:
        label: The command's word in the name: `harmonized`. Empty gives
            `{stem}.{extension}`.
        formats: All that the command writes, names in `FORMATS`.
        default_formats: What is written when neither `-f` nor `-o` says.
        has_sidecar: Whether a recipe `{stem}.{label}.musegen.json` goes with the
            outputs.
    """

    label: str
    formats: tuple[str, ...]
    default_formats: tuple[str, ...]
    has_sidecar: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One output.

    Args:
        path: Where it goes, None for stdout.
        format: A name in `FORMATS`.
        index: Number of the alternative, from 1.
    """

    path: Path | None
    format: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be written for one input.

    Args:
        source: The input.
        targets: The outputs, alternative by alternative, formats in the order asked
            for.
        sidecar: Where the recipe goes, None where there is none.
        overwrite: Whether existing files may be replaced.
        is_skipped: All of it exists and `--skip-existing` was given.
    """

    source: Source
    targets: tuple[Target, ...]
    sidecar: Path | None
    overwrite: bool
    is_skipped: bool

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that will be written, the sidecar last."""
        files = [target.path for target in self.targets if target.path is not None]
        return tuple(files) if self.sidecar is None else (*files, self.sidecar)


def plan_outputs(
    sources: Sequence[Source],
    *,
    destination: Destination,
    naming: Naming,
    formats: Sequence[str] | None = None,
    num_alternatives: int = 1,
    has_side_files: bool = False,
) -> tuple[Plan, ...]:
    """Name every output and check it, so that nothing fails after the work is done.

    Args:
        sources: The inputs.
        destination: Where results go.
        naming: How the command names them.
        formats: What was asked for with `-f`, None where it was not given.
        num_alternatives: Results an input, at least 1; from 2 on they are numbered.
        has_side_files: Whether options name files that are written beside the results,
            so that `--overwrite` acts even where a result goes to stdout.

    Returns:
        One plan a source, in order.

    Raises:
        UsageError: Options contradict one another, or two inputs would share an output.
        OutputExistsError: An output exists and neither replacing nor skipping was asked
            for.
        OutputError: A folder cannot be written to.
    """
    if not has_side_files:
        destination.refuse_idle_overwrite()
    chosen = _choose_formats(destination, formats, naming)
    _refuse_single(sources, destination, chosen, num_alternatives)
    plans = tuple(
        _plan(source, destination, naming, chosen, num_alternatives)
        for source in sources
    )
    _refuse_clashes(plans)
    for plan in plans:
        if not plan.is_skipped:
            _check_folders(plan, may_create=destination.folder is not None)
            _check_existing(plan, skip_existing=destination.skip_existing)
    return plans


def write_target(target: Target, data: bytes, *, plan: Plan, output: Output) -> None:
    """Write one output in one step, or send it to stdout.

    Args:
        target: Where.
        data: The whole content.
        plan: The plan that the target belongs to.
        output: Takes what goes to stdout.

    Raises:
        OutputError: It cannot be written.
    """
    if target.path is None:
        output.binary(data)
        return
    write_file(target.path, data, overwrite=plan.overwrite)


def write_file(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file in one step, making its folder if needed.

    Raises:
        OutputError: It cannot be written.
    """
    from musegen.data.files import write_bytes

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path.parent}: the folder cannot be made ({error.strerror}); choose "
            "another with -d"
        ) from error
    write_bytes(path, data, overwrite=overwrite)


def _choose_formats(
    destination: Destination, formats: Sequence[str] | None, naming: Naming
) -> tuple[str, ...]:
    """Settle the formats between `-f`, the extension of `-o` and the default."""
    if destination.file is None or destination.is_stdout:
        return tuple(formats) if formats else naming.default_formats
    inferred = format_of(split_name(Path(destination.file).name)[1])
    if formats is None and inferred is None:
        known = ", ".join(s for name in naming.formats for s in FORMATS[name].suffixes)
        raise UsageError(
            f"-o {destination.file}: the extension says no format; use one of {known}, "
            "or say the format with -f"
        )
    if formats is None:
        return (str(inferred),)
    if inferred is not None and tuple(formats) != (inferred,) and len(formats) == 1:
        raise UsageError(
            f"-o {destination.file} is {inferred}, but -f says {formats[0]}: "
            "change one of them"
        )
    return tuple(formats)


def _refuse_single(
    sources: Sequence[Source],
    destination: Destination,
    formats: Sequence[str],
    num_alternatives: int,
) -> None:
    """Refuse what one file, or stdout, cannot hold."""
    if destination.file is None:
        return
    option = f"-o {destination.file}"
    if len(sources) > 1:
        raise UsageError(
            f"{option} names one file, but there are {len(sources)} inputs: "
            "use -d FOLDER"
        )
    if len(formats) > 1:
        raise UsageError(
            f"{option} names one file, but {len(formats)} formats are asked for: "
            "use -d FOLDER"
        )
    if not destination.is_stdout:
        if Path(destination.file).is_dir():
            raise UsageError(f"{option} is a folder: use -d {destination.file}")
        return
    if num_alternatives > 1:
        raise UsageError(
            f"stdout holds one result, but {num_alternatives} are asked for: "
            "use -d FOLDER"
        )
    if FORMATS[formats[0]].is_binary and sys.stdout.isatty():
        raise UsageError(
            f"{formats[0]} would garble the terminal: redirect stdout, as in  "
            "-o - > out" + FORMATS[formats[0]].suffix
        )


def _plan(
    source: Source,
    destination: Destination,
    naming: Naming,
    formats: Sequence[str],
    num_alternatives: int,
) -> Plan:
    if destination.is_stdout:
        return Plan(
            source=source,
            targets=(Target(path=None, format=formats[0], index=1),),
            sidecar=None,
            overwrite=destination.overwrite,
            is_skipped=False,
        )
    if destination.file is not None:
        file = Path(destination.file)
        folder = file.parent
        stem, suffix = split_name(file.name)
        suffixes = dict.fromkeys(formats, suffix)
    else:
        folder = destination.folder or Path()
        suffixes = {name: FORMATS[name].suffix for name in formats}
        stem = f"{source.stem}.{naming.label}" if naming.label else source.stem
    numbers = [""]
    if num_alternatives > 1:
        numbers = [f".{index}" for index in range(1, num_alternatives + 1)]
    targets = tuple(
        Target(
            path=folder / f"{stem}{number}{suffixes[name]}",
            format=name,
            index=index,
        )
        for index, number in enumerate(numbers, start=1)
        for name in formats
    )
    has_sidecar = naming.has_sidecar and not any(
        target.path is not None and _is_device(target.path) for target in targets
    )
    sidecar = folder / f"{stem}{SIDECAR_SUFFIX}" if has_sidecar else None
    return Plan(
        source=source,
        targets=targets,
        sidecar=sidecar,
        overwrite=destination.overwrite,
        is_skipped=destination.skip_existing
        and all(target.path is not None and target.path.exists() for target in targets),
    )


def _refuse_clashes(plans: Sequence[Plan]) -> None:
    """Refuse two inputs for one output, and an output that is an input."""
    owner: dict[Path, str] = {}
    inputs = {p.source.path.resolve() for p in plans if p.source.path is not None}
    for plan in plans:
        for path in plan.paths:
            resolved = path.resolve()
            if resolved in owner:
                raise UsageError(
                    f"{owner[resolved]} and {plan.source.name} would both be "
                    f"written to {path}: run them apart, each with its own -d"
                )
            if resolved in inputs:
                raise UsageError(f"{path} is an input and an output: choose another -o")
            owner[resolved] = plan.source.name


def _check_folders(plan: Plan, *, may_create: bool) -> None:
    files = (path for path in plan.paths if not _is_device(path))
    for folder in dict.fromkeys(path.parent for path in files):
        check_folder(folder, may_create=may_create)


def _check_existing(plan: Plan, *, skip_existing: bool) -> None:
    """Refuse to replace; with `--skip-existing`, say what is missing for a skip."""
    existing = [p for p in plan.paths if p.exists() and not _is_device(p)]
    folders = [path for path in existing if path.is_dir()]
    if folders:
        raise OutputError(f"{folders[0]} is a folder: choose another name with -o")
    if plan.overwrite or not existing:
        return
    more = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
    if skip_existing:
        missing = next(p for p in plan.paths if not p.exists())
        raise OutputExistsError(
            f"{existing[0]} exists but {missing} does not, so {plan.source.name} can "
            "be neither skipped nor written: add --overwrite instead of --skip-existing"
        )
    raise OutputExistsError(
        f"{existing[0]}{more} exists: add --overwrite to replace it, --skip-existing "
        "to pass over it, or choose another place with -d"
    )


def _is_device(path: Path) -> bool:
    """Return whether a path is a device or a pipe, which is written to as it stands."""
    return path.exists() and not (path.is_file() or path.is_dir())
