"""Exporting tiny networks; TensorFlow is needed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="exporting needs the extra 'train'")

from musegen.coconet.config import BROWSER, BeatNetworkConfig
from musegen.coconet.exporting import export_coconet
from musegen.coconet.planes import NUM_FERMATAS, NUM_METRES, NUM_ONSETS, Planes
from musegen.coconet.predicting import Prediction, load_coconet, network_inputs
from musegen.coconet.training import CoconetTrainingConfig, compiled_network
from musegen.data.errors import UsageError
from musegen.engine.checkpoints import RunState
from musegen.engine.model_folder import ModelFolder, open_model_folder
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training import TrainingResult

TINY = CoconetTrainingConfig(
    network=BeatNetworkConfig(
        step_channels=8,
        beat_channels=10,
        num_step_blocks=1,
        beat_dilations=(1, 2),
        attention_after=(0,),
    ),
    precision="mixed_bfloat16",
)
SPLIT = CoconetTrainingConfig(
    network=dataclasses.replace(
        BROWSER,
        num_filters=20,
        num_dilation_blocks=1,
        crop_steps=8,
        split_interleave=2,
        num_pointwise_splits=4,
    ),
    precision="mixed_bfloat16",
)


def exported(
    config: CoconetTrainingConfig,
    folder: Path,
    calibration: list[dict[str, Any]] | None = None,
) -> ModelFolder:
    """Export a network every weight of which is at work."""
    model: Any = compiled_network(config)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        positive = weight.path.endswith(("variance", "gamma"))
        noise = rng.uniform(0.5, 1.5, weight.shape)
        weight.assign(noise if positive else rng.normal(size=weight.shape) * 0.3)
    export_coconet(
        model,
        config=config,
        result=TrainingResult(
            state=RunState(step=7, best_step=5, seconds=60.0),
            stopped_early=False,
            metrics={"valid/loss": 1.5},
        ),
        data=TrainingData(source="toys"),
        folder=folder,
        start=StartingModel(name="first", digest="12", licence="CC0"),
        calibration=calibration,
    )
    return open_model_folder(folder)


def task(num_items: int, num_steps: int) -> tuple[Any, Any, Planes]:
    rng = np.random.default_rng(num_steps)
    shape = (num_items, num_steps, 4)

    def codes(count: int, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
        return rng.integers(0, count, shape).astype(np.int8)

    planes = Planes(
        onset=codes(NUM_ONSETS, shape),
        metre=codes(NUM_METRES, shape[:2]),
        fermata=codes(NUM_FERMATAS, shape[:2]),
    )
    pitch = rng.integers(-1, 46, shape).astype(np.int16)
    return pitch, rng.random(shape) < 0.5, planes


def both(folder: Path, sizes: list[tuple[int, int]]) -> list[list[Prediction]]:
    """What ONNX Runtime and Keras say of the same tasks."""
    models = [load_coconet(folder, device="cpu")]
    models.append(load_coconet(folder, backend="keras"))
    return [[model.network(*task(*size)) for size in sizes] for model in models]


def test_an_exported_network_runs_alike_through_both_predictors(tmp_path: Path) -> None:
    opened = exported(TINY, tmp_path / "tiny_model")
    opened.verify()
    assert (opened.config.name, opened.config.kind) == ("tiny_model", "coconet")
    assert "Trained on: toys" in opened.card
    assert "They began as those of `first`" in " ".join(opened.card.split())
    assert opened.config.licence == "not stated"
    assert opened.config.summary == "Four-part harmony, trained on toys"
    assert "averaged weights of step 5" in opened.card
    network = opened.config.networks["network"]
    assert network.inputs == ("pitch", "is_hidden", "onset", "metre", "fermata")
    assert network.outputs == ("logits", "onset_odds")
    sizes = [(2, 12), (1, 32), (5, 8)]  # batch and length are free
    for fast, reference in zip(*both(opened.path, sizes), strict=True):
        assert fast.logits.shape[-1] == 47
        np.testing.assert_allclose(fast.logits, reference.logits, atol=1e-4)
        assert fast.onset_odds is not None
        assert reference.onset_odds is not None
        np.testing.assert_allclose(fast.onset_odds, reference.onset_odds, atol=1e-4)
        assert fast.onset_odds.std() > 0.1
    model = load_coconet(opened.path, device="cpu")
    pitch, is_hidden, planes = task(2, 12)
    told = model.network(pitch, is_hidden, planes).logits
    assert np.abs(told - model.logits(pitch, is_hidden)).max() > 1e-2


def test_a_separable_split_network_of_the_paper_s_kind_is_exported(
    tmp_path: Path,
) -> None:
    opened = exported(SPLIT, tmp_path / "split")
    network = opened.config.networks["network"]
    assert (network.inputs, network.outputs) == (("pitch", "is_hidden"), ("logits",))
    sizes = [(2, 7), (1, 16)]
    for fast, reference in zip(*both(opened.path, sizes), strict=True):
        assert reference.logits.std() > 0.1
        np.testing.assert_allclose(fast.logits, reference.logits, atol=1e-4)
        assert fast.onset_odds is None


def test_a_network_of_products_is_written_in_eight_bits_too(tmp_path: Path) -> None:
    batches = []
    for seed in range(3):
        pitch, is_hidden, planes = task(4, 16 + 4 * seed)
        names = TINY.network.planes
        batches.append(network_inputs(pitch, is_hidden, planes, names))
    opened = exported(TINY, tmp_path / "small", calibration=batches)
    opened.verify()
    assert opened.config.networks["network"].eight_bits == "network.int8.onnx"
    given = task(2, 12)
    exact, small, chosen = (
        load_coconet(opened.path, device="cpu", precision=precision).network(*given)
        for precision in ("float32", "int8", "auto")
    )
    apart = np.abs(small.logits - exact.logits)
    assert 0.0 < apart.mean() < 0.1 * exact.logits.std()
    np.testing.assert_array_equal(chosen.logits, small.logits)


def test_without_inputs_to_round_for_there_is_no_second_network(tmp_path: Path) -> None:
    opened = exported(TINY, tmp_path / "one")
    assert opened.config.networks["network"].eight_bits is None
    given = task(1, 8)
    exact = load_coconet(opened.path, device="cpu").network(*given)
    chosen = load_coconet(opened.path, device="cpu", precision="auto").network(*given)
    np.testing.assert_array_equal(chosen.logits, exact.logits)
    with pytest.raises(UsageError, match="no network in 8 bits"):
        load_coconet(opened.path, device="cpu", precision="int8")
