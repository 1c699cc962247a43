"""Sorted tables of keys and values, as LevelDB defines them and TensorFlow uses them.

Knows blocks, restarts, shared prefixes, checksums and Snappy. What the values mean is
`musegen.engine.tensorflow_bundle`.

Source:
    LevelDB's `table_format.md` and Snappy's `format_description.txt`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from musegen.engine.crc32c import masked_crc32c
from musegen.engine.protobuf_wire import read_varint

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5  # kind of compression, checksum
_PLAIN, _SNAPPY = 0, 1


def read_table(content: bytes) -> dict[bytes, bytes]:
    """Return the table's values by key, in the order of the file.

    Args:
        content: The whole file.

    Raises:
        ValueError: It is no table, or damaged; the message completes "it is damaged:".
    """
    footer = content[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES:
        raise ValueError(f"it has only {len(content)} bytes")
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("it does not end as such a file ends")
    _, _, position = _read_handle(footer, 0)  # of an index that is not used
    offset, size, _ = _read_handle(footer, position)
    table: dict[bytes, bytes] = {}
    for _, handle in _entries(_block(content, offset, size)):
        offset, size, _ = _read_handle(handle, 0)
        table.update(_entries(_block(content, offset, size)))
    return table


def _read_handle(data: bytes, position: int) -> tuple[int, int, int]:
    """Return (offset, size, position after them)."""
    offset, position = read_varint(data, position)
    size, position = read_varint(data, position)
    return offset, size, position


def _block(content: bytes, offset: int, size: int) -> bytes:
    """Return a block's content, checked and unpacked."""
    end = offset + size
    if end + _TRAILER_BYTES > len(content):
        raise ValueError("it is cut off, or points past its own end")
    kind = content[end]
    (checksum,) = struct.unpack("<I", content[end + 1 : end + _TRAILER_BYTES])
    if masked_crc32c(content[offset : end + 1]) != checksum:
        raise ValueError("the checksum of a block is wrong")
    if kind not in (_PLAIN, _SNAPPY):
        raise ValueError(f"a block is packed in the unknown way {kind}")
    block = content[offset:end]
    return unpack_snappy(block) if kind == _SNAPPY else block


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a block; a key may share the start of the last."""
    if len(block) < 4:
        raise ValueError("a block is empty")
    (num_restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (num_restarts + 1)
    if end < 0:
        raise ValueError("a block is shorter than its list of restarts")
    key, position = b"", 0
    while position < end:
        num_shared, position = read_varint(block, position)
        num_own, position = read_varint(block, position)
        value_size, position = read_varint(block, position)
        value_at = position + num_own
        if num_shared > len(key) or value_at + value_size > end:
            raise ValueError("an entry ends after its block")
        key = key[:num_shared] + block[position:value_at]
        position = value_at + value_size
        yield key, block[value_at:position]


def unpack_snappy(data: bytes) -> bytes:
    """Return what a Snappy block (without framing) holds.

    Raises:
        ValueError: It is damaged.
    """
    size, position = read_varint(data, 0)
    unpacked = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        if tag & 3 == 0:
            length, position = _literal_length(data, position, tag >> 2)
            unpacked += data[position : position + length]
            position += length
            continue
        length, distance, position = _copy(data, position, tag)
        if not 0 < distance <= len(unpacked):
            raise ValueError("a packed block copies from before its start")
        start = len(unpacked) - distance
        for index in range(start, start + length):  # may run into what it writes
            unpacked.append(unpacked[index])
    if len(unpacked) != size:
        raise ValueError("a packed block is not of the size that it states")
    return bytes(unpacked)


def _literal_length(data: bytes, position: int, code: int) -> tuple[int, int]:
    if code < 60:
        return code + 1, position
    width = code - 59
    return _little(data, position, width) + 1, position + width


def _copy(data: bytes, position: int, tag: int) -> tuple[int, int, int]:
    """Return (length, distance back, position after)."""
    if tag & 3 == 1:
        low = _little(data, position, 1)
        return 4 + (tag >> 2 & 7), tag >> 5 << 8 | low, position + 1
    width = 2 if tag & 3 == 2 else 4
    return (tag >> 2) + 1, _little(data, position, width), position + width


def _little(data: bytes, position: int, width: int) -> int:
    chunk = data[position : position + width]
    if len(chunk) != width:
        raise ValueError("a packed block is cut off")
    return int.from_bytes(chunk, "little")
