"""From a score with holes to ranked fillings, with networks that only lean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.coconet.ancestral import AncestralConfig
from musegen.coconet.ancestral_gibbs import AncestralGibbsConfig
from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.drawing import NUM_CLASSES
from musegen.coconet.filling import (
    MAX_ROUNDS,
    FillConfig,
    Filling,
    Fillings,
    FillTask,
    fill,
    fill_many,
    num_forwards,
)
from musegen.coconet.onsets import OnsetMode
from musegen.coconet.planes import HELD, STRUCK, Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    Prediction,
    network_of,
)
from musegen.coconet.ranking import RankingConfig
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.samplers import SamplerConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.upsampling import UpsamplingConfig
from musegen.coconet.windows import WindowConfig
from musegen.data.errors import EmptyScoreError, NumericsError

Untyped = Any  # options are of many types
Toy = Callable[[PitchIndex, IsHidden], Logits]

SMALL = WindowConfig(length=16, context=4, lookahead=4)
FEW = FillConfig(
    sampler=GibbsConfig(num_steps=3),
    refinement=RefinementConfig(num_rounds=1),
    ranking=RankingConfig(num_masks=2),
    windows=SMALL,
    num_candidates=3,
)
SAMPLERS: tuple[SamplerConfig, ...] = (
    GibbsConfig(num_steps=3),
    GibbsConfig(num_steps=2, block_steps=4),
    AncestralConfig(),
    AncestralConfig(order="chronological"),
    AncestralGibbsConfig(num_steps=2),
    UpsamplingConfig(num_steps=1),
)
every_sampler = pytest.mark.parametrize(
    "sampler", SAMPLERS, ids=lambda config: type(config).__name__
)


def neighbourly(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Leans to what is shown of the item, and writes rests."""
    shown = np.where(is_hidden, 0, pitch + 1)
    centre = 10 + shown.sum(axis=(1, 2), keepdims=True) % 25
    distance = np.abs(np.arange(NUM_CLASSES) - centre[..., None])
    return np.broadcast_to(-0.3 * distance, (*pitch.shape, NUM_CLASSES)).astype("f4")


def model_of(logits: Toy = neighbourly, *, writes_rests: bool = True) -> CoconetModel:
    return CoconetModel(
        name="fake",
        digest="0",
        config=BeatNetworkConfig(writes_rests=writes_rests, writes_onsets=False),
        network=network_of(logits),
    )


def task(num_steps: int = 24, *, tune: int = 30, **changed: Untyped) -> FillTask:
    pitch = np.full((num_steps, 4), -1, dtype=np.int16)
    pitch[:, 0] = tune + np.arange(num_steps) // 4 % 5
    options = {
        "pitch": pitch,
        "is_free": np.tile([False, True, True, True], (num_steps, 1)),
        "planes": Planes.unknown(num_steps),
        "phrases": ((0, num_steps),),
        **changed,
    }
    return FillTask(**options)


def filled(
    one: FillTask | None = None,
    *,
    seed: int = 0,
    logits: Toy = neighbourly,
    **changed: Untyped,
) -> Fillings:
    return fill(
        one or task(),
        model=model_of(logits),
        config=replace(FEW, **changed),
        seed=seed,
    )


def same(left: Filling, right: Filling) -> bool:
    return (
        np.array_equal(left.pitch, right.pitch)
        and np.array_equal(left.onset, right.onset)
        and left.evaluation == right.evaluation
        and left.rank == right.rank
    )


# --- Candidates


def test_alternatives_differ_and_come_best_first() -> None:
    found = filled(num_alternatives=4, num_candidates=6).fillings
    assert [filling.rank for filling in found] == [1, 2, 3, 4]
    costs = [filling.evaluation.cost for filling in found]
    assert costs == sorted(costs)
    assert len({filling.pitch.tobytes() for filling in found}) == 4


def test_the_best_of_many_is_no_worse_than_the_best_of_few() -> None:
    few = filled(num_candidates=1).fillings[0].evaluation.cost
    many = filled(num_candidates=12).fillings[0].evaluation.cost
    assert many < few


def test_the_ranking_decides_which_comes_first() -> None:
    def order(ranking: RankingConfig) -> list[bytes]:
        found = filled(ranking=ranking, num_candidates=8, num_alternatives=8)
        return [filling.pitch.tobytes() for filling in found.fillings]

    by_all = order(RankingConfig())
    by_likelihood = order(RankingConfig(fault_nats=0, crossing_nats=0, grade_weight=0))
    assert sorted(by_all) == sorted(by_likelihood)
    assert by_all != by_likelihood


