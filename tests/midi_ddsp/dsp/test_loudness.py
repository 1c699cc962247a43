"""Loudness by both definitions, against closed forms and recorded values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.loudness import (
    LoudnessDefinition,
    a_weighting_db,
    loudness_db,
    mean_power_weights,
)

ONE_SECOND = 16000
# Frames that lie inside a signal of one second, whatever the definition.
INSIDE = slice(8, 200)


def sine(frequency_hz: float, amplitude: float = 1.0) -> NDArray[np.float64]:
    time_s = np.arange(ONE_SECOND) / 16000
    return amplitude * np.sin(2.0 * np.pi * frequency_hz * time_s)


def test_a_sine_of_one_kilohertz_by_the_closed_form() -> None:
    expected = 10.0 * math.log10(128.0**2 * 1.5 / 257)
    assert expected == pytest.approx(19.805, abs=1e-3)
    assert loudness_db(sine(1000.0))[INSIDE] == pytest.approx(expected, abs=0.01)


def test_a_quiet_sine_is_weighted() -> None:
    found = loudness_db(sine(440.0, 0.1))[INSIDE]
    assert found == pytest.approx(-4.289, abs=0.01)


def test_white_noise_has_its_expected_power() -> None:
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, 20 * ONE_SECOND)
    power = np.mean(10.0 ** (loudness_db(noise)[8:-8] / 10.0))
    # The variance of each bin inside the band: the energy of the window over three.
    expected = mean_power_weights(512).sum() * (512 * 3.0 / 8.0) / 3.0
    assert 10.0 * math.log10(expected) == pytest.approx(18.24, abs=0.03)
    assert 10.0 * math.log10(power) == pytest.approx(18.24, abs=0.05)


def test_the_old_definition_hears_noise_and_hardly_a_sine() -> None:
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, 4 * ONE_SECOND)
    old = loudness_db(noise, definition="old")[8:960]
    assert float(old.mean()) == pytest.approx(0.27, abs=0.05)
    tone = loudness_db(sine(1000.0), definition="old")[INSIDE]
    assert tone == pytest.approx(-119.56, abs=0.05)


@pytest.mark.parametrize(("definition", "floor_db"), [("new", -80.0), ("old", -120.0)])
def test_silence_lies_on_the_floor(
    definition: LoudnessDefinition, floor_db: float
) -> None:
    assert set(loudness_db(np.zeros(500), definition=definition)) == {floor_db}


@pytest.mark.parametrize("definition", ["new", "old"])
@pytest.mark.parametrize(
    ("num_samples", "num_frames"), [(0, 0), (1, 1), (64, 1), (65, 2), (64000, 1000)]
)
def test_a_frame_for_each_begun_hop(
    num_samples: int, num_frames: int, definition: LoudnessDefinition
) -> None:
    audio = np.full(num_samples, 0.1)
    assert loudness_db(audio, definition=definition).shape == (num_frames,)


def test_the_new_definition_looks_both_ways_and_the_old_one_ahead() -> None:
    audio = np.zeros(ONE_SECOND)
    audio[6400] = 1.0
    new = np.flatnonzero(loudness_db(audio) > -79.0)
    old = np.flatnonzero(loudness_db(audio, definition="old") > -119.0)
    assert (new.min(), new.max()) == (97, 103)
    assert (old.min(), old.max()) == (69, 99)


def test_a_gain_of_ten_is_twenty_decibels() -> None:
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, 4000)
    assert loudness_db(10.0 * noise) - loudness_db(noise) == pytest.approx(
        20.0, abs=1e-3
    )


@pytest.mark.parametrize(
    ("frequency_hz", "gain_db"),
    [(1000.0, 0.0), (100.0, -19.1), (4000.0, 1.0), (8000.0, -1.1), (0.0, -80.0)],
)
def test_a_weighting_as_the_standard_tabulates_it(
    frequency_hz: float, gain_db: float
) -> None:
    assert a_weighting_db(frequency_hz) == pytest.approx(gain_db, abs=0.1)


def test_an_unknown_definition_is_refused() -> None:
    with pytest.raises(UsageError, match="'loud'; take 'new' or 'old'"):
        loudness_db(np.zeros(64), definition="loud")  # type: ignore[arg-type]
