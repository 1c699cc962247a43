"""A model is a folder: what lies in it, how it is written and how it is checked.

Every folder holds `config.json`, `weights.safetensors` and `card.md`, so that one known
is all known; and one or several `*.onnx`, unless its package runs the weights by
itself. Which models there are is `musegen.engine.models`; running one is
`musegen.engine.predictor`.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegen.data.errors import ModelFolderError, OutputError, OutputExistsError
from musegen.engine.digests import sha256_of, sha256_of_file
from musegen.engine.json_fields import JsonFields, to_json_text

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "weights.safetensors"
CARD_FILE = "card.md"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFile:
    """One exported network of a model.

    Args:
        file: Its file in the folder, `network.onnx`.
        inputs: Names of its inputs, in order.
        outputs: Names of its outputs, in order.
        eight_bits: File of the same network with products of 8-bit numbers, for CPUs,
            `network.int8.onnx`; None where there is none.
    """

    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    eight_bits: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All its files."""
        return tuple(file for file in (self.file, self.eight_bits) if file is not None)

    def to_fields(self) -> dict[str, Any]:
        """Return what `config.json` says of it."""
        fields: dict[str, Any] = {
            "file": self.file,
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
        }
        if self.eight_bits is not None:
            fields["eight_bits"] = self.eight_bits
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """What `config.json` says.

    Args:
        name: What the user types, `coconet_jsb_base`.
        kind: The model package that understands it: `coconet`, `midi_ddsp`, `sunmask`.
        version: Of the weights, free text, `1`.
        architecture: What the package builds its networks from, plain JSON.
        licence: Of the weights, in words.
        summary: One line for a list.
        files: SHA-256 of every other file in the folder, by name.
        networks: The exported networks by role; the only one is called `network`. Empty
            for a model that its package runs from the weights alone.
        schema_version: Of this file's layout.
    """

    name: str
    kind: str
    version: str
    architecture: Mapping[str, Any]
    licence: str
    summary: str
    files: Mapping[str, str]
    networks: Mapping[str, NetworkFile]
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a model needs a name; received an empty one")
        for name in self.files:
            if Path(name).name != name or name in (CONFIG_FILE, ".", ".."):
                raise ValueError(f"files: '{name}' is not the name of a model's file")
        for role, network in self.networks.items():
            for file in network.files:
                if file not in self.files:
                    raise ValueError(
                        f"networks.{role} is in '{file}', which files does not list"
                    )

    def to_json(self) -> str:
        """Return the text of `config.json`; `from_json` is the exact inverse."""
        return to_json_text(
            {
                "schema_version": self.schema_version,
                "name": self.name,
                "kind": self.kind,
                "version": self.version,
                "licence": self.licence,
                "summary": self.summary,
                "architecture": dict(self.architecture),
                "networks": {
                    role: network.to_fields() for role, network in self.networks.items()
                },
                "files": dict(self.files),
            }
        )

    @classmethod
    def from_json(cls, text: str, *, where: str = CONFIG_FILE) -> ModelConfig:
        """Read the text of a `config.json`.

        Args:
            text: JSON.
            where: What an error calls it.

        Raises:
            ValueError: Not JSON, a key is missing, unknown or of the wrong type, or the
                layout is of another version.
        """
        fields = JsonFields.parse(text, where=where)
        schema_version = fields.integer("schema_version")
        if schema_version != SCHEMA_VERSION:
            raise ValueError(
                f"{where} is of schema version {schema_version}, this musegen reads "
                f"{SCHEMA_VERSION}"
            )
        config = cls(
            name=fields.text("name"),
            kind=fields.text("kind"),
            version=fields.text("version"),
            licence=fields.text("licence"),
            summary=fields.text("summary"),
            architecture=fields.mapping("architecture"),
            networks={
                role: _read_network(value, where=f"{where}: networks.{role}")
                for role, value in fields.mapping("networks").items()
            },
            files=fields.text_mapping("files"),
        )
        fields.finish()
        return config


def _read_network(value: object, *, where: str) -> NetworkFile:
    fields = JsonFields(value, where=where)
    network = NetworkFile(
        file=fields.text("file"),
        inputs=fields.texts("inputs"),
        outputs=fields.texts("outputs"),
        eight_bits=fields.text("eight_bits") if "eight_bits" in fields else None,
    )
    fields.finish()
    return network


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """A model on the disk.

    Args:
        path: The folder.
        config: What its `config.json` says.
    """

    path: Path
    config: ModelConfig

    @property
    def card(self) -> str:
        """The text of `card.md`: data, licence, quality, how to retrain.

        Raises:
            ModelFolderError: It cannot be read.
        """
        return self.read(CARD_FILE).decode("utf-8", errors="replace")

    @property
    def digest(self) -> str:
        """SHA-256 of `config.json`, which holds the digests of all other files."""
        return sha256_of(self.read(CONFIG_FILE))

    def read(self, name: str) -> bytes:
        """Return a file of the folder.

        Raises:
            ModelFolderError: It is missing or cannot be read.
        """
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise _unreadable(self.path / name, error) from error

    def verify(self) -> None:
        """Compare every file with its digest.

        Raises:
            ModelFolderError: A file is missing, unreadable or changed; it is named.
        """
        for name, expected in self.config.files.items():
            try:
                actual = sha256_of_file(self.path / name)
            except OSError as error:
                raise _unreadable(self.path / name, error) from error
            if actual != expected:
                raise ModelFolderError(
                    f"{self.path / name} is damaged: its SHA-256 begins "
                    f"{actual[:12]}, {CONFIG_FILE} says {expected[:12]}; "
                    "install or fetch the model again"
                )


