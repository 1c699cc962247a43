"""Gibbs sampling: what is known stays, what is free is drawn as the model says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.control import Control
from musegen.coconet.predicting import IsHidden, Logits, LogitsFunction, PitchIndex
from musegen.coconet.sampling import GibbsConfig, choose_in_batch, gibbs_sample
from musegen.coconet.schedules import ConstantSchedule, LinearSchedule


def generators(num_items: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, item]) for item in range(num_items)]


def constant(scores: NDArray[Any]) -> LogitsFunction:
    def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        return np.broadcast_to(scores, (*pitch.shape, NUM_PITCHES)).astype(np.float32)

    return logits


FLAT = constant(np.zeros(NUM_PITCHES))


class Asked:
    """A network without opinion that keeps what it was shown."""

    def __init__(self) -> None:
        self.pitch: list[PitchIndex] = []
        self.is_hidden: list[IsHidden] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.pitch.append(pitch.copy())
        self.is_hidden.append(is_hidden.copy())
        return FLAT(pitch, is_hidden)


def lower_voices(num_steps: int) -> tuple[PitchIndex, IsHidden]:
    pitch = np.full((1, num_steps, 4), -1, dtype=np.int16)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    return pitch, is_free


def test_the_first_step_hides_every_free_cell_and_no_known_one() -> None:
    asked = Asked()
    pitch, is_free = lower_voices(200)
    config = GibbsConfig(num_steps=10)
    advanced: list[int] = []
    gibbs_sample(
        pitch,
        is_free,
        logits=asked,
        config=config,
        generators=generators(1),
        control=Control(advance=advanced.append),
    )
    assert np.array_equal(asked.is_hidden[0], is_free)
    assert not any(is_hidden[:, :, 0].any() for is_hidden in asked.is_hidden)
    for step in range(1, 10):
        share = asked.is_hidden[step][is_free].mean()
        rate = config.schedule.rate_at(step, 10)
        assert share == pytest.approx(rate, abs=0.08)
    assert advanced == [1] * 10
    assert config.num_forwards(600) == 10
    assert config.num_forwards(0) == 0


def test_no_free_cell_is_ever_shown_as_silence() -> None:
    asked = Asked()
    pitch, is_free = lower_voices(40)
    gibbs_sample(
        pitch,
        is_free,
        logits=asked,
        config=GibbsConfig(num_steps=8),
        generators=generators(1),
    )
    for shown, is_hidden in zip(asked.pitch, asked.is_hidden, strict=True):
        assert (shown[is_free & ~is_hidden] >= 0).all()


def test_the_schedule_decides_how_much_is_drawn_anew() -> None:
    asked = Asked()
    pitch, is_free = lower_voices(200)
    gibbs_sample(
        pitch,
        is_free,
        logits=asked,
        config=GibbsConfig(num_steps=4, schedule=ConstantSchedule(rate=0.25)),
        generators=generators(1),
    )
    for is_hidden in asked.is_hidden[1:]:
        assert is_hidden[is_free].mean() == pytest.approx(0.25, abs=0.06)


def test_blocks_draw_stretches_of_a_voice() -> None:
    asked = Asked()
    pitch, is_free = lower_voices(64)
    gibbs_sample(
        pitch,
        is_free,
        logits=asked,
        config=GibbsConfig(num_steps=5, block_steps=4),
        generators=generators(1),
    )
    for is_hidden in asked.is_hidden[1:]:
        for voice in range(1, 4):
            edges = np.flatnonzero(np.diff(np.r_[0, is_hidden[0, :, voice], 0]))
            assert (edges[1::2] - edges[::2] >= 4).all()


def test_draws_follow_the_probabilities_of_the_network() -> None:
    probabilities = np.zeros(NUM_PITCHES)
    probabilities[[0, 7, 45]] = 0.5, 0.2, 0.3
    with np.errstate(divide="ignore"):
        scores = np.maximum(np.log(probabilities), -1e4)
    pitch = np.full((4, 500, 4), -1, dtype=np.int16)

    def shares(config: GibbsConfig) -> NDArray[np.float64]:
        result = gibbs_sample(
            pitch,
            pitch < 0,
            logits=constant(scores),
            config=config,
            generators=generators(4),
        )
        return np.bincount(result.ravel(), minlength=NUM_PITCHES) / result.size

    plain = shares(GibbsConfig(num_steps=3, temperature=1.0))
    assert np.abs(plain - probabilities).max() < 0.03
    assert plain[probabilities == 0.0].max() == 0.0
    cold = shares(GibbsConfig(num_steps=3, temperature=0.5))
    assert cold[0] == pytest.approx(0.25 / 0.38, abs=0.03)
    nucleus = shares(GibbsConfig(num_steps=3, temperature=1.0, top_p=0.6))
    assert nucleus[7] == 0.0
    assert nucleus[0] == pytest.approx(0.5 / 0.8, abs=0.03)


def test_stopping_leaves_what_the_last_step_wrote() -> None:
    pitch, is_free = lower_voices(8)

    def sample(num_steps: int, stop_after: int | None) -> tuple[PitchIndex, int]:
        asked = Asked()
        control = Control(
            is_stopped=lambda: stop_after is not None and len(asked.pitch) >= stop_after
        )
        result = gibbs_sample(
            pitch,
            is_free,
            logits=asked,
            config=GibbsConfig(
                num_steps=num_steps, schedule=ConstantSchedule(rate=0.5)
            ),
            generators=generators(1),
            control=control,
        )
        return result, len(asked.pitch)

    stopped, num_asked = sample(9, 3)
    assert num_asked == 3
    assert np.array_equal(stopped, sample(3, None)[0])
    at_once, num_asked = sample(9, 0)
    assert num_asked == 1
    assert (at_once[is_free] >= 0).all()


def test_items_with_nothing_free_choose_nothing() -> None:
    is_free = np.zeros((2, 5, 4), dtype=bool)
    is_free[1] = True
    streams = generators(2)
    chosen = choose_in_batch(is_free, 0.5, block_steps=1, generators=streams)
    assert not chosen[0].any()
    assert 0 < chosen[1].sum() < 20
    assert streams[0].random() == generators(2)[0].random()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_steps": 0}, "num_steps must be at least 1; received 0"),
        ({"temperature": -0.1}, "temperature must be at least 0; received -0.1"),
        ({"top_p": 0.0}, r"top_p must lie in \(0, 1\]; received 0.0"),
        ({"block_steps": 0}, "block_steps must be at least 1; received 0"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        GibbsConfig(**changed)


def test_the_default_schedule_is_the_released_one() -> None:
    assert GibbsConfig().schedule == LinearSchedule(
        highest_rate=0.9, lowest_rate=0.1, annealed_share=0.7
    )
