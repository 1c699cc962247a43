from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from musegen.midi_ddsp.edits.spectral import (
    FLOOR,
    log_levels,
    move_envelope,
    scale_brightness,
    with_harmonics,
)
from musegen.midi_ddsp.parameters import SynthesisParameters

Floats = npt.NDArray[np.float64]


def sounding(row: Floats, *, f0_hz: float = 200.0) -> SynthesisParameters:
    num_frames = 3
    return SynthesisParameters(
        f0_hz=np.full(num_frames, f0_hz, dtype=np.float32),
        amplitude=np.full(num_frames, 0.3, dtype=np.float32),
        harmonics=np.tile(row / row.sum(), (num_frames, 1)).astype(np.float32),
        noise=np.full((num_frames, 65), 1e-4, dtype=np.float32),
    )


def falling(num_harmonics: int = 30) -> Floats:
    return np.exp(-np.arange(num_harmonics) / 6)


def power(parameters: SynthesisParameters) -> float:
    partials = parameters.amplitude[0] * parameters.harmonics[0].astype(np.float64)
    return float((partials**2).sum())


def mean_number(parameters: SynthesisParameters) -> float:
    numbers = np.arange(1, parameters.num_harmonics + 1)
    return float(parameters.harmonics[0] @ numbers)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.5, 2.0])
def test_mean_harmonic_number_follows_the_factor(factor: float) -> None:
    before = sounding(falling())
    after = scale_brightness(before, factor)
    assert mean_number(after) == pytest.approx(factor * mean_number(before), rel=1e-3)
    assert power(after) == pytest.approx(power(before), rel=1e-4)


def test_brightness_beyond_what_tilts_allow_stays_finite() -> None:
    bright = scale_brightness(sounding(falling()), 10.0)
    assert mean_number(bright) > 20
    assert np.isfinite(bright.harmonics).all()
    silent = sounding(np.eye(30)[0])
    assert mean_number(scale_brightness(silent, 2.0)) == pytest.approx(1.0)


def test_moved_envelope_is_read_at_the_new_fundamental() -> None:
    before = sounding(falling(), f0_hz=200.0)
    moved = move_envelope(sounding(falling(), f0_hz=300.0), 1.5)
    expected = np.exp(-(np.arange(1, 18) * 1.5 - 1) / 6)
    decibels = 20 * np.log10(
        moved.harmonics[0, :17] / moved.harmonics[0, 0] / (expected / expected[0])
    )
    assert np.abs(decibels).max() < 0.2
    assert power(moved) == pytest.approx(power(before), rel=1e-4)


def test_weak_even_harmonics_stay_even() -> None:
    row = falling()
    row[1::2] *= 0.05
    moved = move_envelope(sounding(row, f0_hz=220.0), 2 ** (2 / 12))
    levels = 20 * np.log10(moved.harmonics[0, :12])
    assert (levels[0::2][:5] - levels[1::2][:5] > 15).all()


def test_harmonics_above_nyquist_are_dropped_and_the_rest_sums_to_one() -> None:
    before = sounding(np.ones(30), f0_hz=1000.0)
    after = with_harmonics(before, np.ones((3, 30)))
    np.testing.assert_array_equal(after.harmonics[:, 7:], 0)
    np.testing.assert_allclose(after.harmonics.sum(axis=1), 1, rtol=1e-5)


def test_frame_without_harmonics_stays_without() -> None:
    silent = SynthesisParameters(
        f0_hz=np.zeros(2, dtype=np.float32),
        amplitude=np.zeros(2, dtype=np.float32),
        harmonics=np.zeros((2, 5), dtype=np.float32),
        noise=np.zeros((2, 65), dtype=np.float32),
    )
    for edited in (scale_brightness(silent, 2.0), move_envelope(silent, 2.0)):
        assert edited.amplitude.max() == 0
        assert np.isfinite(edited.harmonics).all()


def test_levels_have_a_floor_below_the_strongest() -> None:
    levels = log_levels(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert levels[0, 1] == pytest.approx(np.log(FLOOR))
    assert levels[1, 0] == levels[1, 1]
