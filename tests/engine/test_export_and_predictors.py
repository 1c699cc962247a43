"""The predictors agree on a toy network that holds every kind of layer we export."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import MissingPackageError, ModelError
from musegen.engine.export import onnx_bytes
from musegen.engine.keras_predictor import KerasPredictor
from musegen.engine.model_folder import ModelFolder, NetworkFile, write_model_folder
from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.predictor import load_predictor
from musegen.engine.weights import weights_bytes

pytest.importorskip("tensorflow", reason="needs TensorFlow (the `train` extra)")
pytest.importorskip("tf2onnx", reason="needs tf2onnx (the `train` extra)")
import keras
from keras import layers, ops

NUM_CLASSES = 7
CHANNELS = 24
TOLERANCE = 1e-4

# Keras has no type information.
Model = Any
Tensor = Any


class Attention(layers.Layer):  # type: ignore[misc] # untyped base
    """Softmax attention with a learned bias for each distance."""

    def build(self, input_shape: Tensor) -> None:
        self.query = layers.Dense(CHANNELS, use_bias=False, name="query")
        self.query.build(input_shape)
        self.bias = self.add_weight(name="bias", shape=(9, 1))

    def call(self, x: Tensor) -> Tensor:
        position = ops.arange(ops.shape(x)[1])
        distance = ops.clip(position[None, :] - position[:, None], -4, 4) + 4
        scores = ops.einsum("bqc,bkc->bqk", self.query(x), x) / CHANNELS**0.5
        scores = scores + ops.take(self.bias, distance, axis=0)[None, :, :, 0]
        return ops.einsum("bqk,bkc->bqc", ops.softmax(scores, axis=-1), x)


class LastSeen(layers.Layer):  # type: ignore[misc] # untyped base
    """Cumulative maximum by shifting, then a gather; -1 where nothing was seen yet."""

    def call(self, token: Tensor, is_seen: Tensor) -> Tensor:
        time = ops.shape(token)[1]
        place = ops.where(is_seen > 0.5, ops.arange(time)[None] + 1, 0)
        for shift in (1, 2, 4, 8):
            place = ops.maximum(place, ops.pad(place, [[0, 0], [shift, 0]])[:, :time])
        found = ops.take_along_axis(token, ops.maximum(place - 1, 0), axis=1)
        return ops.where(place > 0, found, -1)


class OneHot(layers.Layer):  # type: ignore[misc] # untyped base
    """One-hot; outside of the classes all zeros."""

    def __init__(self, axis: int = -1, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, token: Tensor) -> Tensor:
        return ops.one_hot(token, NUM_CLASSES, axis=self.axis)


def build(config: object = None) -> Model:
    token = keras.Input((None,), name="token", dtype="int32")
    is_seen = keras.Input((None,), name="is_seen")
    last = LastSeen(name="last")(token, is_seen)
    x = layers.Concatenate()([OneHot(name="now")(token), OneHot(name="before")(last)])
    turned = layers.Permute((2, 1))(OneHot(axis=1, name="turned")(token))
    x = layers.Dense(CHANNELS, name="embed")(layers.Concatenate()([x, turned]))
    for index, dilation in enumerate((1, 2, 4)):
        y = layers.Conv1D(
            CHANNELS, 3, padding="same", dilation_rate=dilation, name=f"conv{index}"
        )(x)
        y = layers.BatchNormalization(name=f"norm{index}")(y)
        x = layers.Add()([x, layers.Activation("silu")(y)])
    x = layers.LayerNormalization(name="layer_norm")(x)
    x = layers.Add()([x, Attention(name="attention")(x)])
    x = layers.RMSNormalization(name="rms_norm")(x)
    causal = layers.Conv1D(
        CHANNELS, 2, padding="causal", dilation_rate=2, name="causal"
    )(x)
    roll = layers.Reshape((-1, CHANNELS, 1))(causal)
    roll = layers.Conv2D(
        8, 3, padding="same", dilation_rate=(2, 1), use_bias=False, name="image"
    )(roll)
    roll = layers.BatchNormalization(name="image_norm")(roll)
    roll = layers.Conv2D(1, 2, padding="same", name="even")(roll)
    flat = layers.Reshape((-1, CHANNELS))(roll)
    logits = layers.Dense(NUM_CLASSES, name="scores")(flat)
    return keras.Model(
        {"token": token, "is_seen": is_seen}, {"logits": logits, "hidden": causal}
    )


def fill(model: Model) -> Model:
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "variance" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        else:
            weight.assign(rng.normal(size=weight.shape) * 0.3)
    return model


def arrays(batch: int, time: int) -> dict[str, Any]:
    rng = np.random.default_rng(batch * 1000 + time)
    return {
        "token": rng.integers(-1, NUM_CLASSES + 1, (batch, time)),
        "is_seen": rng.integers(0, 2, (batch, time)),
    }


@pytest.fixture(scope="module")
def model() -> Model:
    return fill(build())


@pytest.fixture(scope="module")
def content(model: Model) -> bytes:
    return onnx_bytes(model)


@pytest.fixture(scope="module")
def folder(
    model: Model, content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> ModelFolder:
    names = ("token", "is_seen")
    return write_model_folder(
        tmp_path_factory.mktemp("models") / "toy",
        name="toy",
        kind="coconet",
        version="1",
        architecture={},
        licence="CC0",
        summary="A toy.",
        weights=weights_bytes(model),
        networks={
            "network": NetworkFile(
                file="network.onnx", inputs=names, outputs=("logits", "hidden")
            )
        },
        onnx={"network.onnx": content},
        card="# Toy",
    )


def test_predictors_of_a_folder_agree_at_every_batch_and_length(
    folder: ModelFolder,
) -> None:
    onnx = load_predictor(folder, num_threads=1, device="cpu")
    with_keras = load_predictor(folder, backend="keras", build=build, device="cpu")
    assert set(onnx.input_names) == set(with_keras.input_names)
    assert set(onnx.output_names) == set(with_keras.output_names)
    for batch, time in ((1, 1), (1, 16), (3, 33), (2, 5)):
        inputs = arrays(batch, time)
        ours, theirs = onnx(inputs), with_keras(inputs)
        assert ours["logits"].shape == (batch, time, NUM_CLASSES)
        assert ours["logits"].std() > 0.01
        for name, array in theirs.items():
            np.testing.assert_allclose(ours[name], array, atol=TOLERANCE, rtol=0)


def test_item_of_a_batch_does_not_depend_on_the_batch(content: bytes) -> None:
    predictor = OnnxPredictor(content)
    inputs = arrays(3, 12)
    whole = predictor(inputs)["logits"]
    for item in range(3):
        alone = predictor({n: a[item : item + 1] for n, a in inputs.items()})["logits"]
        np.testing.assert_allclose(alone, whole[item : item + 1], atol=TOLERANCE)


def test_half_storage_halves_the_file_and_keeps_the_model(
    model: Model, content: bytes
) -> None:
    before = [np.array(weight.numpy()) for weight in model.weights]
    exact = onnx_bytes(model, half_storage=False)
    assert len(content) < len(exact)
    for weight, array in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), array)
    inputs = arrays(2, 9)
    unrounded = KerasPredictor(lambda: model, device="cpu")(inputs)["logits"]
    np.testing.assert_allclose(
        OnnxPredictor(exact)(inputs)["logits"], unrounded, atol=TOLERANCE
    )
    difference = np.abs(OnnxPredictor(content)(inputs)["logits"] - unrounded).max()
    assert 0 < difference < 0.05


def build_small() -> Model:
    x = keras.Input((None, 4), name="x")
    convolution = layers.Conv1D(
        3, 3, padding="same", dilation_rate=2, kernel_initializer="ones", name="conv"
    )
    scores = ops.einsum("btc,bsc->bts", x, x)
    return keras.Model(x, {"y": ops.matmul(ops.softmax(scores), convolution(x))})


def test_same_network_gives_the_same_bytes_in_every_process() -> None:
    content = onnx_bytes(build_small())
    assert onnx_bytes(build_small()) == content
    # Another process has other addresses and another order of sets.
    code = (
        "import runpy, sys\n"
        f"this = runpy.run_path({__file__!r})\n"
        "sys.stdout.buffer.write(this['onnx_bytes'](this['build_small']()))\n"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout == content


def test_file_says_nothing_of_who_made_it(content: bytes) -> None:
    assert b"tf2onnx" not in content
    assert str(Path.cwd()).encode() not in content
    assert b"einsum1" not in content


def test_what_onnx_cannot_compute_is_named() -> None:
    x = keras.Input((None, 4), name="x")
    with pytest.raises(ModelError, match=r"ONNX 18 has no Bitcast \(in .*;"):
        onnx_bytes(keras.Model(x, ops.argmax(x, axis=-1)))


def test_choosing_keeps_infinity_on_the_other_side() -> None:
    x = keras.Input((None,), name="x")
    y = ops.where(x > 0, x, ops.log(ops.maximum(x, 0.0) * 0.0))
    shown = ops.where(x > 0, y, -ops.ones_like(x))
    predictor = OnnxPredictor(onnx_bytes(keras.Model(x, {"y": shown})))
    assert predictor({"x": np.array([[2.0, -3.0]])})["y"].tolist() == [[2.0, -1.0]]


def test_export_needs_tensorflow(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match="needs Keras on TensorFlow, this is jax"):
        onnx_bytes(model)


@pytest.mark.parametrize("package", ["onnx", "tf2onnx"])
def test_a_missing_package_names_the_extra(
    package: str, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == package else find_spec(name, *rest),
    )
    with pytest.raises(MissingPackageError, match=rf"'{package}'.*musegen\[train\]"):
        onnx_bytes(model)


def test_an_output_called_like_an_input_is_refused() -> None:
    x = keras.Input((None, 4), name="x")
    model = keras.Model({"x": x}, {"x": layers.Dense(2, name="scores")(x)})
    with pytest.raises(ModelError, match="x names an input and an output"):
        onnx_bytes(model)
