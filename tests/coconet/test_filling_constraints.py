"""What is asked for holds in every filling, whatever the sampler, stopped or not."""

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
from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.constraints import (
    Cadence,
    Constraints,
    PinnedChord,
    PinnedNote,
    Rests,
    Statement,
    VoiceRange,
)
from musegen.coconet.drawing import NUM_CLASSES
from musegen.coconet.filling import (
    FillConfig,
    Fillings,
    FillTask,
    fill,
)
from musegen.coconet.planes import HELD, Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.ranking import RankingConfig
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.samplers import SamplerConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.upsampling import UpsamplingConfig
from musegen.coconet.windows import WindowConfig
from musegen.data.errors import UsageError

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


def tune_at(step: Untyped, *, tune: int = 30) -> Untyped:
    """The given soprano: another pitch on each beat."""
    return tune + step // 4 % 5


def task(num_steps: int = 24, *, tune: int = 30, **changed: Untyped) -> FillTask:
    pitch = np.full((num_steps, 4), -1, dtype=np.int16)
    pitch[:, 0] = tune_at(np.arange(num_steps), tune=tune)
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


@st.composite
def statements(draw: st.DrawFn, num_steps: int) -> list[Statement]:
    """Statements that do not contradict one another: each has steps of its own."""
    result: list[Statement] = []
    for start in range(0, num_steps, 4):
        end = start + 4
        kind = draw(
            st.sampled_from(["none", "note", "rest", "chord", "range", "rests"])
        )
        voice = draw(st.integers(1, 3))
        pitch = draw(st.integers(MIN_PITCH, MIN_PITCH + NUM_PITCHES - 1))
        if kind == "note":
            result.append(PinnedNote(voice=voice, start=start, end=end, pitch=pitch))
        elif kind == "rest":
            result.append(PinnedNote(voice=voice, start=start, end=end, pitch=None))
        elif kind == "chord":
            root = (tune_at(start) + MIN_PITCH - draw(st.sampled_from([0, 4, 7]))) % 12
            chord = (root, (root + 4) % 12, (root + 7) % 12)
            result.append(
                PinnedChord(start=start, end=end, pitch_classes=chord, bass=root)
            )
        elif kind == "range":
            highest = min(pitch + 3, MIN_PITCH + NUM_PITCHES - 1)
            result.append(
                VoiceRange(
                    voices=(voice,), lowest=pitch, highest=highest, start=start, end=end
                )
            )
        elif kind == "rests":
            result.append(Rests(is_allowed=True, voices=(voice,), start=start, end=end))
    return result


def check(pitch: PitchIndex, stated: list[Statement]) -> None:
    """Every statement holds; silence is only where it was asked for."""
    may_rest = np.zeros(pitch.shape, dtype=bool)
    midi = np.where(pitch < 0, -1, pitch + MIN_PITCH)
    for one in stated:
        steps = slice(one.start, one.end)  # type: ignore[union-attr]
        if isinstance(one, PinnedNote):
            wanted = -1 if one.pitch is None else one.pitch
            assert (midi[steps, one.voice] == wanted).all()
            may_rest[steps, one.voice] |= one.pitch is None
        elif isinstance(one, PinnedChord):
            assert np.isin(midi[steps, 1:] % 12, one.pitch_classes).all()
            assert (midi[steps, 3] % 12 == one.bass).all()
            for tone in one.required:
                assert (midi[steps] % 12 == tone).any(axis=1).all()
        elif isinstance(one, VoiceRange):
            line = midi[steps, one.voices[0]]
            assert ((line >= one.lowest) & (line <= one.highest)).all()
        elif isinstance(one, Rests):
            may_rest[steps, one.voices] = True
    assert not (midi < 0)[~may_rest].any()


@every_sampler
@given(stated=statements(24), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=6, deadline=None)
def test_constraints_hold_and_what_is_given_stays(
    sampler: SamplerConfig, stated: list[Statement], seed: int
) -> None:
    one = task(constraints=Constraints(statements=tuple(stated)))
    found = filled(one, seed=seed, sampler=sampler, num_candidates=2)
    for filling in found.fillings:
        assert np.array_equal(filling.pitch[:, 0], one.pitch[:, 0])
        check(filling.pitch, stated)


