"""The written graph against the layer rules computed plainly in float64."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import BROWSER, PaperNetworkConfig
from musegen.coconet.paper_onnx import paper_onnx_bytes
from musegen.coconet.paper_plan import layer_plan, paper_layers, weight_shapes
from musegen.engine.onnx_predictor import OnnxPredictor

Array = NDArray[np.float64]
Weights = dict[str, NDArray[np.float32]]

STRAIGHT = PaperNetworkConfig(num_layers=7, num_filters=6)
DILATED = PaperNetworkConfig(num_filters=6, num_dilation_blocks=1, crop_steps=16)
SEPARABLE = dataclasses.replace(DILATED, use_separable=True)
SPLIT = dataclasses.replace(
    SEPARABLE, num_regular_layers=0, num_pointwise_splits=3, split_interleave=2
)
CONFIGS = {
    "straight": STRAIGHT,
    "hidden_is_one": dataclasses.replace(STRAIGHT, mask_is_context=False),
    "dilated": DILATED,
    "time_only": dataclasses.replace(
        DILATED, dilate_time_only=True, repeat_last_dilation_level=True
    ),
    "separable": SEPARABLE,
    "split": SPLIT,
    "browser_with_12_filters": dataclasses.replace(BROWSER, num_filters=12),
    "large_epsilon": dataclasses.replace(STRAIGHT, batch_norm_epsilon=0.3),
}


def random_weights(config: PaperNetworkConfig, seed: int = 0) -> Weights:
    """Weights under which every part of the network shows in the probabilities."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in weight_shapes(config).items():
        values = rng.normal(size=shape)
        if name.endswith("kernel"):
            is_depthwise = name.startswith("depthwise")
            values *= np.sqrt(2.0 / np.prod(shape[: 2 if is_depthwise else 3]))
        if name.endswith(("variance", "gamma")):
            values = rng.uniform(0.5, 1.5, shape)
        if name.endswith("gamma"):  # or residuals grow with the depth
            values *= min(1.0, 11 / len(layer_plan(config)))
        if name.endswith(("beta", "bias", "mean")):
            values *= 0.3
        weights[name] = values.astype(np.float32)
    return weights


def convolve(x: Array, kernel: Array, dilation: tuple[int, int]) -> Array:
    """Cross-correlate (batch, time, pitch, channel) with a kernel (t, p, in, out)."""
    side = kernel.shape[0]
    pads = [(0, 1) if side == 2 else (rate, rate) for rate in dilation]
    padded = np.pad(x, [(0, 0), *pads, (0, 0)])
    result = np.zeros((*x.shape[:3], kernel.shape[3]))
    for i in range(side):
        for j in range(side):
            top, left = i * dilation[0], j * dilation[1]
            part = padded[:, top : top + x.shape[1], left : left + x.shape[2]]
            result += part @ kernel[i, j]
    return result


