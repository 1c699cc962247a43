"""Statistics of batch norm, measured for the weights that a model has."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.engine.population_statistics import PopulationStatistics

Untyped = Any  # Keras has no type information; options are of many types
Array = NDArray[Any]


def model_with_norm(*, is_nested: bool = False) -> Untyped:
    """A doubled input, its batch norm, dropout, and another batch norm."""
    inner = [
        keras.layers.Dense(2, use_bias=False, name="doubled"),
        keras.layers.BatchNormalization(momentum=0.99, name="norm"),
    ]
    outer = [keras.layers.Dropout(0.5), keras.layers.BatchNormalization(name="last")]
    layers = [keras.Sequential(inner)] if is_nested else inner
    model = keras.Sequential([keras.Input((2,)), *layers, *outer])
    norm, kernel = norm_of(model), model.trainable_variables[0]
    kernel.assign(2.0 * np.eye(2))
    norm.moving_mean.assign([7.0, 7.0])  # as other weights left it
    return model


def norm_of(model: Untyped) -> Untyped:
    first = model.layers[0]
    return model.get_layer("norm") if first.name == "doubled" else first.layers[1]


def batches() -> list[Array]:
    rng = np.random.default_rng(0)
    return [rng.normal(k, 1 + k, size=(50, 2)).astype(np.float32) for k in range(3)]


def state_of(model: Untyped) -> list[Array]:
    return [np.array(variable.value) for variable in model.variables]


@pytest.mark.parametrize("is_nested", [False, True])
def test_statistics_are_the_means_over_batches_for_the_weights_of_now(
    is_nested: bool,
) -> None:
    model = model_with_norm(is_nested=is_nested)
    statistics = PopulationStatistics(model)
    doubled = [2.0 * batch for batch in batches()]
    norm = norm_of(model)
    with statistics.measured(batches()):
        means = np.mean([batch.mean(axis=0) for batch in doubled], axis=0)
        variances = np.mean([batch.var(axis=0) for batch in doubled], axis=0)
        np.testing.assert_allclose(norm.moving_mean, means, rtol=1e-4)
        np.testing.assert_allclose(norm.moving_variance, variances, rtol=1e-4)
    model.trainable_variables[0].assign(4.0 * np.eye(2))
    with statistics.measured(batches()):
        np.testing.assert_allclose(norm.moving_mean, 2.0 * means, rtol=1e-4)


def test_nothing_is_left_behind() -> None:
    model = model_with_norm()
    statistics = PopulationStatistics(model)
    before = state_of(model)
    with pytest.raises(RuntimeError, match="stop"), statistics.measured(batches()):
        raise RuntimeError("stop")
    for left, right in zip(before, state_of(model), strict=True):
        np.testing.assert_array_equal(left, right)
    assert norm_of(model).momentum == 0.99


def test_dropout_draws_what_it_would_have_drawn() -> None:
    model = model_with_norm()
    (seed,) = [v for v in model.non_trainable_variables if "seed" in v.path]
    before = np.array(seed.value)
    with PopulationStatistics(model).measured(batches()):
        np.testing.assert_array_equal(before, np.array(seed.value))


def test_without_batch_norm_no_batch_is_looked_at() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    before = state_of(model)
    with PopulationStatistics(model).measured(iter(())):
        for left, right in zip(before, state_of(model), strict=True):
            np.testing.assert_array_equal(left, right)
