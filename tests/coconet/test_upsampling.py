"""From the beats to the sixteenths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.control import Control
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.coconet.schedules import ConstantSchedule
from musegen.coconet.upsampling import UpsamplingConfig, upsampling_sample


def hidden(
    config: UpsamplingConfig, *, stop_after: int = 99
) -> tuple[list[IsHidden], PitchIndex]:
    """What was hidden at each forward pass, and the result."""
    pitch = np.full((1, 8, 4), -1, dtype=np.int16)
    pitch[0, :, 0] = 30
    asked: list[IsHidden] = []

    def keep(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        assert (pitch[~is_hidden] >= 0).all()
        asked.append(is_hidden[0].copy())
        return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)

    result = upsampling_sample(
        pitch,
        pitch < 0,
        logits=keep,
        config=config,
        generators=[np.random.default_rng(0)],
        control=Control(is_stopped=lambda: len(asked) >= stop_after),
    )
    return asked, result


def test_beats_are_drawn_then_halves_then_the_rest() -> None:
    asked, result = hidden(UpsamplingConfig(num_steps=1))
    open_steps = [set(np.flatnonzero(h[:, 1:].any(axis=1))) for h in asked]
    assert open_steps == [set(range(8)), set(range(8)) - {0, 4}, {1, 3, 5, 7}]
    assert (result >= 0).all()


def test_a_level_is_revised_while_finer_steps_stay_open() -> None:
    config = UpsamplingConfig(num_steps=3, schedule=ConstantSchedule(rate=0.5))
    asked, _ = hidden(config)
    assert len(asked) == 9 == config.num_forwards(24)
    for h in asked[1:3]:
        assert h[[1, 2, 3, 5, 6, 7], 1:].all()
        assert 0 < h[[0, 4], 1:].sum() < 6
    assert not any(h[:, 0].any() for h in asked)


def test_the_schedule_decides_how_much_is_revised() -> None:
    never = UpsamplingConfig(num_steps=2, schedule=ConstantSchedule(rate=0.0))
    always = UpsamplingConfig(num_steps=2, schedule=ConstantSchedule(rate=1.0))
    assert hidden(never)[0][-1].sum() == 0
    assert hidden(always)[0][-1].sum() == 24


@pytest.mark.parametrize("stop_after", [0, 1, 4, 9])
def test_stopping_draws_all_open_levels_at_once(stop_after: int) -> None:
    asked, result = hidden(UpsamplingConfig(num_steps=3), stop_after=stop_after)
    assert len(asked) == min(stop_after + (stop_after < 7), 9)
    assert (result >= 0).all()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_steps": 0}, "num_steps must be at least 1"),
        ({"temperature": -1.0}, "temperature must be at least 0"),
        ({"top_p": 0.0}, "top_p must lie in"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        UpsamplingConfig(**changed)
