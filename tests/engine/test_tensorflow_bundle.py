"""Bundles written here by hand, and those that TensorFlow wrote."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.engine.archives import open_archive
from musegen.engine.crc32c import masked_crc32c
from musegen.engine.protobuf_wire import bytes_field, integer_field, varint
from musegen.engine.tensorflow_bundle import bundle_prefixes, open_bundle

PARITY = Path(__file__).parents[2] / "../shared/parity"
TYPES = {
    "float32": 1,
    "float64": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int64": 9,
    "bool": 10,
    "float16": 19,
}
TEXT, BFLOAT16 = 7, 14


def table(entries: dict[bytes, bytes]) -> bytes:
    """A sorted table of one block, no key shared."""

    def block(items: list[tuple[bytes, bytes]]) -> bytes:
        body = b"".join(
            varint(0) + varint(len(key)) + varint(len(value)) + key + value
            for key, value in items
        )
        body += struct.pack("<2I", 0, 1) + b"\0"
        return body + struct.pack("<I", masked_crc32c(body))

    def handle(offset: int, with_trailer: int) -> bytes:
        return varint(offset) + varint(with_trailer - 5)

    data = block(sorted(entries.items()))
    index = block([(max(entries), handle(0, len(data)))])
    footer = handle(0, len(data)) + handle(len(data), len(index))
    magic = struct.pack("<Q", 0xDB4775248B80FB57)
    return data + index + footer.ljust(40, b"\0") + magic


def entry(
    kind: int, shape: tuple[int, ...], data: bytes, *, shard: int = 0, offset: int = 0
) -> bytes:
    dimensions = b"".join(bytes_field(2, integer_field(1, size)) for size in shape)
    return (
        integer_field(1, kind)
        + bytes_field(2, dimensions)
        + integer_field(3, shard)
        + integer_field(4, offset)
        + integer_field(5, len(data))
        + varint(6 << 3 | 5)
        + struct.pack("<I", masked_crc32c(data))
    )


def write_bundle(
    prefix: Path,
    tensors: dict[str, NDArray[Any]],
    *,
    num_shards: int = 1,
    is_big_endian: bool = False,
    more: dict[str, tuple[int, tuple[int, ...], bytes]] | None = None,
) -> None:
    """Write a checkpoint; tensors go to the shards in turn.

    Args:
        more: Entries of other types, as (type, shape, data).
    """
    order: Literal["<", ">"] = ">" if is_big_endian else "<"
    raw = {
        name: (
            TYPES[array.dtype.name],
            array.shape,
            array.astype(array.dtype.newbyteorder(order)).tobytes(),
        )
        for name, array in tensors.items()
    }
    shards = [b""] * num_shards
    entries = {b"": integer_field(1, num_shards) + integer_field(2, is_big_endian)}
    for index, (name, (kind, shape, data)) in enumerate(
        {**raw, **(more or {})}.items()
    ):
        shard = index % num_shards
        entries[name.encode()] = entry(
            kind, shape, data, shard=shard, offset=len(shards[shard])
        )
        shards[shard] += data
    prefix.with_name(f"{prefix.name}.index").write_bytes(table(entries))
    for number, content in enumerate(shards):
        name = f"{prefix.name}.data-{number:05d}-of-{num_shards:05d}"
        prefix.with_name(name).write_bytes(content)


def example() -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    shapes = {"float32": (2, 3), "int64": (), "bool": (4,), "float64": (0, 2)}
    return {
        f"scope/{name}": np.asarray(
            rng.normal(size=shapes.get(name, (3,))) * 5, dtype=name
        )
        for name in TYPES
    }


@pytest.mark.parametrize("num_shards", [1, 3])
@pytest.mark.parametrize("is_big_endian", [False, True])
def test_tensors_come_back(
    tmp_path: Path, num_shards: int, is_big_endian: bool
) -> None:
    tensors = example()
    write_bundle(
        tmp_path / "model.ckpt",
        tensors,
        num_shards=num_shards,
        is_big_endian=is_big_endian,
    )
    bundle = open_bundle(tmp_path / "model.ckpt")
    found = bundle.tensors()
    assert list(found) == sorted(tensors)
    for name, array in tensors.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)
    assert bundle.entries["scope/float32"].shape == (2, 3)
    assert bundle.entries["scope/float32"].dtype == "float32"
    assert len(bundle.data_names) == num_shards


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 0.15625], dtype=np.float32)
    upper = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    write_bundle(tmp_path / "m", {}, more={"x": (BFLOAT16, (3,), upper)})
    found = open_bundle(tmp_path / "m").tensor("x")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values)


def test_text_is_listed_and_not_read(tmp_path: Path) -> None:
    x = np.ones(2, dtype=np.float32)
    write_bundle(tmp_path / "m", {"x": x}, more={"graph": (TEXT, (), b"\x03abc")})
    bundle = open_bundle(tmp_path / "m")
    assert set(bundle.entries) == {"graph", "x"}
    assert not bundle.entries["graph"].is_readable
    assert list(bundle.tensors()) == ["x"]
    with pytest.raises(FileFormatError, match="'graph' is text, not numbers"):
        bundle.tensor("graph")


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    write_bundle(tmp_path / "m", example(), num_shards=8)
    (tmp_path / "m.data-00003-of-00008").unlink()
    bundle = open_bundle(tmp_path / "m")
    assert list(bundle.tensors(["scope/float32"])) == ["scope/float32"]
    with pytest.raises(InputError, match=r"m\.data-00003-of-00008 is missing"):
        bundle.tensors()
    with pytest.raises(KeyError):
        bundle.tensor("scope/none")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (integer_field(1, 99), "unknown type 99"),
        (entry(1, (2,), bytes(8)) + bytes_field(7, b""), "stored in slices"),
        (integer_field(1, 1) + bytes_field(2, integer_field(3, 1)), "shape is unknown"),
        (entry(1, (-1,), bytes(8)), "shape is unknown"),
        (b"\xff", "ends within a number"),
    ],
)
def test_entries_that_are_not_read_are_one_sentence(
    tmp_path: Path, message: bytes, words: str
) -> None:
    content = table({b"": integer_field(1, 1), b"x": message})
    (tmp_path / "m.index").write_bytes(content)
    with pytest.raises(FileFormatError, match=words) as raised:
        open_bundle(tmp_path / "m")
    assert str(tmp_path / "m.index") in str(raised.value)
    assert "again" in str(raised.value)


def test_a_table_without_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.index").write_bytes(table({b"x": entry(1, (), bytes(4))}))
    with pytest.raises(FileFormatError, match="its header is missing"):
        open_bundle(tmp_path / "m")


def test_a_size_that_is_not_the_shapes_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "m", {}, more={"x": (1, (3,), bytes(8))})
    with pytest.raises(FileFormatError, match=r"8 bytes.*float32 \[3\]"):
        open_bundle(tmp_path / "m").tensor("x")


def test_a_cut_shard_is_found_out(tmp_path: Path) -> None:
    write_bundle(tmp_path / "m", {"x": np.ones(4, dtype=np.float32)})
    (tmp_path / "m.data-00000-of-00001").write_bytes(bytes(15))
    with pytest.raises(FileFormatError, match="'x' is cut off"):
        open_bundle(tmp_path / "m").tensor("x")


@settings(max_examples=30)
@given(st.integers(0, 2999), st.integers(1, 255))
def test_every_changed_byte_of_a_shard_is_found_out(
    tmp_path_factory: pytest.TempPathFactory, place: int, flip: int
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder / "m", {"x": np.ones(750, dtype=np.float32)})
    file = folder / "m.data-00000-of-00001"
    content = bytearray(file.read_bytes())
    content[place] ^= flip
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match="'x' has a wrong checksum"):
        open_bundle(folder / "m").tensor("x")


@settings(max_examples=30)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "m.index").write_bytes(content)
    with pytest.raises(FileFormatError, match="no TensorFlow checkpoint or damaged"):
        open_bundle(folder / "m")


def test_prefixes_need_their_data(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write_bundle(tmp_path / "one.ckpt", {})
    write_bundle(tmp_path / "inner" / "two", {})
    (tmp_path / "lonely.index").write_bytes(b"")
    assert bundle_prefixes(open_archive(tmp_path)) == ("inner/two", "one.ckpt")


@pytest.mark.parametrize(
    ("name", "num_tensors", "num_numbers", "example_name", "shape"),
    [
        ("coconet/straight_8x16/best_model.ckpt", 40, 13_840, "conv7/weights", (2, 2)),
        (
            "midi_ddsp/expression_generator",
            29,
            None,
            "birnn/backward_layer/cell/kernel/.ATTRIBUTES/VARIABLE_VALUE",
            (192, 384),
        ),
        (
            "midi_ddsp/synthesis_generator",
            186,
            None,
            "midi_decoder/decoder/midi_f0_to_harmonic/dense_out/kernel"
            "/.ATTRIBUTES/VARIABLE_VALUE",
            (128, 126),
        ),
    ],
)
def test_what_tensorflow_wrote_is_read(
    name: str,
    num_tensors: int,
    num_numbers: int | None,
    example_name: str,
    shape: tuple[int, ...],
) -> None:
    if not PARITY.exists():
        pytest.skip("the recorded checkpoints are not beside the repository")
    bundle = open_bundle(PARITY / name)
    tensors = bundle.tensors()
    assert len(bundle.entries) == num_tensors
    texts = {name for name, e in bundle.entries.items() if not e.is_readable}
    assert texts == ({"_CHECKPOINTABLE_OBJECT_GRAPH"} if num_numbers is None else set())
    (key,) = (key for key in tensors if key.endswith(example_name))
    assert tensors[key].shape[:2] == shape
    assert all(np.isfinite(array).all() for array in tensors.values())
    data = PARITY / f"{name}.data-00000-of-00001"
    num_bytes = sum(e.size for e in bundle.entries.values())
    assert num_bytes == data.stat().st_size
    if num_numbers is not None:
        assert sum(array.size for array in tensors.values()) * 4 == num_bytes


def test_reading_needs_no_tensorflow() -> None:
    code = (
        "import sys\n"
        "import musegen.engine.tensorflow_bundle, musegen.engine.browser_weights\n"
        "heavy = {'tensorflow', 'keras', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
