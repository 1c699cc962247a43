"""Every error a user can meet, and the exit code of each.

The tree::

    MusegenError                       exit 1
    ├── InputError (ValueError)        exit 1   what we were given cannot be used
    │   ├── FileFormatError                     not the format it claims, or damaged
    │   ├── EmptyScoreError                     nothing in it to work on
    │   ├── PolyphonyError                      several notes at once in one voice
    │   ├── PitchRangeError                     out of reach of any transposition
    │   └── VoiceNotFoundError         exit 2   the part asked for is not there
    ├── OutputError                    exit 1   a result cannot be written
    │   └── OutputExistsError          exit 2   it exists; no `--overwrite`
    ├── UsageError (ValueError)        exit 2   options that contradict another
    ├── MissingPackageError            exit 1   an optional package is absent
    ├── ModelError                     exit 4
    │   ├── ModelNotFoundError         exit 4   no such model, or not fetched yet
    │   └── ModelFolderError           exit 4   the folder is incomplete or damaged
    ├── NumericsError                  exit 1   a network gave NaN or infinity
    └── TrainingError                  exit 1   a run cannot be started or resumed

Each message says what was wrong, where, and what to do.
"""

from __future__ import annotations

from typing import ClassVar


class MusegenError(Exception):
    """Root of the tree; the message is one sentence a user can act on."""

    exit_code: ClassVar[int] = 1


class InputError(MusegenError, ValueError):
    """What we were given cannot be used."""


class FileFormatError(InputError):
    """A file is not of the format it claims to be, or is damaged."""


class EmptyScoreError(InputError):
    """A file or a part has no notes to work on."""


class PolyphonyError(InputError):
    """Several notes sound at once where a single voice is needed."""


class PitchRangeError(InputError):
    """A pitch lies where no transposition by key or octave brings it into range."""


class VoiceNotFoundError(InputError):
    """The part, channel or name that was asked for is not in the score."""

    exit_code: ClassVar[int] = 2


class OutputError(MusegenError):
    """A result cannot be written."""


class OutputExistsError(OutputError):
    """The output exists and overwriting was not asked for."""

    exit_code: ClassVar[int] = 2


class UsageError(MusegenError, ValueError):
    """Options that contradict one another or cannot act."""

    exit_code: ClassVar[int] = 2


class MissingPackageError(MusegenError):
    """An optional package is not installed.

    Args:
        package: Its name.
        extra: The extra of musegen that brings it.
        purpose: What needs it.
        install: The line that installs it, where pip does not.
    """

    def __init__(
        self, package: str, *, extra: str, purpose: str, install: str | None = None
    ) -> None:
        self.package = package
        self.extra = extra
        line = install or f'pip install "musegen[{extra}]"'
        super().__init__(
            f"{purpose} needs the package '{package}', which is not installed: "
            f"run  {line}"
        )


class ModelError(MusegenError):
    """A model cannot be used."""

    exit_code: ClassVar[int] = 4


class ModelNotFoundError(ModelError):
    """No model of that name is installed or cached."""


class ModelFolderError(ModelError):
    """A model folder is incomplete, damaged or of an unknown version."""


class NumericsError(MusegenError):
    """A network produced NaN or infinity."""


class TrainingError(MusegenError):
    """A training run cannot be started or resumed."""
