"""The written graph against the Keras network."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("tensorflow", reason="compares with Keras (the extra 'train')")
import onnxruntime

from musegen.coconet.beat_network import build_beat_network
from musegen.coconet.beat_onnx import beat_onnx_bytes
from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.planes import NUM_FERMATAS, NUM_METRES, NUM_ONSETS
from musegen.engine.keras_predictor import call_flat, input_names, output_names
from musegen.engine.onnx_predictor import OnnxPredictor
from musegen.engine.weights import rounded_weights

Arrays = dict[str, NDArray[Any]]
Model = Any  # Keras has no type information

TINY = BeatNetworkConfig(
    step_channels=24,
    beat_channels=30,
    num_step_blocks=1,
    beat_dilations=(1, 2),
    attention_after=(0, 1),
    num_heads=3,
    attention_reach_beats=3,
    fill_reach_steps=16,
)
CONFIGS = {
    "everything": TINY,
    "nothing_told": dataclasses.replace(TINY, planes=()),
    "metre_alone": dataclasses.replace(TINY, planes=("metre",)),
    "fermata_before_onset": dataclasses.replace(TINY, planes=("fermata", "onset")),
    "no_rests": dataclasses.replace(TINY, writes_rests=False),
    "no_onsets": dataclasses.replace(TINY, writes_onsets=False),
    "no_phase": dataclasses.replace(TINY, knows_beat_position=False),
    "no_attention": dataclasses.replace(TINY, attention_after=()),
    "no_step_blocks": dataclasses.replace(TINY, num_step_blocks=0),
    "long_beats": dataclasses.replace(TINY, steps_per_beat=6),
    "short_reaches": dataclasses.replace(
        TINY, interval_reach=0, attention_reach_beats=0, fill_reach_steps=0
    ),
    "as_shipped_first": dataclasses.replace(
        TINY, planes=(), writes_rests=False, writes_onsets=False
    ),
}


def random_network(config: BeatNetworkConfig) -> Model:
    """Weights under which every part shows in the outputs."""
    model = build_beat_network(config)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        fan_in = 60 if weight.path == "embed/kernel" else np.prod(weight.shape[:-1])
        is_kernel = weight.path.endswith("kernel")
        scale = fan_in**-0.5 if is_kernel else 0.5
        weight.assign(rng.normal(size=weight.shape) * scale)
    return model


def arrays_of(model: Model) -> Arrays:
    return {weight.path: np.array(weight.numpy()) for weight in model.weights}


def random_inputs(config: BeatNetworkConfig, batch: int, time: int) -> Arrays:
    rng = np.random.default_rng(batch * 1000 + time)
    cells = (batch, time, 4)
    inputs: Arrays = {
        "pitch": rng.integers(-1, 46, cells),
        "is_hidden": rng.random(cells) < 0.7,
    }
    planes = {
        "onset": rng.integers(0, NUM_ONSETS, cells),
        "metre": rng.integers(0, NUM_METRES, cells[:2]),
        "fermata": rng.integers(0, NUM_FERMATAS, cells[:2]),
    }
    return inputs | {name: planes[name] for name in config.planes}


def keras_outputs(model: Model, inputs: Arrays) -> Arrays:
    """Outputs with the weights that a file holds; not compiled, which would be slow."""
    tensors = [
        np.asarray(inputs[name], dtype=tensor.dtype)
        for name, tensor in zip(input_names(model), model.inputs, strict=True)
    ]
    with rounded_weights(model):
        values = [value.numpy() for value in call_flat(model, tensors)]
    return dict(zip(output_names(model), values, strict=True))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_graph_agrees_with_keras_at_every_batch_and_length(name: str) -> None:
    config = CONFIGS[name]
    model = random_network(config)
    written = OnnxPredictor(beat_onnx_bytes(config, arrays_of(model)), device="cpu")
    assert set(written.input_names) == set(input_names(model))
    assert set(written.output_names) == set(output_names(model))
    fewest = 2 if config.attention_after else 1  # Keras warns of attention over one
    for batch, num_beats in ((1, fewest), (2, 9)):
        inputs = random_inputs(config, batch, config.steps_per_beat * num_beats)
        ours, theirs = written(inputs), keras_outputs(model, inputs)
        for output, expected in theirs.items():
            assert expected.std() > 0.1
            assert ours[output].shape == expected.shape
            np.testing.assert_allclose(ours[output], expected, atol=2e-5, rtol=0)


@pytest.fixture(scope="module")
def weights() -> Arrays:
    return arrays_of(random_network(TINY))


@pytest.fixture(scope="module")
def content(weights: Arrays) -> bytes:
    return beat_onnx_bytes(TINY, weights)


def test_item_of_a_batch_does_not_depend_on_the_batch(content: bytes) -> None:
    predictor = OnnxPredictor(content, device="cpu", num_threads=1)
    inputs = random_inputs(TINY, 3, 16)
    whole = predictor(inputs)
    for item in range(3):
        alone = predictor({name: a[item : item + 1] for name, a in inputs.items()})
        for name, array in alone.items():
            np.testing.assert_allclose(array[0], whole[name][item], atol=1e-5)


def test_same_weights_give_the_same_bytes(weights: Arrays, content: bytes) -> None:
    assert beat_onnx_bytes(TINY, weights) == content


def test_weights_of_a_file_and_of_a_network_give_the_same_bytes(
    weights: Arrays, content: bytes
) -> None:
    halves = {
        name: a.astype(np.float16) if a.ndim > 1 and a.size > 256 else a
        for name, a in weights.items()
    }
    assert beat_onnx_bytes(TINY, halves) == content


def test_large_weights_take_two_bytes_each(weights: Arrays, content: bytes) -> None:
    size = sum(2 * array.size for array in weights.values())
    assert size < len(content) < size + 80_000


def test_a_missing_weight_is_named(weights: Arrays) -> None:
    rest = {name: a for name, a in weights.items() if name != "beat1_out/kernel"}
    with pytest.raises(KeyError, match="beat1_out/kernel"):
        beat_onnx_bytes(TINY, rest)


def test_the_runtime_widens_and_fuses_at_loading(
    content: bytes, tmp_path: Path
) -> None:
    """What is done once is not done at each call: these are the speed of the file."""
    onnx = pytest.importorskip("onnx", reason="reads the runtime's graph")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    nodes = onnx.load(options.optimized_model_filepath).graph.node
    counts = Counter(node.op_type for node in nodes)
    halves = [n for n in nodes if n.op_type == "Cast" and "half" in n.input[0]]
    assert not halves
    num_norms = 2 * 1 + 2 + 2 + 2  # of step blocks, beat blocks, attention, and at ends
    assert counts["SimplifiedLayerNormalization"] == num_norms
    assert counts["ReduceMean"] == counts["Sigmoid"] == counts["Conv"] == 0
    assert counts["Equal"] <= 1  # no one-hot made by comparing


def test_axes_are_free(content: bytes) -> None:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    shapes = {value.name: value.shape for value in session.get_inputs()}
    assert shapes["pitch"] == shapes["onset"] == ["batch", "time", 4]
    assert shapes["metre"] == ["batch", "time"]
    assert [value.name for value in session.get_outputs()] == ["logits", "onset_odds"]
