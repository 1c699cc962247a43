"""What every sampler keeps to, whichever it is."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.ancestral import AncestralConfig
from musegen.coconet.ancestral_gibbs import AncestralGibbsConfig
from musegen.coconet.config import NUM_PITCHES, REST_CLASS
from musegen.coconet.control import Control
from musegen.coconet.drawing import NUM_CLASSES, Allowed
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.coconet.samplers import SamplerConfig, sample
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.schedules import ConstantSchedule
from musegen.coconet.upsampling import UpsamplingConfig
from musegen.data.errors import NumericsError

EVERY: tuple[SamplerConfig, ...] = (
    GibbsConfig(num_steps=4),
    GibbsConfig(num_steps=3, block_steps=4, top_p=0.9),
    AncestralConfig(),
    AncestralConfig(order="chronological", top_p=0.8),
    AncestralGibbsConfig(num_steps=2),
    AncestralGibbsConfig(num_steps=2, block_steps=1, order="chronological"),
    UpsamplingConfig(num_steps=2),
)
every_sampler = pytest.mark.parametrize(
    "config", EVERY, ids=lambda config: type(config).__name__
)


def generators(num_items: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, item]) for item in range(num_items)]


def neighbourly(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Each item's scores depend on all that is shown of it, and on nothing else."""
    shown = np.where(is_hidden, 0, pitch + 1).astype(np.float32)
    shown *= np.arange(1, pitch[0].size + 1).reshape(pitch.shape[1:])
    centre = shown.sum(axis=(1, 2), keepdims=True) % NUM_PITCHES
    distance = np.abs(np.arange(NUM_CLASSES) - centre[..., None])
    scores = np.repeat(-0.3 * distance, 4, axis=2)
    return np.repeat(scores, pitch.shape[1], axis=1).astype(np.float32)


