"""Blocks drawn anew, one cell after another within a block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.coconet.ancestral_gibbs import (
    AncestralGibbsConfig,
    ancestral_gibbs_sample,
)
from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.control import Control
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.coconet.schedules import ConstantSchedule, LinearSchedule


def hidden_counts(
    config: AncestralGibbsConfig, *, stop_after: int = 999
) -> tuple[list[int], PitchIndex]:
    """How many cells were hidden at each forward pass, and the result."""
    pitch = np.full((1, 16, 4), -1, dtype=np.int16)
    pitch[0, :, 0] = 30
    counts: list[int] = []

    def count(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        counts.append(int(is_hidden.sum()))
        return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)

    result = ancestral_gibbs_sample(
        pitch,
        pitch < 0,
        logits=count,
        config=config,
        generators=[np.random.default_rng(0)],
        control=Control(is_stopped=lambda: len(counts) >= stop_after),
    )
    return counts, result


def blocks(counts: list[int]) -> list[int]:
    """Sizes of the blocks: the count rises where a new one begins."""
    return [
        count
        for before, count in zip([0, *counts], counts, strict=False)
        if count > before
    ]


def test_the_first_block_is_all_that_is_free_then_shares_of_it() -> None:
    config = AncestralGibbsConfig(num_steps=6, schedule=ConstantSchedule(rate=0.5))
    counts, _ = hidden_counts(config)
    sizes = blocks(counts)
    assert counts[:48] == list(range(48, 0, -1))
    assert len(sizes) == 6
    assert np.mean(sizes[1:]) == pytest.approx(24, abs=8)


@pytest.mark.parametrize(("rate", "most"), [(0.1, 15), (0.9, 48)])
def test_the_schedule_decides_the_size_of_blocks(rate: float, most: int) -> None:
    config = AncestralGibbsConfig(
        num_steps=4, block_steps=1, schedule=ConstantSchedule(rate=rate)
    )
    sizes = blocks(hidden_counts(config)[0])[1:]
    assert all(0.3 * 48 * rate <= size <= most for size in sizes)


def test_stopping_within_a_block_draws_the_rest_of_it_at_once() -> None:
    config = AncestralGibbsConfig(num_steps=3)
    counts, result = hidden_counts(config, stop_after=10)
    assert counts == list(range(48, 37, -1))
    assert (result >= 0).all()


def test_stopping_between_blocks_begins_no_other() -> None:
    counts, _ = hidden_counts(AncestralGibbsConfig(num_steps=3), stop_after=48)
    assert len(counts) == 48


def test_passes_are_foretold_by_the_schedule() -> None:
    config = AncestralGibbsConfig(
        num_steps=3,
        schedule=LinearSchedule(highest_rate=0.8, lowest_rate=0.2, annealed_share=1.0),
    )
    assert [config.foretold(step, 100) for step in range(3)] == [100, 60, 40]
    assert config.num_forwards(100) == 200
    assert config.foretold(2, 1) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_steps": 0}, "num_steps must be at least 1"),
        ({"block_steps": 0}, "block_steps must be at least 1"),
        ({"order": "sideways"}, "received 'sideways'"),
        ({"temperature": -1.0}, "temperature must be at least 0"),
        ({"top_p": 2.0}, "top_p must lie in"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        AncestralGibbsConfig(**changed)
