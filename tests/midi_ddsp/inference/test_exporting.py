"""From a network to a folder: the same numbers by ONNX and by Keras, and a card."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.inference.building import build_network
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CorrectionNetworkConfig,
    NetworkConfig,
)
from musegen.midi_ddsp.inference.exporting import export_inference
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig

Recording = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@pytest.mark.parametrize(
    "config",
    [
        CorrectionNetworkConfig(channels=8, hidden_channels=8, dilations=(1, 2)),
        AutoencoderNetworkConfig(units=8, num_dense=1, instrument_units=2),
    ],
    ids=["correction", "autoencoder"],
)
def test_a_network_of_mixed_precision_is_shipped_in_single_precision(
    tmp_path: Path, recording: Recording, config: NetworkConfig
) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = build_network(config)
    finally:
        keras.config.set_dtype_policy("float32")
    generator = np.random.default_rng(0)
    for variable in network.trainable_variables:
        variable.assign(0.2 * generator.normal(size=variable.shape))
    folder = export_inference(
        network,
        config=InferenceTrainingConfig(network=config),
        result=TrainingResult(
            state=RunState(), stopped_early=False, metrics={"valid/loss": 1.25}
        ),
        data=TrainingData(source="tones of no licence"),
        folder=tmp_path / "made",
        instruments=("violin",),
        measured="Measured: nothing.",
    )
    assert folder.config.name == "made"
    assert f"{network.count_params():,} parameters" in folder.card
    for words in ("1.250", "tones of no licence", "Measured: nothing."):
        assert words in folder.card
    by_onnx = InferenceModel.load(folder.path).infer(*recording, "violin")
    by_keras = InferenceModel.load(folder.path, backend="keras").infer(
        *recording, "violin"
    )
    for name in ("amplitude", "harmonics", "noise"):
        found, expected = getattr(by_onnx, name), getattr(by_keras, name)
        np.testing.assert_allclose(found, expected, atol=1e-4)
