"""Gibbs sampling: what is known stays, what is free is drawn as the model says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.predicting import IsHidden, Logits, LogitsFunction, PitchIndex
from musegen.coconet.sampling import GibbsConfig, draw_pitches, gibbs_sample
from musegen.data.errors import NumericsError


def generators(num_items: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, item]) for item in range(num_items)]


def neighbourly(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Each item's scores depend on all that is shown of it, and on nothing else."""
    shown = np.where(is_hidden, 0, pitch + 1).astype(np.float32)
    shown *= np.arange(1, pitch[0].size + 1).reshape(pitch.shape[1:])
    centre = shown.sum(axis=(1, 2), keepdims=True) % NUM_PITCHES
    distance = np.abs(np.arange(NUM_PITCHES) - centre[..., None])
    scores = np.repeat(-0.3 * distance, 4, axis=2)
    return np.repeat(scores, pitch.shape[1], axis=1).astype(np.float32)


def constant(scores: NDArray[Any]) -> LogitsFunction:
    def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        return np.broadcast_to(scores, (*pitch.shape, NUM_PITCHES)).astype(np.float32)

    return logits


@given(data=st.data(), num_steps=st.integers(1, 5), seed=st.integers(0, 1000))
def test_known_cells_stay_and_free_cells_are_filled(
    data: st.DataObject, num_steps: int, seed: int
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    pitch = rng.integers(-1, NUM_PITCHES, (2, num_steps, 4)).astype(np.int16)
    is_free = rng.random(pitch.shape) < data.draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))
    before = pitch.copy()
    result = gibbs_sample(
        pitch,
        is_free,
        logits=neighbourly,
        config=GibbsConfig(num_steps=data.draw(st.integers(1, 6))),
        generators=generators(2, seed),
    )
    assert np.array_equal(pitch, before)  # the caller's array is left alone
    assert np.array_equal(result[~is_free], pitch[~is_free])
    assert ((result[is_free] >= 0) & (result[is_free] < NUM_PITCHES)).all()
    assert result.dtype == np.int16


