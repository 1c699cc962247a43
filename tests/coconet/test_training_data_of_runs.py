"""A run keeps what it began with, and goes on with the same data only."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import BeatNetworkConfig, PaperNetworkConfig
from musegen.coconet.planes import Piece, piece_of_grid
from musegen.coconet.training import CoconetTrainingConfig, train_coconet
from musegen.data.errors import TrainingError
from musegen.engine.run_inputs import TrainingData, keep_start, kept_start
from musegen.engine.training import LoopConfig

Untyped = Any  # Keras has no type information; options are of many types

FIRST = TrainingData(source="first.json", sha256="1" * 64)
OTHER = TrainingData(source="other.json", sha256="2" * 64)
BARE = BeatNetworkConfig(
    step_channels=8,
    beat_channels=10,
    num_step_blocks=0,
    beat_dilations=(),
    attention_after=(),
    planes=(),
    knows_beat_position=False,
    writes_rests=False,
    writes_onsets=False,
)
CONFIG = CoconetTrainingConfig(
    network=BARE,
    loop=LoopConfig(
        num_steps=2, learning_rate=0.02, validate_every=2, checkpoint_every=1
    ),
    batch_size=4,
    crop_steps=8,
    optimizer="adamw",
    precision="float32",
)


def pieces() -> list[Piece]:
    """Bare chords that move down a scale a beat at a time."""
    steps = np.arange(24)
    grid = (62 - steps // 4 % 8)[:, None] + np.array([12, 7, 3, -12])
    return [piece_of_grid(grid - index) for index in range(3)]


def train(run_dir: Path, **options: Untyped) -> tuple[Any, Any]:
    options = {"config": CONFIG, "run_dir": run_dir, **options}
    return train_coconet(pieces(), pieces(), **options)


def test_a_network_of_pitches_only_trains_and_goes_on_with_its_own_data(
    tmp_path: Path,
) -> None:
    keep_start(tmp_path, None)
    model, result = train(tmp_path, data=FIRST)
    assert list(model.output) == ["logits"]
    assert result.metrics["valid/lower_voices"] == pytest.approx(np.log(46), abs=1.0)
    assert "valid/onset" not in result.metrics
    assert kept_start(tmp_path) is None

    loop = dataclasses.replace(CONFIG.loop, num_steps=3)
    longer = dataclasses.replace(CONFIG, loop=loop)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*")}
    with pytest.raises(TrainingError, match=r"began with first\.json .* with other\."):
        train(tmp_path, config=longer, data=OTHER, resume=True)
    assert before == {path: path.read_bytes() for path in tmp_path.glob("*.*")}
    _, result = train(tmp_path, config=longer, data=FIRST, resume=True)
    assert result.state.step == 3


def test_batch_norm_is_shipped_with_statistics_of_the_averaged_weights(
    tmp_path: Path,
) -> None:
    config = dataclasses.replace(
        CONFIG,
        network=PaperNetworkConfig(num_layers=4, num_filters=4),
        loop=LoopConfig(num_steps=4, learning_rate=0.02, validate_every=4),
        mask_mixture={"orderless": 1.0},
    )
    model, _ = train(tmp_path, config=config)
    first = np.asarray(model.get_layer("norm0").moving_variance)
    # Gathered with momentum 0.99 over 4 steps it would still be nearly the first 1.
    assert first.max() < 0.9
