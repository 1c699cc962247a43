from __future__ import annotations

import numpy as np
import pytest

from musegen.engine.crc32c import crc32c, masked_crc32c


def crc_bit_by_bit(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
    ],
)
def test_published_vectors(data: bytes, expected: int) -> None:
    # Source: RFC 3720, B.4, and the catalogue of CRC algorithms.
    assert crc32c(data) == expected


@pytest.mark.parametrize("size", [1, 2047, 2048, 2049, 2303, 2304, 5000, 70_001])
def test_lanes_give_what_a_bit_by_bit_count_gives(size: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8).tobytes()
    assert crc32c(data) == crc_bit_by_bit(data)


def test_one_changed_bit_of_long_data_is_seen() -> None:
    data = bytearray(100_000)
    before = crc32c(bytes(data))
    for place in (0, 3, 255, 256, 50_000, 99_999):
        data[place] ^= 0x10
        assert crc32c(bytes(data)) != before
        data[place] ^= 0x10


def test_the_mask_turns_and_adds() -> None:
    crc = 0xE3069283
    turned = crc >> 15 | crc << 17 & 0xFFFFFFFF
    assert masked_crc32c(b"123456789") == (turned + 0xA282EAD8) % 2**32
