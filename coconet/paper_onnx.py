"""The paper's network as an `.onnx` file, written layer by layer.

Needs neither Keras nor TensorFlow, so that imported weights run at once. Batch norm is
folded into the convolutions and the channels come first, which ONNX Runtime likes best.

Source:
    The layer rules are those of `musegen.coconet.paper_plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, PaperNetworkConfig
from musegen.coconet.paper_plan import PaperLayer, paper_layers
from musegen.engine.export import OPSET
from musegen.engine.onnx_writing import ELEMENT_TYPES, OnnxGraph

Weights = Mapping[str, NDArray[Any]]

INPUTS = ("pitch", "is_hidden")
OUTPUTS = ("logits",)
_VOICES_FIRST = (0, 2, 1)  # (batch, time, voice) to (batch, voice, time) and back


def paper_onnx_bytes(config: PaperNetworkConfig, weights: Weights) -> bytes:
    """Return a network as the content of an `.onnx` file.

    Inputs and outputs are those of `musegen.coconet.network`, batch and time are free.

    Args:
        config: Its architecture.
        weights: By name, shaped as `paper_plan.weight_shapes` says.
    """
    graph = OnnxGraph(opset=OPSET)
    x = _planes(graph, is_context=config.mask_is_context)
    stored = x
    for layer in paper_layers(config):
        if layer.stores_input:
            stored = x
        x = _convolve(graph, layer, weights, config.batch_norm_epsilon, x)
        if layer.adds_stored:
            x = graph.node("Add", [x, stored], output=f"add{layer.index}")
        if not layer.is_last:
            x = graph.node("Relu", [x], output=f"relu{layer.index}")
    (logits,) = OUTPUTS
    graph.node("Transpose", [x], output=logits, perm=(0, 2, 1, 3))
    graph.output(logits, "float32", ("batch", "time", NUM_VOICES, NUM_PITCHES))
    return graph.to_bytes()


def _planes(graph: OnnxGraph, *, is_context: bool) -> str:
    """Add the inputs and make of them (batch, four rolls and four masks, time, pitch).

    A hidden cell and a visible rest are empty columns of the roll.
    """
    shape = ("batch", "time", NUM_VOICES)
    pitch, is_hidden = (
        graph.input(name, dtype, shape)
        for name, dtype in zip(INPUTS, ("int32", "float32"), strict=True)
    )
    axis = graph.constant("pitch_axis", np.array([3], dtype=np.int64))

    def cells(name: str, label: str) -> str:
        """Return an input as (batch, voice, time, 1)."""
        turned = graph.node(
            "Transpose", [name], output=f"{label}_by_voice", perm=_VOICES_FIRST
        )
        return graph.node("Unsqueeze", [turned, axis], output=f"{label}_cells")

    pitches = graph.constant("pitches", np.arange(NUM_PITCHES, dtype=np.int32))
    one = graph.constant("one", np.ones(1, dtype=np.float32))
    column = graph.constant("column", np.ones(NUM_PITCHES, dtype=np.float32))
    is_note = graph.node("Equal", [cells(pitch, "pitch"), pitches], output="is_note")
    notes = graph.node("Cast", [is_note], output="notes", to=ELEMENT_TYPES["float32"])
    hidden = cells(is_hidden, "hidden")
    visible = graph.node("Sub", [one, hidden], output="visible")
    roll = graph.node("Mul", [notes, visible], output="roll")
    mask = graph.node(
        "Mul", [visible if is_context else hidden, column], output="masks"
    )
    return graph.node("Concat", [roll, mask], output="planes", axis=1)


def _convolve(
    graph: OnnxGraph, layer: PaperLayer, weights: Weights, epsilon: float, x: str
) -> str:
    """Add the convolution of a layer with its batch norm inside."""
    index = layer.index
    scale, shift = _folded_norm(weights, index, epsilon)
    if layer.is_separable:
        depthwise = graph.constant(
            f"depthwise{index}_kernel",
            _single(weights[f"depthwise{index}/kernel"].transpose(2, 3, 0, 1)),
        )
        x = graph.node(
            "Conv",
            [x, depthwise],
            output=f"depthwise{index}",
            group=layer.in_channels,
            **_geometry(layer),
        )
        name, geometry = f"pointwise{index}", {}
        shift = shift + scale * weights[f"{name}/bias"].astype(np.float64)
    else:
        name, geometry = f"conv{index}", _geometry(layer)
    kernel = weights[f"{name}/kernel"].astype(np.float64) * scale
    inputs = [
        x,
        graph.constant(f"{name}_kernel", _single(kernel.transpose(3, 2, 0, 1))),
        graph.constant(f"{name}_bias", _single(shift)),
    ]
    return graph.node("Conv", inputs, output=name, group=layer.num_groups, **geometry)


def _folded_norm(
    weights: Weights, index: int, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the factor and the addend of a batch norm, one a channel."""
    gamma, beta, mean, variance = (
        weights[f"norm{index}/{name}"].astype(np.float64)
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + epsilon)
    return scale, beta - mean * scale


def _geometry(layer: PaperLayer) -> dict[str, tuple[int, ...]]:
    time, pitch = layer.padding
    return {
        "kernel_shape": (layer.kernel, layer.kernel),
        "dilations": layer.dilation,
        "pads": (time[0], pitch[0], time[1], pitch[1]),
    }


def _single(array: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, dtype=np.float32)
