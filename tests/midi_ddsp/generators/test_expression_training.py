"""Runs of the Expression Generator learn, go on where they were killed, and refuse."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.generators import expression_training as module
from musegen.midi_ddsp.generators.config import ExpressionNetworkConfig
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    NUM_CONTROLS,
    controls_of_units,
    to_scale,
)
from musegen.midi_ddsp.generators.expression_training import (
    PlayedLine,
    likelihood_loss,
    played_line,
    train_expression,
    weights_of,
)
from musegen.midi_ddsp.generators.note_features import memories, note_features
from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS
from musegen.midi_ddsp.takes.take import Take

TINY = dataclasses.replace(
    EXPRESSION_PRESETS["tiny"],
    network=ExpressionNetworkConfig(units=8, dropout=0.2),
    loop=dataclasses.replace(
        EXPRESSION_PRESETS["tiny"].loop,
        num_steps=12,
        learning_rate=2e-2,
        average_decay=0.5,
        validate_every=4,
        checkpoint_every=4,
    ),
    batch_size=4,
    window_notes=7,
)
OF_VIBRATO = [COLUMNS["vibrato_rate_hz"], COLUMNS["vibrato_delay_s"]]
Lines = tuple[Sequence[PlayedLine], Sequence[PlayedLine]]


@pytest.fixture(scope="module")
def lines(takes: tuple[Take, ...]) -> Lines:
    return [played_line(take) for take in takes[:2]], [played_line(takes[2])]


@pytest.fixture(scope="module")
def whole(
    lines: Lines, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any, TrainingResult]:
    """A run that nobody disturbed."""
    run_dir = tmp_path_factory.mktemp("runs") / "whole"
    networks, result = train_expression(*lines, config=TINY, run_dir=run_dir)
    return run_dir, networks, result


def logged(run_dir: Path, name: str) -> list[float]:
    text = (run_dir / "metrics.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [row[name] for row in rows if name in row]


# === Material ===


def test_a_line_is_the_notes_of_a_take(takes: tuple[Take, ...]) -> None:
    line = played_line(takes[0])
    assert line.notes == takes[0].notes
    assert line.instrument == "violin"
    np.testing.assert_array_equal(line.controls, controls_of_units(takes[0].units))
    # Notes touch but for a rest after every third, see the fixture.
    assert line.is_slurred.tolist() == [False, True, True, False, True, True]


def test_notes_without_vibrato_say_nothing_of_its_rate(lines: Lines) -> None:
    controls = lines[0][0].controls
    weights = weights_of(controls)
    is_without = controls[:, COLUMNS["vibrato_rate_hz"]] == 0.0
    assert 0 < is_without.sum() < len(controls)
    assert not weights[np.ix_(is_without, OF_VIBRATO)].any()
    assert weights[~is_without].all()
    assert np.delete(weights, OF_VIBRATO, axis=1).all()


def test_a_batch_is_windows_of_lines_filled_up(lines: Lines) -> None:
    batch_at = module._batches(lines[0], TINY)
    inputs, target, _ = batch_at(3)
    again = batch_at(3)
    np.testing.assert_array_equal(inputs["features"], again[0]["features"])
    np.testing.assert_array_equal(target, again[1])
    assert (batch_at(4)[1] != target).any()
    assert target.shape == (4, 7, 2 * NUM_CONTROLS)
    steps = [batch_at(step) for step in range(20)]
    lengths = {int(row.any(axis=1).sum()) for _, rows, _ in steps for row in rows}
    assert lengths == {6, 7}  # six notes of the one line, seven of nine of the other
    for inputs, rows, _ in steps[:3]:
        for features, memory, row in zip(
            inputs["features"], inputs["memory"], rows, strict=True
        ):
            is_there = row.any(axis=1)
            assert not features[~is_there].any()
            values = row[is_there]
            expected = memories(values[:, :NUM_CONTROLS])
            is_kept = memory[is_there].any(axis=1)
            np.testing.assert_array_equal(memory[is_there][is_kept], expected[is_kept])


def test_windows_are_moved_up_and_down(lines: Lines) -> None:
    line = lines[0][0]
    config = dataclasses.replace(TINY, window_notes=6, max_transposition=2)
    batch_at = module._batches([line], config)
    found = {
        rows.tobytes() for step in range(20) for rows in batch_at(step)[0]["features"]
    }
    expected = {
        note_features(
            line.notes, line.is_slurred, line.instrument, transposed=move
        ).tobytes()
        for move in range(-2, 3)
    }
    assert found == expected


def test_some_notes_remember_nothing(lines: Lines) -> None:
    batch_at = module._batches([lines[0][1]], TINY)
    memory = np.concatenate([batch_at(step)[0]["memory"][:, 1:] for step in range(30)])
    forgotten = float((~memory.any(axis=2)).mean())
    assert 0.05 < forgotten < 0.16


# === Losses ===


def test_the_loss_by_hand() -> None:
    rng = np.random.default_rng(0)
    value, mean, spread = rng.normal(size=(3, 2, 4, NUM_CONTROLS)).astype(np.float32)
    weight = (rng.random((2, 4, NUM_CONTROLS)) < 0.7).astype(np.float32)
    found = likelihood_loss(
        np.concatenate([value, weight], axis=2), np.concatenate([mean, spread], axis=2)
    )
    likelihood = 0.5 * ((value - mean) / np.exp(spread)) ** 2 + spread
    expected = (likelihood * np.exp(spread) * weight).sum(axis=2) / NUM_CONTROLS
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-4, atol=1e-5)


def test_a_run_learns_and_returns_its_best_weights(
    lines: Lines, whole: tuple[Path, Any, TrainingResult]
) -> None:
    run_dir, networks, result = whole
    losses = logged(run_dir, "valid/loss")
    assert len(losses) == 3
    assert losses[-1] < 0.98 * losses[0]
    assert result.metrics["valid/loss"] == min(losses)
    (line,) = lines[1]
    scaled = to_scale(line.controls)
    outcome = networks[0](
        {
            "features": note_features(line.notes, line.is_slurred, "flute")[None],
            "memory": memories(scaled)[None],
        }
    )
    error = np.asarray(outcome)[0, :, :NUM_CONTROLS] - scaled
    weight = weights_of(line.controls)
    squares = (error**2 * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1.0)
    assert min(losses) == pytest.approx(np.sqrt(squares).mean(), rel=1e-3)


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    lines: Lines, whole: tuple[Path, Any, TrainingResult], tmp_path: Path
) -> None:
    def kill(step: int, _values: Mapping[str, float]) -> None:
        if step == 6:
            raise KeyboardInterrupt

    run_dir = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        train_expression(*lines, config=TINY, run_dir=run_dir, progress=kill)
    networks, _ = train_expression(*lines, config=TINY, run_dir=run_dir, resume=True)
    for found, expected in zip(networks[0].weights, whole[1][0].weights, strict=True):
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
        train_expression([], valid, config=TINY, run_dir=tmp_path)
    with pytest.raises(TrainingError, match="no take of the split 'valid'"):
        train_expression(train, [], config=TINY, run_dir=tmp_path)
    with pytest.raises(TrainingError, match="holds a run already"):
        train_expression(*lines, config=TINY, run_dir=whole[0])
    other = dataclasses.replace(TINY, batch_size=2)
    with pytest.raises(TrainingError, match="another batch_size"):
        train_expression(*lines, config=other, run_dir=whole[0], resume=True)
