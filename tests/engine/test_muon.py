"""Muon: orthogonal updates for matrices, AdamW's for all else."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.engine.muon import Muon, orthogonalized

Untyped = Any  # Keras has no type information; options are of many types


def as_array(tensor: Untyped) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")))


def normal(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("shape", [(60, 12), (12, 60), (24, 20), (1, 9), (9, 1)])
def test_singular_values_come_near_one_and_their_directions_stay(
    shape: tuple[int, int], dtype: str
) -> None:
    matrix = 30.0 * normal(*shape)
    raw = orthogonalized(keras.ops.array(matrix), num_iterations=5, dtype=dtype)
    assert keras.backend.standardize_dtype(raw.dtype) == dtype
    found = as_array(raw)
    assert found.shape == shape
    values = np.linalg.svd(found, compute_uv=False)
    assert values.min() > 0.6
    assert values.max() < 1.3
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    aligned = left.T @ found @ right.T
    assert np.abs(aligned - np.diag(np.diag(aligned))).max() < 0.05
    assert (np.diag(aligned) > 0.6).all()


def test_more_iterations_reach_smaller_singular_values() -> None:
    left, _, right = np.linalg.svd(normal(8, 8))
    matrix = (left * np.geomspace(1.0, 1e-3, 8)) @ right
    smallest = [
        np.linalg.svd(
            as_array(orthogonalized(matrix, num_iterations=count, dtype="float32")),
            compute_uv=False,
        ).min()
        for count in (1, 5, 9)
    ]
    assert smallest[0] < 0.1 < smallest[1] < 0.6 < smallest[2]


def test_nothing_stays_nothing() -> None:
    found = as_array(
        orthogonalized(np.zeros((3, 5)), num_iterations=5, dtype="float32")
    )
    assert not found.any()


def variables() -> list[Any]:
    """Two matrices, a convolution kernel and a vector."""
    shapes = {"inner": (6, 4), "embed": (5, 4), "conv": (3, 4, 2), "bias": (4,)}
    return [
        keras.Variable(normal(*shape, seed=index), name=name)
        for index, (name, shape) in enumerate(shapes.items())
    ]


COMMON: dict[str, Any] = {
    "learning_rate": 0.1,
    "weight_decay": 0.05,
    "beta_2": 0.98,
    "global_clipnorm": 1.0,
}


def trained(optimizer: Untyped, num_steps: int = 3) -> list[NDArray[Any]]:
    """The variables after steps with the same gradients."""
    updated = variables()
    optimizer.build(updated)
    for step in range(num_steps):
        gradients = [
            keras.ops.array(normal(*variable.shape, seed=100 * step + index))
            for index, variable in enumerate(updated)
        ]
        optimizer.apply(gradients, updated)
    return [as_array(variable.value) for variable in updated]


def test_what_is_excluded_or_no_matrix_is_updated_by_adamw_bit_for_bit() -> None:
    inner, embed, conv, bias = trained(Muon(**COMMON, excluded=("embed",)))
    plain_inner, plain_embed, plain_conv, plain_bias = trained(
        keras.optimizers.AdamW(**COMMON)
    )
    assert np.array_equal(embed, plain_embed)
    assert np.array_equal(bias, plain_bias)
    assert np.abs(inner - plain_inner).max() > 1e-3
    assert np.abs(conv - plain_conv).max() > 1e-3


def test_with_everything_excluded_muon_is_adamw() -> None:
    found = trained(Muon(**COMMON, excluded=("",)))
    for left, right in zip(
        found, trained(keras.optimizers.AdamW(**COMMON)), strict=True
    ):
        assert np.array_equal(left, right)


def test_kernels_are_matrices_unless_excluded() -> None:
    optimizer = Muon(excluded=("conv", "embed"))
    optimizer.build(variables())
    assert optimizer.is_matrix == (True, False, False, False)
    everything = Muon()
    everything.build(variables())
    assert everything.is_matrix == (True, True, True, False)


def newton_schulz(matrix: NDArray[Any]) -> NDArray[Any]:
    """Five iterations, plainly and in double precision."""
    x = matrix.astype(np.float64) / np.linalg.norm(matrix)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x - 4.7750 * gram @ x + 2.0315 * gram @ gram @ x
    return np.asarray(x)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 4, 2)])
def test_two_steps_by_hand(shape: tuple[int, ...]) -> None:
    rate, decay, momentum = 0.1, 0.05, 0.9
    variable = keras.Variable(normal(*shape), name="inner")
    optimizer = Muon(learning_rate=rate, weight_decay=decay, momentum=momentum)
    optimizer.build([variable])
    expected = normal(*shape).astype(np.float64)
    average = np.zeros(shape)
    for seed in (1, 2):
        gradient = normal(*shape, seed=seed)
        optimizer.apply([keras.ops.array(gradient)], [variable])
        average = momentum * average + gradient
        flat = (gradient + momentum * average).reshape(-1, shape[-1])
        scale = 0.2 * np.sqrt(max(flat.shape))
        update = newton_schulz(flat).reshape(shape)
        expected = expected * (1.0 - rate * decay) - rate * scale * update
    assert as_array(variable.value) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("shape", [(96, 24), (24, 96), (3, 16, 48)])
def test_an_update_is_as_large_as_adamws(shape: tuple[int, ...]) -> None:
    moved = []
    for optimizer in (
        Muon(learning_rate=0.5, weight_decay=0.0, matrix_rate=0.2),
        Muon(learning_rate=0.5, weight_decay=0.0, matrix_rate=0.4),
    ):
        variable = keras.Variable(np.zeros(shape, np.float32), name="inner")
        optimizer.build([variable])
        optimizer.apply([keras.ops.array(normal(*shape))], [variable])
        moved.append(np.sqrt(np.mean(as_array(variable.value) ** 2)))
    assert moved[0] == pytest.approx(0.5 * 0.2, rel=0.2)
    assert moved[1] == pytest.approx(2.0 * moved[0], rel=1e-5)


def test_it_comes_back_from_its_config() -> None:
    optimizer = Muon(
        **COMMON,
        momentum=0.8,
        num_iterations=3,
        matrix_rate=0.3,
        orthogonal_dtype="bfloat16",
        excluded=["embed", "_scores"],
        name="mine",
    )
    data = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(data)
    assert isinstance(again, Muon)
    assert again.excluded == ("embed", "_scores")
    assert again.get_config() == optimizer.get_config()
    for left, right in zip(trained(optimizer), trained(again), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize(
    "changed",
    [{"momentum": 0.5}, {"num_iterations": 2}, {"orthogonal_dtype": "bfloat16"}],
    ids=str,
)
def test_each_option_changes_the_update(changed: dict[str, Any]) -> None:
    plain, other = trained(Muon(**COMMON)), trained(Muon(**COMMON, **changed))
    assert not np.array_equal(plain[0], other[0])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_convex_problem_is_solved(dtype: str) -> None:
    """Least squares in a badly scaled matrix and a vector."""
    scales = np.geomspace(0.1, 1.0, 8).astype(np.float32)
    x = normal(64, 8, seed=1) * scales
    y = x @ normal(8, 6, seed=2) + normal(6, seed=3)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(6, name="inner")])
    optimizer = Muon(learning_rate=0.1, weight_decay=0.0, orthogonal_dtype=dtype)
    model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
    losses = []
    for step in range(150):
        optimizer.learning_rate = 0.3 * (1.0 - step / 150)
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, y)))
    assert losses[-1] < 0.01 * losses[0]
