from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from musegen.midi_ddsp.edits.level import (
    SILENCE_DB,
    change_volume,
    dry,
    level_db,
    scale_dynamics,
    scale_noise,
)
from musegen.midi_ddsp.parameters import SynthesisParameters

RATE = 250
Floats = npt.NDArray[np.float64]


def at_levels(levels_db: Floats) -> SynthesisParameters:
    """A tone whose amplitude follows a curve in dB; its noise lies 40 dB lower."""
    amplitude = 10 ** (levels_db / 20)
    return SynthesisParameters(
        f0_hz=np.full(len(levels_db), 220.0, dtype=np.float32),
        amplitude=amplitude.astype(np.float32),
        harmonics=np.tile([0.8, 0.2], (len(levels_db), 1)).astype(np.float32),
        noise=np.tile(amplitude[:, None] * 0.01, (1, 65)).astype(np.float32),
    )


def amplitude_db(parameters: SynthesisParameters) -> Floats:
    decibels: Floats = 20 * np.log10(parameters.amplitude.astype(np.float64))
    return decibels


def test_volume_moves_harmonics_and_noise_by_decibels() -> None:
    before = at_levels(np.linspace(-30, -10, 100))
    after = change_volume(before, -6.0)
    np.testing.assert_allclose(
        amplitude_db(after) - amplitude_db(before), -6, atol=1e-4
    )
    np.testing.assert_allclose(after.noise / before.noise, 10 ** (-0.3), rtol=1e-5)
    assert change_volume(before, 0.0) is before


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_differences_of_loudness_are_scaled_about_their_mean(factor: float) -> None:
    levels = -20 + 6 * np.sin(np.arange(500) / 50)
    before = at_levels(levels)
    after = scale_dynamics(before, factor)
    assert np.ptp(amplitude_db(after)) == pytest.approx(factor * 12, abs=0.01)
    # noise goes along, so that its share does not change
    np.testing.assert_allclose(
        after.noise[:, 0] / after.amplitude, before.noise[:, 0] / before.amplitude, 1e-4
    )


def test_evening_out_does_not_bring_up_the_noise_floor() -> None:
    levels = np.concatenate([np.full(200, -20.0), np.full(200, -95.0)])
    after = scale_dynamics(at_levels(levels), 0.0)
    assert amplitude_db(after)[-1] == pytest.approx(-95.0, abs=0.1)


def test_noise_alone_is_scaled() -> None:
    before = at_levels(np.full(10, -20.0))
    after = scale_noise(before, 3.0)
    np.testing.assert_allclose(after.noise, 3 * before.noise, rtol=1e-6)
    np.testing.assert_array_equal(after.amplitude, before.amplitude)
    assert scale_noise(before, 0.0).noise.max() == 0


def decay_time_s(parameters: SynthesisParameters, start: int) -> float:
    """Seconds from `start` until the level has fallen by 20 dB."""
    levels = amplitude_db(parameters)[start:]
    return float(np.argmax(levels < levels[0] - 20)) / RATE


def reverberant() -> SynthesisParameters:
    """A note of a second, then a tail of 60 dB a second."""
    tail = -20 - 60 * np.arange(1, 251) / RATE
    return at_levels(np.concatenate([np.full(250, -20.0), tail]))


def test_tails_die_sooner_the_drier_it_is() -> None:
    before = reverberant()
    times = [decay_time_s(dry(before, amount), 250) for amount in (0.0, 0.5, 1.0)]
    assert times[0] == pytest.approx(0.33, abs=0.02)
    assert times[1] < 0.75 * times[0]
    assert times[2] < 0.85 * times[1]


def test_note_before_the_tail_and_its_diminuendo_are_left_alone() -> None:
    before = reverberant()
    after = dry(before, 1.0)
    np.testing.assert_allclose(
        amplitude_db(after)[:235], amplitude_db(before)[:235], atol=0.1
    )
    slow = at_levels(-20 - 20 * np.arange(500) / RATE)
    np.testing.assert_allclose(
        amplitude_db(dry(slow, 1.0)), amplitude_db(slow), atol=0.5
    )


def test_silence_has_a_level_and_stays_silence() -> None:
    silent = SynthesisParameters(
        f0_hz=np.zeros(5, dtype=np.float32),
        amplitude=np.zeros(5, dtype=np.float32),
        harmonics=np.zeros((5, 3), dtype=np.float32),
        noise=np.zeros((5, 65), dtype=np.float32),
    )
    np.testing.assert_allclose(level_db(silent), SILENCE_DB)
    edited = dry(scale_dynamics(change_volume(silent, 20.0), 2.0), 1.0)
    assert edited.amplitude.max() == edited.noise.max() == 0
