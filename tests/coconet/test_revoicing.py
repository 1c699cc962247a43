"""Re-voicing: one voice after another, the others shown as they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.constraints import Constraints, PinnedChord
from musegen.coconet.filling import FillConfig, Fillings, FillTask
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.revoicing import VoiceByVoice
from musegen.coconet.sampling import GibbsConfig
from musegen.data.errors import UsageError

NUM_STEPS = 16
START = np.tile(np.array([36, 30, 22, 12], np.int16), (NUM_STEPS, 1))
ONSET = np.where(np.arange(NUM_STEPS) % 4 == 0, 2, 1).astype(np.int8)
CONFIG = FillConfig(
    sampler=GibbsConfig(num_steps=2), refinement=RefinementConfig(num_rounds=0)
)


class Listener:
    """Draws anything, and keeps which voices were hidden and what was shown."""

    def __init__(self) -> None:
        self.hidden: list[tuple[int, ...]] = []
        self.shown: list[PitchIndex] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        voices = np.flatnonzero(is_hidden.any(axis=(0, 1)))
        self.hidden.append(tuple(int(voice) for voice in voices))
        self.shown.append(np.where(is_hidden, -9, pitch)[0])
        return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


def task(*voices: int) -> FillTask:
    is_free = np.zeros((NUM_STEPS, 4), dtype=bool)
    is_free[:, list(voices)] = True
    return FillTask(
        pitch=np.where(is_free, -1, START).astype(np.int16),
        is_free=is_free,
        planes=Planes.unknown(NUM_STEPS),
        phrases=((0, NUM_STEPS),),
    )


def revoiced(
    listener: Listener,
    *voices: int,
    start: PitchIndex = START,
    num_alternatives: int = 1,
    stop_after: int | None = None,
    seed: int = 0,
    constraints: Constraints | None = None,
) -> Fillings:
    method = VoiceByVoice(start=start, onset=np.tile(ONSET[:, None], (1, 4)))
    return method.fill(
        replace(task(*voices), constraints=constraints),
        model=CoconetModel(
            name="listener",
            digest="0",
            config=BeatNetworkConfig(writes_rests=False),
            network=network_of(listener),
        ),
        config=replace(
            CONFIG, num_alternatives=num_alternatives, num_candidates=num_alternatives
        ),
        seed=seed,
        is_stopped=None
        if stop_after is None
        else lambda: len(listener.hidden) >= stop_after,
    )


def test_one_voice_is_hidden_at_a_time_from_the_bass_up() -> None:
    listener = Listener()
    (found,) = revoiced(listener, 1, 3).fillings
    order = list(dict.fromkeys(voices for voices in listener.hidden if voices))
    assert order == [(3,), (1,)]
    assert np.array_equal(listener.shown[0][:, :3], START[:, :3])
    last = listener.shown[-1]
    assert np.array_equal(last[:, 3], found.pitch[:, 3])
    assert np.array_equal(found.pitch[:, [0, 2]], START[:, [0, 2]])


def test_voices_that_are_not_there_are_written_first() -> None:
    listener = Listener()
    start = START.copy()
    start[:, 0] = -1
    revoiced(listener, 0, 3, start=start)
    order = list(dict.fromkeys(voices for voices in listener.hidden if voices))
    assert order == [(0,), (3,)]


def test_alternatives_are_distinct_and_ranked() -> None:
    found = revoiced(Listener(), 1, num_alternatives=3).fillings
    assert [one.rank for one in found] == [1, 2, 3]
    assert len({one.pitch.tobytes() for one in found}) == 3
    costs = [one.evaluation.cost for one in found]
    assert costs == sorted(costs)


def test_the_seed_decides() -> None:
    grids = [revoiced(Listener(), 1, seed=s).fillings[0].pitch for s in (0, 0, 1)]
    assert np.array_equal(grids[0], grids[1])
    assert not np.array_equal(grids[0], grids[2])


def test_a_stop_leaves_the_other_voices_as_they_were() -> None:
    found = revoiced(Listener(), 1, 3, stop_after=1)
    assert found.was_stopped
    assert [notice.code for notice in found.notices] == ["stopped"]
    (one,) = found.fillings
    assert np.array_equal(one.pitch[:, :3], START[:, :3])
    assert not np.array_equal(one.pitch[:, 3], START[:, 3])


D7 = PinnedChord(start=4, end=8, pitch_classes=(2, 6, 9, 0), bass=2)


@pytest.mark.parametrize("stop_after", [None, 1, 4])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_for_holds_when_the_last_voice_is_written(
    seed: int, stop_after: int | None
) -> None:
    start = START.copy()
    start[:, 1] = 2  # the alto lies below all others
    constraints = Constraints(statements=(D7,), forbids_crossing=True)
    (found,) = revoiced(
        Listener(),
        *range(4),
        start=start,
        seed=seed,
        stop_after=stop_after,
        constraints=constraints,
    ).fillings
    assert {2, 6, 0} <= set((found.pitch[4] % 12).tolist())
    assert np.isin(found.pitch[4:8] % 12, (2, 6, 9, 0)).all()
    assert (found.pitch[4:8, 3] % 12 == 2).all()
    assert (np.diff(found.pitch, axis=1) <= 0).all()


def test_voices_that_are_not_rewritten_have_to_fit() -> None:
    with pytest.raises(UsageError, match=r"step 5: the chord is .* tenor is given"):
        revoiced(Listener(), 1, 3, constraints=Constraints(statements=(D7,)))


def test_a_note_that_a_given_voice_leaves_is_taken_over() -> None:
    chord = PinnedChord(start=4, end=8, pitch_classes=(0, 4, 7))
    start = START.copy()
    start[4:6, 0], start[6:, 0] = 40, 41  # the soprano goes on from E to F
    for seed in range(4):
        (found,) = revoiced(
            Listener(),
            *(1, 2, 3),
            start=start,
            seed=seed,
            constraints=Constraints(statements=(chord,)),
        ).fillings
        assert (found.pitch[4:8, 1:] % 12 == 0).any(axis=1).all()
        assert (found.pitch[6:8, 1:] % 12 == 4).any(axis=1).all()


def test_few_alternatives_are_said() -> None:
    start = START[:4]
    is_free = np.zeros((4, 4), dtype=bool)
    is_free[:, 1] = True
    planes = Planes.unknown(4)
    small = FillTask(pitch=start, is_free=is_free, planes=planes, phrases=((0, 4),))

    def certain(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        del is_hidden
        logits = np.full((*pitch.shape, NUM_PITCHES), -99.0, dtype=np.float32)
        logits[..., 20] = 0.0
        return logits

    model = CoconetModel(
        name="certain",
        digest="0",
        config=BeatNetworkConfig(writes_rests=False),
        network=network_of(certain),
    )
    found = VoiceByVoice(start=start, onset=np.ones((4, 4), np.int8)).fill(
        small, model=model, config=replace(CONFIG, num_alternatives=2), seed=0
    )
    assert len(found.fillings) == 1
    assert [notice.code for notice in found.notices] == ["few-alternatives"]


def test_progress_is_foretold() -> None:
    method = VoiceByVoice(start=START, onset=np.tile(ONSET[:, None], (1, 4)))
    done: list[int] = []
    method.fill(
        task(1, 2),
        model=CoconetModel(
            name="listener",
            digest="0",
            config=BeatNetworkConfig(writes_rests=False),
            network=network_of(Listener()),
        ),
        config=CONFIG,
        seed=0,
        advance=done.append,
    )
    assert sum(done) == method.num_forwards(task(1, 2), CONFIG)
