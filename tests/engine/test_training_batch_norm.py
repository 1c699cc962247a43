"""The loop and batch norm: statistics belong to the weights that are validated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from musegen.engine.training import Batch, LoopConfig, TrainingLoop

Untyped = Any  # Keras has no type information; options are of many types


def batch_at(step: int) -> Batch:
    x = np.random.default_rng(step).normal(5.0, size=(64, 3)).astype(np.float32)
    return x, x.sum(axis=1, keepdims=True), np.ones(64, dtype=np.float32)


def loop_in(run_dir: Path, *, num_steps: int = 8) -> TrainingLoop:
    """A regression whose validation says how wrong the statistics are."""
    keras.utils.set_random_seed(0)
    layers: list[Untyped] = [
        keras.Input((3,)),
        keras.layers.Dense(4, name="dense"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dense(1, name="sum"),
    ]
    model: Untyped = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="mse", jit_compile=False)
    return TrainingLoop(
        model,
        batch_at=batch_at,
        validate=lambda validated: {"valid/loss": gap(validated)},
        config=LoopConfig(
            num_steps=num_steps,
            learning_rate=0.1,
            warmup_steps=1,
            hold_share=1.0,
            validate_every=4,
            checkpoint_every=4,
        ),
        run_dir=run_dir,
    )


def gap(model: Untyped) -> float:
    """The largest error of a mean in standard deviations, over many fresh items."""
    inputs = np.concatenate([batch_at(1000 + index)[0] for index in range(30)])
    values = np.asarray(model.get_layer("dense")(inputs))
    errors = values.mean(axis=0) - np.asarray(model.get_layer("norm").moving_mean)
    return float(np.abs(errors / values.std(axis=0)).max())


def test_averaged_weights_are_validated_and_kept_with_their_own_statistics(
    tmp_path: Path,
) -> None:
    loop = loop_in(tmp_path)
    result = loop.run(resume=False)
    assert result.metrics["valid/loss"] < 0.2
    assert gap(loop.model) > 1.0  # what training gathers lags behind, and is kept
    loop.load_best()
    assert gap(loop.model) == pytest.approx(result.metrics["valid/loss"])


def test_measuring_does_not_change_the_training(tmp_path: Path) -> None:
    whole, halves = loop_in(tmp_path / "whole"), loop_in(tmp_path / "two", num_steps=4)
    whole.run(resume=False)
    halves.run(resume=False)
    again = loop_in(tmp_path / "two")
    again.run(resume=True)
    for left, right in zip(whole.model.variables, again.model.variables, strict=True):
        np.testing.assert_array_equal(left, right)
