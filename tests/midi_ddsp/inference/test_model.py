"""A model in use: in pieces as in one, and with sentences for what does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import InputError, ModelFolderError, UsageError
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
AUTOENCODER = AutoencoderNetworkConfig(units=4, num_dense=1, instrument_units=2)
CORRECTION = CorrectionNetworkConfig(channels=8, hidden_channels=8, dilations=(1, 2, 4))


def exported(
    folder: Path, config: NetworkConfig, instruments: tuple[str, ...] = ()
) -> InferenceModel:
    network = build_network(config)
    generator = np.random.default_rng(0)
    for variable in network.trainable_variables:  # some begin as zeros
        variable.assign(0.2 * generator.normal(size=variable.shape))
    export_inference(
        network,
        config=InferenceTrainingConfig(network=config),
        result=TrainingResult(state=RunState(), stopped_early=False, metrics={}),
        data=TrainingData(source="nothing"),
        folder=folder,
        instruments=instruments,
    )
    return InferenceModel.load(folder)


def test_the_pieces_that_it_works_in_do_not_matter(
    tmp_path: Path, recording: Recording
) -> None:
    model = exported(tmp_path / "model", CORRECTION)
    whole = model.infer(*recording)
    assert whole.num_frames == 101
    np.testing.assert_array_equal(whole.f0_hz, recording[1])
    done: list[int] = []
    pieces = model.infer(*recording, chunk_frames=17, tell=done.append)
    assert done == [17, 34, 51, 68, 85, 101]
    for name in ("amplitude", "harmonics", "noise"):
        np.testing.assert_allclose(
            getattr(pieces, name), getattr(whole, name), atol=1e-5
        )
    changed = recording[0].copy()
    changed[3200:3300] = 0
    assert np.abs(model.infer(changed, *recording[1:]).noise - whole.noise).max() > 1e-4


def test_a_network_that_is_told_instruments_asks_for_a_known_one(
    tmp_path: Path, recording: Recording
) -> None:
    model = exported(tmp_path / "model", AUTOENCODER, ("violin", "flute"))
    violin, flute = model.infer(*recording, "vn"), model.infer(*recording, "flute")
    assert np.abs(violin.noise - flute.noise).max() > 0
    with pytest.raises(UsageError, match="must be told the instrument"):
        model.infer(*recording)
    with pytest.raises(UsageError, match="knows no tuba"):
        model.infer(*recording, "tuba")


def test_arrays_that_do_not_belong_together_are_refused(
    tmp_path: Path, recording: Recording
) -> None:
    model = exported(tmp_path / "model", CORRECTION)
    audio, f0_hz, loudness_db = recording
    with pytest.raises(InputError, match="f0_hz must have a frame for every 64"):
        model.infer(audio, f0_hz[:-1], loudness_db)
    with pytest.raises(InputError, match="loudness_db has values that are no numbers"):
        model.infer(audio, f0_hz, np.full(101, np.nan))
    with pytest.raises(InputError, match="mono and not empty"):
        model.infer(np.zeros((2, 64)), f0_hz, loudness_db)
    with pytest.raises(InputError, match="samples that are no numbers"):
        model.infer(np.full_like(audio, np.inf), f0_hz, loudness_db)


def test_a_folder_of_another_architecture_is_refused(tmp_path: Path) -> None:
    exported(tmp_path / "model", CORRECTION)
    config = tmp_path / "model/config.json"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('"correction"', '"other"'), encoding="utf-8")
    with pytest.raises(ModelFolderError, match="no network of DDSP Inference"):
        InferenceModel.load(tmp_path / "model")
