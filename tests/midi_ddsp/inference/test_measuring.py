"""Levels measured in spectra are those of the sound that was made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.midi_ddsp.inference.measuring import (
    CONTEXT_SAMPLES,
    HARMONIC_WINDOWS,
    LOG_FLOOR,
    combined_harmonics,
    measure,
)
from musegen.midi_ddsp.parameters import HOP_SAMPLES, NUM_HARMONICS, SAMPLE_RATE_HZ

NUM_FRAMES = 120
AMPLITUDES = 0.2 * 0.7 ** np.arange(12)


def tone(f0_hz: float, num_frames: int = NUM_FRAMES) -> NDArray[np.float32]:
    cycles = f0_hz / SAMPLE_RATE_HZ * np.arange(num_frames * HOP_SAMPLES)
    partials = [
        amplitude * np.sin(2 * np.pi * number * cycles)
        for number, amplitude in enumerate(AMPLITUDES, start=1)
        if number * f0_hz < SAMPLE_RATE_HZ / 2
    ]
    return np.asarray(np.sum(partials, axis=0), dtype=np.float32)


def noise(seed: int, num_frames: int = NUM_FRAMES) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    drawn = generator.uniform(-1, 1, num_frames * HOP_SAMPLES)
    return drawn.astype(np.float32)


def constant(f0_hz: float, num_frames: int = NUM_FRAMES) -> NDArray[np.float32]:
    return np.full(num_frames, f0_hz, dtype=np.float32)


@pytest.mark.parametrize("f0_hz", [66.3, 131.0, 277.7, 1013.9])
def test_harmonics_of_a_steady_tone_within_half_a_decibel(f0_hz: float) -> None:
    f0 = constant(f0_hz)
    levels = combined_harmonics(measure(tone(f0_hz), f0), f0)[30:90]
    active = [k for k in range(len(AMPLITUDES)) if (k + 1) * f0_hz < 7900]
    error_db = 8.686 * (levels[:, active] - np.log(AMPLITUDES[active]))
    assert np.abs(error_db).max() < 0.5


def test_harmonics_that_cannot_exist_are_at_the_floor() -> None:
    f0 = constant(1000.0)
    f0[60:] = 0.0
    measurement = measure(tone(1000.0), f0)
    assert measurement.is_active.sum(axis=1).tolist() == [7] * 60 + [0] * 60
    assert (measurement.harmonics[~measurement.is_active[:, 0]] == LOG_FLOOR).all()
    assert (measurement.harmonics[:, :, 7:] == LOG_FLOOR).all()


def test_noise_between_harmonics_is_heard_and_the_tone_is_not() -> None:
    f0 = constant(400.0)
    both = measure(tone(400.0) + 0.05 * noise(0), f0).noise[30:90]
    assert np.abs(both.mean(axis=0) - np.log(0.05)).mean() < 0.35
    bands_of_sound = measure(tone(400.0), f0).noise[30:90, 4:38]
    assert bands_of_sound.mean() < np.log(0.01)


def test_noise_alone_has_its_level_in_every_band() -> None:
    measurement = measure(0.1 * noise(1, 600), constant(0.0, 600))
    found = measurement.noise.mean(axis=0)[1:-1]
    assert np.abs(found - np.log(0.1)).max() < 0.2


def test_silence_is_at_the_floor() -> None:
    measurement = measure(np.zeros(64 * 10, np.float32), constant(220.0, 10))
    for levels in (measurement.harmonics, measurement.noise, measurement.level):
        assert np.isfinite(levels).all()
        assert levels.max() < np.log(1e-5)


@given(
    first=st.integers(0, NUM_FRAMES - 2),
    length=st.integers(1, 30),
    f0_hz=st.floats(30.0, 3000.0),
)
@settings(max_examples=15)
def test_a_piece_of_a_recording_is_measured_as_in_the_whole(
    first: int, length: int, f0_hz: float
) -> None:
    sound = tone(f0_hz) + 0.01 * noise(2)
    f0 = constant(f0_hz)
    stop = min(first + length, NUM_FRAMES)
    whole = measure(sound, f0)
    around = CONTEXT_SAMPLES // HOP_SAMPLES
    begin = max(first - around, 0)
    piece = measure(
        sound[begin * HOP_SAMPLES : (stop + around) * HOP_SAMPLES],
        f0[first:stop],
        first_frame=first - begin,
    )
    for name in ("harmonics", "noise", "bands", "level"):
        expected = getattr(whole, name)[first:stop]
        np.testing.assert_allclose(getattr(piece, name), expected, atol=1e-3)


def test_shapes_and_types() -> None:
    measurement = measure(tone(220.0), constant(220.0))
    assert measurement.harmonics.shape == (
        NUM_FRAMES,
        len(HARMONIC_WINDOWS),
        NUM_HARMONICS,
    )
    for name in ("harmonics", "noise", "bands", "level"):
        assert getattr(measurement, name).dtype == np.float32
