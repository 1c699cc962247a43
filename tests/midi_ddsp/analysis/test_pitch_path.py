from __future__ import annotations

import numpy as np
from pytest import MonkeyPatch

from musegen.midi_ddsp.analysis import pitch_path
from musegen.midi_ddsp.analysis.pitch_path import best_path


def test_a_short_octave_error_is_mended() -> None:
    frequency = np.tile(np.array([200.0, 400.0], np.float32), (20, 1))
    score = np.tile(np.array([0.9, 0.8], np.float32), (20, 1))
    score[9:11] = [0.8, 0.9]
    path = best_path(frequency, score, np.full(20, 0.5, np.float32))
    assert path.tolist() == [0] * 20


def test_a_lasting_change_of_octave_is_followed() -> None:
    frequency = np.tile(np.array([200.0, 400.0], np.float32), (40, 1))
    score = np.tile(np.array([0.9, 0.6], np.float32), (40, 1))
    score[20:] = [0.6, 0.9]
    path = best_path(frequency, score, np.full(40, 0.3, np.float32))
    assert path.tolist() == [0] * 20 + [1] * 20


def test_frames_without_a_candidate_are_unvoiced() -> None:
    frequency = np.full((30, 2), 300.0, np.float32)
    frequency[10:20] = 0
    score = np.full((30, 2), 0.9, np.float32)
    path = best_path(frequency, score, np.full(30, 0.5, np.float32))
    assert (path[10:20] == -1).all()
    assert (path[:10] >= 0).all()


def test_the_path_does_not_depend_on_the_batch(monkeypatch: MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    frequency = generator.uniform(50, 2000, (200, 4)).astype(np.float32)
    score = generator.uniform(0, 1, (200, 4)).astype(np.float32)
    unvoiced = np.full(200, 0.6, np.float32)
    whole = best_path(frequency, score, unvoiced)
    monkeypatch.setattr(pitch_path, "BATCH_FRAMES", 7)
    assert np.array_equal(best_path(frequency, score, unvoiced), whole)


def test_nothing_has_an_empty_path() -> None:
    empty = np.zeros((0, 3), np.float32)
    assert len(best_path(empty, empty, np.zeros(0, np.float32))) == 0
