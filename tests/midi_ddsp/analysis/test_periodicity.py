from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.analysis.periodicity import find_candidates


def tone(frequency_hz: float, *, harmonics: int = 4) -> np.ndarray:
    time_s = np.arange(8000) / 16000
    waves = [
        np.sin(2 * np.pi * k * frequency_hz * time_s) / k
        for k in range(1, harmonics + 1)
        if k * frequency_hz < 7600
    ]
    return np.asarray(0.2 * np.sum(waves, axis=0), np.float32)


@pytest.mark.parametrize("frequency_hz", [55.0, 110.0, 441.3, 1234.5, 3000.0])
def test_the_best_candidate_of_a_steady_tone_is_its_pitch(frequency_hz: float) -> None:
    found = find_candidates(
        tone(frequency_hz), min_hz=40, max_hz=3300, octave_cost=0.08
    )
    inner = found.frequency_hz[15:-15, 0]
    assert np.abs(1200 * np.log2(inner / frequency_hz)).max() < 30
    assert found.correlation[15:-15, 0].min() > 0.9


def test_candidates_stay_in_the_range_asked_for() -> None:
    found = find_candidates(tone(440), min_hz=200, max_hz=500, octave_cost=0.08)
    present = found.frequency_hz[found.frequency_hz > 0]
    assert present.min() > 190
    assert present.max() < 520


@pytest.mark.parametrize("min_hz", [250.0, 280.0, 333.0, 400.0, 1000.0])
def test_a_range_may_begin_high(min_hz: float) -> None:
    frequency_hz = 1.5 * min_hz
    found = find_candidates(
        tone(frequency_hz), min_hz=min_hz, max_hz=3300, octave_cost=0.08
    )
    present = found.frequency_hz[found.frequency_hz > 0]
    assert present.min() > 0.8 * min_hz
    inner = found.frequency_hz[15:-15, 0]
    assert np.abs(1200 * np.log2(inner / frequency_hz)).max() < 30


def test_noise_ripples_on_a_low_sine_are_no_candidates() -> None:
    generator = np.random.default_rng(0)
    audio = tone(60, harmonics=1) + 0.01 * generator.standard_normal(8000)
    found = find_candidates(
        audio.astype(np.float32), min_hz=40, max_hz=3300, octave_cost=0.08
    )
    assert found.frequency_hz[15:-15].max() < 100


def test_silence_has_no_candidates_and_no_power() -> None:
    found = find_candidates(
        np.zeros(4000, np.float32), min_hz=40, max_hz=3300, octave_cost=0.08
    )
    assert found.frequency_hz.shape == (32, 9)
    assert not found.frequency_hz.any()
    assert found.power.max() < 1e-12
