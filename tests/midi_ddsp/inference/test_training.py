"""A tiny run from clips to a model folder, and the model in use."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import InputError, ModelFolderError, UsageError
from musegen.engine.checkpoints import RunState
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.inference.batches import TrainingClip
from musegen.midi_ddsp.inference.building import build_network
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CorrectionNetworkConfig,
)
from musegen.midi_ddsp.inference.exporting import export_inference
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.inference.presets import PRESETS
from musegen.midi_ddsp.inference.training import train_inference
from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig
from musegen.midi_ddsp.parameters import SynthesisParameters

NUM_FRAMES = 80
TINY = dataclasses.replace(
    PRESETS["tiny"],
    network=CorrectionNetworkConfig(channels=8, hidden_channels=8, dilations=(1, 2)),
    loop=dataclasses.replace(
        PRESETS["tiny"].loop, num_steps=12, validate_every=6, checkpoint_every=6
    ),
    batch_size=2,
    crop_frames=40,
    num_validation_crops=2,
)


def clip(seed: int) -> TrainingClip:
    generator = np.random.default_rng(seed)
    f0_hz = np.full(NUM_FRAMES, generator.uniform(150, 600), np.float32)
    harmonics = 0.7 ** np.arange(60) * (f0_hz[0] * np.arange(1, 61) < 8000)
    sound = render(
        SynthesisParameters(
            f0_hz=f0_hz,
            amplitude=np.full(NUM_FRAMES, 0.2, np.float32),
            harmonics=np.tile(harmonics / harmonics.sum(), (NUM_FRAMES, 1)),
            noise=np.full((NUM_FRAMES, 65), 0.01, np.float32),
        ),
        seed=seed,
    )
    return TrainingClip(
        audio=sound, f0_hz=f0_hz, loudness_db=np.full(NUM_FRAMES, -20.0, np.float32)
    )


def recording(num_frames: int) -> tuple[NDArray[np.float32], ...]:
    generator = np.random.default_rng(5)
    audio = 0.1 * generator.normal(size=64 * num_frames - 9)
    f0_hz = np.linspace(200, 500, num_frames)
    f0_hz[10:15] = 0.0
    loudness_db = generator.uniform(-60, 0, num_frames)
    arrays = (audio, f0_hz, loudness_db)
    return tuple(np.asarray(array, dtype=np.float32) for array in arrays)


def assert_alike(
    found: SynthesisParameters, expected: SynthesisParameters, atol: float
) -> None:
    for name in ("f0_hz", "amplitude", "harmonics", "noise"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), atol=atol
        )


def test_run_resumes_exports_and_answers(tmp_path: Path) -> None:
    train, valid = [clip(0), clip(1)], [clip(2)]
    half = dataclasses.replace(TINY, loop=dataclasses.replace(TINY.loop, num_steps=6))
    train_inference(train, valid, config=half, run_dir=tmp_path / "run")
    network, result = train_inference(
        train, valid, config=TINY, run_dir=tmp_path / "run", resume=True
    )
    assert result.state.step == 12
    lines = (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [json.loads(line).get("valid/loss") for line in lines]
    losses = [loss for loss in losses if loss is not None]
    assert len(losses) == 2
    assert losses[-1] == result.metrics["valid/loss"]
    folder = export_inference(
        network, config=TINY, result=result, source="tones", folder=tmp_path / "made"
    )
    assert f"{result.metrics['valid/loss']:.3f}" in folder.card
    model = InferenceModel.load(folder.path)
    audio, f0_hz, loudness_db = recording(101)
    whole = model.infer(audio, f0_hz, loudness_db)
    assert whole.num_frames == 101
    np.testing.assert_array_equal(whole.f0_hz, f0_hz)
    done: list[int] = []
    pieces = model.infer(audio, f0_hz, loudness_db, chunk_frames=17, tell=done.append)
    assert_alike(pieces, whole, 1e-5)
    assert done == [17, 34, 51, 68, 85, 101]
    keras_model = InferenceModel.load(folder.path, backend="keras")
    assert_alike(keras_model.infer(audio, f0_hz, loudness_db), whole, 1e-4)


def exported(tmp_path: Path, instruments: tuple[str, ...]) -> InferenceModel:
    network = AutoencoderNetworkConfig(units=4, num_dense=1, instrument_units=2)
    folder = export_inference(
        build_network(network),
        config=InferenceTrainingConfig(network=network),
        result=TrainingResult(state=RunState(), stopped_early=False, metrics={}),
        source="nothing",
        folder=tmp_path / "model",
        instruments=instruments,
    )
    return InferenceModel.load(folder.path)


def test_a_network_that_is_told_instruments_asks_for_a_known_one(
    tmp_path: Path,
) -> None:
    model = exported(tmp_path, ("violin", "flute"))
    audio, f0_hz, loudness_db = recording(30)
    violin = model.infer(audio, f0_hz, loudness_db, "vn")
    flute = model.infer(audio, f0_hz, loudness_db, "flute")
    assert np.abs(violin.noise - flute.noise).max() > 0
    with pytest.raises(UsageError, match="must be told the instrument"):
        model.infer(audio, f0_hz, loudness_db)
    with pytest.raises(UsageError, match="knows no tuba"):
        model.infer(audio, f0_hz, loudness_db, "tuba")


def test_arrays_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    model = exported(tmp_path, ("violin",))
    audio, f0_hz, loudness_db = recording(30)
    with pytest.raises(InputError, match="f0_hz must have a frame for every 64"):
        model.infer(audio, f0_hz[:-1], loudness_db, "violin")
    with pytest.raises(InputError, match="loudness_db has values that are no numbers"):
        model.infer(audio, f0_hz, np.full(30, np.nan), "violin")
    with pytest.raises(InputError, match="mono and not empty"):
        model.infer(np.zeros((2, 64)), f0_hz, loudness_db, "violin")
    with pytest.raises(InputError, match="samples that are no numbers"):
        model.infer(np.full_like(audio, np.inf), f0_hz, loudness_db, "violin")
    config = tmp_path / "model/config.json"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("autoencoder", "other"), encoding="utf-8")
    with pytest.raises(ModelFolderError, match="no network of DDSP Inference"):
        InferenceModel.load(tmp_path / "model")
