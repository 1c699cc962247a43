"""The moving average of weights, by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from musegen.engine.moving_average import MovingAverage

Untyped = Any  # Keras has no type information; options are of many types


def model_with(weight: float) -> Untyped:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    set_weight(model, weight)
    return model


def set_weight(model: Untyped, weight: float) -> None:
    model.set_weights([np.full((1, 1), weight), np.zeros(1)])


def weight_of(model: Untyped) -> float:
    return float(model.get_weights()[0][0, 0])


def test_the_average_starts_at_the_weights_and_is_a_copy() -> None:
    model = model_with(2.0)
    average = MovingAverage(model, decay=0.9)
    set_weight(model, 5.0)
    assert average.arrays[0].tolist() == [[2.0]]


def test_the_average_by_hand() -> None:
    model = model_with(0.0)
    average = MovingAverage(model, decay=0.5, update_every=2)
    set_weight(model, 1.0)
    average.update(1)  # between updates
    assert average.arrays[0] == pytest.approx(0.0)
    average.update(2)  # early: decay is 2 / (2 + 20), less than 0.5 ** 2
    expected = 1.0 - 2 / 22
    assert average.arrays[0] == pytest.approx(expected)
    set_weight(model, 3.0)
    average.update(100)  # late: the decay is 0.5 ** 2
    assert average.arrays[0] == pytest.approx(0.25 * expected + 0.75 * 3.0)


def test_no_decay_follows_the_weights() -> None:
    model = model_with(0.0)
    average = MovingAverage(model, decay=0.0, update_every=1)
    set_weight(model, 4.0)
    average.update(1)
    assert average.arrays[0].tolist() == [[4.0]]


def test_the_average_is_applied_for_a_while() -> None:
    model = model_with(1.0)
    average = MovingAverage(model, decay=0.9)
    set_weight(model, 8.0)
    with average.applied():
        assert weight_of(model) == 1.0
    assert weight_of(model) == 8.0
    with pytest.raises(RuntimeError, match="stop"), average.applied():
        raise RuntimeError("stop")
    assert weight_of(model) == 8.0


def test_a_restored_average_goes_on_by_itself() -> None:
    model = model_with(1.0)
    average = MovingAverage(model, decay=0.9, update_every=1)
    saved = [np.full((1, 1), 6.0, dtype=np.float32), np.zeros(1, dtype=np.float32)]
    average.restore(saved)
    with average.applied():
        assert weight_of(model) == 6.0
    average.update(1000)
    assert average.arrays[0] == pytest.approx(0.9 * 6.0 + 0.1)
    assert saved[0].tolist() == [[6.0]]


@pytest.mark.parametrize("decay", [1.0, -0.1])
def test_a_decay_that_never_forgets_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match=r"decay must lie in \[0, 1\); received"):
        MovingAverage(model_with(0.0), decay=decay)