@every_sampler
@pytest.mark.parametrize("stop_after", [0, 2, 7])
def test_constraints_hold_when_stopped(sampler: SamplerConfig, stop_after: int) -> None:
    asked: list[int] = []

    def counting(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(1)
        return neighbourly(pitch, is_hidden)

    stated: list[Statement] = [
        PinnedChord(start=0, end=4, pitch_classes=(6, 10, 1), bass=6),
        PinnedChord(start=4, end=24, pitch_classes=(0, 4, 7), bass=0),
        PinnedNote(voice=2, start=20, end=24, pitch=60),
    ]
    given_tune = np.where(np.arange(24) < 4, 30, 36)
    pitch = np.full((24, 4), -1, dtype=np.int16)
    pitch[:, 0] = given_tune
    one = task(
        pitch=pitch,
        constraints=Constraints(statements=tuple(stated), forbids_crossing=True),
    )
    found = fill(
        one,
        model=model_of(counting),
        config=replace(FEW, sampler=sampler, num_candidates=40, num_alternatives=2),
        seed=0,
        is_stopped=lambda: len(asked) >= stop_after,
    )
    assert found.was_stopped
    assert [notice.code for notice in found.notices] == ["stopped"]
    for filling in found.fillings:
        assert np.array_equal(filling.pitch[:, 0], one.pitch[:, 0])
        check(filling.pitch, stated)
        assert (np.diff(filling.pitch, axis=1) <= 0).all()
    # At most one pass for each window that was left, and one mask to rank by.
    assert len(asked) <= stop_after + 2 + 2


@every_sampler
@pytest.mark.parametrize("forbids_crossing", [False, True])
@given(seed=st.integers(0, 2**32 - 1), heat=st.sampled_from([0.0, 1.0, 3.0]))
@settings(max_examples=4, deadline=None)
def test_chords_are_whole_whatever_is_free(
    sampler: SamplerConfig, forbids_crossing: bool, seed: int, heat: float
) -> None:
    stated: list[Statement] = [
        VoiceRange(voices=(1,), lowest=50, highest=70),
        VoiceRange(voices=(2,), lowest=46, highest=66),
        PinnedChord(start=0, end=4, pitch_classes=(2, 6, 9, 0)),  # D7
        PinnedChord(start=6, end=8, pitch_classes=(11, 2, 5)),  # Bdim
        PinnedChord(start=8, end=12, pitch_classes=(1, 4, 7, 10)),  # C#dim7
        Cadence(kind="authentic", tonic=7, is_minor=True, end=24, final_steps=8),
    ]
    constraints = Constraints(
        statements=tuple(stated), forbids_crossing=forbids_crossing
    )
    found = filled(
        task(is_free=np.ones((24, 4), dtype=bool), constraints=constraints),
        seed=seed,
        sampler=replace(sampler, temperature=heat),
        num_candidates=1,
    )
    pitch = found.fillings[0].pitch
    sounding = [set((step[step >= 0] % 12).tolist()) for step in pitch]
    assert all(tones == {2, 6, 0} | tones & {9} for tones in sounding[:4])
    assert sounding[6:8] == [{11, 2, 5}] * 2
    assert sounding[8:12] == [{1, 4, 7, 10}] * 4
    assert all({2, 6} <= tones <= {2, 6, 9, 0} for tones in sounding[12:16])
    assert all({7, 10} <= tones <= {7, 10, 2} for tones in sounding[16:])
    assert (pitch[12:16, 3] % 12 == 2).all()
    if forbids_crossing:
        assert (np.diff(pitch, axis=1) <= 0).all()


def test_a_contradiction_is_an_error_before_the_network_is_asked() -> None:
    def refuse(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        raise AssertionError("asked")

    pin = PinnedNote(voice=0, start=4, end=8, pitch=40)
    one = task(
        constraints=Constraints(statements=(pin,)), place=lambda step: f"bar {step}"
    )
    with pytest.raises(UsageError, match=r"^bar 4: the soprano is pinned to E2"):
        filled(one, logits=refuse)


def test_rests_are_written_where_the_config_allows_them() -> None:
    def resting(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = neighbourly(pitch, is_hidden)
        scores[..., -1] = 30.0
        return scores

    silent = filled(logits=resting, allow_rests=True).fillings[0]
    assert (silent.pitch[:, 1:] == -1).all()
    assert (silent.onset[:, 1:] == HELD).all()
    assert (filled(logits=resting).fillings[0].pitch >= 0).all()
    forbidden = task(constraints=Constraints(statements=(Rests(is_allowed=False),)))
    found = filled(forbidden, logits=resting, allow_rests=True)
    assert (found.fillings[0].pitch >= 0).all()
