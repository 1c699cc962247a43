"""A tiny run from clips to a model folder, and the model in use."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from musegen.engine.run_inputs import TrainingData
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.inference.batches import TrainingClip
from musegen.midi_ddsp.inference.config import CorrectionNetworkConfig
from musegen.midi_ddsp.inference.exporting import export_inference
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.inference.presets import PRESETS
from musegen.midi_ddsp.inference.training import train_inference
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
        network,
        config=TINY,
        result=result,
        data=TrainingData(source="tones"),
        folder=tmp_path / "made",
    )
    assert f"{result.metrics['valid/loss']:.3f}" in folder.card
    model = InferenceModel.load(folder.path)
    heard = clip(3)
    found = model.infer(heard.audio, heard.f0_hz, heard.loudness_db)
    np.testing.assert_array_equal(found.f0_hz, heard.f0_hz)
    assert 0.1 < found.amplitude[20:60].mean() < 0.4  # 0.2 was played
