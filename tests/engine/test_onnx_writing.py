"""Small graphs, run by ONNX Runtime and looked at by the package onnx."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.onnx_writing import ELEMENT_TYPES, PRODUCER, OnnxGraph

Array = np.ndarray[Any, Any]


def affine(scale: Array) -> OnnxGraph:
    """y = Cast(x) * scale, over a free axis."""
    graph = OnnxGraph(opset=18)
    x = graph.input("x", "int32", ("batch", 2))
    cast = graph.node("Cast", [x], output="cast", to=ELEMENT_TYPES["float32"])
    graph.node("Mul", [cast, graph.constant("scale", scale)], output="y")
    graph.output("y", "float32", ("batch", 2))
    return graph


def test_a_graph_runs_on_any_length_of_a_free_axis() -> None:
    predictor = OnnxPredictor(affine(np.array([2.0, -0.5], np.float32)).to_bytes())
    assert predictor.input_names == ("x",)
    for length in (1, 3):
        x = np.arange(2 * length).reshape(length, 2)
        np.testing.assert_array_equal(predictor({"x": x})["y"], x * [2.0, -0.5])


def test_attributes_of_every_kind_act() -> None:
    graph = OnnxGraph(opset=18)
    x = graph.input("x", "float32", (2, 3))
    turned = graph.node("Transpose", [x], output="turned", perm=(1, 0))  # integers
    leaky = graph.node("LeakyRelu", [turned], output="leaky", alpha=0.25)  # a float
    pads = graph.constant("pads", np.array([0, 0, 1, 0], np.int64))
    graph.node("Pad", [leaky, pads], output="y", mode="edge")  # a text
    graph.output("y", "float32", (4, 2))
    x_value = np.array([[1, -2, 3], [-4, 5, -6]], np.float32)
    found = OnnxPredictor(graph.to_bytes())({"x": x_value})["y"]
    expected = np.where(x_value > 0, x_value, 0.25 * x_value).T
    np.testing.assert_array_equal(found, np.concatenate([expected, expected[-1:]]))


def test_the_package_onnx_finds_nothing_wrong() -> None:
    onnx = pytest.importorskip("onnx", reason="a second opinion on the file")
    content = affine(np.array([[1.5]], np.float32)).to_bytes()
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    assert (model.producer_name, model.opset_import[0].version) == (PRODUCER, 18)
    (scale,) = model.graph.initializer
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(scale), [[1.5]])
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert (shape[0].dim_param, shape[1].dim_value) == ("batch", 2)
    assert [node.name for node in model.graph.node] == ["cast", "y"]


@pytest.mark.parametrize("dtype", sorted(ELEMENT_TYPES))
def test_constants_of_every_type_arrive(dtype: str) -> None:
    onnx = pytest.importorskip("onnx", reason="a second opinion on the file")
    array = np.array([[0, 1], [2, 3]]).astype(dtype)
    graph = OnnxGraph(opset=18)
    graph.constant("c", array)
    graph.constant("scalar", array[1, 1].reshape(()))
    first, second = onnx.load_from_string(graph.to_bytes()).graph.initializer
    found = onnx.numpy_helper.to_array(first)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert onnx.numpy_helper.to_array(second).shape == ()


def test_a_constant_is_named_once() -> None:
    graph = affine(np.ones(2, np.float32))
    with pytest.raises(ValueError, match="two constants are called 'scale'"):
        graph.constant("scale", np.ones(1, np.float32))


def test_the_same_graph_is_the_same_bytes() -> None:
    scale = np.ones(2, np.float32)
    assert affine(scale).to_bytes() == affine(scale).to_bytes()
    assert affine(scale).to_bytes() != affine(2 * scale).to_bytes()
