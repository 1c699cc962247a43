"""Layers of the original generators as NumPy functions, for one sequence at a time.

All arrays are float32; a sequence is [T, channels]. The recurrent layers follow Keras'
reset-after GRU. Nothing here is trained.

Source:
    Wu et al., MIDI-DDSP, ICLR 2022, and its public program: layer definitions, the
    constants of its norms and slopes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LEAKY_SLOPE = np.float32(0.2)
LAYER_NORM_EPSILON = np.float32(1e-3)
SEQUENCE_NORM_EPSILON = np.float32(1e-5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dense:
    """An affine map of the last axis.

    Args:
        kernel: [in, out].
        bias: [out].
    """

    kernel: Array
    bias: Array

    def __call__(self, inputs: Array) -> Array:
        """Return [..., out] of [..., in]."""
        return inputs @ self.kernel + self.bias


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormedDense:
    """A dense layer, layer norm over its channels, and a leaky ReLU.

    Args:
        dense: The map.
        gamma: [out].
        beta: [out].
    """

    dense: Dense
    gamma: Array
    beta: Array

    def __call__(self, inputs: Array) -> Array:
        """Return [..., out] of [..., in]."""
        hidden = self.dense(inputs)
        mean = hidden.mean(axis=-1, keepdims=True)
        centred = hidden - mean
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(variance + LAYER_NORM_EPSILON)
        normed = scaled * self.gamma + self.beta
        result: Array = np.maximum(normed, LEAKY_SLOPE * normed)
        return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequenceNorm:
    """The library's norm: one mean and variance of time and channels together.

    What a frame becomes depends on the whole sequence and its length. In a loop that
    sees one frame at a time, the statistics are those of that frame.

    Args:
        scale: [channels].
        shift: [channels].
    """

    scale: Array
    shift: Array

    def __call__(self, inputs: Array) -> Array:
        """Return [T, channels] of the same shape, or [channels] of one frame."""
        centred = inputs - inputs.mean(dtype=np.float64).astype(np.float32)
        variance = np.square(centred).mean(dtype=np.float64).astype(np.float32)
        normed: Array = centred / np.sqrt(variance + SEQUENCE_NORM_EPSILON)
        return normed * self.scale + self.shift


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gru:
    """A gated recurrent unit; gates in the order update, reset, candidate.

    Args:
        kernel: [in, 3 units].
        recurrent_kernel: [units, 3 units].
        bias: [2, 3 units]: of the input's product, of the state's.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array

    @property
    def num_units(self) -> int:
        """Size of the state."""
        return len(self.recurrent_kernel)

    def zero_state(self) -> Array:
        """Return the state before the first frame, [units]."""
        return np.zeros(self.num_units, dtype=np.float32)

    def project(self, inputs: Array) -> Array:
        """Return what the inputs [..., in] add to the gates, [..., 3 units]."""
        projected: Array = inputs @ self.kernel + self.bias[0]
        return projected

    def step(self, projected: Array, state: Array) -> Array:
        """Return the next state [units].

        Args:
            projected: [3 units], of `project`.
            state: [units].
        """
        units = self.num_units
        recurrent = state @ self.recurrent_kernel + self.bias[1]
        gates = sigmoid(projected[: 2 * units] + recurrent[: 2 * units])
        update, reset = gates[:units], gates[units:]
        candidate = np.tanh(projected[2 * units :] + reset * recurrent[2 * units :])
        following: Array = candidate + update * (state - candidate)
        return following

    def run(self, inputs: Array, *, backward: bool = False) -> Array:
        """Return the states [T, units] of a whole sequence [T, in].

        Args:
            inputs: The sequence.
            backward: Whether to run from its end; frames keep their places.
        """
        projected = self.project(inputs)
        states = np.empty((len(inputs), self.num_units), dtype=np.float32)
        state = self.zero_state()
        order = range(len(inputs) - 1, -1, -1) if backward else range(len(inputs))
        for index in order:
            state = states[index] = self.step(projected[index], state)
        return states


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BidirectionalGru:
    """Two units over one sequence; states side by side, forward first.

    Args:
        forward: From the beginning.
        backward: From the end.
    """

    forward: Gru
    backward: Gru

    def __call__(self, inputs: Array) -> Array:
        """Return [T, 2 units] of [T, in]."""
        return np.concatenate(
            [self.forward.run(inputs), self.backward.run(inputs, backward=True)],
            axis=-1,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution:
    """Three taps over time, symmetric zero padding.

    Args:
        kernel: [3, in, out].
        bias: [out].
        dilation: Frames between two taps.
    """

    kernel: Array
    bias: Array
    dilation: int = 1

    def __call__(self, inputs: Array) -> Array:
        """Return [T, out] of [T, in]."""
        step = self.dilation
        outputs: Array = inputs @ self.kernel[1] + self.bias
        if len(inputs) > step:
            outputs[step:] += inputs[:-step] @ self.kernel[0]
            outputs[:-step] += inputs[step:] @ self.kernel[2]
        return outputs


def sigmoid(values: Array) -> Array:
    """Return the logistic function, without overflow."""
    half = np.float32(0.5)
    result: Array = half * np.tanh(half * values) + half
    return result
