"""From a melody to ranked settings, with a network that only has favourites."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.harmonizing import (
    MAX_ROUNDS,
    Harmonization,
    HarmonizeConfig,
    harmonize,
    harmonize_task,
    num_forwards,
)
from musegen.coconet.melody import prepare_melody
from musegen.coconet.predicting import CoconetModel, IsHidden, Logits, PitchIndex
from musegen.coconet.ranking import NUM_MASKS
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.windows import WindowConfig
from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import Note, Part, Score

Untyped = Any  # Keras has no type information; options are of many types

QUARTER = 480
BEAT = Fraction(1)
FEW_STEPS = GibbsConfig(num_steps=3)
SMALL_WINDOWS = WindowConfig(length=16, context=4, lookahead=4)


class Favourites:
    """Likes a chord below the melody, and keeps the shapes it was asked."""

    def __init__(self, *, strength: float = 0.4) -> None:
        self.strength = strength
        self.asked: list[tuple[int, ...]] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.asked.append(pitch.shape)
        assert not is_hidden[:, :, 0].any()
        root = np.maximum(pitch[:, :, :1], 24)
        centre = root - np.array([0, 7, 12, 24])
        distance = np.abs(np.arange(NUM_PITCHES) - centre[..., None])
        return np.asarray(-self.strength * distance, dtype=np.float32)


def model_of(logits: Untyped) -> CoconetModel:
    return CoconetModel(
        name="fake", digest="0", config=BeatNetworkConfig(), logits=logits
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
    score: Score = TUNE, *, seed: int = 0, logits: Untyped = None, **changed: Untyped
) -> Harmonization:
    options: dict[str, Any] = {
        "gibbs": FEW_STEPS,
        "refinement": NO_ROUNDS,
        "beat_level": BEAT,
        **changed,
    }
    return harmonize(
        score,
        model=model_of(logits or Favourites()),
        config=HarmonizeConfig(**options),
        seed=seed,
    )


def test_the_melody_comes_back_in_every_setting() -> None:
    found = harmonized(num_alternatives=3)
    assert len(found.settings) == 3
    for setting in found.settings:
        assert setting.score.parts[0] is TUNE.parts[0]
        names = [part.name for part in setting.score.parts]
        assert names == ["Melody", "Alto", "Tenor", "Bass"]
        assert all(part.notes for part in setting.score.parts)
        assert np.array_equal(setting.grid[:, 0], found.task.line.pitch)
        end = found.task.end_step
        assert (setting.grid[:end, 1:] >= 36).all()


def test_alternatives_differ_and_come_best_first() -> None:
    found = harmonized(num_alternatives=4, num_candidates=6)
    assert [setting.rank for setting in found.settings] == [1, 2, 3, 4]
    costs = [setting.evaluation.cost for setting in found.settings]
    assert costs == sorted(costs)
    assert len({setting.grid.tobytes() for setting in found.settings}) == 4
    heard = [tuple(p.notes for p in s.score.parts) for s in found.settings]
    assert len(set(heard)) == 4


def test_the_best_of_many_is_no_worse_than_the_best_of_few() -> None:
    few = harmonized(num_candidates=1).settings[0].evaluation.cost
    many = harmonized(num_candidates=12).settings[0].evaluation.cost
    assert many < few


def test_the_seed_decides_everything() -> None:
    first, again, other = (harmonized(seed=seed) for seed in (0, 0, 1))
    assert first.settings[0].score == again.settings[0].score
    assert first.settings[0].evaluation == again.settings[0].evaluation
    assert first.settings[0].score != other.settings[0].score


def test_a_candidate_does_not_depend_on_how_many_there_are() -> None:
    few = harmonized(num_alternatives=2, num_candidates=2)
    many = harmonized(num_alternatives=7, num_candidates=7)
    by_grid = {s.grid.tobytes(): s.evaluation for s in many.settings}
    for setting in few.settings:
        assert by_grid[setting.grid.tobytes()] == setting.evaluation


def test_long_rests_are_rests_in_all_voices() -> None:
    score = tune((72, 2), (-1, 6), (74, 2))
    found = harmonized(score)
    assert found.task.phrases == ((0, 8), (32, 40))
    (setting,) = found.settings
    assert (setting.grid[8:32] == -1).all()
    for part in setting.score.parts:
        assert not any(2 * QUARTER < note.end <= 8 * QUARTER for note in part.notes)
        assert part.notes[-1].end == 10 * QUARTER


def test_short_rests_of_the_melody_are_sung_through() -> None:
    found = harmonized()
    is_rest = found.task.line.pitch[: found.task.end_step] < 0
    assert is_rest.any()
    assert (found.settings[0].grid[: found.task.end_step, 1:][is_rest] >= 0).all()


def test_long_melodies_are_cut_into_windows_of_bounded_length() -> None:
    logits = Favourites()
    score = tune(*[(72 + index % 5, 1) for index in range(30)])
    found = harmonized(score, logits=logits, windows=SMALL_WINDOWS, num_candidates=2)
    assert {shape[:2] for shape in logits.asked} == {(2, 16)}
    assert (found.settings[0].grid >= 0).all()


def test_settings_that_only_differ_after_the_end_are_one() -> None:
    strict, free = Favourites(strength=60.0), Favourites(strength=0.0)

    def undecided_after_step_5(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = strict(pitch, is_hidden)
        scores[:, 5:] = free(pitch, is_hidden)[:, 5:]
        return scores

    found = harmonized(
        tune((72, 1.25)), logits=undecided_after_step_5, num_alternatives=2
    )
    assert found.task.end_step == 5
    assert len(found.settings) == 1


def test_too_few_different_settings_are_said_to_be() -> None:
    logits = Favourites()
    found = harmonized(
        logits=logits,
        gibbs=GibbsConfig(num_steps=2, temperature=0.0),
        num_alternatives=3,
        num_candidates=3,
    )
    assert len(found.settings) == 1
    assert len(logits.asked) == MAX_ROUNDS * (2 + NUM_MASKS)
    (notice,) = (n for n in found.notices if n.code == "few-alternatives")
    assert notice.message == (
        "only 1 different settings came of 9 tries: raise --temperature for more"
    )


def test_enough_different_settings_need_one_round() -> None:
    logits = Favourites()
    found = harmonized(logits=logits, num_alternatives=2)
    assert len(logits.asked) == 3 + NUM_MASKS
    assert "few-alternatives" not in [notice.code for notice in found.notices]


def test_drafts_are_polished() -> None:
    logits = Favourites()
    drafts = harmonized(logits=Favourites())
    polished = harmonized(logits=logits, refinement=RefinementConfig(num_rounds=2))
    assert len(logits.asked) == 3 + 2 * 3 + NUM_MASKS
    assert not np.array_equal(drafts.settings[0].grid, polished.settings[0].grid)


@pytest.mark.parametrize("window_config", [WindowConfig(), SMALL_WINDOWS])
def test_progress_is_foretold(window_config: WindowConfig) -> None:
    score = tune((72, 9), (-1, 7), (74, 2))
    config = HarmonizeConfig(gibbs=FEW_STEPS, windows=window_config, beat_level=BEAT)
    advanced: list[int] = []
    found = harmonize(
        score,
        model=model_of(Favourites()),
        config=config,
        seed=0,
        advance=advanced.append,
    )
    assert sum(advanced) == num_forwards(found.task, config)


def test_notices_of_reading_and_of_writing_are_passed_on() -> None:
    bass = Part(notes=TUNE.parts[0].notes, name="Bass")
    score = replace(TUNE, parts=(*TUNE.parts, bass))
    codes = [notice.code for notice in harmonized(score).notices]
    assert {"voice-chosen", "beat-level", "parts-left-out"} <= set(codes)
    assert len(codes) == len(set(codes))


def test_options_reach_the_reading_and_the_writing() -> None:
    low = Part(notes=tuple(replace(n, pitch=n.pitch - 12) for n in TUNE.parts[0].notes))
    score = replace(TUNE, parts=(*TUNE.parts, replace(low, name="Low")))
    found = harmonized(score, voice="Low", keep=("Melody",), beat_level=Fraction(2))
    names = [part.name for part in found.settings[0].score.parts]
    assert names == ["Low", "Alto", "Tenor", "Bass", "Melody"]
    assert found.task.beat_level.quarters == 2


def test_the_temperature_reaches_the_sampler() -> None:
    def spread(temperature: float) -> float:
        gibbs = GibbsConfig(num_steps=2, temperature=temperature)
        grid = harmonized(gibbs=gibbs, num_candidates=1).settings[0].grid
        return float(np.abs(np.diff(grid[:16, 1:].astype(int), axis=0)).mean())

    assert spread(0.1) < spread(3.0)


def test_nothing_to_harmonise_is_an_error() -> None:
    task = replace(prepare_melody(TUNE, beat_level=BEAT), phrases=())
    with pytest.raises(EmptyScoreError, match="long enough for a step"):
        harmonize_task(
            task, model=model_of(Favourites()), config=HarmonizeConfig(), seed=0
        )


def test_scores_of_phrases_are_weighed_by_their_length() -> None:
    found = harmonized(tune((72, 6), (-1, 6), (79, 1)), num_candidates=1)
    whole = found.settings[0].evaluation
    assert found.task.phrases == ((0, 24), (48, 52))
    assert whole.leading.num_beats == 7.0
    faults = whole.leading.num_parallels + whole.leading.crossings / 4
    assert whole.cost == pytest.approx(whole.nats_per_cell + 3.0 * faults / (3 * 28))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_alternatives": 0}, "num_alternatives must be at least 1; received 0"),
        ({"num_alternatives": 5}, "at least num_alternatives; received 4 for 5"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        HarmonizeConfig(**changed)


@pytest.mark.parametrize(
    ("keep", "error"), [("9", VoiceNotFoundError), ("1", UsageError)]
)
def test_a_part_that_cannot_be_kept_is_refused_before_the_work(
    keep: str, error: type[Exception]
) -> None:
    logits = Favourites()
    with pytest.raises(error):
        harmonized(logits=logits, keep=(keep,))
    assert not logits.asked
