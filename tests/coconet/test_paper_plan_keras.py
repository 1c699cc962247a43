"""The Keras network has the very weights that the plan lists, and gives the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="building the network needs 'train'")
pytest.importorskip("safetensors", reason="reading weights needs 'train'")

from musegen.coconet.config import BROWSER, PaperNetworkConfig
from musegen.coconet.paper_network import build_paper_network
from musegen.coconet.paper_onnx import paper_onnx_bytes
from musegen.coconet.paper_plan import count_parameters, weight_shapes
from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.safetensors_writing import safetensors_bytes
from musegen.engine.weights import load_weights

CONFIGS = [
    PaperNetworkConfig(num_layers=5, num_filters=4, mask_is_context=False),
    PaperNetworkConfig(num_filters=4, num_dilation_blocks=1, use_separable=True),
    dataclasses.replace(BROWSER, num_filters=8, num_dilation_blocks=3),
]


@pytest.mark.parametrize("config", CONFIGS, ids=["straight", "separable", "split"])
def test_imported_weights_fit_the_keras_network(config: PaperNetworkConfig) -> None:
    model = build_paper_network(config)
    shapes = weight_shapes(config)
    assert {weight.path: tuple(weight.shape) for weight in model.weights} == shapes
    assert model.count_params() == count_parameters(config)[1]
    rng = np.random.default_rng(0)
    weights = {
        name: rng.uniform(0.0 if "variance" in name else -0.5, 0.6, shape)
        for name, shape in shapes.items()
    }
    single = {name: array.astype(np.float32) for name, array in weights.items()}
    load_weights(model, safetensors_bytes(single))
    inputs = {
        "pitch": rng.integers(-1, 46, (2, 7, 4)).astype(np.int32),
        "is_hidden": (rng.random((2, 7, 4)) < 0.5).astype(np.float32),
    }
    expected = np.asarray(model(inputs)["logits"])
    found = OnnxPredictor(paper_onnx_bytes(config, single))(inputs)["logits"]
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * expected.std())