def test_an_item_does_not_depend_on_its_batch() -> None:
    pitch = np.full((3, 6, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = np.arange(18).reshape(3, 6)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    config = GibbsConfig(num_steps=7)

    def sample(items: list[int]) -> PitchIndex:
        return gibbs_sample(
            pitch[items],
            is_free[items],
            logits=neighbourly,
            config=config,
            generators=[generators(3)[item] for item in items],
        )

    together = sample([0, 1, 2])
    assert np.array_equal(sample([2])[0], together[2])
    assert np.array_equal(sample([2, 0])[1], together[0])
    assert not np.array_equal(together[0, :, 1:], together[1, :, 1:])


def test_an_item_without_free_cells_leaves_its_generator_alone() -> None:
    pitch = np.zeros((2, 3, 4), dtype=np.int16)
    is_free = np.zeros(pitch.shape, dtype=bool)
    is_free[1] = True
    streams = generators(2)
    gibbs_sample(
        pitch, is_free, logits=neighbourly, config=GibbsConfig(), generators=streams
    )
    fresh = generators(2)
    assert streams[0].random() == fresh[0].random()
    assert streams[1].random() != fresh[1].random()


def test_the_same_seed_gives_the_same_grid_and_another_seed_another() -> None:
    pitch = np.full((1, 8, 4), -1, dtype=np.int16)
    results = [
        gibbs_sample(
            pitch,
            pitch < 0,
            logits=neighbourly,
            config=GibbsConfig(num_steps=3),
            generators=generators(1, seed),
        )
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


def test_nothing_free_asks_nothing_of_the_network() -> None:
    def refuse(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        raise AssertionError("asked")

    pitch = np.full((1, 4, 4), 3, dtype=np.int16)
    result = gibbs_sample(
        pitch,
        np.zeros(pitch.shape, dtype=bool),
        logits=refuse,
        config=GibbsConfig(),
        generators=generators(1),
    )
    assert np.array_equal(result, pitch)
    assert result is not pitch


def test_the_first_step_hides_every_free_cell_and_no_known_one() -> None:
    asked: list[IsHidden] = []

    def record(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(is_hidden.copy())
        return constant(np.zeros(NUM_PITCHES))(pitch, is_hidden)

    pitch = np.full((1, 200, 4), -1, dtype=np.int16)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    config = GibbsConfig(num_steps=10)
    advanced: list[int] = []
    gibbs_sample(
        pitch,
        is_free,
        logits=record,
        config=config,
        generators=generators(1),
        advance=advanced.append,
    )
    assert np.array_equal(asked[0], is_free)
    assert not any(is_hidden[:, :, 0].any() for is_hidden in asked)
    for step in range(1, 10):
        share = asked[step][is_free].mean()
        assert share == pytest.approx(config.rate_at(step), abs=0.08)
    assert advanced == [1] * 10


def test_one_step_is_one_independent_draw() -> None:
    calls: list[int] = []

    def record(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        calls.append(1)
        return constant(np.zeros(NUM_PITCHES))(pitch, is_hidden)

    pitch = np.full((1, 4, 4), -1, dtype=np.int16)
    result = gibbs_sample(
        pitch,
        pitch < 0,
        logits=record,
        config=GibbsConfig(num_steps=1),
        generators=generators(1),
    )
    assert len(calls) == 1
    assert (result >= 0).all()


def test_draws_follow_the_probabilities_of_the_network() -> None:
    probabilities = np.zeros(NUM_PITCHES)
    probabilities[[0, 7, 45]] = 0.5, 0.2, 0.3
    with np.errstate(divide="ignore"):
        scores = np.maximum(np.log(probabilities), -1e4)
    pitch = np.full((4, 500, 4), -1, dtype=np.int16)
    result = gibbs_sample(
        pitch,
        pitch < 0,
        logits=constant(scores),
        config=GibbsConfig(num_steps=3, temperature=1.0),
        generators=generators(4),
    )
    share = np.bincount(result.ravel(), minlength=NUM_PITCHES) / result.size
    assert np.abs(share - probabilities).max() < 0.03
    assert share[probabilities == 0.0].max() == 0.0


@pytest.mark.parametrize(
    ("temperature", "expected"), [(1.0, 0.8), (0.5, 16 / 17), (2.0, 2 / 3)]
)
def test_temperature_raises_probabilities_to_its_inverse(
    temperature: float, expected: float
) -> None:
    scores = np.full((1, 4000, 1, 2), 0.0, dtype=np.float32)
    scores[..., 1] = np.log(4.0)
    uniforms = np.random.default_rng(0).random((1, 4000, 1))
    drawn = draw_pitches(scores, uniforms, temperature=temperature)
    assert drawn.mean() == pytest.approx(expected, abs=0.03)


def test_a_small_temperature_concentrates_and_none_takes_the_best() -> None:
    shape = (2, 50, 4, NUM_PITCHES)
    scores = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    uniforms = np.random.default_rng(1).random((2, 50, 4))
    best = scores.argmax(axis=-1)
    assert np.array_equal(draw_pitches(scores, uniforms, temperature=0.0), best)
    assert np.array_equal(draw_pitches(scores, uniforms, temperature=1e-6), best)
    warm = draw_pitches(scores, uniforms, temperature=1.0)
    assert 0.02 < (warm == best).mean() < 0.5
    hot = draw_pitches(scores, uniforms, temperature=float("inf"))
    assert np.array_equal(hot, (uniforms * NUM_PITCHES).astype(int))


def test_the_ends_of_the_random_numbers_draw_pitches_that_can_sound() -> None:
    scores = np.full((1, 1, 2, NUM_PITCHES), -1e5, dtype=np.float32)
    scores[..., 20:22] = 0.0
    uniforms = np.array([[[0.0, np.nextafter(1.0, 0.0)]]])
    drawn = draw_pitches(scores, uniforms, temperature=0.99)
    assert drawn.tolist() == [[[20, 21]]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_an_error(bad: float) -> None:
    scores = np.zeros(NUM_PITCHES)
    scores[5] = bad
    pitch = np.full((1, 4, 4), -1, dtype=np.int16)
    with pytest.raises(NumericsError, match="not numbers: verify the model with"):
        gibbs_sample(
            pitch,
            pitch < 0,
            logits=constant(scores),
            config=GibbsConfig(temperature=0.0),
            generators=generators(1),
        )


def test_the_rate_falls_as_yao_has_it() -> None:
    config = GibbsConfig(num_steps=100)
    assert config.rate_at(0) == pytest.approx(0.9)
    assert config.rate_at(35) == pytest.approx(0.5)
    assert config.rate_at(69) == pytest.approx(0.9 - 0.8 * 69 / 70)
    assert config.rate_at(70) == pytest.approx(0.1)
    assert config.rate_at(99) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_steps": 0}, "num_steps must be at least 1; received 0"),
        ({"temperature": -0.1}, "temperature must be at least 0; received -0.1"),
        ({"temperature": float("nan")}, "temperature must be at least 0"),
        ({"lowest_rate": 0.95}, "lowest_rate <= highest_rate <= 1; received 0.95"),
        ({"highest_rate": 1.5}, "<= 1; received 0.1 and 1.5"),
        ({"lowest_rate": -0.1}, "0 <= lowest_rate"),
        ({"annealed_share": 0.0}, r"annealed_share must lie in \(0, 1\]"),
        ({"annealed_share": 1.1}, r"annealed_share must lie in \(0, 1\]"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        GibbsConfig(**changed)


def test_a_generator_for_each_item_is_asked_for() -> None:
    pitch = np.full((2, 4, 4), -1, dtype=np.int16)
    with pytest.raises(ValueError, match="each of 2 items is needed; received 1"):
        gibbs_sample(
            pitch,
            pitch < 0,
            logits=neighbourly,
            config=GibbsConfig(),
            generators=generators(1),
        )
