"""Runs of the Synthesis Generator learn, go on where they were killed, and refuse."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.generators import synthesis_training as module
from musegen.midi_ddsp.generators.config import SynthesisNetworkConfig
from musegen.midi_ddsp.generators.presets import SYNTHESIS_PRESETS
from musegen.midi_ddsp.generators.synthesis_batches import TrainingLine, prepare
from musegen.midi_ddsp.generators.synthesis_training import (
    compiled_networks,
    train_synthesis,
)
from musegen.midi_ddsp.takes.take import Take

TINY = dataclasses.replace(
    SYNTHESIS_PRESETS["tiny"],
    network=SynthesisNetworkConfig(
        input_channels=16, channels=8, hidden_channels=8, dilations=(1,)
    ),
    loop=dataclasses.replace(
        SYNTHESIS_PRESETS["tiny"].loop,
        num_steps=12,
        learning_rate=2e-2,
        average_decay=0.5,
        validate_every=4,
        checkpoint_every=4,
    ),
    num_played=1,
    num_changed=1,
    crop_frames=550,  # longer than the takes: batches of one shape compile once
    num_validation_batches=1,
)
Lines = tuple[Sequence[TrainingLine], Sequence[TrainingLine]]


@pytest.fixture(scope="module")
def few_notes(make_take: Callable[..., Take]) -> tuple[Take, Take]:
    return make_take(1, num_notes=2), make_take(2, num_notes=2)


@pytest.fixture(scope="module")
def lines(few_notes: tuple[Take, Take]) -> Lines:
    train, valid = few_notes
    return [prepare(train)], [prepare(valid)]


@pytest.fixture(scope="module")
def whole(
    lines: Lines, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any, TrainingResult]:
    """A run that nobody disturbed."""
    run_dir = tmp_path_factory.mktemp("runs") / "whole"
    network, result = train_synthesis(*lines, config=TINY, run_dir=run_dir)
    return run_dir, network, result


def logged(run_dir: Path, name: str) -> list[float]:
    text = (run_dir / "metrics.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [row[name] for row in rows if name in row]


def test_a_run_learns_and_returns_its_best_weights(
    whole: tuple[Path, Any, TrainingResult],
) -> None:
    run_dir, _, result = whole
    losses = logged(run_dir, "valid/loss")
    assert len(losses) == 3
    assert losses[-1] < 0.98 * losses[0]
    assert result.metrics["valid/loss"] == min(losses)
    assert result.state.step == 12
    level, pitch, promise = (
        result.metrics[f"valid/{name}"] for name in ("level", "pitch", "promise")
    )
    assert min(level, pitch, promise) > 0.1
    expected = level + 0.15 * pitch + 0.5 * promise
    assert result.metrics["valid/loss"] == pytest.approx(expected, rel=1e-3)


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    lines: Lines, whole: tuple[Path, Any, TrainingResult], tmp_path: Path
) -> None:
    def kill(step: int, _values: Mapping[str, float]) -> None:
        if step == 6:
            raise KeyboardInterrupt

    run_dir = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        train_synthesis(*lines, config=TINY, run_dir=run_dir, progress=kill)
    network, result = train_synthesis(*lines, config=TINY, run_dir=run_dir, resume=True)
    assert result.state.step == 12
    for found, expected in zip(network.weights, whole[1].weights, strict=True):
        np.testing.assert_allclose(
            np.array(found), np.array(expected), rtol=1e-2, atol=2e-3
        )
    np.testing.assert_allclose(
        logged(run_dir, "valid/loss"), logged(whole[0], "valid/loss"), rtol=5e-3
    )


def test_runs_that_cannot_begin_or_go_on_are_sentences(
    lines: Lines, whole: tuple[Path, Any, TrainingResult], tmp_path: Path
) -> None:
    train, valid = lines
    with pytest.raises(TrainingError, match="no take of the split 'train'"):
        train_synthesis([], valid, config=TINY, run_dir=tmp_path)
    with pytest.raises(TrainingError, match="no take of the split 'valid'"):
        train_synthesis(train, [], config=TINY, run_dir=tmp_path)
    with pytest.raises(TrainingError, match="holds a run already"):
        train_synthesis(*lines, config=TINY, run_dir=whole[0])
    other = dataclasses.replace(TINY, seed=9)
    with pytest.raises(TrainingError, match="another seed"):
        train_synthesis(*lines, config=other, run_dir=whole[0], resume=True)


def test_who_is_told_nothing_promises_nothing(few_notes: tuple[Take, Take]) -> None:
    network = dataclasses.replace(TINY.network, is_told_expression=False)
    config = dataclasses.replace(TINY, network=network)
    lines = [prepare(take, is_told_expression=False) for take in few_notes]
    inputs, _, _ = module._batches(lines, config)(0)
    assert inputs["is_played"].tolist() == [[1.0]]  # none is changed
    _, model = compiled_networks(config)
    values = module._validator(lines, config)(model)
    expected = values["valid/level"] + 0.15 * values["valid/pitch"]
    assert values["valid/promise"] > 0.0
    assert values["valid/loss"] == pytest.approx(expected, rel=1e-3)


def test_a_discriminator_learns_beside_it(lines: Lines, tmp_path: Path) -> None:
    config = dataclasses.replace(
        TINY,
        loop=dataclasses.replace(TINY.loop, num_steps=8),
        is_adversarial=True,
        adversarial_from_step=2,
        discriminator_units=4,
        discriminator_scales=1,
        discriminator_blocks=1,
    )
    assert [
        module._batches(lines[0], config)(step)[0]["judged"].max() for step in (1, 2)
    ] == [0.0, 1.0]
    _, result = train_synthesis(*lines, config=config, run_dir=tmp_path)
    for name in ("discriminator", "adversarial", "feature_matching"):
        assert result.metrics[f"valid/{name}"] > 0.0
    values = [result.metrics[f"valid/{name}"] for name in ("level", "pitch", "promise")]
    expected = float(np.dot(values, [1.0, 0.15, 0.5]))
    assert result.metrics["valid/loss"] == pytest.approx(expected, rel=1e-4)


def test_a_network_of_mixed_precision_leaves_other_networks_alone() -> None:
    import keras

    config = dataclasses.replace(TINY, precision="mixed_bfloat16")
    network, _ = compiled_networks(config)
    assert network.get_layer("embed").compute_dtype == "bfloat16"
    assert network.get_layer("levels").compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
