"""Filters from band magnitudes, against recorded values."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.dsp.noise_filters import (
    filter_basis,
    filter_reach,
    filter_taps,
)

FALLING = np.exp(-np.arange(65) / 10)
TAPS = [0.031948, 0.049256, 0.07937, 0.126174, 0.15612]
RESPONSE = {
    0: 0.952419,
    1: 0.907101,
    2: 0.820779,
    5: 0.608048,
    10: 0.3688,
    32: 0.040864,
}


def test_taps_of_the_original() -> None:
    taps = filter_taps(FALLING)
    assert taps.shape == (128,)
    np.testing.assert_allclose(taps[60:69], [*TAPS, *TAPS[-2::-1]], atol=1e-6)
    np.testing.assert_allclose(taps[1:64], taps[:64:-1], atol=1e-12)


def test_flat_magnitudes_give_a_click() -> None:
    expected = np.zeros(128)
    expected[64] = 0.7
    np.testing.assert_allclose(filter_taps(np.full(65, 0.7)), expected, atol=1e-12)


def test_response_of_the_original() -> None:
    response = np.abs(np.fft.rfft(filter_taps(FALLING)))
    for band, expected in RESPONSE.items():
        assert response[band] == pytest.approx(expected, abs=1e-6)
    mirrored = np.concatenate([FALLING[1:2], FALLING, FALLING[-2:-1]])
    smoothed = 0.5 * FALLING + 0.25 * (mirrored[:-2] + mirrored[2:])
    np.testing.assert_allclose(response, smoothed, atol=1e-12)


def test_basis_is_the_transform_of_the_taps() -> None:
    basis = filter_basis(65, 256, sample_rate=16000, model_rate=16000)
    centred = np.zeros(256)
    centred[np.arange(-64, 64)] = filter_taps(FALLING)
    expected = np.fft.rfft(centred).real
    np.testing.assert_allclose(FALLING @ basis, expected, atol=1e-6)


@pytest.mark.parametrize("sample_rate", [24000, 44100, 48000])
def test_other_rates_have_the_same_curve_and_nothing_above(sample_rate: int) -> None:
    size = sample_rate // 25  # bins of 25 Hz: every fifth is a band
    size += size % 2
    basis = filter_basis(65, size, sample_rate=sample_rate, model_rate=16000)
    response = FALLING @ basis / np.sqrt(sample_rate / 16000)
    bands = [0, 1, 2, 5, 10, 32]
    heard = np.interp(
        np.array(bands) * 125.0, np.arange(len(response)) * 25.0, response
    )
    np.testing.assert_allclose(heard, [RESPONSE[band] for band in bands], atol=0.01)
    flat = np.ones(65) @ basis
    above = np.arange(len(flat)) * 25.0 > 8000.0 + 250.0
    assert np.abs(flat[above]).max() < 0.02


def test_lower_rates_leave_out_the_upper_bands() -> None:
    basis = filter_basis(65, 128, sample_rate=8000, model_rate=16000)
    assert basis[:33].any(axis=1).all()
    assert not basis[33:].any()


def test_reach_covers_half_the_taps() -> None:
    assert filter_reach(65, sample_rate=16000, model_rate=16000) == 64
    assert filter_reach(65, sample_rate=44100, model_rate=16000) == 177