def test_the_seed_decides_everything() -> None:
    first, again, other = (filled(seed=seed).fillings[0] for seed in (0, 0, 1))
    assert same(first, again)
    assert not np.array_equal(first.pitch, other.pitch)


@every_sampler
@pytest.mark.parametrize("batch_items", [1, 2, 5])
def test_a_candidate_depends_neither_on_their_number_nor_on_the_batch(
    sampler: SamplerConfig, batch_items: int
) -> None:
    few = filled(num_alternatives=2, num_candidates=2, sampler=sampler)
    many = filled(
        num_alternatives=5, num_candidates=5, sampler=sampler, batch_items=batch_items
    )
    by_pitch = {f.pitch.tobytes(): f.evaluation for f in many.fillings}
    for filling in few.fillings:
        assert by_pitch[filling.pitch.tobytes()] == filling.evaluation


@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_scores_filled_side_by_side_come_out_as_alone(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.sampled_from([8, 12, 20]), min_size=1, max_size=5))
    batch_items = data.draw(st.integers(1, 6))
    tasks = [task(length, tune=20 + index) for index, length in enumerate(lengths)]
    together = fill_many(
        tasks,
        model=model_of(),
        config=replace(FEW, batch_items=batch_items),
        seeds=range(len(tasks)),
    )
    for index, (one, found) in enumerate(zip(tasks, together, strict=True)):
        alone = filled(one, seed=index)
        assert same(found.fillings[0], alone.fillings[0])
        assert found.notices == alone.notices


