"""TensorFlow checkpoints (`.index` with `.data-*`) read without TensorFlow.

Reads the bundles of `tf.train.Saver` and of `Model.save_weights` alike: names and
tensors. Text tensors, such as the object graph of TensorFlow 2, are listed and not
read. What the names mean to a model is that model's package.

Source:
    `tensor_bundle.proto`, `tensor_shape.proto` and `types.proto` of TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.engine.archives import Archive, open_archive
from musegen.engine.crc32c import masked_crc32c
from musegen.engine.protobuf_wire import fields, signed
from musegen.engine.tensorflow_bundle_table import read_table

INDEX_SUFFIX = ".index"
_TEXT = "string"
_BFLOAT16 = "bfloat16"
_TYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    7: _TEXT,
    8: "complex64",
    9: "int64",
    10: "bool",
    14: _BFLOAT16,
    17: "uint16",
    18: "complex128",
    19: "float16",
    22: "uint32",
    23: "uint64",
}
_ADVICE = "copy or fetch the checkpoint again"


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorEntry:
    """Where one tensor lies.

    Args:
        dtype: Its type in NumPy's words, or `bfloat16` or `string`.
        shape: Its shape; () for a scalar.
        shard: Number of its data file.
        offset: Of its first byte in that file.
        size: In bytes.
        checksum: Masked CRC-32C of these bytes.
    """

    dtype: str
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int

    @property
    def is_readable(self) -> bool:
        """Whether `TensorBundle.tensor` gives it: everything but text."""
        return self.dtype != _TEXT


class TensorBundle:
    """One checkpoint: the tensors listed, and read when they are asked for.

    Args:
        archive: Where its files lie.
        prefix: What their names begin with, `best_model.ckpt`.

    Raises:
        FileFormatError: The index is damaged, or of a kind that is not read.
        InputError: A file is missing.
    """

    def __init__(self, archive: Archive, prefix: str) -> None:
        self._archive = archive
        self._prefix = prefix
        self._shards: dict[int, bytes] = {}
        where = archive.where(prefix + INDEX_SUFFIX)
        content = archive.read(prefix + INDEX_SUFFIX)
        try:
            table = read_table(content)
            self._num_shards, self._byte_order = _read_header(table.pop(b"", b""))
            self._entries = {
                key.decode("utf-8"): _read_entry(value) for key, value in table.items()
            }
        except ValueError as error:
            raise FileFormatError(
                f"{where} is no TensorFlow checkpoint or damaged ({error}): {_ADVICE}"
            ) from error

    @property
    def entries(self) -> Mapping[str, TensorEntry]:
        """Every tensor by its name, in the order of the index."""
        return MappingProxyType(self._entries)

    @property
    def data_names(self) -> tuple[str, ...]:
        """The names of the data files in the archive."""
        return tuple(self._data_name(shard) for shard in range(self._num_shards))

    def tensor(self, name: str) -> NDArray[Any]:
        """Return one tensor; bfloat16 becomes float32.

        Raises:
            FileFormatError: It is text, cut off, or its checksum is wrong.
            InputError: Its data file is missing.
            KeyError: There is no tensor of that name.
        """
        entry = self._entries[name]
        where = self._archive.where(self._data_name(entry.shard))
        if not entry.is_readable:
            raise FileFormatError(f"{where}: '{name}' is text, not numbers")
        stored = np.dtype("uint16" if entry.dtype == _BFLOAT16 else entry.dtype)
        if math.prod(entry.shape) * stored.itemsize != entry.size:
            raise FileFormatError(
                f"{where}: '{name}' has {entry.size} bytes, which is not the size of "
                f"{entry.dtype} {list(entry.shape)}: {_ADVICE}"
            )
        data = self._shard(entry.shard)[entry.offset : entry.offset + entry.size]
        if len(data) != entry.size or masked_crc32c(data) != entry.checksum:
            fault = "is cut off" if len(data) != entry.size else "has a wrong checksum"
            raise FileFormatError(f"{where} is damaged: '{name}' {fault}: {_ADVICE}")
        in_file = stored.newbyteorder(self._byte_order)
        array = np.ndarray(entry.shape, in_file, buffer=data).astype(stored)
        if entry.dtype == _BFLOAT16:  # the upper half of a float32
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array

    def tensors(self, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
        """Return tensors by name.

        Args:
            names: Which; None gives all that are not text.

        Raises:
            FileFormatError: See `tensor`, as for `InputError` and `KeyError`.
        """
        if names is None:
            names = (name for name, e in self._entries.items() if e.is_readable)
        return {name: self.tensor(name) for name in names}

    def _data_name(self, shard: int) -> str:
        return f"{self._prefix}.data-{shard:05d}-of-{self._num_shards:05d}"

    def _shard(self, number: int) -> bytes:
        if number not in self._shards:
            self._shards[number] = self._archive.read(self._data_name(number))
        return self._shards[number]


def open_bundle(prefix: Path) -> TensorBundle:
    """Open a checkpoint on the disk.

    Args:
        prefix: As TensorFlow takes it: `folder/best_model.ckpt`.

    Raises:
        FileFormatError: See `TensorBundle`, as for `InputError`.
    """
    return TensorBundle(open_archive(prefix), prefix.name)


def bundle_prefixes(archive: Archive) -> tuple[str, ...]:
    """Return the prefixes of all checkpoints in an archive that have data files."""
    found = (
        name.removesuffix(INDEX_SUFFIX)
        for name in archive.names
        if name.endswith(INDEX_SUFFIX)
    )
    return tuple(
        prefix
        for prefix in found
        if any(name.startswith(f"{prefix}.data-") for name in archive.names)
    )


def _read_header(message: bytes) -> tuple[int, Literal["<", ">"]]:
    """Return (number of data files, byte order in NumPy's sign)."""
    if not message:
        raise ValueError("its header is missing")
    num_shards, endianness = 1, 0
    for number, value in fields(message):
        if number == 1 and isinstance(value, int):
            num_shards = value
        elif number == 2 and isinstance(value, int):
            endianness = value
    return num_shards, ">" if endianness else "<"


def _read_entry(message: bytes) -> TensorEntry:
    """Return what the index says of one tensor."""
    numbers = {1: 0, 3: 0, 4: 0, 5: 0, 6: 0}  # absent means zero
    shape: tuple[int, ...] = ()
    for number, value in fields(message):
        if number == 2 and isinstance(value, bytes):
            shape = _read_shape(value)
        elif number in numbers and isinstance(value, int):
            numbers[number] = value
        elif number == 7:
            raise ValueError("a variable is stored in slices, which is not read")
    kind, shard, offset, size, checksum = numbers.values()
    if kind not in _TYPES:
        raise ValueError(f"a tensor is of the unknown type {kind}")
    return TensorEntry(
        dtype=_TYPES[kind],
        shape=shape,
        shard=shard,
        offset=offset,
        size=size,
        checksum=checksum,
    )


def _read_shape(message: bytes) -> tuple[int, ...]:
    shape = []
    for number, dimension in fields(message):
        if number != 2 or not isinstance(dimension, bytes):
            raise ValueError("a shape is unknown")
        size = dict(fields(dimension)).get(1, 0)
        if not isinstance(size, int) or signed(size) < 0:
            raise ValueError("a shape is unknown")
        shape.append(size)
    return tuple(shape)
