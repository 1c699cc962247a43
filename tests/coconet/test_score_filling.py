"""One road for every command: what the model cannot do is refused, stops are kept."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.filling import FillConfig
from musegen.coconet.harmonizing import HarmonizeConfig, harmonize_job
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.score_filling import ScoreJob
from musegen.data.errors import UsageError
from musegen.data.score import Note, Part, Score

TUNE = Score(
    ticks_per_quarter=4,
    parts=(
        Part(
            notes=tuple(Note(onset=4 * i, duration=4, pitch=70 + i) for i in range(8))
        ),
    ),
)
QUICK = FillConfig(
    sampler=GibbsConfig(num_steps=3), refinement=RefinementConfig(num_rounds=1)
)


def flat(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    del is_hidden
    return np.zeros((*pitch.shape, NUM_PITCHES + 1), dtype=np.float32)


def model(config: BeatNetworkConfig) -> CoconetModel:
    return CoconetModel(
        name="flat", digest="0", config=config, network=network_of(flat)
    )


HEARING = model(BeatNetworkConfig())
DEAF = model(BeatNetworkConfig(planes=(), writes_rests=False))


def job(**options: object) -> ScoreJob:
    config = HarmonizeConfig(filling=QUICK, beat_level=Fraction(1))
    return harmonize_job(TUNE, replace(config, **options))  # type: ignore[arg-type]


def test_progress_is_foretold() -> None:
    done: list[int] = []
    made = job()
    made.run(model=DEAF, seed=0, advance=done.append)
    assert sum(done) == made.num_forwards() > 0


def test_rests_are_refused_where_the_model_writes_none() -> None:
    asked = job(filling=replace(QUICK, allow_rests=True))
    with pytest.raises(UsageError, match="--rests does nothing with the model flat"):
        asked.run(model=DEAF, seed=0)
    (setting,) = asked.run(model=HEARING, seed=0).settings
    assert (setting.grid[:, 1:] < 0).any()


def test_phrase_ends_are_refused_where_the_model_does_not_hear_them() -> None:
    asked = job(phrase_ends="auto")
    with pytest.raises(UsageError, match="--phrase-ends does nothing"):
        asked.run(model=DEAF, seed=0)
    assert asked.run(model=HEARING, seed=0).settings


def test_a_stop_gives_what_there_is() -> None:
    found = job().run(model=HEARING, seed=0, is_stopped=lambda: True)
    assert found.was_stopped
    assert len(found.settings) == 1
    assert found.settings[0].score.parts[0] is TUNE.parts[0]
    assert not job().run(model=HEARING, seed=0).was_stopped
