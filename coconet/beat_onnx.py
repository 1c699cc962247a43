"""The beat network as an `.onnx` file, written operator by operator.

Computes what `musegen.coconet.beat_network` computes, in the form that ONNX Runtime
runs fast: every layer is one matrix product over (batch * time) rows, a convolution too
(of each position's neighbours laid side by side), and what depends on lengths alone is
computed once. Needs neither Keras nor TensorFlow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.beat_onnx_features import (
    NUM_SLOTS,
    Nearest,
    add_embedding,
    add_nearest,
)
from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, BeatNetworkConfig
from musegen.engine.export import OPSET
from musegen.engine.onnx_program import (
    OnnxProgram,
    Weights,
    integer,
    integers,
    number,
)

_CELL = ("batch", "time", NUM_VOICES)
_NORM_FLOOR = 1e-5  # of `RootMeanSquareNorm`
_FAR = -1e9  # the score of a beat out of reach
_HEADS_FIRST = (0, 2, 1, 3)  # (batch, beat, head, channel) and back
_KEYS = (0, 2, 3, 1)


def beat_onnx_bytes(config: BeatNetworkConfig, weights: Weights) -> bytes:
    """Return a network as the content of an `.onnx` file.

    Inputs and outputs are those of `musegen.coconet.beat_network`, batch and time are
    free; time must be whole beats.

    Args:
        config: Its architecture.
        weights: By the paths of the Keras network's variables; large ones are rounded
            as `musegen.engine.weights` rounds them.

    Raises:
        KeyError: A weight is missing.
    """
    program = OnnxProgram(weights, opset=OPSET)
    inputs = ("pitch", "is_hidden", *config.planes)
    for name in inputs:
        dtype = "float32" if name == "is_hidden" else "int32"
        shape = _CELL[:2] if name in ("metre", "fermata") else _CELL
        program.graph.input(name, dtype, shape)
    nearest = add_nearest(program, reach_steps=config.fill_reach_steps)
    steps = add_embedding(program, config, nearest)
    steps = _Trunk(program, config, nearest.num_steps).add(steps)
    cells = program.op("Shape", "pitch")
    classes = program.op("Concat", cells, integers(config.num_classes), axis=0)
    logits = _logits(program, config, steps, nearest)
    logits = program.op("Reshape", logits, classes)
    program.output("logits", logits, (*_CELL, config.num_classes))
    if config.writes_onsets:
        odds = program.op("Reshape", _dense(program, steps, "onset_scores"), cells)
        program.output("onset_odds", odds, _CELL)
    return program.graph.to_bytes()


class _Trunk:
    """Everything between the first layer and the heads; positions are rows."""

    def __init__(
        self, program: OnnxProgram, config: BeatNetworkConfig, num_steps: str
    ) -> None:
        self._program = program
        self._config = config
        self._num_steps = num_steps
        self._num_beats = program.op("Div", num_steps, integer(config.steps_per_beat))

    def add(self, steps: str) -> str:
        """Add the blocks; (batch * time, channel) in and out."""
        program, config = self._program, self._config
        for index in range(config.num_step_blocks):
            steps = self._block(steps, self._num_steps, 1, f"read{index}")
        width = config.step_channels * config.steps_per_beat
        beats = program.op("Reshape", steps, integers(-1, width))
        beats = self._beats(_dense(program, beats, "to_beats"))
        back = _dense(
            program, _norm(program, beats, config.beat_channels), "from_beats"
        )
        back = program.op("Reshape", back, integers(-1, config.step_channels))
        steps = program.op("Add", steps, back)
        for index in range(config.num_step_blocks):
            steps = self._block(steps, self._num_steps, 1, f"write{index}")
        return _silu(program, _norm(program, steps, config.step_channels))

    def _beats(self, beats: str) -> str:
        config = self._config
        for index, dilation in enumerate(config.beat_dilations):
            beats = self._block(beats, self._num_beats, dilation, f"beat{index}")
            if index in config.attention_after:
                normed = _norm(self._program, beats, config.beat_channels)
                attended = self._attend(normed, f"attend{index}")
                beats = self._program.op("Add", beats, attended)
        return beats

    def _block(self, x: str, length: str, dilation: int, name: str) -> str:
        program = self._program
        channels = len(program.array(f"{name}_out/bias"))
        hidden = _norm(program, x, channels)
        hidden = _silu(program, self._convolve(hidden, length, dilation, name))
        return program.op("Add", x, _dense(program, hidden, f"{name}_out"))

    def _convolve(self, x: str, length: str, dilation: int, name: str) -> str:
        op = self._program.op
        kernel = self._program.array(f"{name}_conv/kernel")
        width, channels, out_channels = kernel.shape
        by_item = self._by_item(length, channels)
        x = op("Reshape", x, by_item)
        # One row of zeros at the end is what neighbours beyond the edges are.
        x = op("Pad", x, integers(0, 0, 0, 0, 1, 0))
        x = op("Gather", x, self._neighbours(length, width, dilation), axis=1)
        return op(
            "Gemm",
            op("Reshape", x, integers(-1, width * channels)),
            self._program.weight(
                f"{name}_conv/kernel", kernel.reshape(-1, out_channels)
            ),
            self._program.weight(f"{name}_conv/bias"),
        )

    def _by_item(self, length: str, *sizes: int) -> str:
        """Return the shape (batch, length, *sizes)."""

        def make() -> str:
            op = self._program.op
            length_axis = op("Reshape", length, integers(1))
            return op("Concat", integers(-1), length_axis, integers(*sizes), axis=0)

        return self._program.once(("by item", length, sizes), make)

    def _places(self, length: str) -> str:
        return self._program.once(
            ("places", length),
            lambda: self._program.op("Range", integer(0), length, integer(1)),
        )

    def _neighbours(self, length: str, width: int, dilation: int) -> str:
        """Return (place, width): places a kernel sees; beyond the edges the length."""

        def make() -> str:
            op = self._program.op
            offsets = dilation * (np.arange(width) - (width - 1) // 2)
            place = op("Unsqueeze", self._places(length), integers(1))
            place = op("Add", place, integers(*offsets))
            is_inside = op(
                "And",
                op("GreaterOrEqual", place, integer(0)),
                op("Less", place, length),
            )
            return op("Where", is_inside, place, length)

        return self._program.once(("neighbours", length, width, dilation), make)

    def _attend(self, x: str, name: str) -> str:
        program, op, num_heads = self._program, self._program.op, self._config.num_heads
        kernel = program.array(f"{name}/in/kernel")
        channels = len(kernel)
        head_channels = channels // num_heads
        by_head = self._by_item(self._num_beats, num_heads, head_channels)

        def project(part: int, scale: float, perm: tuple[int, ...]) -> str:
            columns = kernel[:, part * channels : (part + 1) * channels]
            matrix = program.weight(f"{name}/in/{part}", columns)
            if scale != 1.0:
                matrix = op("Mul", matrix, number(scale))
            heads = op("Reshape", op("Gemm", x, matrix), by_head)
            return op("Transpose", heads, perm=perm)

        query = project(0, head_channels**-0.5, _HEADS_FIRST)
        key = project(1, 1.0, _KEYS)
        value = project(2, 1.0, _HEADS_FIRST)
        scores = op("Add", op("MatMul", query, key), self._distance_bias(name))
        mixed = op("MatMul", op("Softmax", scores, axis=-1), value)
        mixed = op("Transpose", mixed, perm=_HEADS_FIRST)
        mixed = op("Reshape", mixed, integers(-1, channels))
        return _dense(program, mixed, f"{name}/out")

    def _distance_bias(self, name: str) -> str:
        """Return (head, beat, beat)."""
        learned = self._program.array(f"{name}/distance_bias").T
        table = np.pad(learned, ((0, 0), (1, 1)), constant_values=_FAR)
        return self._program.op("Gather", table, self._distances(), axis=1)

    def _distances(self) -> str:
        """Return (beat, beat): columns of the table of biases, whose ends are far."""

        def make() -> str:
            op = self._program.op
            place = self._places(self._num_beats)
            distance = op("Sub", place, op("Unsqueeze", place, integers(1)))
            far = self._config.attention_reach_beats + 1
            distance = op("Max", op("Min", distance, integer(far)), integer(-far))
            return op("Add", distance, integer(far))

        return self._program.once(("distances",), make)


def _dense(program: OnnxProgram, x: str, name: str) -> str:
    return program.op(
        "Gemm", x, program.weight(f"{name}/kernel"), program.weight(f"{name}/bias")
    )


def _norm(program: OnnxProgram, x: str, channels: int) -> str:
    """Add `RootMeanSquareNorm`, in operators that ONNX Runtime knows as one."""
    op = program.op
    mean_square = op("ReduceMean", op("Pow", x, number(2)), integers(-1), keepdims=1)
    root = op("Sqrt", op("Add", mean_square, number(_NORM_FLOOR)))
    return op("Mul", op("Div", x, root), np.ones(channels, dtype=np.float32))


def _silu(program: OnnxProgram, x: str) -> str:
    return program.op("Mul", x, program.op("Sigmoid", x))


def _logits(
    program: OnnxProgram, config: BeatNetworkConfig, steps: str, nearest: Nearest
) -> str:
    """Return (batch * time, voice * class): absolute scores and those of intervals."""
    op = program.op
    num_intervals = 2 * config.interval_reach + 1
    scores = op(
        "Gemm",
        steps,
        *(
            program.weight(
                f"interval_scores/{name}",
                _by_slot(program.array(f"interval_scores/{name}"), num_intervals),
            )
            for name in ("kernel", "bias")
        ),
    )
    scores = op("Reshape", scores, integers(-1, num_intervals + 1))
    anchor = op("Reshape", nearest.anchor, integers(-1))
    columns = op("Gather", _interval_columns(config), anchor, axis=0)
    relative = op("GatherElements", scores, columns, axis=1)
    width = NUM_VOICES * config.num_classes
    relative = op("Reshape", relative, integers(-1, NUM_SLOTS // NUM_VOICES, width))
    relative = op("ReduceSum", relative, integers(1), keepdims=0)
    return op("Add", _dense(program, steps, "pitch_scores"), relative)


def _by_slot(array: NDArray[np.float32], num_intervals: int) -> NDArray[np.float32]:
    """Reorder (..., voice, side, interval) by slot; a column of 0 after each slot's."""
    parts = array.reshape(*array.shape[:-1], NUM_VOICES, -1, num_intervals)
    parts = np.moveaxis(parts, -2, -3)
    parts = np.pad(parts, [(0, 0)] * (parts.ndim - 1) + [(0, 1)])
    return parts.reshape(*array.shape[:-1], -1)


def _interval_columns(config: BeatNetworkConfig) -> NDArray[np.int32]:
    """Return (anchor, class): where the score of a class stands, the column of 0 last.

    The last anchor is `NO_NOTE`; silence has no interval.
    """
    nowhere = 2 * config.interval_reach + 1
    columns = np.full((NUM_PITCHES + 1, config.num_classes), nowhere, dtype=np.int32)
    pitch = np.arange(NUM_PITCHES, dtype=np.int32)
    interval = pitch - pitch[:, None] + config.interval_reach
    is_reached = (interval >= 0) & (interval < nowhere)
    columns[:NUM_PITCHES, :NUM_PITCHES] = np.where(is_reached, interval, nowhere)
    return columns
