"""Candidates are ordered by likelihood and faults, all by one measure."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.coconet.ranking import (
    FAULT_NATS,
    NUM_MASKS,
    CandidateScore,
    score_candidates,
)
from musegen.coconet.windows import WindowConfig, windows

WHOLE = WindowConfig()
SHORT = WindowConfig(length=16, context=4, lookahead=4)
FAVOURITES = np.array([40, 31, 24, 12])


def preferring(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Each voice has a favourite pitch, whatever is shown."""
    distance = np.abs(np.arange(NUM_PITCHES) - FAVOURITES[:, None])
    return np.broadcast_to(-0.5 * distance, (*pitch.shape, NUM_PITCHES)).astype("f4")


def lower_voices_free(num_steps: int) -> IsHidden:
    is_free = np.ones((num_steps, 4), dtype=bool)
    is_free[:, 0] = False
    return is_free


def chorale(num_items: int, num_steps: int) -> PitchIndex:
    return np.tile(FAVOURITES, (num_items, num_steps, 1)).astype(np.int16)


def scores(
    pitch: PitchIndex, *, seed: int = 0, window_config: WindowConfig = WHOLE
) -> list[CandidateScore]:
    return score_candidates(
        pitch,
        lower_voices_free(pitch.shape[1]),
        logits=preferring,
        window_config=window_config,
        seed=seed,
    )


def test_the_likelier_candidate_costs_less() -> None:
    pitch = chorale(3, 32)
    pitch[1, 8:12, 2] += 4
    pitch[2, 8:24, 2] += 4
    costs = [score.cost for score in scores(pitch)]
    assert costs == sorted(costs)
    assert costs[0] < costs[1]


def test_nats_are_the_loss_of_a_free_cell() -> None:
    best = preferring(chorale(1, 1), np.ones((1, 1, 4), bool))[0, 0].max(axis=-1)
    everything = np.exp(preferring(chorale(1, 1), np.ones((1, 1, 4), bool))[0, 0])
    expected = (np.log(everything.sum(axis=-1)) - best)[1:].mean()
    (found,) = scores(chorale(1, 400))
    assert found.nats_per_cell == pytest.approx(expected, rel=0.05)
    assert found.cost == found.nats_per_cell
    assert found.leading.num_parallels == 0


def test_faults_weigh_by_the_number_of_free_cells() -> None:
    pitch = chorale(1, 16)
    pitch[0, 8:, 2:] += 1  # tenor and bass an octave apart move together
    (found,) = scores(pitch)
    assert found.leading.parallel_octaves == 1
    assert found.cost - found.nats_per_cell == pytest.approx(FAULT_NATS / 48)
    crossed = chorale(1, 16)
    crossed[0, :, 3] = 30  # the bass above the tenor, sixteen steps long
    (found,) = scores(crossed)
    assert found.leading.crossings == 16
    assert found.cost - found.nats_per_cell == pytest.approx(FAULT_NATS * 4 / 48)


def test_half_of_the_free_cells_are_hidden_and_no_given_one() -> None:
    asked: list[IsHidden] = []

    def record(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        asked.append(is_hidden)
        return preferring(pitch, is_hidden)

    pitch = chorale(2, 200)
    score_candidates(
        pitch, lower_voices_free(200), logits=record, window_config=WHOLE, seed=0
    )
    assert len(asked) == NUM_MASKS
    for is_hidden in asked:
        assert not is_hidden[:, :, 0].any()
        assert is_hidden[0, :, 1:].mean() == pytest.approx(0.5, abs=0.1)
        assert np.array_equal(is_hidden[0], is_hidden[1])
    assert not np.array_equal(asked[0], asked[1])


def test_each_cell_is_scored_once_whatever_the_windows() -> None:
    pitch = chorale(2, 60)
    pitch[1, ::7, 2] += 3
    whole, cut = scores(pitch), scores(pitch, window_config=SHORT)
    for left, right in zip(whole, cut, strict=True):
        assert left.nats_per_cell == pytest.approx(right.nats_per_cell)
        assert left.leading == right.leading


def test_a_score_does_not_depend_on_the_other_candidates() -> None:
    pitch = chorale(3, 24)
    pitch[1, 4:, 1] += 2
    together = scores(pitch)
    assert scores(pitch[1:2]) == together[1:2]


def test_the_seed_chooses_the_masks() -> None:
    pitch = chorale(1, 8)
    pitch[0, 3, 2] += 5
    assert scores(pitch, seed=0) == scores(pitch, seed=0)
    assert scores(pitch, seed=0) != scores(pitch, seed=1)


def test_progress_counts_each_forward_pass() -> None:
    advanced: list[int] = []
    score_candidates(
        chorale(1, 60),
        lower_voices_free(60),
        logits=preferring,
        window_config=SHORT,
        seed=0,
        advance=advanced.append,
    )
    assert advanced == [1] * (NUM_MASKS * len(list(windows(60, SHORT))))


def test_silence_is_no_voice_leading() -> None:
    pitch = chorale(1, 8)
    pitch[0, :, 0] = -1
    (found,) = scores(pitch)
    assert found.leading.crossings == 0
    assert FAVOURITES.min() + MIN_PITCH > 0
