from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx builds the graphs of these tests")
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.onnx_tidying import store_half, tidy, unknown_operators

Proto = Any  # of ONNX, whose classes are generated
FLOAT = onnx.TensorProto.FLOAT
OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 2)]


def model(
    nodes: Sequence[Any],
    *,
    constants: dict[str, NDArray[Any]] | None = None,
    inputs: Sequence[str] = ("x",),
    outputs: Sequence[str] = ("y",),
    shape: Sequence[int | str] = ("n",),
) -> Proto:
    graph = helper.make_graph(
        list(nodes),
        "converted",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name in inputs],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name in outputs],
        [numpy_helper.from_array(a, n) for n, a in (constants or {}).items()],
    )
    proto = helper.make_model(graph, opset_imports=OPSETS, producer_name="somebody")
    proto.ir_version = 8
    return proto


def run(proto: Proto, **inputs: Sequence[float] | NDArray[Any]) -> dict[str, Any]:
    return OnnxPredictor(proto.SerializeToString())(
        {name: np.asarray(value) for name, value in inputs.items()}
    )


def scaled(names: Sequence[str], order: Sequence[int]) -> Proto:
    """y = (x * factor) + summand, its values called `names`, its nodes in `order`."""
    product, factor, summand, unused = names
    nodes = [
        helper.make_node("Mul", ["x", factor], [product], name=f"{product}_node"),
        helper.make_node("Add", [product, summand], ["y"], doc_string="at 0x7f"),
        helper.make_node("Neg", [product], [unused]),
    ]
    constants = {
        summand: np.array(1, np.float32),
        unused + "_constant": np.array(9, np.float32),
        factor: np.array(2, np.float32),
    }
    return model([nodes[index] for index in order], constants=constants)


def test_same_computation_gives_the_same_bytes_whatever_the_names() -> None:
    first = scaled(["a", "b", "c", "d"], [0, 1, 2])
    second = scaled(["mul__17", "const__4", "const__99", "z"], [0, 2, 1])
    for proto in (first, second):
        tidy(proto, inputs=["x"], outputs=["y"])
    assert first.SerializeToString(deterministic=True) == second.SerializeToString(
        deterministic=True
    )
    assert run(first, x=[3.0])["y"].tolist() == [7.0]


def test_tidying_drops_what_is_not_used_and_who_made_it() -> None:
    proto = scaled(["a", "b", "c", "d"], [0, 1, 2])
    tidy(proto, inputs=["x"], outputs=["y"])
    assert [node.op_type for node in proto.graph.node] == ["Mul", "Add"]
    assert [node.name for node in proto.graph.node] == ["Mul_0", "Add_1"]
    assert [c.name for c in proto.graph.initializer] == ["constant_0", "constant_1"]
    assert [entry.domain for entry in proto.opset_import] == [""]
    assert b"somebody" not in proto.SerializeToString()
    assert b"0x7f" not in proto.SerializeToString()


def test_inputs_and_outputs_come_in_the_order_asked_for() -> None:
    nodes = [
        helper.make_node("Neg", ["b"], ["q"]),
        helper.make_node("Abs", ["a"], ["p"]),
    ]
    proto = model(nodes, inputs=["b", "a"], outputs=["q", "p"], shape=["unk__4"])
    tidy(proto, inputs=["a", "b"], outputs=["p", "q"])
    assert [value.name for value in proto.graph.input] == ["a", "b"]
    assert [value.name for value in proto.graph.output] == ["p", "q"]
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "a_0"
    outputs = run(proto, a=[-1.0], b=[5.0])
    assert (outputs["p"].tolist(), outputs["q"].tolist()) == ([1.0], [-5.0])


def test_a_name_that_is_not_there_is_an_error() -> None:
    proto = scaled(["a", "b", "c", "d"], [0, 1, 2])
    with pytest.raises(ValueError, match=r"has \['y'\] where \['logits'\] is expected"):
        tidy(proto, inputs=["x"], outputs=["logits"])


