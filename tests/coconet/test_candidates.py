"""Candidates in waves: put together from phrases, kept when they are new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from musegen.coconet.candidates import Work, draw_wave
from musegen.coconet.config import NUM_PITCHES, REST_CLASS, BeatNetworkConfig
from musegen.coconet.constraints import Constraints, PinnedNote
from musegen.coconet.control import Control
from musegen.coconet.fill_task import LONG_STEPS, FillConfig, FillTask
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.data.errors import EmptyScoreError

FEW = FillConfig(
    sampler=GibbsConfig(num_steps=2),
    refinement=RefinementConfig(num_rounds=0),
    num_candidates=4,
)


def flat(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


def model(logits: Callable[[PitchIndex, IsHidden], Logits] = flat) -> CoconetModel:
    return CoconetModel(
        name="fake",
        digest="0",
        config=BeatNetworkConfig(writes_rests=False, writes_onsets=False),
        network=network_of(logits),
    )


def task(num_steps: int = 16, *phrases: tuple[int, int]) -> FillTask:
    pitch = np.full((num_steps, 4), -1, dtype=np.int16)
    pitch[:, 0] = 30
    return FillTask(
        pitch=pitch,
        is_free=pitch < 0,
        planes=Planes.unknown(num_steps),
        phrases=phrases or ((0, num_steps),),
    )


def work(task: FillTask, *, seed: int = 0, writes_rests: bool = False) -> Work:
    return Work(task, seed=seed, config=FEW, writes_rests=writes_rests)


def test_what_can_only_be_one_thing_is_shown_as_given() -> None:
    pins = Constraints(
        statements=(
            PinnedNote(voice=3, start=0, end=4, pitch=48),
            PinnedNote(voice=2, start=4, end=8, pitch=None),
        )
    )
    found = work(replace(task(), constraints=pins))
    assert (found.pitch[:4, 3] == 12).all()
    assert (found.pitch[4:8, 2] == -1).all()
    assert not found.is_free[:4, 3].any()
    assert not found.is_free[4:8, 2].any()
    assert found.is_free.sum() == 48 - 8
    shown: list[PitchIndex] = []

    def keep(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        assert not is_hidden[:, :4, 3].any()
        shown.append(pitch)
        return flat(pitch, is_hidden)

    draw_wave([found], range(1), model(keep), FEW, Control(), is_needed=True)
    assert all((pitch[:, :4, 3] == 12).all() for pitch in shown)


def test_rests_are_allowed_only_where_the_network_writes_them() -> None:
    resting = replace(FEW, allow_rests=True)
    for writes_rests in (False, True):
        found = Work(task(), seed=0, config=resting, writes_rests=writes_rests)
        assert found.allowed.classes[..., REST_CLASS].all() == writes_rests
    assert not work(task(), writes_rests=True).allowed.classes[..., REST_CLASS].any()


def test_phrases_are_put_back_in_their_places() -> None:
    def by_length(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = flat(pitch, is_hidden)
        scores[..., pitch.shape[1]] = 90.0
        return scores

    whole = task(24)
    is_free = whole.is_free.copy()
    is_free[20:] = False
    cut = replace(whole, is_free=is_free, phrases=((0, 8), (8, 20)))
    works = [work(cut), work(task(12))]
    draw_wave(works, range(1), model(by_length), FEW, Control(), is_needed=True)
    ((first, _),) = works[0].found.values()
    ((second, _),) = works[1].found.values()
    assert (first.pitch[:8, 1:] == 8).all()
    assert (first.pitch[8:20, 1:] == 12).all()
    assert (first.pitch[20:, 1:] == -1).all()
    assert (second.pitch[:, 1:] == 12).all()


def test_the_same_candidate_is_kept_once() -> None:
    found = work(task())
    for _ in range(2):
        draw_wave([found], range(3), model(), FEW, Control(), is_needed=True)
    assert len(found.found) == 3
    assert found.lacks(4)
    assert not found.lacks(3)


def test_where_nothing_is_free_one_is_all_there_is() -> None:
    full = task()
    full = replace(full, is_free=np.zeros_like(full.is_free))
    found = work(full)
    assert found.lacks(5)
    draw_wave([found], range(2), model(), FEW, Control(), is_needed=True)
    assert len(found.found) == 1
    assert not found.lacks(5)


@pytest.mark.parametrize("is_needed", [True, False])
def test_a_stopped_wave_is_finished_only_where_it_is_needed(is_needed: bool) -> None:
    asked: list[PitchIndex] = []

    def keep(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(pitch)
        return flat(pitch, is_hidden)

    found = work(task(24, (0, 8), (8, 24)))
    control = Control(is_stopped=lambda: bool(asked))
    draw_wave([found], range(1), model(keep), FEW, control, is_needed=is_needed)
    assert len(found.found) == is_needed
    lengths = {pitch.shape[1] for pitch in asked}
    assert lengths == ({8, 16} if is_needed else {8})


def test_nothing_to_fill_is_an_error() -> None:
    nothing = task()
    nothing = replace(nothing, is_free=np.zeros_like(nothing.is_free), phrases=())
    with pytest.raises(EmptyScoreError, match="long enough for a step"):
        work(nothing)


def test_a_long_task_gets_its_own_number_of_candidates() -> None:
    config = replace(FEW, num_candidates=3, num_long_candidates=2)
    works = [
        Work(task(steps), seed=0, config=config, writes_rests=False)
        for steps in (LONG_STEPS, LONG_STEPS + 4)
    ]
    draw_wave(works, range(3), model(), config, Control(), is_needed=True)
    assert [len(work.found) for work in works] == [3, 2]
    # A second round asks for as many again.
    assert [work.wanted(range(3, 6)) for work in works] == [[3, 4, 5], [3, 4]]


def test_the_candidates_of_a_long_task_are_those_of_a_short_list() -> None:
    config = replace(FEW, num_candidates=3, num_long_candidates=2)
    few = replace(FEW, num_candidates=2)
    found = []
    for chosen, numbers in ((config, range(3)), (few, range(2))):
        long = Work(task(LONG_STEPS + 4), seed=0, config=chosen, writes_rests=False)
        draw_wave([long], numbers, model(), chosen, Control(), is_needed=True)
        found.append(set(long.found))
    assert found[0] == found[1]


@pytest.mark.parametrize("long", [0, 5])
def test_a_number_of_long_candidates_out_of_range_is_refused(long: int) -> None:
    with pytest.raises(ValueError, match="num_long_candidates"):
        replace(FEW, num_long_candidates=long)
