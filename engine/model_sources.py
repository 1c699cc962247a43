"""What a model can be imported from, and the one source that every package shares.

A source is found among the files of a folder or zip by its content. Here is our own:
a model folder that was exported, copied or zipped. The networks of other programs are
recognised by the packages of the models: `musegen.coconet.importing`.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from musegen.data.errors import FileFormatError
from musegen.data.notices import Notice
from musegen.engine.archives import Archive
from musegen.engine.digests import sha256_of
from musegen.engine.model_folder import (
    CARD_FILE,
    CONFIG_FILE,
    WEIGHTS_FILE,
    ModelConfig,
    ModelFolder,
    write_model_folder,
)

_MARKS = (b'"schema_version"', b'"networks"')  # of a config.json of ours
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedModel:
    """The result of an import.

    Args:
        folder: The model.
        notices: What the user should hear of.
    """

    folder: ModelFolder
    notices: tuple[Notice, ...] = ()


class ModelSource(Protocol):
    """A model found in an archive, ready to be imported."""

    @property
    def suggested_name(self) -> str:
        """A name for the model."""

    def import_to(
        self, folder: Path, *, name: str, overwrite: bool = False
    ) -> ImportedModel:
        """Make a model folder.

        Args:
            folder: Where; must not exist unless `overwrite`.
            name: Of the model.
            overwrite: Replace a model that is there.

        Raises:
            FileFormatError: A file is damaged.
            InputError: It is no model that can be built here.
            OutputError: The folder cannot be written, or exists.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A model of musegen in an archive; a `ModelSource`.

    Args:
        archive: The files.
        config_name: Name of its `config.json`.
        config: What that says.
    """

    archive: Archive
    config_name: str
    config: ModelConfig

    @property
    def suggested_name(self) -> str:
        """The name that it has."""
        return self.config.name

    def import_to(
        self, folder: Path, *, name: str, overwrite: bool = False
    ) -> ImportedModel:
        """See `ModelSource`; every digest is checked."""
        parent = PurePosixPath(self.config_name).parent
        contents: dict[str, bytes] = {}
        for file, expected in self.config.files.items():
            contents[file] = self.archive.read(str(parent / file))
            if sha256_of(contents[file]) != expected:
                raise FileFormatError(
                    f"{self.archive.where(str(parent / file))} is damaged: its SHA-256 "
                    f"is not that of {CONFIG_FILE}; copy or fetch the model again"
                )
        if missing := {WEIGHTS_FILE, CARD_FILE} - contents.keys():
            raise FileFormatError(
                f"{self.archive.where(self.config_name)} lists no "
                f"{' and no '.join(sorted(missing))}: copy or fetch the model again"
            )
        weights, card = contents.pop(WEIGHTS_FILE), contents.pop(CARD_FILE)
        written = write_model_folder(
            folder,
            name=name,
            kind=self.config.kind,
            version=self.config.version,
            architecture=self.config.architecture,
            licence=self.config.licence,
            summary=self.config.summary,
            weights=weights,
            networks=self.config.networks,
            onnx=contents,
            card=card.decode("utf-8", errors="replace"),
            overwrite=overwrite,
        )
        return ImportedModel(folder=written)


def find_own_model(archive: Archive) -> OwnModel | None:
    """Return the model of musegen in an archive, if there is exactly one.

    Raises:
        FileFormatError: Its `config.json` cannot be understood, or there are several.
    """
    if archive.focus not in ("", CONFIG_FILE):
        return None
    found = [
        name
        for name in archive.names
        if PurePosixPath(name).name == CONFIG_FILE and _is_ours(archive.read(name))
    ]
    if not found:
        return None
    if len(found) > 1:
        folders = ", ".join(str(PurePosixPath(name).parent) for name in found)
        raise FileFormatError(
            f"{archive.path} holds models in {folders}: give one of these folders"
        )
    where = archive.where(found[0])
    try:
        config = ModelConfig.from_json(
            archive.read(found[0]).decode("utf-8"), where=where
        )
    except ValueError as error:
        raise FileFormatError(
            f"{error}: copy the model again, or install a newer musegen"
        ) from error
    return OwnModel(archive=archive, config_name=found[0], config=config)


def model_zip_bytes(folder: ModelFolder) -> bytes:
    """Return a model as a zip that `find_own_model` finds it in.

    The same model gives the same bytes.

    Args:
        folder: The model.

    Raises:
        ModelFolderError: A file cannot be read.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in (CONFIG_FILE, *sorted(folder.config.files)):
            member = zipfile.ZipInfo(f"{folder.config.name}/{name}", _ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            file.writestr(member, folder.read(name))
    return buffer.getvalue()


def _is_ours(content: bytes) -> bool:
    return all(mark in content for mark in _MARKS)
