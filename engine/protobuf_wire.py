"""Protocol-buffer messages on the wire: fields in, fields out, no schema.

Enough for the few messages of TensorFlow's bundles and of ONNX, so that neither package
is needed to read the one or to write the other. Groups are not known.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT = 0
FIXED64 = 1
LENGTH_DELIMITED = 2
FIXED32 = 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}  # bytes
_MAX_VARINT_BITS = 64


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return (the unsigned number at `position`, the position after it).

    Raises:
        ValueError: The data end within it, or it is longer than 64 bits.
    """
    value = shift = 0
    while shift < _MAX_VARINT_BITS:
        if position >= len(data):
            raise ValueError("it ends within a number")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number is longer than 64 bits")


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) in the order of the message.

    Args:
        message: The encoded message.

    Yields:
        Numbers as unsigned integers, strings, bytes and inner messages as bytes.

    Raises:
        ValueError: It is no message.
    """
    position = 0
    while position < len(message):
        tag, position = read_varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, position = read_varint(message, position)
            yield number, value
            continue
        if kind == LENGTH_DELIMITED:
            size, position = read_varint(message, position)
        elif kind in _WIDTHS:
            size = _WIDTHS[kind]
        else:
            raise ValueError(f"a field is of the unknown wire type {kind}")
        chunk = message[position : position + size]
        position += size
        if len(chunk) != size:
            raise ValueError("a field ends after the message")
        if kind == LENGTH_DELIMITED:
            yield number, chunk
        else:
            yield number, int.from_bytes(chunk, "little")


def signed(value: int) -> int:
    """Return the 64-bit integer that an unsigned number of `fields` stands for."""
    return value - 2**64 if value >= 2**63 else value


def varint(value: int) -> bytes:
    """Return a number of 64 bits, signed or not, as the wire has it."""
    rest = value % 2**64
    encoded = bytearray()
    while rest >= 0x80:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def integer_field(number: int, value: int) -> bytes:
    """Return a field with an integer, an enumeration or a truth value."""
    return varint(number << 3 | VARINT) + varint(value)


def float_field(number: int, value: float) -> bytes:
    """Return a field with a float32."""
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def bytes_field(number: int, value: bytes | str) -> bytes:
    """Return a field with bytes, a text or an inner message."""
    content = value.encode("utf-8") if isinstance(value, str) else value
    return varint(number << 3 | LENGTH_DELIMITED) + varint(len(content)) + content