@every_sampler
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_known_cells_stay_and_free_ones_are_as_allowed(
    config: SamplerConfig, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    num_steps = int(rng.integers(1, 7))
    pitch = rng.integers(-1, NUM_PITCHES, (2, num_steps, 4)).astype(np.int16)
    is_free = rng.random(pitch.shape) < rng.choice([0.0, 0.3, 0.9, 1.0])
    classes = rng.random((2, num_steps, 4, NUM_CLASSES)) < 0.2
    some = rng.integers(0, NUM_CLASSES, (2, num_steps, 4, 1))
    np.put_along_axis(classes, some, True, axis=-1)
    before = pitch.copy()
    result = sample(
        pitch,
        is_free,
        logits=neighbourly,
        config=config,
        generators=generators(2, seed),
        allowed=Allowed(classes=classes),
    )
    assert np.array_equal(pitch, before)  # the caller's array is left alone
    assert np.array_equal(result[~is_free], pitch[~is_free])
    drawn = np.where(result < 0, REST_CLASS, result).astype(np.int64)
    is_met = np.take_along_axis(classes, drawn[..., None], axis=-1)[..., 0]
    assert is_met[is_free].all()
    assert result.dtype == np.int16


@every_sampler
def test_voices_never_cross_where_that_is_forbidden(config: SamplerConfig) -> None:
    pitch = np.full((2, 8, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = 25
    allowed = replace(Allowed.pitches(8, allow_rests=True), forbids_crossing=True)
    result = sample(
        pitch,
        pitch < 0,
        logits=neighbourly,
        config=config,
        generators=generators(2),
        allowed=allowed,
    )
    upper, lower = result[..., :-1], result[..., 1:]
    assert not ((upper >= 0) & (lower >= 0) & (upper < lower)).any()


@every_sampler
def test_without_a_word_every_free_cell_sounds(config: SamplerConfig) -> None:
    pitch = np.full((1, 8, 4), -1, dtype=np.int16)

    def silent(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = np.zeros((*pitch.shape, NUM_CLASSES), dtype=np.float32)
        scores[..., REST_CLASS] = 30.0
        return scores

    result = sample(
        pitch, pitch < 0, logits=silent, config=config, generators=generators(1)
    )
    assert (result >= 0).all()
    resting = sample(
        pitch,
        pitch < 0,
        logits=silent,
        config=config,
        generators=generators(1),
        allowed=Allowed.pitches(8, allow_rests=True),
    )
    assert (resting == -1).all()


@every_sampler
def test_an_item_does_not_depend_on_its_batch(config: SamplerConfig) -> None:
    pitch = np.full((3, 6, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = np.arange(18).reshape(3, 6)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    is_free[1, 2:] = False  # of unequal numbers of free cells

    def sampled(items: list[int]) -> PitchIndex:
        return sample(
            pitch[items],
            is_free[items],
            logits=neighbourly,
            config=config,
            generators=[generators(3)[item] for item in items],
        )

    together = sampled([0, 1, 2])
    assert np.array_equal(sampled([2])[0], together[2])
    assert np.array_equal(sampled([1])[0], together[1])
    assert np.array_equal(sampled([2, 0])[1], together[0])
    assert not np.array_equal(together[0, :, 1:], together[2, :, 1:])


@every_sampler
def test_an_item_without_free_cells_leaves_its_generator_alone(
    config: SamplerConfig,
) -> None:
    pitch = np.zeros((2, 3, 4), dtype=np.int16)
    is_free = np.zeros(pitch.shape, dtype=bool)
    is_free[1] = True
    streams = generators(2)
    sample(pitch, is_free, logits=neighbourly, config=config, generators=streams)
    fresh = generators(2)
    assert streams[0].random() == fresh[0].random()
    assert streams[1].random() != fresh[1].random()


@every_sampler
def test_the_seed_decides_everything(config: SamplerConfig) -> None:
    pitch = np.full((1, 8, 4), -1, dtype=np.int16)
    results = [
        sample(
            pitch,
            pitch < 0,
            logits=neighbourly,
            config=replace(config, temperature=3.0),
            generators=generators(1, seed),
        )
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


@every_sampler
def test_nothing_free_asks_nothing_of_the_network(config: SamplerConfig) -> None:
    def refuse(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        raise AssertionError("asked")

    pitch = np.full((1, 4, 4), 3, dtype=np.int16)
    result = sample(
        pitch,
        np.zeros(pitch.shape, dtype=bool),
        logits=refuse,
        config=config,
        generators=generators(1),
    )
    assert np.array_equal(result, pitch)
    assert result is not pitch
    assert config.num_forwards(0) == 0


@every_sampler
def test_progress_is_foretold(config: SamplerConfig) -> None:
    pitch = np.full((2, 8, 4), -1, dtype=np.int16)
    is_free = pitch < 0
    is_free[0, :, 2:] = False
    told: list[int] = []
    sample(
        pitch,
        is_free,
        logits=neighbourly,
        config=config,
        generators=generators(2),
        control=Control(advance=told.append),
    )
    assert sum(told) == config.num_forwards(32)


@every_sampler
@pytest.mark.parametrize("stop_after", [0, 1, 2, 5])
def test_stopped_work_is_whole_and_obeys(
    config: SamplerConfig, stop_after: int
) -> None:
    pitch = np.full((2, 8, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = 30
    asked: list[IsHidden] = []
    classes = np.zeros((1, 8, 4, NUM_CLASSES), dtype=bool)
    classes[..., [5, 6, 7]] = True

    def count(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(is_hidden)
        return neighbourly(pitch, is_hidden)

    control = Control(is_stopped=lambda: len(asked) >= stop_after)
    result = sample(
        pitch,
        pitch < 0,
        logits=count,
        config=config,
        generators=generators(2),
        allowed=Allowed(classes=classes),
        control=control,
    )
    assert (result[:, :, 0] == 30).all()
    assert np.isin(result[:, :, 1:], [5, 6, 7]).all()
    assert len(asked) <= stop_after + 1
    if control.was_stopped:
        assert len(asked) >= min(stop_after, 1)


@every_sampler
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_an_error(
    config: SamplerConfig, bad: float
) -> None:
    def broken(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        return np.full((*pitch.shape, NUM_PITCHES), bad, dtype=np.float32)

    pitch = np.full((1, 4, 4), -1, dtype=np.int16)
    with pytest.raises(NumericsError, match="not numbers"):
        sample(pitch, pitch < 0, logits=broken, config=config, generators=generators(1))


@every_sampler
def test_what_is_no_grid_is_refused(config: SamplerConfig) -> None:
    pitch = np.full((2, 4, 4), -1, dtype=np.int16)
    with pytest.raises(ValueError, match="each of 2 items is needed; received 1"):
        sample(
            pitch,
            pitch < 0,
            logits=neighbourly,
            config=config,
            generators=generators(1),
        )
    with pytest.raises(ValueError, match="a pitch index is -1 to 45"):
        sample(
            pitch + 60,
            pitch < 0,
            logits=neighbourly,
            config=config,
            generators=generators(2),
        )


# --- The law of what is drawn, against a joint distribution that is known exactly


NUM_VALUES = 3
JOINT = np.random.default_rng(11).dirichlet(np.full(NUM_VALUES**4, 0.15))
JOINT = JOINT.reshape((NUM_VALUES,) * 4)
NUM_SAMPLES = 3000


def exact(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """The true conditional of each cell of a single step, given what is shown."""
    values = np.arange(NUM_VALUES)
    fits = is_hidden[:, 0, :, None] | (pitch[:, 0, :, None] == values)
    weights = JOINT * np.einsum("na,nb,nc,nd->nabcd", *np.moveaxis(fits, 1, 0))
    scores = np.full((*pitch.shape, NUM_PITCHES), -60.0, dtype=np.float32)
    for voice in range(4):
        others = tuple(axis + 1 for axis in range(4) if axis != voice)
        marginal = weights.sum(axis=others)
        scores[:, 0, voice, :NUM_VALUES] = np.log(marginal + 1e-12)
    return scores


def distance(config: SamplerConfig) -> float:
    """Total variation between what is drawn and the joint distribution."""
    pitch = np.full((NUM_SAMPLES, 1, 4), -1, dtype=np.int16)
    drawn = sample(
        pitch,
        pitch < 0,
        logits=exact,
        config=config,
        generators=generators(NUM_SAMPLES),
    )
    found = np.zeros_like(JOINT)
    np.add.at(found, tuple(drawn[:, 0].T), 1 / NUM_SAMPLES)
    return float(np.abs(found - JOINT).sum() / 2)


def chance() -> float:
    """The distance of as many samples from the joint distribution itself."""
    counts = np.random.default_rng(0).multinomial(NUM_SAMPLES, JOINT.ravel())
    return float(np.abs(counts / NUM_SAMPLES - JOINT.ravel()).sum() / 2)


@pytest.mark.parametrize(
    "config",
    [
        AncestralConfig(order="random"),
        AncestralConfig(order="chronological"),
        AncestralGibbsConfig(num_steps=3, block_steps=1),
        AncestralGibbsConfig(num_steps=3, order="chronological", block_steps=1),
    ],
)
def test_ancestral_draws_have_the_joint_law(config: SamplerConfig) -> None:
    assert distance(config) < 1.5 * chance() + 0.01


def test_gibbs_sampling_comes_near_the_joint_law() -> None:
    at_once = distance(GibbsConfig(num_steps=1, temperature=1.0))
    schedule = ConstantSchedule(rate=0.2)
    mixed = distance(GibbsConfig(num_steps=16, temperature=1.0, schedule=schedule))
    assert at_once > 0.3  # independent draws miss it
    assert mixed < at_once / 3


def test_other_temperatures_leave_the_law() -> None:
    assert distance(AncestralConfig(temperature=0.3)) > 3 * chance()


def test_every_law_is_a_law() -> None:
    assert JOINT.sum() == pytest.approx(1.0)
    cells = list(itertools.product(range(NUM_VALUES), repeat=4))
    pitch = np.array(cells, dtype=np.int16)[:, None]
    is_hidden = np.zeros(pitch.shape, dtype=bool)
    is_hidden[..., 2] = True
    scores: NDArray[np.float64] = exact(pitch, is_hidden)[:, 0, 2, :3].astype(float)
    given_rest = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    row = given_rest[0]
    assert row == pytest.approx(JOINT[0, 0, :, 0] / JOINT[0, 0, :, 0].sum(), abs=1e-4)
