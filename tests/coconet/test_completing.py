"""Completing: holes are filled, the rest stays."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from musegen.coconet.completing import CompleteConfig, complete_job
from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.filling import FillConfig
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
from musegen.data.errors import UsageError
from musegen.data.score import Note, Part, Score

Untyped = Any  # options are of many types

QUARTER = 480
CENTRES = np.array([36, 30, 22, 12])


def near(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Likes each voice near its place, and near what the other voices show."""
    shown = np.where(is_hidden | (pitch < 0), 0, pitch % 5).sum(axis=-1)
    centre = CENTRES + shown[..., None] % 7
    distance = np.abs(np.arange(NUM_PITCHES) - centre[..., None])
    return np.asarray(-0.5 * distance, dtype=np.float32)


MODEL = CoconetModel(
    name="near",
    digest="0",
    config=BeatNetworkConfig(writes_rests=False),
    network=network_of(near),
)


def quartet() -> Score:
    parts = tuple(
        Part(
            notes=tuple(
                Note(onset=i * QUARTER, duration=QUARTER, pitch=pitch + i % 3)
                for i in range(8)
            )
        )
        for pitch in (72, 66, 58, 48)
    )
    return Score(ticks_per_quarter=QUARTER, parts=parts)


def completed(score: Score, *, seed: int = 0, **options: Untyped) -> FilledScore:
    filling = FillConfig(
        sampler=GibbsConfig(num_steps=3), refinement=RefinementConfig(num_rounds=1)
    )
    options = {"filling": filling, "beat_level": Fraction(1), **options}
    return complete_job(score, CompleteConfig(**options)).run(model=MODEL, seed=seed)


def test_what_is_not_named_stays() -> None:
    score = quartet()
    (setting,) = completed(score, bars=((2, 2),), hidden=(1,)).settings
    assert setting.given_parts == (0, 2, 3)
    assert [setting.score.parts[i] for i in (0, 2, 3)] == [
        score.parts[i] for i in (0, 2, 3)
    ]
    assert setting.score.parts[1].notes[:4] == score.parts[1].notes[:4]
    assert setting.score.parts[1] != score.parts[1]


def test_rests_are_filled() -> None:
    score = quartet()
    tenor = replace(score.parts[2], notes=score.parts[2].notes[:5])
    score = replace(score, parts=(*score.parts[:2], tenor, score.parts[3]))
    (setting,) = completed(score).settings
    assert setting.score.parts[2].notes[:5] == tenor.notes
    assert setting.score.parts[2].end == 8 * QUARTER
    assert (setting.grid >= 0).all()


def test_beginning_with_what_is_there_is_another_way() -> None:
    blank = completed(quartet(), hidden=(1, 2))
    revoiced = completed(quartet(), hidden=(1, 2), begins_with_given=True)
    assert not np.array_equal(blank.settings[0].grid, revoiced.settings[0].grid)


def test_beginning_with_nothing_there_is_refused() -> None:
    score = replace(quartet(), parts=quartet().parts[:1])
    with pytest.raises(UsageError, match="where it is to write there are none"):
        completed(score, begins_with_given=True)
