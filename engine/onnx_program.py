"""Writing the graph of a network by hand as if it were a program.

Adds to `musegen.engine.onnx_writing` what a long graph needs: names are given by
counting, constants are plain arrays and each lies in the file once, large weights are
stored in half precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.engine.onnx_writing import ELEMENT_TYPES, Attribute, OnnxGraph
from musegen.engine.weights import LARGE_SIZE, is_half_exact, stored

Weights = Mapping[str, NDArray[Any]]


class OnnxProgram:
    """A graph under construction, the weights it is built from, and its constants.

    Args:
        weights: By name, as `musegen.engine.weights` names them.
        opset: Version of ONNX' operators.
    """

    def __init__(self, weights: Weights, *, opset: int) -> None:
        self.graph = OnnxGraph(opset=opset)
        self._weights = weights
        self._constants: dict[tuple[object, ...], str] = {}
        self._made: dict[tuple[object, ...], str] = {}
        self._num_nodes = 0

    def op(
        self, operator: str, *inputs: str | NDArray[Any], **attributes: Attribute
    ) -> str:
        """Add an operator with one result and return the result's name.

        Args:
            operator: Its name in ONNX: `Gemm`.
            inputs: Names of values, or arrays that become constants.
            attributes: As ONNX calls them.
        """
        output = f"value_{self._num_nodes}"
        self._num_nodes += 1
        names = [x if isinstance(x, str) else self._constant(x) for x in inputs]
        return self.graph.node(operator, names, output=output, **attributes)

    def output(self, name: str, value: str, shape: tuple[int | str, ...]) -> None:
        """Declare a float32 value as an output of the network."""
        self.graph.node("Identity", [value], output=name)
        self.graph.output(name, "float32", shape)

    def once(self, key: tuple[object, ...], make: Callable[[], str]) -> str:
        """Return the value known by a key, making it when first asked."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def array(self, name: str) -> NDArray[np.float32]:
        """Return a weight as it is stored, in single precision.

        Raises:
            KeyError: There is no such weight.
        """
        return stored(np.asarray(self._weights[name])).astype(np.float32)

    def weight(self, name: str, array: NDArray[np.float32] | None = None) -> str:
        """Return a weight as a value of the graph.

        Large ones that half precision holds exactly, as it does those of `array`, lie
        in the file so; ONNX Runtime widens them once, when it loads the file.

        Args:
            name: Of a weight, or a new name for `array`.
            array: Values in place of those of that name, rearranged.
        """

        def make() -> str:
            values = self.array(name) if array is None else array
            if values.size <= LARGE_SIZE or not is_half_exact(values):
                return self.graph.constant(name, np.ascontiguousarray(values))
            half = self.graph.constant(f"{name}_half", values.astype(np.float16))
            return self.op("Cast", half, to=ELEMENT_TYPES["float32"])

        return self.once(("weight", name), make)

    def _constant(self, array: NDArray[Any]) -> str:
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = self.graph.constant(name, array)
        return self._constants[key]


def integers(*values: int) -> NDArray[np.int64]:
    """Return a vector for shapes, axes and indices."""
    return np.array(values, dtype=np.int64)


def integer(value: int) -> NDArray[np.int64]:
    """Return a single whole number, of no axes."""
    return np.array(value, dtype=np.int64)


def number(value: float) -> NDArray[np.float32]:
    """Return a single number, of no axes."""
    return np.array(value, dtype=np.float32)
