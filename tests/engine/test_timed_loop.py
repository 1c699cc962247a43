"""A budget of time: the schedule follows the clock, and the run ends with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest

from musegen.engine import training as engine_training
from musegen.engine.timed_loop import TimedLoop, scheduled
from musegen.engine.training import Batch, LoopConfig, learning_rate_at

CONFIG = LoopConfig(
    num_steps=1000,
    learning_rate=0.1,
    warmup_steps=1,
    final_rate=0.1,
    log_every=10,
    validate_every=5,
    checkpoint_every=10,
)


class Clock:
    """A second passes each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1.0
        return self.now


def loop(folder: Path, budget_s: float) -> TimedLoop:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")

    def batch_at(step: int) -> Batch:
        x = np.random.default_rng(step).normal(size=(4, 1))
        return x, 2 * x, None

    def validate(model: keras.Model) -> Mapping[str, float]:
        x = np.ones((2, 1))
        return {"valid/loss": float(np.mean((model.predict_on_batch(x) - 2) ** 2))}

    return TimedLoop(
        budget_s=budget_s,
        model=model,
        batch_at=batch_at,
        validate=validate,
        config=CONFIG,
        run_dir=folder,
    )


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(engine_training, "time", clock)
    return clock


def test_run_ends_at_the_validation_nearest_to_the_budget(tmp_path: Path) -> None:
    timed = loop(tmp_path, budget_s=41.0)
    result = timed.run(resume=False)
    assert result.state.step == 40
    assert result.stopped_early
    assert timed.model.optimizer.learning_rate < 0.012


def test_resumed_run_goes_on_with_what_is_left_of_the_time(tmp_path: Path) -> None:
    loop(tmp_path, budget_s=21.0).run(resume=False)
    result = loop(tmp_path, budget_s=41.0).run(resume=True)
    assert result.state.step == 40
    finished = loop(tmp_path, budget_s=41.0).run(resume=True)
    assert finished.state.step == 40


def test_rate_falls_with_the_share_of_time() -> None:
    halfway = scheduled(CONFIG, step=30, seconds=50.0, budget_s=100.0)
    assert halfway.num_steps == 60
    assert learning_rate_at(30, halfway) == pytest.approx(0.055, rel=0.01)
    assert scheduled(CONFIG, step=0, seconds=0.0, budget_s=9.0) is CONFIG
    assert scheduled(CONFIG, step=900, seconds=1.0, budget_s=9.0).num_steps == 1000
    assert scheduled(CONFIG, step=30, seconds=99.0, budget_s=9.0).num_steps == 31


def test_a_budget_is_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="budget_s must be positive"):
        loop(tmp_path, budget_s=0.0)
