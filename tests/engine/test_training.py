"""The loop: a killed run goes on as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.engine.checkpoints import load_checkpoint
from musegen.engine.muon import Muon
from musegen.engine.training import (
    BEST_NAME,
    CHECKPOINT_NAME,
    Batch,
    LoopConfig,
    TrainingLoop,
    TrainingResult,
    learning_rate_at,
    require_no_run,
)

Untyped = Any  # Keras has no type information; options are of many types

NUM_STEPS = 8


class KilledError(Exception):
    """Stands for a kill after a step."""


def adamw() -> Untyped:
    return keras.optimizers.AdamW(learning_rate=0.1)


def muon() -> Untyped:
    """Muon for one matrix, AdamW for the other."""
    return Muon(learning_rate=0.1, weight_decay=0.05, excluded=("scores",))


def small_model(optimizer: Untyped) -> Untyped:
    """A regression with dropout, so that the random state matters."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1, name="scores"),
        ]
    )
    model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
    return model


def batch_at(step: int) -> Batch:
    x = np.random.default_rng(step).normal(size=(16, 3)).astype(np.float32)
    return x, x.sum(axis=1, keepdims=True), np.ones(16, dtype=np.float32)


def validate(model: Untyped) -> dict[str, float]:
    x, y, _ = batch_at(1000)
    return {"valid/loss": float(np.mean((np.asarray(model(x)) - y) ** 2))}


def config(**changed: Untyped) -> LoopConfig:
    options = {
        "num_steps": NUM_STEPS,
        "learning_rate": 0.05,
        "warmup_steps": 2,
        "average_decay": 0.9,
        "log_every": 2,
        "validate_every": 4,
        "checkpoint_every": 2,
    }
    return LoopConfig(**{**options, **changed})


def loop_in(
    run_dir: Path,
    *,
    kill_after: int | None = None,
    validator: Callable[[Any], Mapping[str, float]] = validate,
    batches: Callable[[int], Batch] = batch_at,
    optimizer: Callable[[], Any] = adamw,
    **changed: Untyped,
) -> TrainingLoop:
    def progress(step: int, _values: Mapping[str, float]) -> None:
        if step == kill_after:
            raise KilledError

    return TrainingLoop(
        small_model(optimizer()),
        batch_at=batches,
        validate=validator,
        config=config(**changed),
        run_dir=run_dir,
        progress=progress,
    )


def everything(loop: TrainingLoop) -> list[NDArray[Any]]:
    variables = [*loop.model.variables, *loop.model.optimizer.variables]
    return [np.array(v.value) for v in variables] + list(loop.average.arrays)


