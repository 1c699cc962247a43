"""Tilt, level and noise of a made-up tone."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.curves import SILENCE_DB, Curves
from musegen.midi_ddsp.player.shaping import make_noise, shape_tone, tilt_spectrum
from musegen.midi_ddsp.player.straightening import FLAT_RMS

RATE_HZ = 16_000
TIME_S = np.arange(RATE_HZ) / RATE_HZ


def curves_with(tilt: float) -> Curves:
    steps = np.ones(1000)
    return Curves(
        f0_hz=500.0 * steps,
        is_sounding=steps > 0,
        level_db=-20.0 * steps,
        noise_db=-60.0 * steps,
        tilt_db_per_octave=tilt * steps,
        spans=(),
    )


def two_partials() -> np.ndarray:
    """500 and 2000 Hz, equally strong, RMS `FLAT_RMS` together."""
    tone = np.sin(2 * np.pi * 500 * TIME_S) + np.sin(2 * np.pi * 2000 * TIME_S)
    return (FLAT_RMS * tone).astype(np.float32)


@pytest.mark.parametrize("tilt", [-6.0, 0.0, 4.0])
def test_a_tilt_changes_the_balance_and_not_the_level(tilt: float) -> None:
    presence = np.ones(RATE_HZ, np.float32)
    even = tilt_spectrum(
        two_partials(), presence, curves_with(tilt), sample_rate=RATE_HZ
    )
    inside = even[2000:-2000].astype(np.float64)
    assert np.sqrt(np.mean(np.square(inside))) == pytest.approx(1.0, rel=0.02)
    low, high = (
        abs(np.sum(inside * np.exp(-2j * np.pi * hz * TIME_S[2000:-2000])))
        for hz in (500.0, 2000.0)
    )
    assert 20.0 * np.log10(high / low) == pytest.approx(2.0 * tilt, abs=0.3)


def test_without_a_tilt_the_tone_keeps_its_place() -> None:
    presence = np.ones(RATE_HZ, np.float32)
    tone = two_partials()
    even = tilt_spectrum(tone, presence, curves_with(0.0), sample_rate=RATE_HZ)
    np.testing.assert_allclose(FLAT_RMS * even[1000:-1000], tone[1000:-1000], atol=2e-3)


def test_the_level_is_put_on_exactly_and_silence_is_zero() -> None:
    level = np.concatenate([np.full(500, -20.0), np.full(500, SILENCE_DB)])
    shaped = shape_tone(np.ones(RATE_HZ, np.float32), level, sample_rate=RATE_HZ)
    assert shaped[:7900] == pytest.approx(0.1)
    assert np.all(shaped[8000:] == 0.0)


def test_noise_has_its_level_and_its_band() -> None:
    flute = character_of(instrument_named("flute"))
    noise = make_noise(
        np.full(1000, -40.0),
        character=flute,
        num_samples=RATE_HZ,
        sample_rate=RATE_HZ,
        rng=np.random.default_rng(0),
    ).astype(np.float64)
    assert 10.0 * np.log10(np.mean(np.square(noise))) == pytest.approx(-40.0, abs=0.3)
    power = np.square(np.abs(np.fft.rfft(noise)))
    assert power[:200].mean() < 0.05 * power[1500:3500].mean()
