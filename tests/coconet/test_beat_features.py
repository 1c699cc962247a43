from __future__ import annotations

import itertools

import numpy as np

from musegen.coconet.beat_features import (
    CODE_BASE,
    NUM_INTERVALS,
    NUM_NEARNESS,
    VOICE_PAIRS,
    split_rows,
)
from musegen.coconet.config import NUM_PITCHES, NUM_VOICES

CHANNELS = 3
NUM_PLAIN = 4 * 2 * 46 + 4 * 2 * 4 + 16 * 50 + 8


def kernel(num_rows: int) -> np.ndarray:
    rows = np.arange(num_rows, dtype=np.float32)
    return np.repeat(rows[:, None], CHANNELS, axis=1)


def test_every_row_belongs_somewhere_in_order() -> None:
    whole = kernel(NUM_PLAIN + 12)
    rows = split_rows(whole)
    parts = (rows.nearest, rows.nearness, rows.intervals, rows.flags, rows.onset)
    again = np.concatenate([part.reshape(-1, CHANNELS) for part in parts])
    np.testing.assert_array_equal(again, whole)
    assert rows.nearest.shape == (NUM_VOICES, 2, NUM_PITCHES, CHANNELS)
    assert rows.nearness.shape == (NUM_VOICES, 2, NUM_NEARNESS, CHANNELS)
    assert rows.intervals.shape[1] == NUM_INTERVALS
    assert len(rows.onset) == 12


def test_without_the_onset_plane_there_are_no_rows_of_it() -> None:
    assert split_rows(kernel(NUM_PLAIN)).onset.shape == (0, CHANNELS)


def test_pairs_are_all_pairs_of_voices_once() -> None:
    assert set(VOICE_PAIRS) == set(itertools.combinations(range(NUM_VOICES), 2))
    assert len(VOICE_PAIRS) == len(set(VOICE_PAIRS))


def test_a_pitch_fits_beside_its_step() -> None:
    assert CODE_BASE > NUM_PITCHES
    assert np.log2(CODE_BASE) % 1 == 0  # or division would round