def log_lines(run_dir: Path) -> list[dict[str, Any]]:
    text = (run_dir / "metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, TrainingLoop, TrainingResult]:
    run_dir = tmp_path_factory.mktemp("uninterrupted")
    loop = loop_in(run_dir)
    return run_dir, loop, loop.run(resume=False)


@pytest.mark.parametrize("kill_after", [2, 5, 8])
def test_a_killed_run_goes_on_bit_for_bit(
    tmp_path: Path,
    uninterrupted: tuple[Path, TrainingLoop, TrainingResult],
    kill_after: int,
) -> None:
    whole_dir, whole_loop, whole_result = uninterrupted
    with pytest.raises(KilledError):
        loop_in(tmp_path, kill_after=kill_after).run(resume=False)
    loop = loop_in(tmp_path)
    result = loop.run(resume=True)
    for left, right in zip(everything(whole_loop), everything(loop), strict=True):
        assert np.array_equal(left, right)
    best, whole_best = (load_checkpoint(d / BEST_NAME) for d in (tmp_path, whole_dir))
    for name, array in whole_best.arrays.items():
        assert np.array_equal(best.arrays[name], array)
    assert result.state.best_value == whole_result.state.best_value
    assert result.state.best_step == whole_result.state.best_step
    lines, whole_lines = log_lines(tmp_path), log_lines(whole_dir)
    for line in [*lines, *whole_lines]:
        del line["seconds"]
    assert lines == whole_lines


def test_a_killed_run_with_muon_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole = loop_in(tmp_path / "whole", optimizer=muon)
    whole_result = whole.run(resume=False)
    with pytest.raises(KilledError):
        loop_in(tmp_path / "killed", optimizer=muon, kill_after=5).run(resume=False)
    loop = loop_in(tmp_path / "killed", optimizer=muon)
    result = loop.run(resume=True)
    assert loop.model.optimizer.is_matrix == (True, False, False, False)
    assert len(everything(whole)) > len(whole.model.variables)
    for left, right in zip(everything(whole), everything(loop), strict=True):
        assert np.array_equal(left, right)
    assert result.metrics == whole_result.metrics


def test_the_log_has_one_line_for_each_step_it_tells_of(
    uninterrupted: tuple[Path, TrainingLoop, TrainingResult],
) -> None:
    run_dir, _, result = uninterrupted
    lines = log_lines(run_dir)
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    assert all("train/loss" in line for line in lines)
    assert ["valid/loss" in line for line in lines] == [False, True, False, True]
    rates = [learning_rate_at(step, config()) for step in (1, 3, 5, 7)]
    assert [line["learning_rate"] for line in lines] == rates
    assert list((run_dir / "tensorboard").glob("events.out.tfevents.*"))
    assert result.state.step == NUM_STEPS
    assert not result.stopped_early


def test_training_lowers_the_loss_and_the_best_weights_are_the_averaged_ones(
    tmp_path: Path,
) -> None:
    loop = loop_in(tmp_path, num_steps=120, validate_every=20, log_every=20)
    result = loop.run(resume=False)
    losses = [line["train/loss"] for line in log_lines(tmp_path)]
    assert losses[-1] < 0.5 * losses[0]
    state = loop.load_best()
    assert state.best_value == pytest.approx(validate(loop.model)["valid/loss"])
    assert state.best_step == result.state.best_step
    assert result.metrics["valid/loss"] == result.state.best_value


def test_a_run_is_not_started_twice(
    uninterrupted: tuple[Path, TrainingLoop, TrainingResult], tmp_path: Path
) -> None:
    run_dir, _, _ = uninterrupted
    before = (run_dir / CHECKPOINT_NAME).read_bytes()
    with pytest.raises(TrainingError, match="holds a run already: add --resume"):
        loop_in(run_dir).run(resume=False)
    assert (run_dir / CHECKPOINT_NAME).read_bytes() == before
    require_no_run(tmp_path)


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no checkpoint to resume from"):
        loop_in(tmp_path).run(resume=True)


def test_a_finished_run_is_left_as_it_is(
    uninterrupted: tuple[Path, TrainingLoop, TrainingResult],
) -> None:
    run_dir, whole_loop, whole_result = uninterrupted
    before = log_lines(run_dir)
    loop = loop_in(run_dir)
    result = loop.run(resume=True)
    assert result.state.step == NUM_STEPS
    assert result.metrics["valid/loss"] == whole_result.metrics["valid/loss"]
    for left, right in zip(everything(whole_loop), everything(loop), strict=True):
        assert np.array_equal(left, right)
    assert log_lines(run_dir) == before


def test_a_torn_checkpoint_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        loop_in(tmp_path, kill_after=3).run(resume=False)
    path = tmp_path / CHECKPOINT_NAME
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="is not a checkpoint of this version"):
        loop_in(tmp_path).run(resume=True)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        loop_in(tmp_path, kill_after=2).run(resume=False)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    other.compile(optimizer="adam", loss="mse")
    loop = TrainingLoop(
        other,
        batch_at=batch_at,
        validate=validate,
        config=config(),
        run_dir=tmp_path,
    )
    with pytest.raises(TrainingError, match="does not fit this model at model"):
        loop.run(resume=True)


def test_a_run_stops_when_validation_no_longer_improves(tmp_path: Path) -> None:
    values = iter([3.0, 2.0, 2.0, 2.5, 1.0])

    def scripted(_model: Untyped) -> dict[str, float]:
        return {"valid/loss": next(values)}

    options: dict[str, Any] = {"validator": scripted, "validate_every": 1}
    options |= {"num_steps": 50, "patience": 2, "checkpoint_every": 100}
    result = loop_in(tmp_path, **options).run(resume=False)
    assert result.stopped_early
    assert (result.state.step, result.state.best_step) == (4, 2)
    assert result.metrics["valid/loss"] == result.state.best_value == 2.0
    assert load_checkpoint(tmp_path / CHECKPOINT_NAME).state.step == 4
    again = loop_in(tmp_path, **options).run(resume=True)
    assert again.stopped_early
    assert again.state.step == 4


