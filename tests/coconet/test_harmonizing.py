"""From a melody to ranked settings, with a network that only has favourites."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.filling import FillConfig
from musegen.coconet.harmonizing import HarmonizeConfig, harmonize, harmonize_job
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.score_filling import FilledScore
from musegen.coconet.wish_words import parse_pin
from musegen.coconet.wishes import Wishes
from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import Note, Part, Score

Untyped = Any  # Keras has no type information; options are of many types

QUARTER = 480
BEAT = Fraction(1)
FEW_STEPS = GibbsConfig(num_steps=3)


class Favourites:
    """Likes a chord below the melody, and keeps the shapes it was asked."""

    def __init__(self, *, strength: float = 0.4) -> None:
        self.strength = strength
        self.asked: list[tuple[int, ...]] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.asked.append(pitch.shape)
        root = np.maximum(pitch[:, :, :1], 24)
        centre = root - np.array([0, 7, 12, 24])
        distance = np.abs(np.arange(NUM_PITCHES) - centre[..., None])
        return np.asarray(-self.strength * distance, dtype=np.float32)


def model_of(logits: Untyped) -> CoconetModel:
    return CoconetModel(
        name="fake",
        digest="0",
        config=BeatNetworkConfig(planes=(), writes_rests=False),
        network=network_of(logits),
    )


def tune(*lengths: tuple[int, float]) -> Score:
    """From (pitch or -1 for a rest, quarters)."""
    notes, tick = [], 0
    for pitch, quarters in lengths:
        duration = round(quarters * QUARTER)
        if pitch >= 0:
            notes.append(Note(onset=tick, duration=duration, pitch=pitch, velocity=70))
        tick += duration
    melody = Part(notes=tuple(notes), name="Melody")
    return Score(ticks_per_quarter=QUARTER, parts=(melody,))


TUNE = tune((72, 1), (74, 1), (-1, 0.5), (76, 0.5), (76, 1), (74, 1 / 3), (72, 0.4))


NO_ROUNDS = RefinementConfig(num_rounds=0)


def harmonized(
    score: Score = TUNE,
    *,
    seed: int = 0,
    logits: Untyped = None,
    filling: Untyped = None,
    **changed: Untyped,
) -> FilledScore:
    options = {"sampler": FEW_STEPS, "refinement": NO_ROUNDS, **(filling or {})}
    return harmonize(
        score,
        model=model_of(logits or Favourites()),
        config=HarmonizeConfig(
            filling=FillConfig(**options), **{"beat_level": BEAT, **changed}
        ),
        seed=seed,
    )


def test_the_melody_comes_back_in_every_setting() -> None:
    found = harmonized(filling={"num_alternatives": 3})
    assert [setting.rank for setting in found.settings] == [1, 2, 3]
    for setting in found.settings:
        assert setting.score.parts[0] is TUNE.parts[0]
        names = [part.name for part in setting.score.parts]
        assert names == ["Melody", "Alto", "Tenor", "Bass"]
        assert all(part.notes for part in setting.score.parts)
        assert np.array_equal(setting.grid[:, 0], found.task.pitch[:, 0])
        assert (setting.grid[found.task.is_free] >= 36).all()
        assert setting.given_parts == (0,)


def test_alternatives_differ_and_come_best_first() -> None:
    found = harmonized(filling={"num_alternatives": 4, "num_candidates": 6})
    costs = [setting.evaluation.cost for setting in found.settings]
    assert costs == sorted(costs)
    heard = [tuple(p.notes for p in s.score.parts) for s in found.settings]
    assert len(set(heard)) == 4


def test_the_seed_decides_everything() -> None:
    first, again, other = (harmonized(seed=seed) for seed in (0, 0, 1))
    assert first.settings[0].score == again.settings[0].score
    assert first.settings[0].evaluation == again.settings[0].evaluation
    assert first.settings[0].score != other.settings[0].score


def test_long_rests_are_rests_in_all_voices() -> None:
    found = harmonized(tune((72, 2), (-1, 6), (74, 2)))
    (setting,) = found.settings
    assert (setting.grid[8:32] == -1).all()
    for part in setting.score.parts:
        assert not any(2 * QUARTER < note.end <= 8 * QUARTER for note in part.notes)
        assert part.notes[-1].end == 10 * QUARTER


def test_short_rests_of_the_melody_are_sung_through() -> None:
    found = harmonized()
    is_rest = (found.task.pitch[:, 0] < 0) & found.task.is_free[:, 1]
    assert is_rest.any()
    assert (found.settings[0].grid[is_rest, 1:] >= 0).all()


def test_a_bass_gets_three_voices_above() -> None:
    bass = tune((48, 1), (50, 1), (55, 2))
    (setting,) = harmonized(bass, given=(3,)).settings
    names = [part.name for part in setting.score.parts]
    assert names == ["Soprano", "Alto", "Tenor", "Melody"]
    assert setting.score.parts[3] is bass.parts[0]
    assert setting.given_parts == (3,)


def test_wishes_are_kept() -> None:
    wishes = Wishes(pins=(parse_pin("alto@1:2=D4"),))
    (setting,) = harmonized(wishes=wishes).settings
    assert setting.grid[4:8, 1].tolist() == [62] * 4


def test_notices_of_reading_and_of_writing_are_passed_on() -> None:
    bass = Part(notes=TUNE.parts[0].notes, name="Bass")
    score = replace(TUNE, parts=(*TUNE.parts, bass))
    codes = [notice.code for notice in harmonized(score).notices]
    assert {"voice-chosen", "beat-level", "parts-left-out"} <= set(codes)
    assert len(codes) == len(set(codes))


def test_options_reach_the_reading_and_the_writing() -> None:
    low = Part(notes=tuple(replace(n, pitch=n.pitch - 12) for n in TUNE.parts[0].notes))
    score = replace(TUNE, parts=(*TUNE.parts, replace(low, name="Low")))
    found = harmonized(score, voices=("Low",), keep=("Melody",), beat_level=Fraction(2))
    names = [part.name for part in found.settings[0].score.parts]
    assert names == ["Low", "Alto", "Tenor", "Bass", "Melody"]
    assert found.task.beat_level.quarters == 2


def test_nothing_to_harmonise_is_an_error() -> None:
    job = harmonize_job(TUNE, HarmonizeConfig(beat_level=BEAT))
    empty = replace(job.task, phrases=(), is_free=np.zeros_like(job.task.is_free))
    with pytest.raises(EmptyScoreError, match="long enough for a step"):
        replace(job, task=empty).run(model=model_of(Favourites()), seed=0)


@pytest.mark.parametrize(
    ("keep", "error"), [("9", VoiceNotFoundError), ("1", UsageError)]
)
def test_a_part_that_cannot_be_kept_is_refused_before_the_work(
    keep: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        harmonize_job(TUNE, HarmonizeConfig(keep=(keep,)))
