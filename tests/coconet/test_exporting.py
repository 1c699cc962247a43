"""Exporting a tiny network; TensorFlow is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="exporting needs the extra 'train'")

from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.exporting import export_coconet
from musegen.coconet.predicting import load_coconet
from musegen.coconet.training import CoconetTrainingConfig, compiled_network
from musegen.engine.checkpoints import RunState
from musegen.engine.model_folder import open_model_folder
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


def test_an_exported_network_runs_alike_through_both_predictors(tmp_path: Path) -> None:
    folder = tmp_path / "tiny_model"
    export_coconet(
        compiled_network(TINY),
        config=TINY,
        result=TrainingResult(
            state=RunState(step=7, best_step=5, seconds=60.0),
            stopped_early=False,
            metrics={"valid/loss": 1.5},
        ),
        source="toys",
        folder=folder,
    )
    opened = open_model_folder(folder)
    opened.verify()
    assert (opened.config.name, opened.config.kind) == ("tiny_model", "coconet")
    assert "Trained on: toys" in opened.card
    assert "averaged weights of step 5" in opened.card
    rng = np.random.default_rng(0)
    pitch = rng.integers(-1, 46, (2, 12, 4)).astype(np.int16)
    is_hidden = rng.random(pitch.shape) < 0.5
    fast = load_coconet(folder, device="cpu").logits(pitch, is_hidden)
    reference = load_coconet(folder, backend="keras").logits(pitch, is_hidden)
    assert fast.shape == (2, 12, 4, 46)
    np.testing.assert_allclose(fast, reference, atol=1e-4)