def test_without_patience_a_run_goes_to_its_end(tmp_path: Path) -> None:
    worse = iter(range(100))

    def scripted(_model: Untyped) -> dict[str, float]:
        return {"valid/loss": float(next(worse))}

    result = loop_in(tmp_path, validator=scripted, validate_every=1).run(resume=False)
    assert (result.state.step, result.stopped_early) == (NUM_STEPS, False)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path, bad: float) -> None:
    def spoilt(step: int) -> Batch:
        x, y, weights = batch_at(step)
        return x, y * bad if step == 5 else y, weights

    with pytest.raises(TrainingError, match=r"loss became \w+ at step 5: lower"):
        loop_in(tmp_path, batches=spoilt).run(resume=False)
    state = load_checkpoint(tmp_path / CHECKPOINT_NAME).state
    assert state.step == 4


def test_advice_speaks_of_a_checkpoint_where_there_is_one(tmp_path: Path) -> None:
    def spoilt(step: int) -> Batch:
        x, y, weights = batch_at(step)
        return x, y * np.nan if step == 3 else y, weights

    for every, advice in ((100, "rate and start again$"), (2, "last checkpoint$")):
        loop = loop_in(tmp_path / str(every), batches=spoilt, checkpoint_every=every)
        with pytest.raises(TrainingError, match=advice):
            loop.run(resume=False)


def test_the_learning_rate_by_hand() -> None:
    plan = LoopConfig(num_steps=100, learning_rate=2.0, warmup_steps=10, final_rate=0.1)
    assert learning_rate_at(0, plan) == pytest.approx(0.2)
    assert learning_rate_at(4, plan) == pytest.approx(
        2.0 * 0.5 * (0.1 + 0.9 * 0.5 * (1 + np.cos(0.04 * np.pi)))
    )
    assert learning_rate_at(50, plan) == pytest.approx(2.0 * 0.55)
    assert learning_rate_at(100, plan) == pytest.approx(0.2)
    assert learning_rate_at(500, plan) == pytest.approx(0.2)
    assert learning_rate_at(1, plan) < learning_rate_at(9, plan)
    at_once = LoopConfig(num_steps=100, learning_rate=2.0, warmup_steps=0)
    assert learning_rate_at(0, at_once) == pytest.approx(2.0)


def test_the_peak_is_held_before_the_cosine_begins() -> None:
    plan = LoopConfig(
        num_steps=100,
        learning_rate=2.0,
        warmup_steps=10,
        hold_share=0.5,
        final_rate=0.1,
    )
    assert learning_rate_at(4, plan) == pytest.approx(1.0)
    held = [learning_rate_at(step, plan) for step in range(9, 51)]
    assert held == pytest.approx([2.0] * 42)
    assert learning_rate_at(51, plan) < 2.0
    assert learning_rate_at(75, plan) == pytest.approx(2.0 * 0.55)
    assert learning_rate_at(100, plan) == pytest.approx(0.2)


def test_while_the_peak_is_held_the_length_of_the_run_has_no_influence() -> None:
    short, long = (
        LoopConfig(num_steps=count, learning_rate=2.0, hold_share=0.5)
        for count in (400, 800)
    )
    rates = [[learning_rate_at(s, plan) for s in range(201)] for plan in (short, long)]
    assert rates[0] == rates[1]
    assert learning_rate_at(300, short) < learning_rate_at(300, long)


def test_a_rate_held_to_the_end_never_falls() -> None:
    plan = LoopConfig(num_steps=50, learning_rate=2.0, warmup_steps=1, hold_share=1.0)
    assert [learning_rate_at(step, plan) for step in (0, 25, 49)] == [2.0] * 3


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_held_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"hold_share must lie in \[0, 1\]; received"):
        config(hold_share=share)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_learned_with_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="learning_rate must be above 0 and finite"):
        config(learning_rate=rate)


@pytest.mark.parametrize(
    "name", ["num_steps", "log_every", "validate_every", "checkpoint_every"]
)
def test_a_count_below_one_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1; received 0"):
        config(**{name: 0})
