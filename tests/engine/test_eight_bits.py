"""Products of 8-bit numbers: near the float ones, smaller, and alone as in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="writing networks needs the extra 'train'")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402 - after the skip

from musegen.engine.eight_bits import eight_bit_network  # noqa: E402 - as above
from musegen.engine.onnx_predictor import OnnxPredictor  # noqa: E402 - as above

WIDTH, HIDDEN = 48, 64


def network(**gemm: Any) -> bytes:  # noqa: ANN401 - attributes of ONNX
    """A `Gemm` on half-precision weights, ReLU, and a `MatMul` without a bias."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(WIDTH, HIDDEN)).astype(np.float16) / WIDTH**0.5
    weights = {
        "first_half": first,
        "bias": rng.normal(size=HIDDEN).astype(np.float32),
        "second": rng.normal(size=(HIDDEN, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["first_half"], ["first"], to=TensorProto.FLOAT),
        helper.make_node("Gemm", ["x", "first", "bias"], ["a"], **gemm),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "second"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    return bytes(model.SerializeToString())


def inputs(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, WIDTH)).astype(np.float32).clip(-3.0, 3.0)


def answers(content: bytes, x: np.ndarray) -> np.ndarray:
    return OnnxPredictor(content, device="cpu")({"x": x})["y"]


@pytest.fixture(scope="module")
def small() -> bytes:
    return eight_bit_network(network(), ({"x": inputs(32, seed)} for seed in range(4)))


def test_answers_are_near_those_of_the_float_network(small: bytes) -> None:
    x = inputs(200, 9)
    exact, rounded = answers(network(), x), answers(small, x)
    assert np.abs(rounded - exact).mean() < 0.03 * exact.std()
    assert (rounded != exact).any()


def test_weights_are_of_eight_bits(small: bytes) -> None:
    kinds = {
        tuple(tensor.dims): tensor.data_type
        for tensor in onnx.load_from_string(small).graph.initializer
    }
    assert kinds[(WIDTH, HIDDEN)] == kinds[(HIDDEN, 3)] == TensorProto.INT8
    largest = max(
        np.abs(numpy_helper.to_array(tensor)).max()
        for tensor in onnx.load_from_string(small).graph.initializer
        if tensor.data_type == TensorProto.INT8
    )
    assert largest <= 64  # 7 bits


def test_an_answer_does_not_depend_on_its_batch(small: bytes) -> None:
    x = inputs(8, 5)
    loud = np.concatenate([x, 1000.0 * inputs(1, 6)])
    np.testing.assert_array_equal(answers(small, loud)[:8], answers(small, x))


def test_the_same_batches_give_the_same_file() -> None:
    batches = [{"x": inputs(32, seed)} for seed in range(3)]
    once = eight_bit_network(network(), batches)
    assert once == eight_bit_network(network(), iter(batches))


def test_a_product_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a product and a sum"):
        eight_bit_network(network(alpha=2.0), [{"x": inputs(4, 0)}])
