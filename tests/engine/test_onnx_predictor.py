from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import ModelFolderError, NumericsError, UsageError
from musegen.engine.onnx_predictor import OnnxPredictor

onnx = pytest.importorskip("onnx", reason="onnx builds the networks of these tests")
HAS_CUDA = (
    "CUDAExecutionProvider"
    in pytest.importorskip("onnxruntime").get_available_providers()
)


def network(operator: str, *, types: Sequence[int], output: int) -> bytes:
    """One operator on inputs `a`, `b` ... of one free axis."""
    helper = onnx.helper
    names = list("abc")[: len(types)]
    inputs = [
        helper.make_tensor_value_info(name, kind, ["n"])
        for name, kind in zip(names, types, strict=True)
    ]
    graph = helper.make_graph(
        [helper.make_node(operator, names, ["result"])],
        "toy",
        inputs,
        [helper.make_tensor_value_info("result", output, ["n"])],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    proto.ir_version = 8
    content: bytes = proto.SerializeToString()
    return content


@pytest.fixture
def division() -> OnnxPredictor:
    kind = onnx.TensorProto.FLOAT
    return OnnxPredictor(
        network("Div", types=[kind, kind], output=kind), device="cpu", num_threads=1
    )


def test_outputs_come_by_name(division: OnnxPredictor) -> None:
    assert division.input_names == ("a", "b")
    assert division.output_names == ("result",)
    outputs = division({"b": np.full(2, 4.0), "a": np.array([1, 2])})
    assert list(outputs) == ["result"]
    assert outputs["result"].dtype == np.float32
    np.testing.assert_array_equal(outputs["result"], [0.25, 0.5])


def test_length_may_change_between_calls(division: OnnxPredictor) -> None:
    for length in (3, 1, 8):
        ones = np.ones(length, np.float32)
        assert division({"a": ones, "b": ones})["result"].shape == (length,)


@pytest.mark.parametrize("numerator", [0.0, 1.0])
def test_nan_and_infinity_are_errors(division: OnnxPredictor, numerator: float) -> None:
    inputs: dict[str, Any] = {
        "a": np.array([1.0, numerator]),
        "b": np.array([1.0, 0.0]),
    }
    with pytest.raises(NumericsError, match=r"in 1 of 2 values of 'result'"):
        division(inputs)


def test_whole_numbers_are_never_infinite() -> None:
    kind = onnx.TensorProto.INT64
    double = OnnxPredictor(network("Add", types=[kind, kind], output=kind))
    outputs = double({"a": np.array([1]), "b": np.array([2])})
    assert outputs["result"].tolist() == [3]


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], ["a", "x"]])
def test_inputs_must_be_those_of_the_network(
    division: OnnxPredictor, names: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"takes the inputs \['a', 'b'\]; received"):
        division({name: np.ones(1) for name in names})


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x08"])
def test_a_damaged_network_is_named(content: bytes) -> None:
    with pytest.raises(ModelFolderError, match=r"cannot load toy/network\.onnx"):
        OnnxPredictor(content, where="toy/network.onnx")


@pytest.mark.skipif(HAS_CUDA, reason="this ONNX Runtime has CUDA")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    kind = onnx.TensorProto.FLOAT
    with pytest.raises(UsageError, match=r"--device gpu needs.*musegen\[gpu\]"):
        OnnxPredictor(network("Abs", types=[kind], output=kind), device="gpu")


@pytest.mark.skipif(not HAS_CUDA, reason="needs an ONNX Runtime with CUDA and a GPU")
def test_gpu_and_cpu_agree() -> None:
    kind = onnx.TensorProto.FLOAT
    content = network("Tanh", types=[kind], output=kind)
    inputs = {"a": np.linspace(-3, 3, 50)}
    cpu, gpu = (OnnxPredictor(content, device=device) for device in ("cpu", "gpu"))
    np.testing.assert_allclose(cpu(inputs)["result"], gpu(inputs)["result"], atol=1e-4)
    assert gpu.provider == "CUDAExecutionProvider"


def test_a_gpu_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from musegen.engine import onnx_predictor

    kind = onnx.TensorProto.FLOAT
    content = network("Abs", types=[kind], output=kind)
    monkeypatch.setattr(
        onnx_predictor, "_providers", lambda device: ["CPUExecutionProvider"]
    )
    with pytest.raises(UsageError, match="could not start CUDA"):
        OnnxPredictor(content, device="gpu")


def test_auto_takes_the_processor_where_there_is_no_gpu() -> None:
    kind = onnx.TensorProto.FLOAT
    predictor = OnnxPredictor(network("Abs", types=[kind], output=kind))
    if not HAS_CUDA:
        assert predictor.provider == "CPUExecutionProvider"
    assert predictor({"a": np.array([-2.0])})["result"].tolist() == [2.0]
