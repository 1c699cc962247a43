"""Folders that results go to, checked before any work."""

from __future__ import annotations

import os
from pathlib import Path

from musegen.data.errors import OutputError


def check_folder(folder: Path, *, may_create: bool) -> None:
    """Refuse a folder that files cannot be written to.

    Args:
        folder: Where they shall go.
        may_create: Whether it is made where it is missing.

    Raises:
        OutputError: It is missing and not made, it is none, or no file can be made in
            it (or in the nearest folder above it that exists).
    """
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if existing != folder and not may_create:
        raise OutputError(f"{folder}: no such folder: make it first, or use -d")
    if not existing.is_dir():
        raise OutputError(f"{existing} is a file, not a folder: choose another -d")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(
            f"{existing}: no permission to write here: choose another with -d"
        )
    # Where the system itself makes the files, as in /proc, permission is not enough.
    probe = existing / f".musegen-{os.getpid()}.tmp"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        probe.unlink()
    except FileExistsError:  # left by another of this number: it could be made
        return
    except OSError as error:
        reason = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
        raise OutputError(
            f"{existing}: no file can be made here{reason}: choose another with -d"
        ) from error