def open_model_folder(path: Path) -> ModelFolder:
    """Read the `config.json` of a model folder; `ModelFolder.verify` checks the rest.

    Raises:
        ModelFolderError: It is no model folder, or its config cannot be understood.
    """
    file = path / CONFIG_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from error
    try:
        config = ModelConfig.from_json(text, where=str(file))
    except ValueError as error:
        raise ModelFolderError(
            f"{error}: install the model again, or a newer musegen"
        ) from error
    return ModelFolder(path=path, config=config)


def write_model_folder(
    path: Path,
    *,
    name: str,
    kind: str,
    version: str,
    architecture: Mapping[str, Any],
    licence: str,
    summary: str,
    weights: bytes,
    networks: Mapping[str, NetworkFile],
    onnx: Mapping[str, bytes],
    card: str,
    overwrite: bool = False,
) -> ModelFolder:
    """Write a model folder; at every moment `path` is absent or whole.

    Args:
        path: The folder to make; its parents are made, too.
        name: See `ModelConfig`, like `kind` to `summary` and `networks`.
        kind: The model package.
        version: Of the weights.
        architecture: Plain JSON.
        licence: Of the weights.
        summary: One line.
        weights: Content of `weights.safetensors`.
        networks: The exported networks by role.
        onnx: Content of every `.onnx` file, by file name.
        card: Text of `card.md`.
        overwrite: Replace a model folder, or an empty one, that is there.

    Returns:
        The folder, opened.

    Raises:
        OutputExistsError: `path` exists and `overwrite` is false.
        OutputError: It cannot be written, or would replace something else than a model.
        ValueError: The description contradicts itself; see `ModelConfig`.
    """
    contents = {WEIGHTS_FILE: weights, **onnx, CARD_FILE: card.encode("utf-8")}
    config = ModelConfig(
        name=name,
        kind=kind,
        version=version,
        architecture=architecture,
        licence=licence,
        summary=summary,
        files={file: sha256_of(contents[file]) for file in sorted(contents)},
        networks=networks,
    )
    contents[CONFIG_FILE] = config.to_json().encode("utf-8")
    if path.exists() and not overwrite:
        raise OutputExistsError(
            f"the model folder {path} exists: give another, or --overwrite"
        )
    require_replaceable(path)
    try:
        _write_aside(path.resolve(), contents)
    except OSError as error:
        raise OutputError(
            f"cannot write the model folder {path} ({error.strerror or error}): give a "
            "folder that can be written to"
        ) from error
    return open_model_folder(path)


def require_replaceable(path: Path) -> None:
    """Refuse to replace anything but a model folder, an empty folder or nothing at all.

    A model folder holds `config.json` and files that it lists, and nothing beside them.

    Raises:
        OutputError: Something else is there, which is named, or it cannot be looked at.
    """
    try:
        obstacle = _obstacle(path)
    except OSError as error:
        raise OutputError(
            f"cannot look into {path} ({error.strerror or error}): give another folder"
        ) from error
    if obstacle:
        raise OutputError(
            f"{path} is not replaced: {obstacle}; give another folder, or move that "
            "away yourself"
        )


def _obstacle(path: Path) -> str:
    """Return what keeps a model folder from taking a path; empty for nothing."""
    if not path.exists():
        return ""
    if not path.is_dir():
        return "it is a file and no model folder"
    if path.resolve() == Path.cwd():
        return "it is the working folder"
    names = sorted(file.name for file in path.iterdir())
    if not names:
        return ""
    if CONFIG_FILE not in names:
        return f"it is no model folder and holds {_named(names)}"
    try:
        known = {CONFIG_FILE, *open_model_folder(path).config.files}
    except ModelFolderError:
        return f"its {CONFIG_FILE} is none of a model"
    foreign = [name for name in names if name not in known or (path / name).is_dir()]
    return f"beside the model it holds {_named(foreign)}" if foreign else ""


def _named(names: Sequence[str]) -> str:
    rest = len(names) - 1
    return f"'{names[0]}'" + (f" and {rest} more" if rest else "")


def _write_aside(path: Path, contents: Mapping[str, bytes]) -> None:
    """Fill a new folder beside `path`, then let the two change places."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tag = secrets.token_hex(4)
    aside = path.with_name(f".{path.name}.{tag}.new")
    old = path.with_name(f".{path.name}.{tag}.old")
    try:
        aside.mkdir()
        for name, content in contents.items():
            (aside / name).write_bytes(content)
        if path.exists():
            path.rename(old)
        try:
            aside.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _unreadable(file: Path, error: Exception) -> ModelFolderError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ModelFolderError(
            f"{file} is missing: the folder is no model or not a whole one; install or "
            "fetch the model again"
        )
    reason = getattr(error, "strerror", None) or error
    return ModelFolderError(f"cannot read {file} ({reason})")
