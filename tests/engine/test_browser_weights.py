from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import FileFormatError, InputError
from musegen.engine.archives import open_archive
from musegen.engine.browser_weights import (
    manifest_names,
    read_browser_weights,
    read_manifest,
)

Weight = dict[str, Any]


def plain(name: str, shape: list[int], dtype: str = "float32") -> Weight:
    return {"name": name, "shape": shape, "dtype": dtype}


def quantized(
    name: str, shape: list[int], how: Weight, dtype: str = "float32"
) -> Weight:
    return {**plain(name, shape, dtype), "quantization": how}


def write(
    folder: Path, weights: list[Weight], data: bytes, *, cuts: tuple[int, ...] = ()
) -> Path:
    """One group, its shards cut anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    edges = [0, *cuts, len(data)]
    paths = [f"group1-shard{i + 1}of{len(edges) - 1}" for i in range(len(edges) - 1)]
    for path, start, stop in zip(paths, edges[:-1], edges[1:], strict=True):
        (folder / path).write_bytes(data[start:stop])
    manifest = folder / "weights_manifest.json"
    manifest.write_text(json.dumps([{"paths": paths, "weights": weights}]))
    return folder


def read(folder: Path) -> dict[str, Any]:
    return read_browser_weights(open_archive(folder), "weights_manifest.json")


@pytest.mark.parametrize("cuts", [(), (3,), (5, 5, 21)])
def test_tensors_lie_back_to_back_across_the_shards(
    tmp_path: Path, cuts: tuple[int, ...]
) -> None:
    data = (
        np.array([1.5, -2, 3, 4], "<f4").tobytes()
        + np.array([7], "<i4").tobytes()
        + b"\x01\x00"
    )
    weights = [plain("a", [2, 2]), plain("b", [], "int32"), plain("c", [2], "bool")]
    found = read(write(tmp_path, weights, data, cuts=cuts))
    assert list(found) == ["a", "b", "c"]
    np.testing.assert_array_equal(found["a"], [[1.5, -2], [3, 4]])
    assert found["a"].dtype == np.float32
    assert found["b"] == 7
    assert found["c"].tolist() == [True, False]


def test_small_numbers_are_widened(tmp_path: Path) -> None:
    data = (
        bytes([0, 1, 255])
        + np.array([0, 65535], "<u2").tobytes()
        + np.array([0.5, -2], "<f2").tobytes()
        + bytes([3])
    )
    weights = [
        quantized("one", [3], {"dtype": "uint8", "scale": 0.5, "min": -2}),
        quantized("two", [2], {"dtype": "uint16", "scale": 1e-3, "min": 1.0}),
        quantized("half", [2], {"dtype": "float16"}),
        quantized("whole", [1], {"dtype": "uint8", "scale": 0.7, "min": 0}, "int32"),
    ]
    found = read(write(tmp_path, weights, data))
    np.testing.assert_array_equal(found["one"], [-2.0, -1.5, 125.5])
    np.testing.assert_allclose(found["two"], [1.0, 66.535], rtol=1e-6)
    np.testing.assert_array_equal(found["half"], [0.5, -2.0])
    assert {found[name].dtype for name in ("one", "two", "half")} == {np.dtype("f4")}
    assert found["whole"].tolist() == [2]
    assert found["whole"].dtype == np.int32


@pytest.mark.parametrize("num_bytes", [1, 2])
@settings(max_examples=20)
@given(values=st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=20))
def test_squeezing_and_widening_is_near(
    tmp_path_factory: pytest.TempPathFactory, num_bytes: int, values: list[float]
) -> None:
    array = np.array(values, dtype=np.float32)
    low, most = float(array.min()), 2 ** (8 * num_bytes) - 1
    scale = (float(array.max()) - low) / most or 1.0
    stored = np.rint((array.astype(np.float64) - low) / scale).astype(f"<u{num_bytes}")
    how = {"dtype": f"uint{8 * num_bytes}", "scale": scale, "min": low}
    folder = tmp_path_factory.mktemp("model")
    write(folder, [quantized("x", [len(values)], how)], stored.tobytes())
    assert np.abs(read(folder)["x"] - array).max() <= 0.5 * scale + 1e-3


def test_several_groups_and_a_model_json_are_read(tmp_path: Path) -> None:
    groups = []
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(np.array([1], "<f4").tobytes())
        groups.append({"paths": [name], "weights": [plain(name, [1])]})
    (tmp_path / "model.json").write_text(json.dumps({"weightsManifest": groups}))
    archive = open_archive(tmp_path)
    assert manifest_names(archive) == ("model.json",)
    assert list(read_browser_weights(archive, "model.json")) == ["a", "b"]


def test_shards_are_looked_for_beside_the_manifest(tmp_path: Path) -> None:
    write(tmp_path / "inner", [plain("a", [1])], bytes(4))
    found = read_browser_weights(open_archive(tmp_path), "inner/weights_manifest.json")
    assert found["a"].tolist() == [0.0]


@pytest.mark.parametrize("size", [3, 5])
def test_shards_of_another_length_are_refused(tmp_path: Path, size: int) -> None:
    write(tmp_path, [plain("a", [1])], bytes(size))
    with pytest.raises(FileFormatError, match=f"{size} bytes, the manifest says 4"):
        read(tmp_path)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    write(tmp_path, [plain("a", [1])], bytes(4))
    (tmp_path / "group1-shard1of1").unlink()
    with pytest.raises(InputError, match="group1-shard1of1 is missing"):
        read(tmp_path)


def test_a_name_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [plain("a", [1]), plain("a", [1])], bytes(8))
    with pytest.raises(FileFormatError, match="'a' occurs twice"):
        read(tmp_path)


def group(**changed: object) -> str:
    weight = {**plain("a", [1]), **changed}
    return json.dumps([{"paths": ["x"], "weights": [weight]}])


QUANTIZED = {"dtype": "uint8", "scale": 1.0, "min": 0.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "give the manifest"),
        ("{}", "must be a list of groups"),
        ("[3]", r"\[0\] must be a JSON object"),
        ('[{"paths": ["x"]}]', "lacks the key 'weights'"),
        ('[{"paths": ["../x"], "weights": []}]', "lies outside the folder"),
        ('[{"paths": ["/x"], "weights": []}]', "lies outside the folder"),
        (group(dtype="string"), "received 'string'"),
        (group(shape=[-1]), r"received 'float32' \[-1\]"),
        (group(name=None), "name must be a string"),
        (group(quantization={"dtype": "uint4"}), "unknown quantization 'uint4'"),
        (group(quantization={"dtype": "uint8"}), "lacks the number 'scale'"),
        (group(quantization={**QUANTIZED, "min": "0"}), "lacks the number 'min'"),
        (group(quantization={**QUANTIZED, "scale": float("inf")}), "scale is inf"),
    ],
)
def test_what_is_no_manifest_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(FileFormatError, match=words) as raised:
        read_manifest(text.encode(), where="weights_manifest.json")
    assert "weights_manifest.json" in str(raised.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileFormatError, match="give the manifest"):
        read_manifest(b"\xff\xfe\x00", where="m")
