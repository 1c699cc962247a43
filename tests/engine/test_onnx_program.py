from __future__ import annotations

import numpy as np
import pytest

from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.onnx_program import OnnxProgram, integer, integers, number

OPSET = 18
RNG = np.random.default_rng(0)
LARGE = RNG.normal(size=(20, 30)).astype(np.float32)


def scaled_product(program: OnnxProgram) -> bytes:
    """`y` = `x` times the weight `layer/kernel`, doubled."""
    program.graph.input("x", "float32", ("batch", 20))
    product = program.op("MatMul", "x", program.weight("layer/kernel"))
    program.output("y", program.op("Mul", product, number(2)), ("batch", 30))
    return program.graph.to_bytes()


def test_a_program_computes_what_was_written() -> None:
    half_exact = LARGE.astype(np.float16).astype(np.float32)
    content = scaled_product(OnnxProgram({"layer/kernel": LARGE}, opset=OPSET))
    predictor = OnnxPredictor(content, device="cpu", num_threads=1)
    x = RNG.normal(size=(3, 20)).astype(np.float32)
    np.testing.assert_allclose(predictor({"x": x})["y"], 2 * x @ half_exact, atol=1e-5)


def test_large_weights_are_stored_in_half_precision_and_small_ones_are_not() -> None:
    program = OnnxProgram({"large": LARGE, "bias": LARGE[0]}, opset=OPSET)
    program.weight("bias")
    bias_size = len(program.graph.to_bytes())
    program.weight("large")
    added = len(program.graph.to_bytes()) - bias_size
    assert 2 * LARGE.size < added < 2 * LARGE.size + 200
    assert bias_size > LARGE[0].nbytes
    np.testing.assert_array_equal(program.array("bias"), LARGE[0])


def test_arrays_are_those_of_the_file() -> None:
    program = OnnxProgram({"large": LARGE}, opset=OPSET)
    expected = LARGE.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(program.array("large"), expected)


def test_a_weight_can_be_replaced_by_its_values_in_another_order() -> None:
    program = OnnxProgram({"layer/kernel": LARGE}, opset=OPSET)
    program.weight("layer/kernel", LARGE[::-1])
    predictor = OnnxPredictor(scaled_product(program), device="cpu")
    first = np.eye(20, dtype=np.float32)[:1]
    doubled = 2 * LARGE[-1]  # and not rounded, because half precision does not hold it
    np.testing.assert_array_equal(predictor({"x": first})["y"][0], doubled)


def test_equal_constants_and_weights_lie_in_the_file_once() -> None:
    program = OnnxProgram({"large": LARGE}, opset=OPSET)
    constant = np.arange(1000, dtype=np.int64)
    program.graph.input("x", "int64", (1000,))
    names = {program.op("Add", "x", constant), program.op("Sub", "x", constant.copy())}
    assert len(names) == 2
    assert program.weight("large") == program.weight("large")
    assert len(program.graph.to_bytes()) < constant.nbytes + 2 * LARGE.size + 500


def test_constants_of_another_type_are_others() -> None:
    program = OnnxProgram({}, opset=OPSET)
    program.graph.input("x", "int64", (1,))
    program.op("Add", "x", integers(0))
    size = len(program.graph.to_bytes())
    program.op("Reshape", "x", integer(0))
    program.op("Add", number(0), number(0))
    assert len(program.graph.to_bytes()) > size + 40


def test_what_was_made_once_is_given_again() -> None:
    program = OnnxProgram({}, opset=OPSET)
    calls = []

    def make() -> str:
        calls.append(1)
        return f"made {len(calls)}"

    assert program.once(("a",), make) == program.once(("a",), make) == "made 1"
    assert program.once(("b",), make) == "made 2"


def test_a_missing_weight_is_an_error() -> None:
    with pytest.raises(KeyError, match="kernel"):
        OnnxProgram({}, opset=OPSET).weight("kernel")