def plain_logits(
    config: PaperNetworkConfig,
    weights: Weights,
    pitch: NDArray[np.int16],
    is_hidden: NDArray[np.bool_],
) -> Array:
    """The specification word for word: nothing folded, nothing transposed."""
    one_hot = (pitch[:, :, None, :] == np.arange(46)[:, None]).astype(np.float64)
    hidden = np.broadcast_to(is_hidden[:, :, None, :], one_hot.shape)
    mask = ~hidden if config.mask_is_context else hidden
    x = np.concatenate([one_hot * ~hidden, mask], axis=-1)
    wide = {name: array.astype(np.float64) for name, array in weights.items()}
    stored = x
    for layer in paper_layers(config):
        i = layer.index
        if i % 2:
            stored = x
        if layer.is_separable:
            each = np.eye(layer.in_channels)[None, None]
            x = convolve(x, wide[f"depthwise{i}/kernel"] * each, layer.dilation)
            kernel, groups = wide[f"pointwise{i}/kernel"][0, 0], layer.num_groups
            parts = zip(
                np.split(x, groups, axis=-1),
                np.split(kernel, groups, axis=1),
                strict=True,
            )
            x = np.concatenate([part @ k for part, k in parts], axis=-1)
            x = x + wide[f"pointwise{i}/bias"]
        else:
            x = convolve(x, wide[f"conv{i}/kernel"], layer.dilation)
        gamma, beta, mean, variance = (
            wide[f"norm{i}/{name}"]
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        x = gamma * (x - mean) / np.sqrt(variance + config.batch_norm_epsilon) + beta
        if i and i % 2 == 0 and not layer.is_last:
            x = x + stored
        if not layer.is_last:
            x = np.maximum(x, 0.0)
    return x.transpose(0, 1, 3, 2)


def probabilities(logits: Array) -> Array:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def written_logits(
    predictor: OnnxPredictor, pitch: NDArray[np.int16], is_hidden: NDArray[np.bool_]
) -> Array:
    outputs = predictor({"pitch": pitch, "is_hidden": is_hidden})
    assert outputs["logits"].dtype == np.float32
    return outputs["logits"].astype(np.float64)


@pytest.mark.parametrize("name", CONFIGS)
def test_any_network_gives_the_probabilities_of_its_specification(name: str) -> None:
    config = CONFIGS[name]
    weights = random_weights(config)
    predictor = OnnxPredictor(paper_onnx_bytes(config, weights), device="cpu")
    assert predictor.input_names == ("pitch", "is_hidden")
    assert predictor.output_names == ("logits",)
    rng = np.random.default_rng(1)
    for num_steps in (1, 5, 16, 33, 128):
        pitch = rng.integers(-1, 46, (2, num_steps, 4)).astype(np.int16)
        is_hidden = np.ones(pitch.shape, dtype=np.bool_)  # item 0: everything
        is_hidden[1, :, 0] = False  # item 1: all but the soprano
        found = written_logits(predictor, pitch, is_hidden)
        expected = plain_logits(config, weights, pitch, is_hidden)
        assert found.shape == (2, num_steps, 4, 46)
        gap = np.abs(probabilities(found) - probabilities(expected)).max()
        assert gap < 1e-5
        if num_steps == 16:
            assert probabilities(expected)[1].std() > 1e-3  # or nothing is compared


def test_hidden_pitches_have_no_influence() -> None:
    predictor = OnnxPredictor(paper_onnx_bytes(STRAIGHT, random_weights(STRAIGHT)))
    pitch = np.full((1, 4, 4), 20, dtype=np.int16)
    is_hidden = np.zeros(pitch.shape, dtype=np.bool_)
    is_hidden[0, 1, 2] = True
    other = pitch.copy()
    other[0, 1, 2] = 30
    found, same, different = (
        written_logits(predictor, grid, hidden)
        for grid, hidden in (
            (pitch, is_hidden),
            (other, is_hidden),
            (other, ~is_hidden),
        )
    )
    np.testing.assert_array_equal(found, same)
    assert (written_logits(predictor, pitch, ~is_hidden) != different).any()


def test_an_item_does_not_depend_on_its_batch() -> None:
    predictor = OnnxPredictor(paper_onnx_bytes(SPLIT, random_weights(SPLIT)))
    rng = np.random.default_rng(2)
    pitch = rng.integers(-1, 46, (3, 8, 4)).astype(np.int16)
    is_hidden = rng.random(pitch.shape) < 0.5
    alone = written_logits(predictor, pitch[1:2], is_hidden[1:2])
    together = written_logits(predictor, pitch, is_hidden)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)


def test_tiny_variances_are_folded_exactly() -> None:
    weights = random_weights(STRAIGHT)
    weights["norm3/moving_variance"][:] = 1e-8
    weights["norm3/gamma"][:] = 1e-4
    predictor = OnnxPredictor(paper_onnx_bytes(STRAIGHT, weights), device="cpu")
    pitch = np.full((1, 6, 4), 12, dtype=np.int16)
    is_hidden = np.zeros(pitch.shape, dtype=np.bool_)
    found = written_logits(predictor, pitch, is_hidden)
    expected = plain_logits(STRAIGHT, weights, pitch, is_hidden)
    assert np.abs(probabilities(found) - probabilities(expected)).max() < 1e-5


def test_the_same_weights_are_the_same_bytes() -> None:
    weights = random_weights(SPLIT)
    assert paper_onnx_bytes(SPLIT, weights) == paper_onnx_bytes(SPLIT, weights)
