"""Repairs on an exported ONNX model: padding, names, order, storage of the weights.

Everything here keeps what the network computes. The conversion itself is
`musegen.engine.export`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from musegen.engine.weights import LARGE_SIZE, is_half_exact

PRODUCER = "musegen"
_IR_VERSION = 8  # the file layout of opset 18; every ONNX Runtime since 1.14 reads it


def unknown_operators(proto: Any, opset: int) -> list[str]:
    """Return `operator (in node)` for each that ONNX of that opset does not define."""
    return sorted(
        f"{node.op_type} (in {node.name})"
        for node in _all_nodes(proto.graph)
        if not _is_known(node, opset)
    )


def tidy(proto: Any, *, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Bring a model into a form that depends only on what it computes.

    Nodes are ordered from the outputs backwards and everything inside is named by its
    place, because tf2onnx names by counters and addresses. Padding is made explicit.

    Args:
        proto: The `onnx.ModelProto`; changed.
        inputs: Names of the inputs, in the order wanted.
        outputs: Names of the outputs, likewise.
    """
    graph = proto.graph
    _sort_values(graph.input, inputs)
    _sort_values(graph.output, outputs)
    for value in (*graph.input, *graph.output):
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
            if not dimension.HasField("dim_value"):
                dimension.dim_param = f"{value.name}_{axis}"
    for node in _all_nodes(graph):
        _make_padding_explicit(node)
        _make_plain(node)
    nodes = _ordered(graph)
    _rename(graph, nodes)
    del graph.value_info[:]
    graph.name = PRODUCER
    graph.ClearField("doc_string")
    proto.ClearField("doc_string")
    proto.ClearField("producer_version")
    proto.producer_name = PRODUCER
    proto.ir_version = _IR_VERSION
    domains = {node.domain for node in _all_nodes(graph)}
    versions = {e.domain: e.version for e in proto.opset_import if e.domain in domains}
    del proto.opset_import[:], proto.metadata_props[:]
    for domain, version in sorted(versions.items()):
        proto.opset_import.append(helper.make_opsetid(domain, version))


def store_half(proto: Any) -> None:
    """Store in float16 every large float32 constant that float16 holds exactly.

    A cast back to float32 follows it, which ONNX Runtime computes once, at loading.

    Args:
        proto: The `onnx.ModelProto`; changed.
    """
    graph = proto.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        array = numpy_helper.to_array(tensor)
        if array.size <= LARGE_SIZE or not is_half_exact(array):
            continue
        name = str(tensor.name)
        half = numpy_helper.from_array(array.astype(np.float16), f"{name}_half")
        tensor.CopyFrom(half)
        casts.append(
            helper.make_node(
                "Cast",
                [half.name],
                [name],
                name=f"{name}_cast",
                to=onnx.TensorProto.FLOAT,
            )
        )
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _is_known(node: Any, opset: int) -> bool:
    if node.domain not in ("", "ai.onnx"):
        return False
    try:
        onnx.defs.get_schema(node.op_type, opset, "")
    except onnx.defs.SchemaError:
        return False
    return True


def _sort_values(values: Any, names: Sequence[str]) -> None:
    """Put the inputs or outputs of a graph in an order."""
    by_name = {value.name: value for value in values}
    if set(by_name) != set(names):
        raise ValueError(
            f"the export has {sorted(by_name)} where {sorted(names)} is expected"
        )
    ordered = [by_name[name] for name in names]
    del values[:]
    values.extend(ordered)


def _make_plain(node: Any) -> None:
    """Leave out what is empty, and sort what has no order."""
    node.ClearField("doc_string")
    if not node.domain:
        node.ClearField(
            "domain"
        )  # set to nothing or not set: other bytes, same meaning
    attributes = sorted(node.attribute, key=lambda attribute: str(attribute.name))
    for attribute in attributes:
        attribute.ClearField("doc_string")
    del node.attribute[:]
    node.attribute.extend(attributes)


def _make_padding_explicit(node: Any) -> None:
    """Replace SAME padding of a convolution with stride 1 by numbers.

    ONNX Runtime (1.31) refuses SAME together with dilation. SAME puts the odd one
    of a padding at the end.
    """
    attributes = {attribute.name: attribute for attribute in node.attribute}
    auto_pad = attributes.get("auto_pad")
    if node.op_type != "Conv" or auto_pad is None or auto_pad.s != b"SAME_UPPER":
        return
    kernel = list(attributes["kernel_shape"].ints)
    ones = [1] * len(kernel)
    strides, dilations = (
        list(attributes[name].ints) if name in attributes else ones
        for name in ("strides", "dilations")
    )
    if any(stride != 1 for stride in strides):
        return
    totals = [(size - 1) * hole for size, hole in zip(kernel, dilations, strict=True)]
    node.attribute.remove(auto_pad)
    pads = [total // 2 for total in totals] + [total - total // 2 for total in totals]
    node.attribute.append(helper.make_attribute("pads", pads))


def _ordered(graph: Any) -> list[Any]:
    """Return the nodes in the order in which the outputs need them, and no others."""
    producers = {
        output: node for node in graph.node for output in node.output if output
    }
    ordered: list[Any] = []
    done: set[str] = set()
    stack = [(value.name, False) for value in reversed(graph.output)]
    while stack:
        name, is_ready = stack.pop()
        node = producers.get(name)
        if node is None or node.output[0] in done:
            continue
        if is_ready:
            done.add(node.output[0])
            ordered.append(node)
            continue
        stack.append((name, True))
        stack.extend((needed, False) for needed in reversed(list(_needs(node))))
    return ordered


def _rename(graph: Any, nodes: list[Any]) -> None:
    """Name constants, values and nodes by their place, and drop what is not used."""
    names = {value.name: value.name for value in (*graph.input, *graph.output)}
    names[""] = ""  # an optional input left out
    constants = {tensor.name: tensor for tensor in graph.initializer}
    used: list[Any] = []
    num_values = 0
    for index, node in enumerate(nodes):
        for name in _needs(node):
            if name in constants and name not in names:
                names[name] = f"constant_{len(used)}"
                used.append(constants[name])
        for name in node.output:
            if name not in names:
                names[name] = f"value_{num_values}"
                num_values += 1
        node.name = f"{node.op_type}_{index}"
    for tensor in used:
        tensor.name = names[tensor.name]
    for node in nodes:
        _rename_node(node, names)
    kept_nodes, kept_constants = list(nodes), list(used)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept_nodes)
    graph.initializer.extend(kept_constants)


def _rename_node(node: Any, names: dict[str, str]) -> None:
    """Rename what a node takes and gives, and what a loop's body takes from outside."""
    for side in (node.input, node.output):
        for index, name in enumerate(side):
            side[index] = names.get(name, name)
    for body in _bodies(node):
        for inner in body.node:
            _rename_node(inner, names)
        for value in body.output:
            value.name = names.get(value.name, value.name)


def _needs(node: Any) -> Iterator[str]:
    """Yield the names a node reads, and those its bodies take from outside."""
    yield from node.input
    for body in _bodies(node):
        own = {value.name for value in (*body.input, *body.initializer)}
        own |= {output for inner in body.node for output in inner.output}
        for inner in body.node:
            yield from (name for name in _needs(inner) if name not in own)
        yield from (value.name for value in body.output if value.name not in own)


def _bodies(node: Any) -> Iterable[Any]:
    return [attribute.g for attribute in node.attribute if attribute.HasField("g")]


def _all_nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for body in _bodies(node):
            yield from _all_nodes(body)
