from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.edits.timbre import Timbre, apply_timbre, measure_timbre
from musegen.midi_ddsp.parameters import SynthesisParameters, midi_to_hz

Floats = npt.NDArray[np.float64]
NUM_HARMONICS = 20


def performance(
    decay: float, *, low: float = 57.0, high: float = 67.0, noise: float = 1e-3
) -> SynthesisParameters:
    """A slow glide in a spectrum that falls by e every `decay` harmonics."""
    pitch = np.linspace(low, high, 400)
    row = np.exp(-np.arange(NUM_HARMONICS) / decay)
    return SynthesisParameters(
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        amplitude=np.full(400, 0.2, dtype=np.float32),
        harmonics=np.tile(row / row.sum(), (400, 1)).astype(np.float32),
        noise=np.full((400, 65), 0.2 * noise, dtype=np.float32),
    )


def mean_number(parameters: SynthesisParameters) -> float:
    numbers = np.arange(1, parameters.num_harmonics + 1)
    return float((parameters.harmonics @ numbers).mean())


def level_db(row: npt.NDArray[np.float32]) -> Floats:
    decibels: Floats = 20 * np.log10(row.astype(np.float64) / row.sum())
    return decibels


def test_table_holds_the_mean_spectrum_by_pitch() -> None:
    timbre = measure_timbre(performance(3.0))
    assert timbre.pitches[0] <= 57
    assert timbre.pitches[-1] >= 67
    harmonics, noise = timbre.at(np.array([40.0, 60.0, 99.0]))
    expected = -np.arange(12) / 3.0
    np.testing.assert_allclose(
        harmonics[:, :12] - harmonics[:, :1], np.tile(expected, (3, 1)), atol=1e-3
    )
    np.testing.assert_allclose(noise, np.log(1e-3), atol=1e-3)


def test_performance_takes_the_other_colour_and_keeps_pitch_and_power() -> None:
    dull, bright = performance(2.0), performance(6.0, noise=1e-2)
    edited = apply_timbre(dull, measure_timbre(bright))
    assert mean_number(edited) == pytest.approx(mean_number(bright), rel=0.02)
    np.testing.assert_array_equal(edited.f0_hz, dull.f0_hz)
    before, after = (
        np.linalg.norm(one.harmonics * one.amplitude[:, None], axis=1)
        for one in (dull, edited)
    )
    np.testing.assert_allclose(after, before, rtol=1e-4)
    ratio = edited.noise / edited.amplitude[:, None]
    np.testing.assert_allclose(ratio, 1e-2, rtol=0.02)


def test_own_colour_changes_little() -> None:
    before = performance(3.0)
    edited = apply_timbre(before, measure_timbre(before))
    change = level_db(edited.harmonics[200, :12]) - level_db(before.harmonics[200, :12])
    assert np.abs(change).max() < 0.1


def test_what_moves_in_the_sound_still_moves() -> None:
    before = performance(3.0)
    moving = before.harmonics.astype(np.float64)
    moving[:, 3] *= 1 + 0.5 * np.sin(np.arange(400) / 5)
    moving /= moving.sum(axis=1, keepdims=True)
    swinging = SynthesisParameters(
        f0_hz=before.f0_hz,
        amplitude=before.amplitude,
        harmonics=moving.astype(np.float32),
        noise=before.noise,
    )
    edited = apply_timbre(swinging, measure_timbre(performance(6.0)))
    fourth = np.log(edited.harmonics[50:350, 3] / edited.harmonics[50:350, 0])
    assert 0.3 < np.ptp(fourth) < np.ptp(np.log(moving[:, 3]))


def test_table_of_another_width_is_cut_or_continued() -> None:
    table = measure_timbre(performance(3.0))
    narrow = Timbre(
        pitches=table.pitches,
        harmonics=table.harmonics[:, :6],
        noise=table.noise[:, :10],
    )
    edited = apply_timbre(performance(6.0), narrow)
    assert edited.harmonics.shape == (400, NUM_HARMONICS)
    np.testing.assert_allclose(edited.harmonics.sum(axis=1), 1, rtol=1e-4)
    wide = apply_timbre(
        SynthesisParameters(
            f0_hz=performance(6.0).f0_hz,
            amplitude=performance(6.0).amplitude,
            harmonics=np.tile([0.7, 0.3], (400, 1)).astype(np.float32),
            noise=performance(6.0).noise,
        ),
        table,
    )
    assert wide.harmonics.shape == (400, 2)


def test_frames_without_pitch_keep_their_noise() -> None:
    before = performance(3.0)
    f0_hz = before.f0_hz.copy()
    f0_hz[:50] = 0
    rest = SynthesisParameters(
        f0_hz=f0_hz,
        amplitude=before.amplitude,
        harmonics=before.harmonics,
        noise=before.noise,
    )
    edited = apply_timbre(rest, measure_timbre(performance(6.0, noise=1e-1)))
    np.testing.assert_array_equal(edited.noise[:50], rest.noise[:50])
    assert edited.noise[60:].mean() > 10 * rest.noise[60:].mean()


def test_sound_without_pitch_has_no_timbre() -> None:
    silent = SynthesisParameters(
        f0_hz=np.zeros(100, dtype=np.float32),
        amplitude=np.zeros(100, dtype=np.float32),
        harmonics=np.zeros((100, 4), dtype=np.float32),
        noise=np.full((100, 65), 0.1, dtype=np.float32),
    )
    with pytest.raises(InputError, match="too little pitched sound"):
        measure_timbre(silent)
