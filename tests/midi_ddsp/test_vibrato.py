"""Vibrato of single notes, drawn by formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.midi_ddsp.vibrato import MIN_EXTENT_CENTS, measure_vibrato

Array = NDArray[np.float64]


def seconds(num_frames: int) -> Array:
    return np.arange(num_frames) / 250.0


def vibrato(
    num_frames: int, extent: float, rate_hz: float, *, delay_s: float = 0.0
) -> Array:
    time_s = seconds(num_frames) - delay_s
    wave: Array = np.where(
        time_s >= 0.0, extent * np.sin(2.0 * np.pi * rate_hz * time_s), 0.0
    )
    return wave


@settings(max_examples=30)
@given(
    num_frames=st.integers(150, 1500),
    extent=st.floats(5.0, 150.0),
    rate_hz=st.floats(3.5, 8.5),
    bias=st.floats(-80.0, 80.0),
)
def test_steady_vibrato_is_found(
    num_frames: int, extent: float, rate_hz: float, bias: float
) -> None:
    found = measure_vibrato(bias + vibrato(num_frames, extent, rate_hz))
    assert found.extent_cents == pytest.approx(extent, rel=0.02)
    assert found.rate_hz == pytest.approx(rate_hz, abs=0.05)
    assert found.delay_s == pytest.approx(0.0, abs=0.02)
    assert found.centre_cents == pytest.approx(bias, abs=0.02 * extent)


@pytest.mark.parametrize("delay_s", [0.15, 0.3, 0.5, 0.8])
def test_delay_is_found_to_a_quarter_of_a_cycle(delay_s: float) -> None:
    found = measure_vibrato(vibrato(500, 30.0, 5.5, delay_s=delay_s))
    assert found.delay_s == pytest.approx(delay_s, abs=0.045)
    assert found.extent_cents == pytest.approx(30.0, rel=0.03)


def test_vibrato_that_grows_sets_in_where_it_reaches_half() -> None:
    growth = np.clip((seconds(750) - 0.5) / 0.5, 0.0, 1.0)
    found = measure_vibrato(growth * vibrato(750, 30.0, 5.5))
    assert found.delay_s == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize(
    "trend",
    [
        60.0 * seconds(500),
        -80.0 * seconds(500) ** 2,
        -150.0 * np.exp(-seconds(500) / 0.04),
        50.0 * np.sin(2.0 * np.pi * 0.3 * seconds(500)),
    ],
    ids=["drift", "bend", "scoop", "slow swing"],
)
def test_slower_change_of_pitch_does_not_hide_vibrato(trend: Array) -> None:
    found = measure_vibrato(trend + vibrato(500, 25.0, 5.0))
    assert found.extent_cents == pytest.approx(25.0, rel=0.03)
    assert found.rate_hz == pytest.approx(5.0, abs=0.05)
    without = measure_vibrato(trend)
    assert without.extent_cents < MIN_EXTENT_CENTS
    assert without.rate_hz == 0.0


def test_vibrato_is_found_in_the_tracker_noise_that_has_none_itself() -> None:
    noise = np.random.default_rng(0).normal(0.0, 3.0, 500)
    assert measure_vibrato(noise).extent_cents < MIN_EXTENT_CENTS
    found = measure_vibrato(noise + vibrato(500, 10.0, 6.5))
    assert found.extent_cents == pytest.approx(10.0, rel=0.05)
    assert found.rate_hz == pytest.approx(6.5, abs=0.05)


def test_note_of_twenty_seconds_is_measured_whole() -> None:
    late = vibrato(5000, 20.0, 6.0, delay_s=5.0)
    found = measure_vibrato(late)
    assert found.extent_cents == pytest.approx(20.0, rel=0.02)
    assert found.delay_s == pytest.approx(5.0, abs=0.045)


def test_extent_grows_with_every_step_of_the_vibrato() -> None:
    noise = np.random.default_rng(1).normal(0.0, 1.0, 300)
    extents = [
        measure_vibrato(noise + vibrato(300, extent, 5.5)).extent_cents
        for extent in np.linspace(0.0, 60.0, 31)
    ]
    assert np.all(np.diff(extents) > 0.0)


def test_octave_error_of_a_tracker_in_a_few_frames_is_cut() -> None:
    curve = vibrato(500, 20.0, 5.5)
    curve[::100] += 1200.0
    assert measure_vibrato(curve).extent_cents == pytest.approx(20.0, abs=4.0)


@pytest.mark.parametrize("num_frames", [1, 2, 49])
def test_short_note_has_a_pitch_and_no_vibrato(num_frames: int) -> None:
    found = measure_vibrato(np.full(num_frames, 7.0))
    assert found.centre_cents == 7.0
    assert (found.extent_cents, found.rate_hz, found.delay_s) == (0.0, 0.0, 0.0)


def test_half_a_second_is_enough_for_four_hertz() -> None:
    found = measure_vibrato(vibrato(125, 30.0, 4.0))
    assert found.extent_cents == pytest.approx(30.0, rel=0.02)
    assert found.rate_hz == pytest.approx(4.0, abs=0.05)
