"""A tiny run of the Synthesis Generator: it learns, is killed and goes on."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.engine.checkpoints import load_checkpoint
from musegen.engine.training import CHECKPOINT_NAME, LoopConfig
from musegen.midi_ddsp.original.keras_config import SynthesisNetworkConfig
from musegen.midi_ddsp.original.keras_weights import checkpoint_tensors
from musegen.midi_ddsp.original.training_config import SynthesisTrainingConfig
from musegen.midi_ddsp.original.training_synthesis import (
    judgement_weight,
    train_original_synthesis,
)
from musegen.midi_ddsp.takes.take import Take

Takes = tuple[Take, ...]
TINY = SynthesisTrainingConfig(
    network=SynthesisNetworkConfig(
        stack_units=16,
        stack_depth=1,
        condition_units=8,
        embedding_units=4,
        units=8,
        channels=8,
        num_stacks=1,
        layers_per_stack=2,
    ),
    loop=LoopConfig(
        num_steps=8,
        learning_rate=1e-2,
        warmup_steps=1,
        hold_share=1.0,
        average_decay=0.0,
        log_every=1,
        validate_every=4,
        checkpoint_every=4,
    ),
    batch_size=2,
    clip_frames=32,
    num_validation_clips=2,
    discriminator_units=4,
    discriminator_scales=1,
    discriminator_blocks=1,
    adversarial_from_step=2,
)


def lines_of(folder: Path) -> list[dict[str, float]]:
    text = (folder / "metrics.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return [
        {key: value for key, value in line.items() if key != "seconds"}
        for line in lines
    ]


def arrays_of(folder: Path) -> dict[str, NDArray[Any]]:
    return dict(load_checkpoint(folder / CHECKPOINT_NAME).arrays)


@pytest.mark.timeout(900)  # two graphs with six spectra each
def test_a_killed_run_goes_on_as_if_it_had_not_been(
    takes: Takes, tmp_path: Path
) -> None:
    train, valid = takes[:2], takes[2:]
    whole, cut = tmp_path / "whole", tmp_path / "cut"

    def look(done: int, values: object) -> None:
        del values
        if done == 6:  # what a kill would leave behind
            shutil.copytree(whole, cut)

    network, result = train_original_synthesis(
        train, valid, config=TINY, run_dir=whole, progress=look
    )
    again, resumed = train_original_synthesis(
        train, valid, config=TINY, run_dir=cut, resume=True
    )
    # Threads add in another order each time; a step is 1e-2.
    assert len(lines_of(cut)) == len(lines_of(whole))
    for line, expected in zip(lines_of(cut), lines_of(whole), strict=True):
        assert line == pytest.approx(expected, rel=2e-2)
    assert resumed.state.step == result.state.step == 8
    steps = [arrays["optimizer/0"] for arrays in map(arrays_of, (cut, whole))]
    assert steps[0] == steps[1]
    apart = [
        np.abs(one.numpy() - other.numpy()).ravel()
        for one, other in zip(network.weights, again.weights, strict=True)
    ]
    assert np.quantile(np.concatenate(apart), 0.9) < 1e-3


def test_it_learns_without_a_judge_from_given_weights(
    takes: Takes, tmp_path: Path
) -> None:
    longer = dataclasses.replace(TINY.loop, num_steps=30, validate_every=15)
    config = dataclasses.replace(TINY, loop=longer, is_adversarial=False)
    network, result = train_original_synthesis(
        takes[:2], takes[2:], config=config, run_dir=tmp_path / "first"
    )
    lines = lines_of(tmp_path / "first")
    assert np.mean([line["train/loss"] for line in lines[-3:]]) < 0.85 * np.mean(
        [line["train/loss"] for line in lines[:3]]
    )
    assert set(result.metrics) >= {"valid/loss", "valid/spectral"}
    halt = dataclasses.replace(config.loop, num_steps=1, learning_rate=1e-9)
    _, again = train_original_synthesis(
        takes[:2],
        takes[2:],
        config=dataclasses.replace(config, loop=halt),
        run_dir=tmp_path / "second",
        initial=checkpoint_tensors(network, prefix="midi_decoder/"),
    )
    assert again.metrics["valid/loss"] == pytest.approx(
        result.metrics["valid/loss"], rel=1e-3
    )


def test_the_judge_is_minded_from_a_step_of_the_run_on() -> None:
    assert [judgement_weight(step, TINY) for step in (0, 1, 2, 9)] == [0, 0, 1, 1]


def test_a_run_is_not_begun_twice_or_without_takes(
    takes: Takes, tmp_path: Path
) -> None:
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"")
    with pytest.raises(TrainingError, match="holds a run already"):
        train_original_synthesis(takes[:1], takes[1:], config=TINY, run_dir=tmp_path)
    with pytest.raises(TrainingError, match="no validation take"):
        train_original_synthesis(takes[:1], (), config=TINY, run_dir=tmp_path)
