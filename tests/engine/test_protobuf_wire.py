from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.engine.protobuf_wire import (
    bytes_field,
    fields,
    float_field,
    integer_field,
    read_varint,
    signed,
    varint,
)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")],
)
def test_numbers_by_hand(value: int, encoded: bytes) -> None:
    assert varint(value) == encoded
    assert read_varint(b"x" + encoded + b"y", 1) == (value, 1 + len(encoded))


@settings(max_examples=30)
@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_comes_back_with_its_sign(value: int) -> None:
    found, position = read_varint(varint(value), 0)
    assert signed(found) == value
    assert position == len(varint(value))


def test_a_message_by_hand() -> None:
    message = (
        integer_field(1, 5)
        + bytes_field(2, "ä")
        + float_field(3, 1.5)
        + b"\x21"  # field 4, eight bytes
        + struct.pack("<q", 7)
    )
    assert list(fields(message)) == [
        (1, 5),
        (2, "ä".encode()),
        (3, int.from_bytes(struct.pack("<f", 1.5), "little")),
        (4, 7),
    ]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"\x08", "ends within a number"),
        (b"\x08" + b"\xff" * 10, "longer than 64 bits"),
        (b"\x12\x05abc", "ends after the message"),
        (b"\x0d\x00", "ends after the message"),
        (b"\x0b", "unknown wire type 3"),
    ],
)
def test_what_is_no_message_says_why(message: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(fields(message))
