"""Which models there are, and finding one by its name or its folder.

Models ship inside the model packages (`musegen/coconet/models/NAME`) or lie in the
user's cache. Light to import: help, completion and lists use it. Running a model is
`musegen.engine.predictor`.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from musegen.data.errors import ModelFolderError, ModelNotFoundError
from musegen.engine.model_folder import CONFIG_FILE, ModelFolder, open_model_folder

KINDS = ("coconet", "midi_ddsp", "sunmask")
HOME_VARIABLE = "MUSEGEN_HOME"
_MODELS = "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One line of a list of models.

    Args:
        name: What the user types.
        kind: The model package, `coconet`; empty for a damaged folder.
        version: Of the weights.
        path: Its folder.
        size_bytes: Of all its files.
        is_shipped: Came with the package; the others are in the user's cache.
        licence: Of the weights.
        summary: What it is, or what is wrong with its folder.
        problem: Why it cannot be used; empty for a whole one.
    """

    name: str
    kind: str
    version: str
    path: Path
    size_bytes: int
    is_shipped: bool
    licence: str
    summary: str
    problem: str = ""


def user_models_folder() -> Path:
    """Return the folder of the user's models: in `$MUSEGEN_HOME` or the cache."""
    if home := os.environ.get(HOME_VARIABLE):
        return Path(home).expanduser() / _MODELS
    import platformdirs

    return platformdirs.user_cache_path("musegen") / _MODELS


def list_models() -> tuple[ModelInfo, ...]:
    """Return every model there is, the user's before those that ship, each by name.

    A folder that cannot be understood is listed with its `problem`.
    """
    return tuple(
        _describe(path, is_shipped=is_shipped)
        for is_shipped, folder in _model_roots()
        for path in _subfolders(folder)
    )


def find_model(
    name_or_path: str | Path, *, kind: str | None = None, checks_files: bool = True
) -> ModelFolder:
    """Return the model of that name or in that folder, its files checked.

    A name wins over a folder of that name in the working directory (`./NAME` is the
    folder), and a model of the user's over one that ships.

    Args:
        name_or_path: A name of `list_models`, or a folder: a `Path`, or text with a
            separator in it.
        kind: The model package that is to use it; None takes any.
        checks_files: False reads its description only, which is quicker.

    Raises:
        ModelNotFoundError: No such model; the message lists those there are.
        ModelFolderError: It is damaged, or of another kind.
    """
    if isinstance(name_or_path, Path) or _is_path(name_or_path):
        folder = _open_path(Path(name_or_path).expanduser())
    else:
        folder = _open_name(name_or_path, kind=kind)
    if kind is not None and folder.config.kind != kind:
        raise ModelFolderError(
            f"the model '{folder.config.name}' is of kind '{folder.config.kind}', but "
            f"'{kind}' is needed: {_choices(kind)}"
        )
    if checks_files:
        folder.verify()
    return folder


def _is_path(text: str) -> bool:
    separators = ("/", os.sep, os.altsep or os.sep)
    return text in (".", "..") or any(separator in text for separator in separators)


def _open_path(path: Path) -> ModelFolder:
    if not path.is_dir():
        raise ModelNotFoundError(
            f"there is no model folder {path}: {_choices(None)}, or give a folder with "
            "a config.json"
        )
    return open_model_folder(path)


def _open_name(name: str, *, kind: str | None) -> ModelFolder:
    models = list_models()
    for model in models:
        if model.name == name:
            return open_model_folder(model.path)
    if (Path(name) / CONFIG_FILE).is_file():
        return open_model_folder(Path(name))
    names = [model.name for model in models if kind in (None, model.kind)]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f" (did you mean {_quoted(near, 'or')}?)" if near else ""
    raise ModelNotFoundError(f"there is no model '{name}'{hint}: {_choices(kind)}")


def _choices(kind: str | None) -> str:
    names = [model.name for model in list_models() if kind in (None, model.kind)]
    what = "models" if kind is None else f"{kind} models"
    if not names:
        return f"no {what} are installed (musegen models list)"
    return f"the {what} are {_quoted(list(dict.fromkeys(names)), 'and')}"


def _quoted(names: list[str], conjunction: str) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} {conjunction} {quoted[-1]}"


def _model_roots() -> Iterator[tuple[bool, Path]]:
    """Yield (is_shipped, folder of model folders)."""
    yield False, user_models_folder()
    for kind in KINDS:
        # The specification of a package can be asked for without importing the package.
        spec = importlib.util.find_spec(f"musegen.{kind}")
        for location in (spec and spec.submodule_search_locations) or ():
            yield True, Path(location) / _MODELS


def _subfolders(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # not made yet
        return []
    return [
        path
        for path in entries
        if path.is_dir() and not path.name.startswith((".", "_"))
    ]


def _describe(path: Path, *, is_shipped: bool) -> ModelInfo:
    size_bytes = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    try:
        config = open_model_folder(path).config
    except ModelFolderError as error:
        return ModelInfo(
            name=path.name,
            kind="",
            version="",
            path=path,
            size_bytes=size_bytes,
            is_shipped=is_shipped,
            licence="",
            summary=f"cannot be used: {error}",
            problem=str(error),
        )
    return ModelInfo(
        name=config.name,
        kind=config.kind,
        version=config.version,
        path=path,
        size_bytes=size_bytes,
        is_shipped=is_shipped,
        licence=config.licence,
        summary=config.summary,
    )
