"""Batches of phrases, each of which comes out as it would alone."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed
from musegen.coconet.fill_jobs import (
    Job,
    JobConfig,
    batch_forwards,
    batch_onsets,
    batches,
    draw_batch,
)
from musegen.coconet.onsets import OnsetMode
from musegen.coconet.planes import STRUCK, Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    PitchIndex,
    Prediction,
    load_coconet,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.windows import WindowConfig

WINDOWS = WindowConfig(length=16, context=4, lookahead=4)


class Hearing:
    """A network that leans to where the metre says, and keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[Planes] = []

    def __call__(
        self, pitch: PitchIndex, is_hidden: IsHidden, planes: Planes
    ) -> Prediction:
        self.told.append(planes)
        distance = np.abs(np.arange(NUM_PITCHES) - planes.metre[..., None, None])
        scores = np.broadcast_to(-0.5 * distance, (*pitch.shape, NUM_PITCHES))
        return Prediction(
            logits=scores.astype(np.float32),
            onset_odds=np.full(pitch.shape, 9.0, dtype=np.float32),
        )


def model(*, writes_onsets: bool = True) -> CoconetModel:
    return CoconetModel(
        name="fake",
        digest="0",
        config=BeatNetworkConfig(writes_onsets=writes_onsets),
        network=Hearing(),
    )


def job(number: int, *, num_steps: int = 24, seed: int = 0, phrase: int = 0) -> Job:
    pitch = np.full((num_steps, 4), -1, dtype=np.int16)
    pitch[:, 0] = 30
    planes = Planes.unknown(num_steps)
    planes.metre[:] = 10 + number
    return Job(
        pitch=pitch,
        is_free=pitch < 0,
        planes=planes,
        allowed=Allowed.pitches(num_steps),
        seed=seed,
        candidate=number,
        phrase=phrase,
    )


def config(*, onsets: OnsetMode = "sampled") -> JobConfig:
    return JobConfig(
        sampler=GibbsConfig(num_steps=3),
        refinement=RefinementConfig(num_rounds=1),
        windows=WINDOWS,
        num_masks=2,
        onsets=onsets,
    )


def drawn(*jobs: Job) -> tuple[PitchIndex, list[float]]:
    pitch, losses = draw_batch(jobs, model=model(), config=config(), control=Control())
    return pitch, list(losses.nats)


def test_jobs_share_a_batch_only_at_equal_lengths() -> None:
    lengths = [8, 12, 8, 8, 12, 8, 8]
    jobs = [job(number, num_steps=length) for number, length in enumerate(lengths)]
    assert batches(jobs, 3) == [[0, 2, 3], [5, 6], [1, 4]]
    assert batches(jobs, 99) == [[0, 2, 3, 5, 6], [1, 4]]
    assert batches(jobs, 1) == [[0], [2], [3], [5], [6], [1], [4]]


def test_jobs_that_may_not_cross_go_by_themselves() -> None:
    strict = Allowed(classes=Allowed.pitches(8).classes, forbids_crossing=True)
    jobs = [job(0, num_steps=8), job(1, num_steps=8), job(2, num_steps=8)]
    object.__setattr__(jobs[1], "allowed", strict)
    assert batches(jobs, 8) == [[0, 2], [1]]


def test_a_job_comes_out_as_it_would_alone() -> None:
    jobs = [job(0), job(1, seed=5), job(2, phrase=3)]
    together, losses = drawn(*jobs)
    for index, one in enumerate(jobs):
        alone, loss = drawn(one)
        assert np.array_equal(alone[0], together[index])
        assert loss == [losses[index]]
    backwards, _ = drawn(*jobs[::-1])
    assert np.array_equal(backwards[::-1], together)


def test_the_network_hears_of_each_job_what_is_known_of_it() -> None:
    pitch, _ = drawn(job(0), job(20))
    assert pitch[0, :, 1:].mean() == pytest.approx(10, abs=2)
    assert pitch[1, :, 1:].mean() == pytest.approx(30, abs=2)


def test_seed_candidate_and_phrase_make_the_random_numbers() -> None:
    def first(**changed: int) -> float:
        options = {"number": 1, "seed": 2, "phrase": 3, **changed}
        return float(job(**options).generator("candidate").random())

    values = {first(), first(number=2), first(seed=3), first(phrase=4)}
    assert len(values) == 4
    assert first() in values
    assert job(1).generator("candidate").random() != job(1).generator("onsets").random()


def test_candidates_are_compared_on_the_same_masks() -> None:
    masks: list[IsHidden] = []

    def keep(pitch: PitchIndex, is_hidden: IsHidden, planes: Planes) -> Prediction:
        masks.append(is_hidden)
        return Hearing()(pitch, is_hidden, planes)

    watching = CoconetModel(
        name="fake", digest="0", config=BeatNetworkConfig(), network=keep
    )
    jobs = [job(0, num_steps=8), job(1, num_steps=8)]
    draw_batch(jobs, model=watching, config=config(), control=Control())
    for is_hidden in masks[-2:]:
        assert np.array_equal(is_hidden[0], is_hidden[1])


def test_passes_are_foretold() -> None:
    told: list[int] = []
    jobs = [job(0), job(1)]
    draw_batch(
        jobs, model=model(), config=config(), control=Control(advance=told.append)
    )
    # two windows of three steps, one round of three, and two masks
    assert sum(told) == batch_forwards(jobs, config()) == 2 * (3 + 3 + 2)


@pytest.mark.parametrize(
    ("onsets", "writes_onsets", "is_asked"),
    [
        ("sampled", True, True),
        ("likeliest", True, True),
        ("rule", True, False),
        ("sampled", False, False),
    ],
)
def test_onsets_are_asked_of_networks_that_say(
    onsets: OnsetMode, writes_onsets: bool, is_asked: bool
) -> None:
    jobs = [job(0, num_steps=8), job(1, num_steps=8)]
    pitch = np.ones((2, 8, 4), dtype=np.int16)
    found = batch_onsets(
        jobs,
        pitch,
        np.zeros(pitch.shape, dtype=np.int8),
        model=model(writes_onsets=writes_onsets),
        config=config(onsets=onsets),
        control=Control(),
    )
    assert (found is not None) == is_asked
    if found is not None:
        assert (found == STRUCK).mean() > 0.99


def test_the_shipped_network_computes_each_item_alike_whatever_the_batch() -> None:
    # What makes a result independent of its neighbours, to the last bit.
    shipped = load_coconet("coconet_jsb_base", device="cpu")
    rng = np.random.default_rng(0)
    pitch = rng.integers(0, NUM_PITCHES, (5, 16, 4)).astype(np.int16)
    is_hidden = rng.random(pitch.shape) < 0.5
    together = shipped.logits(pitch, is_hidden)
    for item in range(5):
        alone = shipped.logits(pitch[item : item + 1], is_hidden[item : item + 1])
        assert np.array_equal(alone[0], together[item])
    mixed = shipped.logits(pitch[[3, 1]], is_hidden[[3, 1]])
    assert np.array_equal(mixed, together[[3, 1]])
