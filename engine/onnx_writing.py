"""Writing an `.onnx` file without the package onnx.

For networks whose graph is written by hand, such as imported ones; a Keras network is
exported by `musegen.engine.export`. Knows graphs, operators with plain attributes, and
constants; no loops, no functions.

Source:
    `onnx.proto` of ONNX, for the field numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.engine.protobuf_wire import bytes_field, float_field, integer_field

PRODUCER = "musegen"
IR_VERSION = 8  # the file layout of opset 18; every ONNX Runtime since 1.14 reads it
ELEMENT_TYPES = {
    "float32": 1,
    "uint8": 2,
    "int8": 3,
    "int32": 6,
    "int64": 7,
    "bool": 9,
    "float16": 10,
    "float64": 11,
}
_FLOAT, _INT, _STRING, _INTS = 1, 2, 3, 7  # AttributeProto.AttributeType

Attribute = int | float | str | Sequence[int]


class OnnxGraph:
    """A graph under construction: add nodes in the order of computing.

    Args:
        opset: Version of ONNX' operators.
    """

    def __init__(self, *, opset: int) -> None:
        self._opset = opset
        self._nodes: list[bytes] = []
        self._constants: dict[str, bytes] = {}
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []

    def input(self, name: str, dtype: str, shape: Sequence[int | str]) -> str:
        """Add an input.

        Args:
            name: Its name.
            dtype: A key of `ELEMENT_TYPES`.
            shape: A size or, for a free axis, its name.

        Returns:
            The name.
        """
        self._inputs.append(_value_info(name, dtype, shape))
        return name

    def output(self, name: str, dtype: str, shape: Sequence[int | str]) -> None:
        """Declare that a node's result is an output; arguments as for `input`."""
        self._outputs.append(_value_info(name, dtype, shape))

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """Add a constant and return its name.

        Raises:
            ValueError: There is one of that name already.
        """
        if name in self._constants:
            raise ValueError(f"two constants are called '{name}'")
        self._constants[name] = _tensor(name, array)
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        *,
        output: str,
        **attributes: Attribute,
    ) -> str:
        """Add an operator with one result.

        Args:
            operator: Its name in ONNX: `Conv`.
            inputs: Names of values and constants.
            output: Name of the result, and of the node.
            attributes: As ONNX calls them.

        Returns:
            The name of the result.
        """
        fields = [bytes_field(1, name) for name in inputs]
        fields += [bytes_field(2, output), bytes_field(3, output)]
        fields.append(bytes_field(4, operator))
        fields += [
            bytes_field(5, _attribute(name, attributes[name]))
            for name in sorted(attributes)
        ]
        self._nodes.append(b"".join(fields))
        return output

    def to_bytes(self) -> bytes:
        """Return the content of the `.onnx` file."""
        graph = b"".join(
            [
                *(bytes_field(1, node) for node in self._nodes),
                bytes_field(2, PRODUCER),
                *(bytes_field(5, tensor) for tensor in self._constants.values()),
                *(bytes_field(11, value) for value in self._inputs),
                *(bytes_field(12, value) for value in self._outputs),
            ]
        )
        opset = bytes_field(1, "") + integer_field(2, self._opset)
        return b"".join(
            [
                integer_field(1, IR_VERSION),
                bytes_field(2, PRODUCER),
                bytes_field(7, graph),
                bytes_field(8, opset),
            ]
        )


def _value_info(name: str, dtype: str, shape: Sequence[int | str]) -> bytes:
    """Return a ValueInfoProto."""
    dimensions = b"".join(
        bytes_field(
            1, bytes_field(2, size) if isinstance(size, str) else integer_field(1, size)
        )
        for size in shape
    )
    tensor = integer_field(1, ELEMENT_TYPES[dtype]) + bytes_field(2, dimensions)
    return bytes_field(1, name) + bytes_field(2, bytes_field(1, tensor))


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    """Return a TensorProto."""
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return b"".join(
        [
            *(integer_field(1, size) for size in array.shape),
            integer_field(2, ELEMENT_TYPES[array.dtype.name]),
            bytes_field(8, name),
            bytes_field(9, data),
        ]
    )


def _attribute(name: str, value: Attribute) -> bytes:
    """Return an AttributeProto."""
    if isinstance(value, float):
        kind, content = _FLOAT, float_field(2, value)
    elif isinstance(value, str):
        kind, content = _STRING, bytes_field(4, value)
    elif isinstance(value, int | np.integer):
        kind, content = _INT, integer_field(3, int(value))
    else:
        kind, content = _INTS, b"".join(integer_field(8, int(item)) for item in value)
    return bytes_field(1, name) + content + integer_field(20, kind)
