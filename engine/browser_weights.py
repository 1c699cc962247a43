"""Weights of TensorFlow.js read without it: a JSON manifest and its binary shards.

Tensors lie back to back, in the order of the manifest, across the shards of a group;
those stored in one or two bytes are widened. What the names mean to a model is that
model's package.

Source:
    The weights manifest of the TensorFlow.js converter.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.engine.archives import Archive
from musegen.engine.json_fields import JsonFields

MANIFEST_FILE = "weights_manifest.json"
MODEL_FILE = "model.json"  # holds a manifest, too
_MODEL_KEY = "weightsManifest"
_TYPES = {"float32": "<f4", "int32": "<i4", "bool": "|b1", "uint8": "|u1"}
_STORED_TYPES = {**_TYPES, "float16": "<f2", "uint16": "<u2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """How numbers were squeezed: value = minimum + scale * stored.

    Args:
        dtype: Of what is stored: `uint8`, `uint16`, or `float16`, which needs no scale.
        scale: Step between two stored numbers.
        minimum: Value of a stored 0.
    """

    dtype: str
    scale: float
    minimum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserTensor:
    """One tensor of a manifest.

    Args:
        name: Of the variable.
        dtype: Of its values: `float32`, `int32`, `bool` or `uint8`.
        shape: () for a scalar.
        quantization: None where the values themselves are stored.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    quantization: Quantization | None

    @property
    def stored_type(self) -> np.dtype[Any]:
        """The type of what is stored."""
        stored = self.quantization.dtype if self.quantization else self.dtype
        return np.dtype(_STORED_TYPES[stored])

    @property
    def size(self) -> int:
        """Bytes in the shards."""
        return math.prod(self.shape) * self.stored_type.itemsize

    def values(self, data: bytes) -> NDArray[Any]:
        """Return the values that `size` bytes stand for."""
        stored = np.ndarray(self.shape, self.stored_type, buffer=data)
        dtype = np.dtype(_TYPES[self.dtype]).newbyteorder("=")
        if self.quantization is None or self.quantization.dtype == "float16":
            return stored.astype(dtype)
        wide = self.quantization.minimum + self.quantization.scale * stored.astype(
            np.float64
        )
        return (wide if self.dtype == "float32" else np.rint(wide)).astype(dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightGroup:
    """Tensors that share a run of shards.

    Args:
        paths: The shards, relative to the manifest.
        tensors: In the order in which they lie there.
    """

    paths: tuple[str, ...]
    tensors: tuple[BrowserTensor, ...]


def manifest_names(archive: Archive) -> tuple[str, ...]:
    """Return the files of an archive that are manifests, by their names."""
    return tuple(
        name
        for name in archive.names
        if PurePosixPath(name).name in (MANIFEST_FILE, MODEL_FILE)
    )


def read_manifest(content: bytes, *, where: str) -> tuple[WeightGroup, ...]:
    """Read a manifest.

    Args:
        content: Of `weights_manifest.json`, or of a `model.json` that holds it.
        where: What messages call it.

    Raises:
        FileFormatError: It is no manifest, or of a kind that is not read.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
        if isinstance(document, dict) and _MODEL_KEY in document:
            document = document[_MODEL_KEY]
        if not isinstance(document, list):
            raise ValueError(f"{where} must be a list of groups of weights")
        return tuple(
            _read_group(group, where=f"{where}: [{index}]")
            for index, group in enumerate(document)
        )
    except ValueError as error:
        raise FileFormatError(
            f"{error}: give the manifest of a TensorFlow.js model, {where} is none or "
            "damaged"
        ) from error


def read_browser_weights(archive: Archive, manifest: str) -> dict[str, NDArray[Any]]:
    """Return all tensors of a TensorFlow.js model by name.

    Args:
        archive: Where its files lie.
        manifest: Name of its manifest; the shards are looked for beside it.

    Raises:
        FileFormatError: The manifest is damaged, or the shards are longer or shorter
            than it says, or a name occurs twice.
        InputError: A shard is missing.
    """
    where = archive.where(manifest)
    folder = PurePosixPath(manifest).parent
    weights: dict[str, NDArray[Any]] = {}
    for group in read_manifest(archive.read(manifest), where=where):
        data = b"".join(archive.read(str(folder / path)) for path in group.paths)
        expected = sum(tensor.size for tensor in group.tensors)
        if len(data) != expected:
            raise FileFormatError(
                f"{where}: the shards {', '.join(group.paths)} have {len(data)} bytes, "
                f"the manifest says {expected}: fetch the model again"
            )
        offset = 0
        for tensor in group.tensors:
            if tensor.name in weights:
                raise FileFormatError(f"{where}: '{tensor.name}' occurs twice")
            weights[tensor.name] = tensor.values(data[offset : offset + tensor.size])
            offset += tensor.size
    return weights


def _read_group(value: object, *, where: str) -> WeightGroup:
    group = JsonFields(value, where=where)
    paths = group.texts("paths")
    for path in paths:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"{where}: the shard '{path}' lies outside the folder")
    return WeightGroup(paths=paths, tensors=group.items("weights", _read_tensor))


def _read_tensor(value: object, *, where: str) -> BrowserTensor:
    """Read one weight; keys that do not concern us are left alone."""
    tensor = JsonFields(value, where=where)
    dtype = tensor.text("dtype")
    shape = tensor.integers("shape")
    if dtype not in _TYPES or min(shape, default=0) < 0:
        raise ValueError(
            f"{where}: weights are {', '.join(_TYPES)} of a known shape; received "
            f"'{dtype}' {list(shape)}"
        )
    quantization = tensor.optional_mapping("quantization")
    return BrowserTensor(
        name=tensor.text("name"),
        dtype=dtype,
        shape=shape,
        quantization=_read_quantization(quantization, where=where)
        if quantization
        else None,
    )


def _read_quantization(value: dict[str, Any], *, where: str) -> Quantization:
    dtype = value.get("dtype")
    if dtype == "float16":
        return Quantization(dtype=dtype, scale=1.0, minimum=0.0)
    if dtype not in ("uint8", "uint16"):
        raise ValueError(f"{where}: the unknown quantization '{dtype}'")
    numbers = []
    for key in ("scale", "min"):
        number = value.get(key)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"{where}: quantization lacks the number '{key}'")
        if not math.isfinite(number):
            raise ValueError(f"{where}: quantization.{key} is {number}")
        numbers.append(float(number))
    return Quantization(dtype=dtype, scale=numbers[0], minimum=numbers[1])
