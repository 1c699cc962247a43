"""Magenta's variables, spelled in every way, become ours."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import PaperNetworkConfig
from musegen.coconet.importing_weights import is_coconet, is_weight, network_weights
from musegen.coconet.paper_plan import paper_layers, weight_shapes
from musegen.data.errors import InputError

Variables = dict[str, NDArray[Any]]

CONFIG = PaperNetworkConfig(
    num_filters=6,
    num_dilation_blocks=1,
    crop_steps=8,
    use_separable=True,
    num_pointwise_splits=3,
    split_interleave=4,
)
SPLIT_LAYER = 5
OLD = {
    "depthwise": "SeparableConv2d/depthwise_weights",
    "pointwise": "SeparableConv2d/pointwise_weights",
    "bias": "SeparableConv2d/biases",
}
NEW = {
    "depthwise": "separable_conv2d/depthwise_kernel",
    "pointwise": "separable_conv2d/pointwise_kernel",
    "bias": "separable_conv2d/bias",
}


def ours(config: PaperNetworkConfig) -> Variables:
    rng = np.random.default_rng(0)
    shapes = weight_shapes(config).items()
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes}


def magentas(
    config: PaperNetworkConfig, weights: Variables, spelling: dict[str, str]
) -> Variables:
    """The same numbers under the names that the original graph gives them."""
    variables: Variables = {}
    for layer in paper_layers(config):
        i = layer.index
        scope = f"model/conv{i}"
        if not layer.is_separable:
            variables[f"{scope}/weights"] = weights[f"conv{i}/kernel"]
        else:
            depthwise = weights[f"depthwise{i}/kernel"]
            kernel, bias = (
                weights[f"pointwise{i}/kernel"],
                weights[f"pointwise{i}/bias"],
            )
            variables[f"{scope}/{spelling['depthwise']}"] = depthwise
            if layer.num_groups == 1:
                variables[f"{scope}/{spelling['pointwise']}"] = kernel
                variables[f"{scope}/{spelling['bias']}"] = bias
            else:
                kernels = np.split(kernel[0, 0], layer.num_groups, axis=1)
                biases = np.split(bias, layer.num_groups)
                for k, (part, addend) in enumerate(zip(kernels, biases, strict=True)):
                    variables[f"{scope}/split_{i}_{k}/kernel"] = part
                    variables[f"{scope}/split_{i}_{k}/bias"] = addend
        norm = {name: weights[f"norm{i}/{name}"] for name in ("gamma", "beta")}
        norm["popmean"] = weights[f"norm{i}/moving_mean"]
        norm["popvariance"] = weights[f"norm{i}/moving_variance"]
        for name, array in norm.items():
            shape = array.shape if name == "beta" else (1, 1, 1, -1)
            variables[f"{scope}/{name}"] = array.reshape(shape)
    return variables


def with_training_state(variables: Variables) -> Variables:
    """As a checkpoint of a run has it: slots of Adam in a doubled scope."""
    slots = {
        f"model/{name}/{slot}": 0 * array
        for name, array in variables.items()
        for slot in ("Adam", "Adam_1")
    }
    scalars = ("model/learning_rate", "model/beta1_power", "beta2_power", "global_step")
    return {**variables, **slots, **{name: np.zeros(()) for name in scalars}}


@pytest.mark.parametrize("spelling", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("with_state", [False, True])
def test_both_spellings_give_our_names_and_shapes(
    spelling: dict[str, str], with_state: bool
) -> None:
    weights = ours(CONFIG)
    variables = magentas(CONFIG, weights, spelling)
    assert f"model/conv{SPLIT_LAYER}/split_{SPLIT_LAYER}_2/kernel" in variables
    if with_state:
        variables = with_training_state(variables)
    found = network_weights(variables, CONFIG, where="x")
    assert list(found) == list(weights)
    for name, array in weights.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array)


def test_a_straight_network_keeps_its_kernels() -> None:
    config = PaperNetworkConfig(num_layers=5, num_filters=3)
    weights = ours(config)
    variables = magentas(config, weights, NEW)
    assert variables["model/conv0/weights"].shape == (3, 3, 8, 3)
    found = network_weights(variables, config, where="x")
    np.testing.assert_array_equal(found["conv4/kernel"], weights["conv4/kernel"])


def test_without_batch_norm_the_bias_becomes_one_that_only_adds() -> None:
    config = PaperNetworkConfig(num_layers=4, num_filters=3, batch_norm_epsilon=1e-3)
    weights = ours(config)
    norms = ("gamma", "beta", "popmean", "popvariance")
    variables = {
        name: array
        for name, array in magentas(config, weights, NEW).items()
        if not name.endswith(norms)
    }
    for i in range(4):
        variables[f"model/conv{i}/bias"] = weights[f"norm{i}/beta"]
    found = network_weights(variables, config, has_batch_norm=False, where="x")
    for i in range(4):
        scale = found[f"norm{i}/gamma"] / np.sqrt(
            found[f"norm{i}/moving_variance"] + config.batch_norm_epsilon
        )
        np.testing.assert_allclose(scale, 1.0, rtol=1e-6)
        np.testing.assert_array_equal(found[f"norm{i}/moving_mean"], 0.0)
        beta = weights[f"norm{i}/beta"]
        np.testing.assert_array_equal(found[f"norm{i}/beta"], beta)


def changed(**changes: NDArray[Any] | None) -> Variables:
    """The variables with some replaced, removed (None) or added."""
    variables = magentas(CONFIG, ours(CONFIG), NEW)
    for name, array in changes.items():
        if array is None:
            del variables[name]
        else:
            variables[name] = array
    return variables


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model/conv0/weights": None}, "lacks 'model/conv0/weights'"),
        ({"model/conv3/popmean": None}, "lacks 'model/conv3/popmean'"),
        (
            {f"model/conv{SPLIT_LAYER}/split_5_1/bias": None},
            "lacks 'model/conv5/split_5_1/bias'",
        ),
        ({"model/conv99/gamma": np.ones(6)}, "has an unknown 'model/conv99/gamma'"),
        ({"encoder/kernel": np.ones(6)}, "has an unknown 'encoder/kernel'"),
        (
            {"model/conv0/weights": np.ones((3, 3, 8, 9))},
            "'model/conv0/weights' is 3x3x8x9, needed is 3x3x8x6",
        ),
        ({"model/conv2/beta": np.ones(())}, "is a scalar, needed is 6"),
        (
            {"model/conv2/beta": np.array([1, 2, 3, 4, 5, np.nan])},
            "'model/conv2/beta' holds NaN",
        ),
    ],
)
def test_what_does_not_fit_is_named(changes: Variables, words: str) -> None:
    with pytest.raises(InputError, match=words) as raised:
        network_weights(changed(**changes), CONFIG, where="best_model.ckpt")
    assert str(raised.value).startswith("best_model.ckpt does not fit its config")


def test_of_many_problems_a_few_are_named() -> None:
    other = dataclasses.replace(CONFIG, num_filters=9)
    with pytest.raises(InputError, match=r"and \d\d more; give the config"):
        network_weights(changed(), other, where="x")


@pytest.mark.parametrize(
    "name",
    [
        "global_step",
        "model/learning_rate",
        "model/beta1_power",
        "model/model/conv0/weights/Adam",
        "model/model/conv0/weights/Adam_1",
    ],
)
def test_the_state_of_training_is_no_weight(name: str) -> None:
    assert not is_weight(name)
    assert not is_coconet([name])


@pytest.mark.parametrize("name", ["model/conv0/weights", "model/conv31/gamma"])
def test_the_variables_of_a_coconet_are_recognised(name: str) -> None:
    assert is_weight(name)
    assert is_coconet(["global_step", name])


def test_other_models_are_not_taken_for_a_coconet() -> None:
    assert not is_coconet(["midi_decoder/dense/kernel", "model/convolution/weights"])
