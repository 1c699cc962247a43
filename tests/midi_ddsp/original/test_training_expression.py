"""A tiny run of the Expression Generator: it learns, is killed and goes on."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np

from musegen.engine.checkpoints import load_checkpoint
from musegen.engine.training import CHECKPOINT_NAME, LoopConfig
from musegen.midi_ddsp.original.keras_config import ExpressionNetworkConfig
from musegen.midi_ddsp.original.keras_weights import checkpoint_tensors
from musegen.midi_ddsp.original.training_config import ExpressionTrainingConfig
from musegen.midi_ddsp.original.training_expression import (
    compiled_expression,
    train_original_expression,
)
from musegen.midi_ddsp.original.training_loop import loss_batch
from musegen.midi_ddsp.original.training_windows import (
    Augmentation,
    rows_of_takes,
    window_batch,
)
from musegen.midi_ddsp.takes.take import Take

Takes = tuple[Take, ...]
TINY = ExpressionTrainingConfig(
    network=ExpressionNetworkConfig(
        embedding_units=4, units=8, stack_units=8, stack_depth=1
    ),
    loop=LoopConfig(
        num_steps=40,
        learning_rate=1e-2,
        warmup_steps=1,
        hold_share=1.0,
        average_decay=0.0,
        log_every=1,
        validate_every=20,
        checkpoint_every=20,
    ),
    batch_size=4,
    window_rows=5,
    num_validation_windows=4,
)


def losses_of(folder: Path) -> list[float]:
    text = (folder / "metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["train/loss"] for line in text.splitlines()]


def test_it_learns_and_a_killed_run_goes_on_as_if_it_had_not_been(
    takes: Takes, tmp_path: Path
) -> None:
    train, valid = takes[:2], takes[2:]
    whole, cut = tmp_path / "whole", tmp_path / "cut"

    def look(done: int, values: object) -> None:
        del values
        if done == 30:  # what a kill would leave behind
            shutil.copytree(whole, cut)

    _, result = train_original_expression(
        train, valid, config=TINY, run_dir=whole, progress=look
    )
    train_original_expression(train, valid, config=TINY, run_dir=cut, resume=True)
    losses = losses_of(whole)
    # Threads add in another order each time; a step is 1e-2.
    np.testing.assert_allclose(losses_of(cut), losses, rtol=1e-2)
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert result.metrics["valid/loss"] == result.metrics["valid/squared_error"]
    expected = load_checkpoint(whole / CHECKPOINT_NAME).arrays
    for name, array in load_checkpoint(cut / CHECKPOINT_NAME).arrays.items():
        np.testing.assert_allclose(
            array, expected[name], rtol=0.1, atol=5e-3, err_msg=name
        )


def test_it_goes_on_from_given_weights(takes: Takes) -> None:
    first, _ = compiled_expression(TINY)
    other = dataclasses.replace(TINY, seed=TINY.seed + 1)
    initial = checkpoint_tensors(first, prefix="")
    second, _ = compiled_expression(other, initial=initial)
    for one, weight in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), weight.numpy())


def test_rests_count_and_filling_does_not(takes: Takes) -> None:
    network, model = compiled_expression(TINY)
    pieces = rows_of_takes(takes, "training")
    rows = pieces[0].num_rows
    for length in (rows, rows + 4):
        batch = window_batch(
            pieces, [(0, 0)], window_rows=length, augmentation=Augmentation()
        )
        inputs, _, _ = loss_batch(model, batch)
        loss = model.predict_on_batch(inputs)["squared_error"]
        told = {key: value for key, value in batch.items() if key != "counted"}
        found = network.predict_on_batch([told[t.name] for t in network.inputs])
        errors = np.square(found[0, :rows] - batch["controls"][0, :rows])
        np.testing.assert_allclose(loss, [errors.mean()], rtol=1e-4)
