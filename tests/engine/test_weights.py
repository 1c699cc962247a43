from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import MissingPackageError, ModelFolderError
from musegen.engine.weights import (
    is_half_exact,
    load_weights,
    rounded_weights,
    stored,
    weights_bytes,
)

pytest.importorskip("tensorflow", reason="needs TensorFlow (the `train` extra)")
pytest.importorskip("safetensors", reason="needs safetensors (the `train` extra)")
import keras
import safetensors.numpy

# Keras has no type information.
Model = Any


def network(width: int = 20, *, last: str = "last") -> Model:
    """Two dense layers; only the first kernel is large."""
    x = keras.Input((16,), name="x")
    y = keras.layers.Dense(width, name="first")(x)
    return keras.Model(x, keras.layers.Dense(2, name=last)(y))


def values(model: Model) -> dict[str, np.ndarray[Any, Any]]:
    return {
        w.path: np.array(keras.ops.convert_to_numpy(w.value)) for w in model.weights
    }


def fill(model: Model, seed: int = 0) -> Model:
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    return model


def test_large_kernels_are_rounded_and_nothing_else() -> None:
    model, other = fill(network()), network()
    load_weights(other, weights_bytes(model))
    before, after = values(model), values(other)
    assert before.keys() == after.keys()
    assert not np.array_equal(after["first/kernel"], before["first/kernel"])
    np.testing.assert_allclose(
        after["first/kernel"], before["first/kernel"], rtol=2**-11, atol=1e-7
    )
    for name in ("first/bias", "last/kernel", "last/bias"):
        np.testing.assert_array_equal(after[name], before[name])


def test_saving_what_was_loaded_gives_the_same_bytes() -> None:
    content = weights_bytes(fill(network()))
    other = network()
    load_weights(other, content)
    assert weights_bytes(other) == content


def test_tensors_are_named_by_the_path_of_the_weight() -> None:
    tensors = safetensors.numpy.load(weights_bytes(network(), prefix="expression/"))
    assert set(tensors) == {
        f"expression/{layer}/{kind}"
        for layer in ("first", "last")
        for kind in ("kernel", "bias")
    }
    assert tensors["expression/first/kernel"].dtype == np.float16


def test_networks_that_share_a_file_get_their_own() -> None:
    models = {"a/": fill(network(), 1), "b/": fill(network(), 2)}
    tensors: dict[str, Any] = {}
    for prefix, model in models.items():
        tensors |= safetensors.numpy.load(weights_bytes(model, prefix=prefix))
    other = network()
    load_weights(other, safetensors.numpy.save(tensors), prefix="b/")
    np.testing.assert_array_equal(
        values(other)["last/kernel"], values(models["b/"])["last/kernel"]
    )


def test_what_does_not_fit_is_named_and_nothing_is_loaded() -> None:
    model = fill(network())
    before = values(model)
    with pytest.raises(ModelFolderError) as raised:
        load_weights(
            model, weights_bytes(network(24, last="other")), where="toy.safetensors"
        )
    message = str(raised.value)
    assert "toy.safetensors does not fit its architecture" in message
    assert "lacks 'last/bias'; lacks 'last/kernel'" in message
    assert "has an unknown 'other/bias'; has an unknown 'other/kernel'" in message
    assert "and 2 more" in message
    assert before.keys() == values(model).keys()
    for name, array in values(model).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(
        ModelFolderError, match=r"'first/bias' is \(24,\).*needed is \(20,\)"
    ):
        load_weights(network(), weights_bytes(network(24)))


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\xff" * 64])
def test_a_damaged_file_is_named(content: bytes) -> None:
    with pytest.raises(ModelFolderError, match="the weights cannot be read"):
        load_weights(network(), content)


def test_two_weights_of_one_name_are_refused() -> None:
    model = network()

    class Twice:
        weights = (model.weights[0], model.weights[0])

    with pytest.raises(ValueError, match="two weights are called 'first/kernel'"):
        weights_bytes(Twice())


def test_missing_safetensors_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingPackageError, match=r"musegen\[train\]"):
        weights_bytes(network())


def test_rounding_a_model_is_undone_afterwards() -> None:
    model, loaded = fill(network()), network()
    before = values(model)
    load_weights(loaded, weights_bytes(model))
    with pytest.raises(RuntimeError, match="inside"), rounded_weights(model):
        for name, array in values(model).items():
            np.testing.assert_array_equal(array, values(loaded)[name])
        raise RuntimeError("inside")
    for name, array in values(model).items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.ones((16, 17)), np.float16),
        (np.ones((16, 16)), np.float32),  # small
        (np.ones(1000), np.float32),  # a vector
        (np.full((20, 20), 1e5), np.float32),  # beyond float16
        (np.ones((20, 20), np.int32), np.int32),
    ],
)
def test_how_an_array_is_stored(array: np.ndarray[Any, Any], dtype: type) -> None:
    assert stored(array).dtype == dtype
    np.testing.assert_array_equal(stored(array), array)


def test_what_half_precision_holds() -> None:
    assert is_half_exact(np.array([0.5, -3.0, 65504.0], np.float32))
    assert not is_half_exact(np.array([0.1], np.float32))
    assert not is_half_exact(np.array([1e6], np.float32))
