"""Importing Keras without TensorFlow's greetings on stderr.

TensorFlow 2.21 writes some eight lines to file descriptor 2 from C++ when it is
imported, whatever `TF_CPP_MIN_LOG_LEVEL` says. They are kept, and shown if the import
fails or `MUSEGEN_DEBUG` is set.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from musegen.data.errors import MissingPackageError

_STDERR = 2
_BACKEND_VARIABLE = "KERAS_BACKEND"
_DEFAULT_BACKEND = "tensorflow"


@contextmanager
def quiet_import() -> Iterator[None]:
    """Keep what is written to stderr in a `with` block; show it if the block fails.

    Everything that the process writes to file descriptor 2 is caught, from every
    thread, so keep the block short. It is shown, too, where `MUSEGEN_DEBUG` is set.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        saved = os.dup(_STDERR)
    except OSError:  # no stderr to silence
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), _STDERR)
        is_shown = _is_debugging()
        try:
            yield
        except BaseException:
            is_shown = True
            raise
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(saved, _STDERR)
            os.close(saved)
            if is_shown:
                kept.seek(0)
                _write_all(kept.read())


def import_keras() -> Any:
    """Return the module `keras`, imported quietly.

    TensorFlow is the backend unless `KERAS_BACKEND` names another.

    Raises:
        MissingPackageError: Keras or its backend is not installed.
    """
    if "keras" not in sys.modules:
        backend = os.environ.setdefault(_BACKEND_VARIABLE, _DEFAULT_BACKEND)
        for package in ("keras", backend):
            if importlib.util.find_spec(package) is None:
                raise MissingPackageError(
                    package, extra="train", purpose="working with a Keras network"
                )
    with quiet_import():
        import keras

        if keras.backend.backend() == _DEFAULT_BACKEND:
            import tensorflow as tf

            tf.config.list_physical_devices()  # the search for GPUs greets, too
    return keras


def _is_debugging() -> bool:
    value = os.environ.get("MUSEGEN_DEBUG", "").strip().lower()
    return value not in ("", "0", "no", "false")


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(_STDERR, data) :]
