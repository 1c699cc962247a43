from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.engine.crc32c import masked_crc32c
from musegen.engine.protobuf_wire import varint
from musegen.engine.tensorflow_bundle_table import read_table, unpack_snappy

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)


def block(entries: list[tuple[bytes, bytes]], *, interval: int) -> bytes:
    """A block whose keys share their beginnings, but at every `interval`."""
    content, restarts, last = b"", [], b""
    for index, (key, value) in enumerate(entries):
        shared = 0
        if index % interval == 0:
            restarts.append(len(content))
        else:
            while key[shared : shared + 1] == last[shared : shared + 1] != b"":
                shared += 1
        content += varint(shared) + varint(len(key) - shared) + varint(len(value))
        content += key[shared:] + value
        last = key
    restarts = restarts or [0]
    return content + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def table(
    entries: list[tuple[bytes, bytes]], *, in_block: int, is_packed: bool = False
) -> bytes:
    """A table as LevelDB writes it."""
    content, index = b"", []

    def add(data: bytes, kind: int) -> bytes:
        nonlocal content
        handle = varint(len(content)) + varint(len(data))
        trailer = bytes([kind])
        content += data + trailer + struct.pack("<I", masked_crc32c(data + trailer))
        return handle

    for start in range(0, len(entries), in_block):
        part = entries[start : start + in_block]
        data = block(part, interval=3)
        data = literal(data) if is_packed else data
        index.append((part[-1][0], add(data, int(is_packed))))
    unused = add(block([], interval=1), 0)
    handles = unused + add(block(index, interval=1), 0)
    return content + handles.ljust(40, b"\0") + MAGIC


def literal(data: bytes) -> bytes:
    """Snappy without repetitions."""
    return (
        varint(len(data)) + bytes([61 << 2]) + struct.pack("<H", len(data) - 1) + data
    )


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.text(alphabet="ab/é", max_size=8).map(str.encode),
        st.binary(max_size=20),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 5),
    st.booleans(),
)
def test_a_table_comes_back(
    entries: dict[bytes, bytes], in_block: int, is_packed: bool
) -> None:
    content = table(sorted(entries.items()), in_block=in_block, is_packed=is_packed)
    found = read_table(content)
    assert found == entries
    assert list(found) == sorted(entries)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x03\x08abc", b"abc"),
        (b"\x08\x04ab" + bytes([2 << 2 | 1, 2]), b"abababab"),  # runs into itself
        (b"\x06\x04ab" + bytes([3 << 2 | 2, 2, 0]), b"ababab"),
        (b"\x05\x04ab" + bytes([2 << 2 | 3, 2, 0, 0, 0]), b"ababa"),
        (b"\x46" + bytes([60 << 2, 69]) + b"x" * 70, b"x" * 70),
    ],
)
def test_snappy_by_hand(data: bytes, expected: bytes) -> None:
    assert unpack_snappy(data) == expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x05\x04ab" + bytes([2 << 2 | 1, 3]), "from before its start"),
        (b"\x05\x04ab" + bytes([2 << 2 | 1, 0]), "from before its start"),
        (b"\x09\x08abc", "not of the size"),
        (b"\x09\x02", "cut off"),
        (b"", "ends within a number"),
    ],
)
def test_damaged_snappy_says_why(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unpack_snappy(data)


CONTENT = table([(b"", b"head"), (b"a/b", b"1"), (b"a/c", b"22")], in_block=2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "only 0 bytes"),
        (b"<html>" * 20, "does not end as"),
        (CONTENT[40:], "checksum of a block is wrong|past its own end"),
    ],
)
def test_what_is_no_table_says_why(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_table(content)


def test_an_unknown_packing_is_refused() -> None:
    data = block([(b"k", b"v")], interval=1)
    body = data + b"\x07"
    body += struct.pack("<I", masked_crc32c(body))
    footer = (varint(0) + varint(len(data))) * 2
    with pytest.raises(ValueError, match="unknown way 7"):
        read_table(body + footer.ljust(40, b"\0") + MAGIC)


@pytest.mark.parametrize("bit", range(8))
def test_every_changed_bit_is_found_out_or_does_not_matter(bit: int) -> None:
    num_found_out = 0
    for place in range(len(CONTENT)):
        changed = bytearray(CONTENT)
        changed[place] ^= 1 << bit
        try:
            found = read_table(bytes(changed))
        except ValueError:
            num_found_out += 1
        else:
            assert found == read_table(CONTENT)
    assert num_found_out > len(CONTENT) // 2  # but the padding and an unused block


def test_every_cut_table_is_found_out() -> None:
    for size in range(len(CONTENT)):
        with pytest.raises(ValueError):
            read_table(CONTENT[:size])
