"""Weights of a Keras network as safetensors, and how they are rounded for the disk.

A tensor's name is the path of its variable (`trunk_0/kernel`), so layers need names of
their own. Checkpoints of a training run are `musegen.engine.checkpoints`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import MissingPackageError, ModelFolderError

# Kernels hold nearly all bytes; vectors (biases, statistics) keep their precision.
LARGE_SIZE = 256  # elements; a larger tensor may be stored in half precision


def is_half_exact(array: NDArray[Any]) -> bool:
    """Return whether float16 holds every value of a float32 array exactly."""
    with np.errstate(over="ignore"):
        return bool(np.array_equal(array.astype(np.float16).astype(np.float32), array))


def stored(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as it lies in a file.

    Args:
        array: Any shape and type.

    Returns:
        float16 for a floating array of at least two axes and more than `LARGE_SIZE`
        elements that float16 can hold without overflow, else float32; other types as
        they are.
    """
    if not np.issubdtype(array.dtype, np.floating):
        return np.ascontiguousarray(array)
    single = np.ascontiguousarray(array, dtype=np.float32)
    is_large = single.ndim >= 2 and single.size > LARGE_SIZE
    if not is_large or np.abs(single).max() > np.finfo(np.float16).max:
        return single
    return single.astype(np.float16)


def weights_bytes(model: Any, *, prefix: str = "") -> bytes:
    """Return the weights of a Keras model as the content of a safetensors file.

    Args:
        model: A built `keras.Model`; large kernels are rounded to float16.
        prefix: Put before every name, where several networks share a file.

    Raises:
        MissingPackageError: safetensors is not installed.
        ValueError: Two weights have the same path: name the layers.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for weight in model.weights:
        name = prefix + weight.path
        if name in arrays:
            raise ValueError(
                f"two weights are called '{name}': give each layer a name of its own"
            )
        arrays[name] = stored(_array_of(weight))
    data: bytes = _safetensors().save(arrays)
    return data


def load_weights(
    model: Any, data: bytes, *, prefix: str = "", where: str = "the weights"
) -> None:
    """Give a Keras model the weights that `weights_bytes` made.

    Args:
        model: A built `keras.Model` of the same architecture.
        data: Content of a safetensors file.
        prefix: As it was given to `weights_bytes`; other tensors are left alone.
        where: What an error calls the file.

    Raises:
        MissingPackageError: safetensors is not installed.
        ModelFolderError: Damaged, or tensors are missing, unexpected or of another
            shape; they are named.
    """
    library = _safetensors()
    try:
        tensors = library.load(data)
    except Exception as error:  # safetensors' own root, which it does not export
        raise ModelFolderError(
            f"{where} cannot be read as safetensors ({error}): install the model again"
        ) from error
    found = {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
    weights = {weight.path: weight for weight in model.weights}
    problems = [
        *(f"lacks '{name}'" for name in sorted(weights.keys() - found.keys())),
        *(f"has an unknown '{name}'" for name in sorted(found.keys() - weights.keys())),
        *(
            f"'{name}' is {found[name].shape}, needed is {tuple(weights[name].shape)}"
            for name in sorted(weights.keys() & found.keys())
            if found[name].shape != tuple(weights[name].shape)
        ),
    ]
    if problems:
        raise ModelFolderError(
            f"{where} does not fit its architecture: {_few(problems)}; install the "
            "model again"
        )
    for name, weight in weights.items():
        weight.assign(_widened(found[name]))


@contextmanager
def rounded_weights(model: Any) -> Iterator[None]:
    """Give a model, for the length of a `with` block, the weights a file would hold.

    Args:
        model: A built `keras.Model`; it gets its own weights back.
    """
    kept = [_array_of(weight) for weight in model.weights]
    try:
        for weight, array in zip(model.weights, kept, strict=True):
            weight.assign(_widened(stored(array)))
        yield
    finally:
        for weight, array in zip(model.weights, kept, strict=True):
            weight.assign(array)


def _array_of(weight: Any) -> NDArray[Any]:
    from keras import ops

    return np.array(ops.convert_to_numpy(weight.value))


def _widened(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _few(problems: list[str], *, limit: int = 4) -> str:
    rest = len(problems) - limit
    return "; ".join(problems[:limit]) + (f"; and {rest} more" if rest > 0 else "")


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise MissingPackageError(
            "safetensors", extra="train", purpose="reading and writing weights"
        ) from error
    return safetensors.numpy
