"""Networks whose matrix products are of 8-bit numbers: faster on CPUs, and smaller.

For: making such an `.onnx` file from one with float weights, and batches like those
that the network will meet. Not for: running it (`onnx_predictor`), which is as usual.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

Inputs = Mapping[str, NDArray[Any]]

_ERRORS_ONLY = 3  # severity of ONNX Runtime's own log


def eight_bit_network(content: bytes, batches: Iterable[Inputs]) -> bytes:
    """Return a network with its products of weights in 8 bits.

    What comes into a product is rounded to 256 levels between the least and the
    greatest value seen in `batches`, the same levels in every call: what is said of an
    item of a batch does not depend on the others. Weights have a scale for each
    column, and 7 bits: sums of two products then fit the 16 bits in which processors
    without instructions for this (VNNI, AMX) take them. Products of two things that
    are computed, as in attention, stay as they are.

    Args:
        content: The `.onnx` file; products are `MatMul` or `Gemm`.
        batches: Inputs by name; a few dozen are enough.

    Returns:
        The new `.onnx` file, with the same inputs and outputs.

    Raises:
        ValueError: A `Gemm` does more than a product and a sum.

    Source:
        Rounding by range, "static quantization" of ONNX Runtime.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static

    model = with_plain_products(content)
    chosen = _name_products(model)
    with tempfile.TemporaryDirectory() as folder, _silence():
        plain, small = Path(folder, "plain.onnx"), Path(folder, "small.onnx")
        onnx.save(model, str(plain))
        quantize_static(
            plain,
            small,
            _Reader(batches),
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=chosen,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return small.read_bytes()


class _Reader:
    """Batches as the tool asks for them: one at a time, then None."""

    def __init__(self, batches: Iterable[Inputs]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        batch = next(self._batches, None)
        return None if batch is None else dict(batch)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the tools' advice on how to use them from the user."""
    import logging

    import onnxruntime

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def with_plain_products(content: bytes) -> onnx.ModelProto:
    """Return the network with float32 weights, and `MatMul` and `Add` for each `Gemm`.

    Tools that change products know neither weights behind a `Cast` nor `Gemm`.

    Raises:
        ValueError: A `Gemm` does more than a product and a sum.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(content)
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            tensor = stored.pop(node.input[0])
            values = numpy_helper.to_array(tensor).astype(np.float32)
            stored[node.output[0]] = numpy_helper.from_array(values, node.output[0])
        elif node.op_type == "Gemm":
            nodes += _product_and_sum(node)
        else:
            nodes.append(node)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(stored.values())
    return model


def _product_and_sum(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    from onnx import helper

    settings = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    if any(settings.get(name, 0) for name in ("transA", "transB")) or any(
        settings.get(name, 1.0) != 1.0 for name in ("alpha", "beta")
    ):
        raise ValueError(
            f"a Gemm must be a product and a sum; '{node.name}' has {settings}"
        )
    factors, output = list(node.input[:2]), node.output[0]
    if len(node.input) == len(factors):
        return [helper.make_node("MatMul", factors, [output])]
    product = f"{output}_product"
    return [
        helper.make_node("MatMul", factors, [product]),
        helper.make_node("Add", [product, node.input[2]], [output]),
    ]


def _name_products(model: onnx.ModelProto) -> list[str]:
    """Give a name to each product with weights; returns the names."""
    weights = {tensor.name for tensor in model.graph.initializer}
    names = []
    for index, node in enumerate(model.graph.node):
        if node.op_type == "MatMul" and node.input[1] in weights:
            node.name = f"product_{index}"
            names.append(node.name)
    return names
