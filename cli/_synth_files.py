"""Files of `musegen synth` beside the mix: stems, expression, parameters, the recipe.

Named and checked once the parts are known, before anything sounds.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._formats import FORMATS, split_name
from musegen.cli._inputs import Source
from musegen.cli._output import Item, notice_json
from musegen.cli._output_folders import check_folder
from musegen.cli._paths import Plan, Target, write_file
from musegen.cli._recipe_inputs import recorded_inputs
from musegen.cli._synth_playing import PART_FIELD, Playing, file_of_part
from musegen.data.errors import (
    InputError,
    MissingPackageError,
    OutputExistsError,
    UsageError,
)

if TYPE_CHECKING:
    from musegen.engine.recipe import RecipeModel
    from musegen.midi_ddsp.parameters import SynthesisParameters
    from musegen.midi_ddsp.tables.note_table import NoteTable, PartialNoteTable

PAGE = "html"
TABLE_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFiles:
    """The files of the parts of one performance.

    Args:
        stems: By key, a file for each format.
        expression: By key, where its table goes.
        parameters: By key, where its parameters go.
    """

    stems: Mapping[str, tuple[Target, ...]]
    expression: Mapping[str, Path]
    parameters: Mapping[str, Path]

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        stems = (target.path for targets in self.stems.values() for target in targets)
        found = (path for path in stems if path is not None)
        return (*found, *self.expression.values(), *self.parameters.values())


class ParameterFile:
    """A parameter file that can be played more than once.

    Args:
        path: Where it is.

    Raises:
        InputError: It cannot be read.
        FileFormatError: It does not hold parameters.
    """

    def __init__(self, path: Path) -> None:
        from musegen.midi_ddsp.tables.parameter_files import read_header

        self.path = path
        read_header(path)

    def __iter__(self) -> Iterator[SynthesisParameters]:
        from musegen.midi_ddsp.tables.parameter_files import iterate_parameters

        return iterate_parameters(self.path)


# === Files that are written ===


def check_saving(playing: Playing) -> None:
    """Refuse names that say no format, and formats that nothing can write.

    Raises:
        UsageError: An extension is none of those that are written.
        MissingPackageError: pyarrow is needed and not installed.
    """
    for option, name in playing.saved:
        suffix = Path(name).suffix.lower()
        is_table = option == "--save-expression"
        allowed = TABLE_SUFFIXES if is_table else TABLE_SUFFIXES[1:]
        if suffix not in allowed:
            raise UsageError(
                f"{option} {name}: the extension is {' or '.join(allowed)}: change it"
            )
    names = [name for _, name in (*playing.saved, *playing.read)]
    is_needed = any(name.lower().endswith(".parquet") for name in names)
    if is_needed and importlib.util.find_spec("pyarrow") is None:
        raise MissingPackageError("pyarrow", extra="records", purpose="a Parquet file")


def plan_part_files(
    playing: Playing,
    plan: Plan,
    targets: Sequence[Target],
    *,
    line_keys: Sequence[str],
    stem_keys: Sequence[str],
) -> PartFiles:
    """Name the files of the parts and check them.

    Args:
        playing: Names of what is saved.
        plan: Of the input.
        targets: The mixes of one performance.
        line_keys: Parts that have expression and parameters.
        stem_keys: Parts whose sound is written; none without `--stems`.

    Raises:
        UsageError: One file is to hold several parts, or two outputs share a name.
        OutputExistsError: A file is there and may not be replaced.
        OutputError: A folder cannot be written to.
    """
    saved = {
        option: {key: file_of_part(option, name, key, line_keys) for key in line_keys}
        for option, name in playing.saved
    }
    files = PartFiles(
        stems={key: _stem_targets(targets, key) for key in stem_keys},
        expression=saved.get("--save-expression", {}),
        parameters=saved.get("--save-parameters", {}),
    )
    taken = {path.resolve() for path in plan.paths}
    taken |= {plan.source.path.resolve()} if plan.source.path else set()
    taken |= {
        file_of_part(option, name, key, [key]).resolve()
        for option, name in playing.read
        for key in line_keys
    }
    for path in files.paths:
        if path.resolve() in taken:
            raise UsageError(f"{path} is used already: name another file")
        taken.add(path.resolve())
        if path.exists() and not plan.overwrite:
            raise OutputExistsError(
                f"{path} exists: add --overwrite to replace it, or name another file"
            )
        check_folder(path.parent, may_create=True)
    return files


def _stem_targets(targets: Sequence[Target], key: str) -> tuple[Target, ...]:
    """Return the stem of a part beside each mix that is a sound file."""
    found = []
    for target in targets:
        if target.path is None:
            continue
        root, suffix = split_name(target.path.name)
        format = target.format
        if format == PAGE:
            if len(targets) > 1:
                continue
            format, suffix = "wav", FORMATS["wav"].suffix
        path = target.path.with_name(f"{root}.{key}{suffix}")
        found.append(Target(path=path, format=format, index=target.index))
    return tuple(found)


def save_table(table: NoteTable, path: Path) -> None:
    """Write how notes are played, in the format that the name says."""
    from musegen.midi_ddsp.tables.note_table_files import csv_bytes, parquet_bytes

    is_parquet = path.suffix.lower() == ".parquet"
    data = parquet_bytes(table) if is_parquet else csv_bytes(table)
    write_file(path, data, overwrite=True)


# === Files that are read ===


def read_expression(
    name: str, keys: Sequence[str]
) -> tuple[dict[str, PartialNoteTable], list[Path]]:
    """Return the tables that are there, by key, and their files.

    Raises:
        MusegenError: None is there, or one cannot be read.
    """
    from musegen.midi_ddsp.tables.note_table_files import read_partial_table

    paths = _existing("--expression", name, keys)
    tables = {key: read_partial_table(path) for key, path in paths.items()}
    return tables, [*paths.values()]


def read_parameters(
    name: str, keys: Sequence[str]
) -> tuple[dict[str, ParameterFile], list[Path]]:
    """Return the parameter files that are there, by key, and their paths.

    Raises:
        MusegenError: None is there, or one cannot be read.
    """
    paths = _existing("--parameters", name, keys)
    files = {key: ParameterFile(path) for key, path in paths.items()}
    return files, [*paths.values()]


def _existing(option: str, name: str, keys: Sequence[str]) -> dict[str, Path]:
    """Return the files of parts; of `{part}` those that exist, at least one."""
    paths = {key: file_of_part(option, name, key, keys) for key in keys}
    if PART_FIELD in name:
        found = {key: path for key, path in paths.items() if path.exists()}
        if not found:
            listed = ", ".join(str(path) for path in paths.values())
            raise InputError(
                f"{option} {name}: none of {listed or 'the files'} is there: check the "
                "name"
            )
        return found
    for path in paths.values():
        if not path.exists():
            raise InputError(f"{option} {path}: there is no such file: check the name")
    return paths


# === The recipe ===


def recipe_text(
    *,
    options: Mapping[str, object],
    seed: int,
    plan: Plan,
    item: Item,
    content: bytes,
    others: Sequence[Path],
    model: RecipeModel | None,
) -> str:
    """Return the recipe of everything written for an input.

    Args:
        options: Of the command, without the formats.
        seed: As given or drawn.
        plan: Of the input.
        item: Its notices, and the files that were written.
        content: Of the score.
        others: Further files that went in.
        model: Who played; None for nobody.
    """
    from musegen import __version__
    from musegen.engine.digests import sha256_of, sha256_of_file
    from musegen.engine.recipe import Recipe, RecipeFile

    inputs = [
        RecipeFile(name=name, sha256=sha256_of(data))
        for name, data in recorded_inputs(plan, content)
    ]
    for path in others:  # which may be large
        alone = replace(plan, source=Source(name=str(path), path=path))
        [(name, _)] = recorded_inputs(alone, b"")
        inputs.append(RecipeFile(name=name, sha256=sha256_of_file(path)))
    outputs = []
    for written in item.outputs:
        path = Path(str(written["path"]))
        facts = {key: value for key, value in written.items() if key != "path"}
        outputs.append(
            RecipeFile(name=path.name, sha256=sha256_of_file(path), facts=facts)
        )
    formats = list(dict.fromkeys(target.format for target in plan.targets))
    recipe = Recipe(
        musegen_version=__version__,
        command="synth",
        options={**options, "format": formats},
        seed=seed,
        inputs=tuple(inputs),
        model=model,
        outputs=tuple(outputs),
        notices=tuple(notice_json(notice) for notice in item.notices),
    )
    return recipe.to_json()