@pytest.mark.parametrize(
    ("kernel", "dilation", "pads"),
    [([1, 3], [1, 4], [0, 4, 0, 4]), ([2, 2], [1, 1], [0, 0, 1, 1])],
)
def test_same_padding_becomes_numbers(
    kernel: list[int], dilation: list[int], pads: list[int]
) -> None:
    weights = np.ones((1, 1, *kernel), np.float32)
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", dilations=dilation,
        kernel_shape=kernel,
    )  # fmt: skip
    proto = model([node], constants={"w": weights}, shape=[1, 1, "h", "w"])
    tidy(proto, inputs=["x"], outputs=["y"])
    attributes = {
        a.name: helper.get_attribute_value(a) for a in proto.graph.node[0].attribute
    }
    assert attributes["pads"] == pads
    assert "auto_pad" not in attributes
    image = np.zeros((1, 1, 3, 9), np.float32)
    image[0, 0, 1, 4] = 1.0
    result = run(proto, x=image)["y"]
    assert result.shape == image.shape
    assert result.sum() == np.prod(kernel)


def test_padding_with_a_stride_stays_as_it_is() -> None:
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=[2], kernel_shape=[3]
    )
    proto = model(
        [node], constants={"w": np.ones((1, 1, 3), np.float32)}, shape=[1, 1, "n"]
    )
    tidy(proto, inputs=["x"], outputs=["y"])
    assert "auto_pad" in [a.name for a in proto.graph.node[0].attribute]


def test_values_that_a_branch_takes_from_outside_keep_their_meaning() -> None:
    branches = [
        helper.make_graph(
            [helper.make_node(operator, ["doubled", "k"], [f"{operator}_out"])],
            operator,
            [],
            [helper.make_tensor_value_info(f"{operator}_out", FLOAT, ["n"])],
        )
        for operator in ("Add", "Sub")
    ]
    nodes = [
        helper.make_node("Add", ["x", "x"], ["doubled"]),
        helper.make_node("ReduceMax", ["x"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["flag"], to=onnx.TensorProto.BOOL),
        helper.make_node(
            "If", ["flag"], ["y"], then_branch=branches[0], else_branch=branches[1]
        ),
    ]
    proto = model(nodes, constants={"k": np.array(1, np.float32)})
    tidy(proto, inputs=["x"], outputs=["y"])
    assert run(proto, x=[3.0])["y"].tolist() == [7.0]
    assert run(proto, x=[0.0])["y"].tolist() == [-1.0]
    assert unknown_operators(proto, 18) == []


def test_operators_that_onnx_lacks_are_named() -> None:
    nodes = [
        helper.make_node("Bitcast", ["x"], ["a"], name="argmax/Bitcast"),
        helper.make_node("Abs", ["a"], ["b"]),
        helper.make_node("Mine", ["b"], ["y"], name="mine", domain="my.domain"),
    ]
    assert unknown_operators(model(nodes), 18) == [
        "Bitcast (in argmax/Bitcast)",
        "Mine (in mine)",
    ]


def test_large_exact_constants_are_stored_in_half() -> None:
    rng = np.random.default_rng(0)
    exact = rng.normal(size=300).astype(np.float16).astype(np.float32)
    constants: dict[str, NDArray[Any]] = {
        "exact": exact,
        "inexact": np.full(300, 0.1, np.float32),
        "huge": np.full(300, 1e6, np.float32),
        "small": exact[:256],
        "whole": np.arange(300),
    }
    nodes = [
        helper.make_node("Cast", ["whole"], ["whole_float"], to=FLOAT),
        helper.make_node("ReduceSum", ["small"], ["small_sum"]),
        helper.make_node(
            "Sum", ["x", "exact", "inexact", "huge", "whole_float", "small_sum"], ["y"]
        ),
    ]
    before = model(nodes, constants=constants, shape=[300])
    after = model(nodes, constants=constants, shape=[300])
    store_half(after)
    x = np.zeros(300)
    np.testing.assert_array_equal(run(before, x=x)["y"], run(after, x=x)["y"])
    kinds = {tensor.name: tensor.data_type for tensor in after.graph.initializer}
    assert kinds.pop("exact_half") == onnx.TensorProto.FLOAT16
    assert set(kinds) == {"inexact", "huge", "small", "whole"}
    assert onnx.TensorProto.FLOAT16 not in kinds.values()
