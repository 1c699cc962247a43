"""Candidates are ordered by likelihood, grade and faults, all by one measure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, REST_CLASS
from musegen.coconet.control import Control
from musegen.coconet.drawing import NUM_CLASSES
from musegen.coconet.planes import HELD, STRUCK
from musegen.coconet.predicting import (
    IsHidden,
    Logits,
    LogitsFunction,
    PitchIndex,
    SameEverywhere,
)
from musegen.coconet.ranking import (
    WORST_GRADE,
    CandidateScore,
    Losses,
    RankingConfig,
    candidate_losses,
    judge,
    loss_forwards,
)
from musegen.coconet.windows import WindowConfig, windows
from musegen.data.grading.grade import grade_grid

Untyped = Any  # options are of many types

WHOLE = WindowConfig()
SHORT = WindowConfig(length=16, context=4, lookahead=4)
FAVOURITES = np.array([40, 31, 24, 12])
NO_GRADE = RankingConfig(grade_weight=0.0)


def preferring(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Each voice has a favourite pitch, whatever is shown."""
    distance = np.abs(np.arange(NUM_PITCHES) - FAVOURITES[:, None])
    return np.broadcast_to(-0.5 * distance, (*pitch.shape, NUM_PITCHES)).astype("f4")


def lower_voices_free(pitch: PitchIndex) -> IsHidden:
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    return is_free


def chorale(num_items: int, num_steps: int) -> PitchIndex:
    return np.tile(FAVOURITES, (num_items, num_steps, 1)).astype(np.int16)


def losses(
    pitch: PitchIndex,
    *,
    seed: int = 0,
    window_config: WindowConfig = WHOLE,
    logits: LogitsFunction = preferring,
    num_masks: int = 4,
    control: Control | None = None,
) -> Losses:
    return candidate_losses(
        pitch,
        lower_voices_free(pitch),
        logits=SameEverywhere(logits),
        window_config=window_config,
        num_masks=num_masks,
        generators=[np.random.default_rng(seed) for _ in pitch],
        control=control,
    )


def per_cell(found: Losses) -> list[float]:
    return list(found.nats / found.num_cells)


def judged(
    pitch: PitchIndex, config: RankingConfig = NO_GRADE, **changed: Untyped
) -> CandidateScore:
    options = {"nats": 96.0, "num_scored": 48, "num_free": 48, **changed}
    onset = np.full(pitch.shape, HELD, dtype=np.int8)
    onset = options.pop("onset", onset)
    return judge(pitch, onset, config=config, **options)