def test_many_of_one_length_share_forward_passes() -> None:
    asked: list[tuple[int, ...]] = []

    def keep(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(pitch.shape)
        return neighbourly(pitch, is_hidden)

    fill_many(
        [task(8) for _ in range(4)],
        model=model_of(keep),
        config=replace(FEW, batch_items=4, num_candidates=1),
        seeds=range(4),
    )
    assert asked == [(4, 8, 4)] * (3 + 3 + 2)


def test_too_few_different_fillings_are_said_to_be() -> None:
    def certain(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = np.array(neighbourly(pitch, is_hidden))
        scores[..., 9] = 99.0
        return scores

    found = filled(logits=certain, num_alternatives=3)
    assert len(found.fillings) == 1
    (notice,) = found.notices
    assert notice.message == (
        "only 1 different settings came of 9 tries: raise --temperature for more"
    )


def test_further_rounds_are_drawn_only_for_those_that_lack_alternatives() -> None:
    asked: list[tuple[int, ...]] = []

    def certain_where_low(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(pitch.shape)
        scores = np.array(neighbourly(pitch, is_hidden))
        scores[pitch[:, 0, 0] < 25, ..., 7] = 90.0
        return scores

    results = fill_many(
        [task(8, tune=20), task(8, tune=30)],
        model=model_of(certain_where_low),
        config=replace(FEW, num_alternatives=2, num_candidates=2, batch_items=4),
        seeds=[0, 0],
    )
    assert [len(found.fillings) for found in results] == [1, 2]
    assert [len(found.notices) for found in results] == [1, 0]
    batches = [shape[0] for shape in asked]
    passes = 3 + 3 + 2
    assert batches == [4] * passes + [2] * passes * (MAX_ROUNDS - 1)


def test_what_differs_only_after_the_end_is_one() -> None:
    def undecided_after_step_5(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = np.array(neighbourly(pitch, is_hidden))
        scores[:, :5, :, 9] = 99.0
        return scores

    one = task(8, end_step=5)
    found = filled(one, logits=undecided_after_step_5, num_alternatives=2)
    (filling,) = found.fillings
    assert (filling.pitch[5:, 1:] == -1).all()
    assert (filling.pitch[:5, 1:] >= 0).all()
    assert (filling.onset[5:, 1:] == HELD).all()
    assert np.array_equal(filling.pitch[:, 0], one.pitch[:, 0])


def test_nothing_to_do_returns_what_is_given_without_asking() -> None:
    def refuse(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        raise AssertionError("asked")

    full = task(8)
    full = replace(full, is_free=np.zeros_like(full.is_free))
    found = filled(full, logits=refuse, num_alternatives=2)
    (filling,) = found.fillings
    assert np.array_equal(filling.pitch, full.pitch)
    assert found.notices == ()
    assert num_forwards(full, FEW) == 0


def test_everything_free_is_filled() -> None:
    empty = task(8)
    empty = replace(empty, is_free=np.ones_like(empty.is_free))
    filling = filled(empty).fillings[0]
    assert (filling.pitch >= 0).all()
    assert (filling.onset[0] == STRUCK).all()


def test_no_phrase_is_an_error() -> None:
    nothing = task(8)
    nothing = replace(nothing, is_free=np.zeros_like(nothing.is_free), phrases=())
    with pytest.raises(EmptyScoreError, match="long enough for a step"):
        filled(nothing)


def test_a_network_without_numbers_is_an_error() -> None:
    def broken(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        return np.full((*pitch.shape, NUM_CLASSES), np.nan, dtype=np.float32)

    with pytest.raises(NumericsError):
        filled(logits=broken)


# --- Onsets


def test_given_onsets_are_kept_and_new_ones_follow_the_rule() -> None:
    one = task(16)
    one.planes.onset[0, :, 0] = HELD
    one.planes.onset[0, [0, 4, 6, 8], 0] = STRUCK

    def constant(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = np.array(neighbourly(pitch, is_hidden))
        scores[..., 9] = 99.0
        return scores

    (filling,) = filled(one, logits=constant).fillings
    assert np.array_equal(filling.onset[:, 0], one.planes.onset[0, :, 0])
    for voice in (1, 2, 3):
        struck = np.flatnonzero(filling.onset[:, voice] == STRUCK)
        assert struck.tolist() == [0, 4, 8]


@pytest.mark.parametrize(
    ("onsets", "share"), [("sampled", 0.75), ("likeliest", 1.0), ("rule", 0.25)]
)
def test_networks_that_write_onsets_are_asked(onsets: OnsetMode, share: float) -> None:
    def network(pitch: PitchIndex, is_hidden: IsHidden, planes: Planes) -> Prediction:
        scores = np.array(neighbourly(pitch, is_hidden))
        scores[..., 9] = 99.0
        odds = np.full(pitch.shape, np.log(3.0), dtype=np.float32)
        return Prediction(logits=scores, onset_odds=odds)

    writing = CoconetModel(
        name="fake", digest="0", config=BeatNetworkConfig(), network=network
    )
    found = fill(task(200), model=writing, config=replace(FEW, onsets=onsets), seed=0)
    is_struck = found.fillings[0].onset[:, 1:] == STRUCK
    assert is_struck.mean() == pytest.approx(share, abs=0.07)


# --- Progress and stopping


@every_sampler
@pytest.mark.parametrize("batch_items", [1, 2, 8])
def test_progress_is_foretold(sampler: SamplerConfig, batch_items: int) -> None:
    one = task(40, phrases=((0, 24), (24, 40)))
    config = replace(FEW, sampler=sampler, batch_items=batch_items)
    told: list[int] = []
    fill(one, model=model_of(), config=config, seed=0, advance=told.append)
    assert sum(told) == num_forwards(one, config)


def test_stopped_work_returns_the_best_of_the_waves_that_were_finished() -> None:
    asked: list[int] = []

    def counting(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(len(pitch))
        return neighbourly(pitch, is_hidden)

    config = replace(FEW, num_candidates=6, num_alternatives=1, batch_items=2)
    one = task(12)
    passes = 3 + 3 + 2
    found = fill(
        one,
        model=model_of(counting),
        config=config,
        seed=0,
        is_stopped=lambda: len(asked) >= 2 * passes + 1,
    )
    whole = fill(
        one, model=model_of(), config=replace(config, num_candidates=4), seed=0
    )
    assert found.was_stopped
    assert same(found.fillings[0], whole.fillings[0])
    assert found.notices[0].message == "stopped before the end: the best of 4 so far"
    assert not whole.was_stopped


def test_every_task_has_a_result_when_stopped_at_once() -> None:
    tasks = [task(8), task(40), task(12, phrases=((0, 8), (8, 12)))]
    results = fill_many(
        tasks, model=model_of(), config=FEW, seeds=[0, 1, 2], is_stopped=lambda: True
    )
    for one, found in zip(tasks, results, strict=True):
        assert found.was_stopped
        assert (found.fillings[0].pitch >= 0).all()
        assert np.array_equal(found.fillings[0].pitch[:, 0], one.pitch[:, 0])
