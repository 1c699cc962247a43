from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import NumericsError, UsageError
from musegen.engine.keras_predictor import (
    KerasPredictor,
    call_flat,
    input_names,
    output_names,
)

pytest.importorskip("tensorflow", reason="needs TensorFlow (the `train` extra)")
import keras
from keras import ops

# Keras has no type information.
Model = Any
Tensor = Any


class Ratio(keras.layers.Layer):  # type: ignore[misc] # untyped base
    """a / b; counts how often it is traced."""

    num_calls = 0

    def call(self, a: Tensor, b: Tensor) -> Tensor:
        Ratio.num_calls += 1
        return ops.cast(a, "float32") / b


def build() -> Model:
    a = keras.Input((None, 2), name="a", dtype="int32")
    b = keras.Input((None, 2), name="b")
    ratio = Ratio(name="ratio")(a, b)
    return keras.Model(
        {"b": b, "a": a}, {"ratio": ratio, "double": keras.layers.Add()([ratio, ratio])}
    )


def test_outputs_come_by_name() -> None:
    predictor = KerasPredictor(build, device="cpu")
    assert set(predictor.input_names) == {"a", "b"}
    assert set(predictor.output_names) == {"ratio", "double"}
    ones = np.ones((1, 3, 2))
    outputs = predictor({"a": 3.0 * ones, "b": 2.0 * ones})
    np.testing.assert_array_equal(outputs["ratio"], 1.5 * ones)
    np.testing.assert_array_equal(outputs["double"], 3.0 * ones)
    assert outputs["ratio"].dtype == np.float32


def test_another_length_does_not_trace_again() -> None:
    predictor = KerasPredictor(build, device="cpu")
    inputs = [
        {"a": np.ones((batch, time, 2)), "b": np.ones((batch, time, 2))}
        for batch, time in ((1, 4), (2, 4), (3, 9), (1, 1))
    ]
    predictor(inputs[0])
    before = Ratio.num_calls
    for one in inputs:
        predictor(one)
    assert Ratio.num_calls == before


def test_nan_is_an_error() -> None:
    predictor = KerasPredictor(build)
    zeros = np.zeros((1, 1, 2))
    with pytest.raises(NumericsError, match="in 2 of 2 values"):
        predictor({"a": zeros, "b": zeros})


def test_inputs_must_be_those_of_the_network() -> None:
    with pytest.raises(ValueError, match=r"takes the inputs \['a', 'b'\]"):
        KerasPredictor(build)({"a": np.ones((1, 1, 2))})


def test_names_without_a_dictionary_are_those_of_keras() -> None:
    x = keras.Input((3,), name="x")
    model = keras.Model(x, keras.layers.Dense(2, name="scores")(x))
    assert input_names(model) == ("x",)
    assert output_names(model) == ("scores",)
    assert [value.shape for value in call_flat(model, [np.ones((4, 3))])] == [(4, 2)]


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    if keras.distribution.list_devices("gpu"):
        pytest.skip("this machine has a GPU")
    with pytest.raises(UsageError, match=r"finds no GPU.*musegen\[gpu\]"):
        KerasPredictor(build, device="gpu")


def test_threads_cannot_change_once_tensorflow_runs() -> None:
    KerasPredictor(build)
    with pytest.raises(UsageError, match="has already started"):
        KerasPredictor(build, num_threads=1)


def test_threads_reach_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    threading = importlib.import_module("tensorflow").config.threading
    asked: list[int] = []
    monkeypatch.setattr(threading, "set_intra_op_parallelism_threads", asked.append)
    KerasPredictor(build, num_threads=3)
    assert asked == [3]


def test_other_backends_are_asked_without_a_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    predictor = KerasPredictor(lambda: network, device="cpu")
    before = Ratio.num_calls
    ones = np.ones((1, 2, 2))
    for calls in (1, 2):
        np.testing.assert_array_equal(predictor({"a": ones, "b": ones})["ratio"], ones)
        assert Ratio.num_calls == before + calls


def test_threads_are_for_tensorflow_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(UsageError, match="TensorFlow only"):
        KerasPredictor(build, num_threads=1)