def varied(num_steps: int = 64) -> PitchIndex:
    """Four voices that move enough to be graded."""
    rng = np.random.default_rng(3)
    moves = rng.integers(-2, 3, (num_steps // 4, 4)).cumsum(axis=0) % 7
    return np.repeat(FAVOURITES + moves - 3, 4, axis=0).astype(np.int16)


# --- Likelihood


def test_the_likelier_candidate_loses_less() -> None:
    pitch = chorale(3, 32)
    pitch[1, 8:12, 2] += 4
    pitch[2, 8:24, 2] += 4
    found = per_cell(losses(pitch))
    assert found == sorted(found)
    assert found[0] < found[1] < found[2]


def test_nats_are_the_loss_of_a_free_cell() -> None:
    scores = preferring(chorale(1, 1), np.ones((1, 1, 4), bool))[0, 0]
    expected = (np.log(np.exp(scores).sum(axis=-1)) - scores.max(axis=-1))[1:].mean()
    (found,) = per_cell(losses(chorale(1, 400)))
    assert found == pytest.approx(expected, rel=0.02)


def test_silence_is_scored_by_networks_that_write_it() -> None:
    def silent(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = np.zeros((*pitch.shape, NUM_CLASSES), dtype=np.float32)
        scores[..., REST_CLASS] = 10.0
        return scores

    pitch = chorale(2, 32)
    pitch[0, :, 1:] = -1
    resting, sounding = per_cell(losses(pitch, logits=silent))
    assert resting == pytest.approx(0.0, abs=0.01)
    assert sounding == pytest.approx(10.0, abs=0.01)


def test_half_of_the_free_cells_are_hidden_and_no_given_one() -> None:
    asked: list[IsHidden] = []

    def record(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(is_hidden)
        return preferring(pitch, is_hidden)

    found = losses(chorale(2, 200), logits=record, num_masks=3)
    assert len(asked) == 3
    for is_hidden in asked:
        assert not is_hidden[:, :, 0].any()
        assert is_hidden[0, :, 1:].mean() == pytest.approx(0.5, abs=0.1)
        assert np.array_equal(is_hidden[0], is_hidden[1])
    assert not np.array_equal(asked[0], asked[1])
    assert found.num_cells[0] == sum(is_hidden[0].sum() for is_hidden in asked)


def test_each_cell_is_scored_once_whatever_the_windows() -> None:
    pitch = chorale(2, 60)
    pitch[1, ::7, 2] += 3
    whole, cut = losses(pitch), losses(pitch, window_config=SHORT)
    assert whole.nats == pytest.approx(cut.nats)
    assert np.array_equal(whole.num_cells, cut.num_cells)


def test_a_loss_does_not_depend_on_the_other_candidates() -> None:
    pitch = chorale(3, 24)
    pitch[1, 4:, 1] += 2
    together, alone = losses(pitch), losses(pitch[1:2])
    assert together.nats[1] == alone.nats[0]
    assert together.num_cells[1] == alone.num_cells[0]


def test_the_seed_chooses_the_masks() -> None:
    pitch = chorale(1, 8)
    pitch[0, 3, 2] += 5
    assert per_cell(losses(pitch, seed=0)) == per_cell(losses(pitch, seed=0))
    assert per_cell(losses(pitch, seed=0)) != per_cell(losses(pitch, seed=1))


def test_progress_is_foretold_and_windows_without_free_cells_are_spared() -> None:
    advanced: list[int] = []
    pitch = chorale(1, 60)
    losses(
        pitch,
        window_config=SHORT,
        control=Control(advance=advanced.append),
        num_masks=2,
    )
    assert sum(advanced) == 2 * len(list(windows(60, SHORT)))
    is_free = lower_voices_free(pitch)
    assert sum(advanced) == loss_forwards(is_free, window_config=SHORT, num_masks=2)
    is_free[:, 8:] = False
    assert loss_forwards(is_free, window_config=SHORT, num_masks=2) == 2
    advanced.clear()
    candidate_losses(
        pitch,
        is_free,
        logits=SameEverywhere(preferring),
        window_config=SHORT,
        num_masks=2,
        generators=[np.random.default_rng(0)],
        control=Control(advance=advanced.append),
    )
    assert sum(advanced) == 2


def test_when_stopped_one_mask_is_enough() -> None:
    advanced: list[int] = []
    control = Control(advance=advanced.append, is_stopped=lambda: True)
    found = losses(chorale(1, 32), control=control)
    assert advanced == [1]
    assert found.num_cells[0] > 0


# --- The judgement


def test_every_weight_changes_the_order() -> None:
    good = varied()
    likely = good.copy()
    likely[:, 3] = likely[:, 2] - 12  # octaves in parallel, all the way
    crossed = good.copy()
    crossed[16:32, 2] = crossed[16:32, 1] + 3
    graded = RankingConfig(fault_nats=0.0, crossing_nats=0.0, grade_weight=0.1)
    nothing = RankingConfig(fault_nats=0.0, crossing_nats=0.0, grade_weight=0.0)
    for worse, config in (
        (likely, RankingConfig(grade_weight=0.0, crossing_nats=0.0)),
        (crossed, RankingConfig(grade_weight=0.0, fault_nats=0.0)),
        (likely, graded),
    ):
        # The worse one is a little likelier, which decides where nothing else weighs.
        by_weight = judged(worse, config, nats=95.9).cost > judged(good, config).cost
        plain = judged(worse, nothing, nats=95.9).cost > judged(good, nothing).cost
        assert by_weight
        assert not plain


def test_faults_weigh_by_the_number_of_free_cells() -> None:
    pitch = chorale(1, 16)[0]
    pitch[8:, 2:] += 1  # tenor and bass an octave apart move together
    found = judged(pitch, num_free=48)
    assert found.leading.parallel_octaves == 1
    assert found.nats_per_cell == 2.0
    assert found.cost - 2.0 == pytest.approx(NO_GRADE.fault_nats / 48)
    assert judged(pitch, num_free=96).cost - 2.0 == pytest.approx(30.0 / 96)
    crossed = chorale(1, 16)[0]
    crossed[:, 3] = 30  # the bass above the tenor, four beats long
    found = judged(crossed, num_free=48)
    assert found.leading.crossings == 16
    assert found.cost - 2.0 == pytest.approx(4 * NO_GRADE.crossing_nats / 48)


def test_the_grade_is_that_of_the_music_as_it_sounds() -> None:
    pitch = varied()
    config = RankingConfig(fault_nats=0.0, crossing_nats=0.0, grade_weight=0.5)
    onset = np.full(pitch.shape, HELD, dtype=np.int8)
    onset[::2] = STRUCK
    found = judged(pitch, config, onset=onset)
    expected = grade_grid(pitch + MIN_PITCH, is_onset=onset == STRUCK)
    assert found.grade == expected
    assert found.cost == pytest.approx(2.0 + 0.5 * expected.total)
    assert judged(pitch, config).grade != expected
    assert judged(pitch, NO_GRADE).grade is None


def test_music_that_cannot_be_graded_counts_as_the_worst() -> None:
    found = judged(chorale(1, 16)[0], RankingConfig(grade_weight=0.5))
    assert found.grade is not None
    assert math.isinf(found.grade.total)
    assert found.cost == pytest.approx(2.0 + 0.5 * WORST_GRADE)


def test_parallels_decide_between_near_equals() -> None:
    pitch = chorale(1, 256)[0]
    faulty = pitch.copy()
    faulty[128:, 2:] += 2  # tenor and bass, an octave apart
    clean, worse = judged(pitch, num_free=768), judged(faulty, num_free=768)
    assert (clean.leading.num_parallels, worse.leading.num_parallels) == (0, 1)
    assert judged(faulty, num_free=768, nats=95.0).cost > clean.cost
    assert judged(faulty, num_free=768, nats=90.0).cost < clean.cost


def test_silence_is_no_voice_leading_and_nothing_scored_costs_nothing() -> None:
    pitch = chorale(1, 8)[0]
    pitch[:, 0] = -1
    found = judged(pitch, nats=0.0, num_scored=0, num_free=0)
    assert found.leading.crossings == 0
    assert found.cost == found.nats_per_cell == 0.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_masks", -1),
        ("fault_nats", -0.1),
        ("crossing_nats", math.nan),
        ("grade_weight", math.inf),
    ],
)
def test_weights_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 0; received"):
        RankingConfig(**{name: value})  # type: ignore[arg-type]


def test_long_scores_are_graded_in_windows() -> None:
    generator = np.random.default_rng(3)
    chords = np.array([[36, 31, 28, 12], [33, 29, 24, 17], [35, 31, 26, 19]])
    pitch = chords[generator.integers(3, size=350)].repeat(4, axis=0).astype(np.int16)
    onset = np.full(pitch.shape, HELD, dtype=np.int8)
    onset[::4] = STRUCK
    judged = judge(
        pitch,
        onset,
        nats=0.0,
        num_scored=1,
        num_free=1,
        config=RankingConfig(fault_nats=0.0, crossing_nats=0.0, grade_weight=1.0),
    )
    totals = [
        grade_grid(pitch[steps] + MIN_PITCH, is_onset=onset[steps] == STRUCK).total
        for steps in (slice(0, 467), slice(467, 933), slice(933, 1400))
    ]
    assert max(totals) < WORST_GRADE
    assert judged.grade is None
    assert judged.cost == pytest.approx(np.mean(totals))
