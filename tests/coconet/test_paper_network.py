"""The network of the paper, layer by layer and against recorded outputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import PaperNetworkConfig
from musegen.coconet.paper_network import PlanesOfRoll, build_paper_network

Untyped = Any  # Keras has no type information; options are of many types

PARITY = Path(__file__).parents[2] / "../shared/parity/coconet"
FIXTURES = ("straight_8x16", "dilated_8", "dilated_separable_8")


def num_trainable(model: Untyped) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (PaperNetworkConfig(), 9_087_752),
        (PaperNetworkConfig(num_dilation_blocks=3), 2_736_136),
    ],
    ids=["released", "dilated"],
)
def test_the_variants_have_their_published_sizes(
    config: PaperNetworkConfig, expected: int
) -> None:
    assert num_trainable(build_paper_network(config)) == expected


def test_the_browser_network_has_its_size_and_one_split_layer() -> None:
    config = PaperNetworkConfig(
        num_dilation_blocks=5,
        crop_steps=32,
        use_separable=True,
        num_regular_layers=0,
        num_pointwise_splits=4,
        split_interleave=16,
    )
    model = build_paper_network(config)
    assert num_trainable(model) == 545_108
    groups = {
        layer.name: layer.groups
        for layer in model.layers
        if layer.name.startswith("pointwise")
    }
    assert len(groups) == 33
    assert {name for name, count in groups.items() if count > 1} == {"pointwise17"}
    assert groups["pointwise17"] == 4


def test_residuals_are_added_at_even_layers_but_the_last() -> None:
    model = build_paper_network(PaperNetworkConfig(num_layers=8, num_filters=3))
    added = [layer.name for layer in model.layers if layer.name.startswith("add")]
    assert added == ["add2", "add4", "add6"]
    rectified = [layer.name for layer in model.layers if layer.name.startswith("relu")]
    assert rectified == [f"relu{index}" for index in range(7)]


@pytest.mark.parametrize("mask_is_context", [True, False])
def test_planes_by_hand(mask_is_context: bool) -> None:
    pitch = np.array([[[5, -1, 7, 45]]], dtype=np.int32)
    is_hidden = np.array([[[0, 0, 1, 0]]], dtype=np.float32)
    found = np.asarray(PlanesOfRoll(mask_is_context)(pitch, is_hidden))[0, 0]
    assert found.shape == (46, 8)
    expected = np.zeros((46, 4))
    expected[5, 0] = expected[45, 3] = 1.0
    assert np.array_equal(found[:, :4], expected)
    is_one = [1, 1, 0, 1] if mask_is_context else [0, 0, 1, 0]
    assert (found[:, 4:] == is_one).all()


def test_the_planes_layer_comes_back_from_its_config() -> None:
    data = keras.saving.serialize_keras_object(PlanesOfRoll(False, name="planes"))
    assert keras.saving.deserialize_keras_object(data).mask_is_context is False


def read_config(folder: Path) -> PaperNetworkConfig:
    lines = (folder / "config").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    raw = {key.strip(): value.strip() for key, value in pairs}
    is_dilated = raw["architecture"] == "dilated"
    return PaperNetworkConfig(
        num_layers=int(raw["num_layers"]),
        num_filters=int(raw["num_filters"]),
        num_dilation_blocks=int(raw["num_dilation_blocks"]) if is_dilated else 0,
        crop_steps=int(raw["crop_piece_len"]),
        use_separable=raw["use_sep_conv"].lower() == "true",
        num_regular_layers=int(raw["num_initial_regular_conv_layers"]),
        num_pointwise_splits=int(raw["num_pointwise_splits"]),
        split_interleave=int(raw["interleave_split_every_n_layers"]),
        mask_is_context=raw["mask_indicates_context"].lower() == "true",
    )


def load_weights(model: Untyped, checkpoint: Path) -> None:
    """Fill a network from a TensorFlow 1 bundle."""
    tensorflow = pytest.importorskip("tensorflow", reason="reads the recorded weights")
    reader = tensorflow.train.load_checkpoint(str(checkpoint))
    names = [n for n in reader.get_variable_to_shape_map() if "Adam" not in n]

    def tensor(layer_index: str, *endings: str) -> NDArray[Any]:
        scope = f"model/conv{layer_index}/"
        (name,) = (n for n in names if n.startswith(scope) and n.endswith(endings))
        return np.asarray(reader.get_tensor(name))

    for layer in model.layers:
        found = re.fullmatch(r"(norm|conv|depthwise|pointwise)(\d+)", layer.name)
        if found is None:
            continue
        kind, index = found.groups()
        endings: dict[str, list[tuple[str, ...]]] = {
            "norm": [("/gamma",), ("/beta",), ("/popmean",), ("/popvariance",)],
            "conv": [("/weights",)],
            "depthwise": [("depthwise_kernel", "depthwise_weights")],
            "pointwise": [
                ("pointwise_kernel", "pointwise_weights"),
                ("bias", "biases"),
            ],
        }
        arrays = [tensor(index, *choice) for choice in endings[kind]]
        layer.set_weights([a.reshape(-1) if kind == "norm" else a for a in arrays])


@pytest.mark.parametrize("name", FIXTURES)
def test_the_original_program_gives_the_same_probabilities(name: str) -> None:
    folder = PARITY / name
    if not folder.exists():
        pytest.skip("the recorded outputs are not beside the repository")
    model = build_paper_network(read_config(folder))
    load_weights(model, folder / "best_model.ckpt")
    expected = np.load(folder / "expected.npz")
    for num_steps in (1, 5, 16, 33):
        inputs = {
            "pitch": expected[f"pitch_index_T{num_steps}"].astype(np.int32),
            "is_hidden": expected[f"is_hidden_T{num_steps}"].astype(np.float32),
        }
        logits = np.asarray(model(inputs)["logits"], dtype=np.float64)
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probabilities = (odds / odds.sum(axis=-1, keepdims=True)).transpose(0, 1, 3, 2)
        wanted = expected[f"probabilities_T{num_steps}"]
        assert probabilities.shape == wanted.shape
        assert np.abs(probabilities - wanted).max() < 1e-5
