"""The rate falls exponentially beside the schedule, also on a budget of time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from musegen.engine.training import LoopConfig
from musegen.midi_ddsp.original.training_config import ExpressionTrainingConfig
from musegen.midi_ddsp.original.training_loop import (
    compile_losses,
    decayed,
    loss_batch,
    loss_validator,
    run_loop,
)

Untyped = Any  # Keras has no type information


def loop_config(num_steps: int) -> LoopConfig:
    return LoopConfig(
        num_steps=num_steps,
        learning_rate=0.1,
        warmup_steps=1,
        hold_share=1.0,
        average_decay=0.0,
        log_every=1,
        validate_every=4,
        checkpoint_every=4,
    )


def model_of_losses() -> Untyped:
    told = keras.Input((1,), name="told")
    found = keras.layers.Dense(1, kernel_initializer="zeros", name="dense")(told)
    square = keras.ops.square(found - told)[:, 0]
    return keras.Model({"told": told}, {"square": square, "half": 0.5 * square})


def run(folder: Path, *, minutes: float, num_steps: int = 8) -> list[dict[str, Any]]:
    model = model_of_losses()
    compile_losses(model, keras.optimizers.SGD(0.1))
    batch = {"told": np.ones((4, 1), np.float32)}
    config = ExpressionTrainingConfig(
        loop=loop_config(num_steps), decay=1e-3, minutes=minutes
    )
    run_loop(
        model,
        config=config,
        batch_at=lambda _: loss_batch(model, batch),
        validate=loss_validator([batch], ("square",)),
        run_dir=folder,
        resume=False,
        progress=None,
    )
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_rate_falls_by_the_decay_in_a_thousand_steps() -> None:
    config = loop_config(5)
    assert decayed(config, step=0, decay=0.9) == config
    assert decayed(config, step=2000, decay=0.9).learning_rate == pytest.approx(0.081)


@pytest.mark.parametrize("minutes", [0.0, 5.0])
def test_a_run_lowers_the_sum_of_its_losses_at_that_rate(
    tmp_path: Path, minutes: float
) -> None:
    lines = run(tmp_path, minutes=minutes)
    rates = [line["learning_rate"] for line in lines]
    np.testing.assert_allclose(rates, [0.1 * 1e-3 ** (k / 1000) for k in range(8)])
    losses = [line["train/loss"] for line in lines]
    assert losses[0] == pytest.approx(1.5)
    assert losses[-1] < 0.1
    assert lines[-1]["valid/loss"] == lines[-1]["valid/square"]
    assert lines[-1]["valid/half"] == pytest.approx(0.5 * lines[-1]["valid/square"])


def test_examples_count_alike_whatever_their_batch() -> None:
    class Counting:
        def predict_on_batch(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
            return {"loss": inputs["told"]}

    batches = [{"told": np.array([1.0, 2.0])}, {"told": np.array([6.0])}]
    assert loss_validator(batches, ("loss",))(Counting()) == {
        "valid/loss": pytest.approx(3.0)
    }
