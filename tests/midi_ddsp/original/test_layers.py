"""Layers of the original generators against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.original.layers import (
    Array,
    BidirectionalGru,
    Convolution,
    Dense,
    Gru,
    NormedDense,
    SequenceNorm,
    sigmoid,
)

UNITS = 4


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def gru(seed: int = 0) -> Gru:
    return Gru(
        kernel=numbers(3, 3 * UNITS, seed=seed),
        recurrent_kernel=numbers(UNITS, 3 * UNITS, seed=seed + 1),
        bias=numbers(2, 3 * UNITS, seed=seed + 2),
    )


def test_a_unit_mixes_its_state_as_keras_does() -> None:
    unit, inputs = gru(), numbers(3, seed=9)
    state = numbers(UNITS, seed=10)
    parts = np.split(inputs @ unit.kernel + unit.bias[0], 3)
    inner = np.split(state @ unit.recurrent_kernel + unit.bias[1], 3)
    update, reset = (1 / (1 + np.exp(-(parts[i] + inner[i]))) for i in (0, 1))
    candidate = np.tanh(parts[2] + reset * inner[2])
    expected = update * state + (1 - update) * candidate
    np.testing.assert_allclose(
        unit.step(unit.project(inputs), state), expected, rtol=1e-4, atol=1e-6
    )


def test_running_backward_is_running_the_reversed_sequence() -> None:
    unit, inputs = gru(), numbers(6, 3, seed=4)
    backward = unit.run(inputs, backward=True)
    np.testing.assert_array_equal(backward, unit.run(inputs[::-1])[::-1])
    both = BidirectionalGru(forward=unit, backward=gru(5))(inputs)
    np.testing.assert_array_equal(both[:, :UNITS], unit.run(inputs))
    np.testing.assert_array_equal(both[:, UNITS:], gru(5).run(inputs, backward=True))


@pytest.mark.parametrize("dilation", [1, 2, 4, 16])
def test_a_convolution_is_padded_alike_on_both_sides(dilation: int) -> None:
    kernel, bias, inputs = numbers(3, 2, 5), numbers(5, seed=1), numbers(7, 2, seed=2)
    layer = Convolution(kernel=kernel, bias=bias, dilation=dilation)
    expected = np.zeros((7, 5), np.float32) + bias
    for frame in range(7):
        for tap in range(3):
            source = frame + (tap - 1) * dilation
            if 0 <= source < 7:
                expected[frame] += inputs[source] @ kernel[tap]
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-4, atol=1e-5)


def test_the_norm_of_a_sequence_counts_time_and_channels_together() -> None:
    norm = SequenceNorm(scale=np.full(3, 2, np.float32), shift=np.ones(3, np.float32))
    inputs = 5 * numbers(8, 3) + 3
    normed = (norm(inputs) - 1) / 2
    assert normed.mean() == pytest.approx(0, abs=1e-5)
    assert normed.std() == pytest.approx(1, abs=1e-4)
    assert abs(normed[0].mean()) > 1e-2  # a frame by itself is not centred


def test_the_norm_of_a_dense_layer_counts_each_frame_by_itself() -> None:
    dense = Dense(kernel=numbers(3, 6), bias=numbers(6, seed=1))
    ones, zeros = np.ones(6, np.float32), np.zeros(6, np.float32)
    layer = NormedDense(dense=dense, gamma=ones, beta=zeros)
    inputs = numbers(5, 3, seed=2)
    together = layer(inputs)
    np.testing.assert_allclose(together[2], layer(inputs[2]), rtol=1e-5)
    plain = dense(inputs)
    plain = (plain - plain.mean(-1, keepdims=True)) / np.sqrt(
        plain.var(-1, keepdims=True) + 1e-3
    )
    np.testing.assert_allclose(together, np.maximum(plain, 0.2 * plain), atol=1e-5)


def test_the_logistic_function_does_not_overflow() -> None:
    values = np.array([-1e4, 0.0, 1e4], dtype=np.float32)
    np.testing.assert_array_equal(sigmoid(values), [0.0, 0.5, 1.0])
