"""The rooms: how long they sound, how loud, and that they are always the same."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.mixing.rooms import (
    ROOM_NAMES,
    ROOM_PLANS,
    Room,
    RoomPlan,
    make_room,
    room_named,
)

RATE = 16_000
BY_NAME = {plan.name: plan for plan in ROOM_PLANS}
each_plan = pytest.mark.parametrize("plan", ROOM_PLANS, ids=lambda plan: plan.name)


def in_band(
    taps: NDArray[np.float32], low_hz: float, high_hz: float
) -> NDArray[np.float64]:
    size = 1 << (2 * len(taps)).bit_length()
    spectrum = np.fft.rfft(taps.astype(np.float64), n=size)
    frequencies = np.arange(len(spectrum)) * RATE / size
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0.0
    return np.asarray(np.fft.irfft(spectrum, n=size)[: len(taps)])


def measured_rt60_s(taps: NDArray[np.float32], low_hz: float, high_hz: float) -> float:
    """Schroeder's backward integration, the slope from -5 to -35 dB."""
    energy = np.cumsum(in_band(taps, low_hz, high_hz)[::-1] ** 2)[::-1]
    level_db = 10 * np.log10(energy / energy[0] + 1e-30)
    inside = np.flatnonzero((level_db < -5) & (level_db > -35))
    slope = np.polyfit(inside / RATE, level_db[inside], 1)[0]
    return float(-60 / slope)


@each_plan
def test_sound_falls_by_sixty_decibels_in_the_stated_time(plan: RoomPlan) -> None:
    taps = make_room(plan, RATE).taps
    for side in range(2):
        found = measured_rt60_s(taps[:, side], 500, 1000)
        assert found == pytest.approx(plan.rt60_s, rel=0.12)
    assert f"RT60 {plan.rt60_s:g} s" in plan.description


@each_plan
def test_high_sound_dies_sooner(plan: RoomPlan) -> None:
    left = make_room(plan, RATE).taps[:, 0]
    mid = measured_rt60_s(left, 500, 1000)
    assert measured_rt60_s(left, 4000, 7000) < 0.85 * mid
    assert measured_rt60_s(left, 100, 300) > 0.95 * mid


@each_plan
def test_left_and_right_differ_but_are_as_strong(plan: RoomPlan) -> None:
    taps = make_room(plan, RATE).taps.astype(np.float64)
    late = taps[round(0.1 * RATE) :]
    assert abs(np.corrcoef(*late.T).min()) < 0.15
    left, right = (taps**2).sum(axis=0)
    assert left == pytest.approx(right, rel=0.15)


@each_plan
@pytest.mark.parametrize("rate", [8_000, RATE, 44_100])
def test_music_in_the_room_is_as_loud_as_without(plan: RoomPlan, rate: int) -> None:
    room = make_room(plan, rate)
    size = 1 << 18
    rows = [*room.taps.T, room.mono()]
    gains = np.abs(np.fft.rfft(rows, n=size)) ** 2
    band = slice(round(200 * size / rate), round(4000 * size / rate))
    left, right, mono = gains[:, band].mean(axis=1)
    assert left + right == pytest.approx(1.0, rel=0.01)
    assert mono == pytest.approx(1.0, rel=0.01)


@each_plan
def test_the_room_is_the_same_at_a_lower_rate(plan: RoomPlan) -> None:
    low, high = make_room(plan, 16_000).taps, make_room(plan, 48_000).taps
    assert len(high) == 3 * len(low)
    size = 2 * len(low)
    spectra = [np.fft.rfft(low[:, 0], n=size), np.fft.rfft(high[:, 0], n=3 * size)]
    band = slice(round(200 / 16_000 * size), round(4000 / 16_000 * size))
    first, second = (spectrum[band] for spectrum in spectra)
    assert np.abs(first - second).max() < 0.02 * np.abs(first).max()


@each_plan
def test_the_dry_sound_is_not_in_it_and_it_ends_in_silence(plan: RoomPlan) -> None:
    room = make_room(plan, RATE)
    assert (room.taps[0] == 0.0).all()
    largest = np.abs(room.taps).max()
    assert np.abs(room.taps[: round(0.002 * RATE)]).max() < 0.05 * largest
    assert np.abs(room.taps[-5:]).max() < 1e-3 * largest
    assert room.duration_s == pytest.approx(1.2 * plan.rt60_s, abs=0.001)


def test_a_room_is_always_the_same() -> None:
    first, second = (make_room(BY_NAME["chamber"], RATE) for _ in range(2))
    assert (first.taps == second.taps).all()
    assert "CC0" in first.licence


@pytest.mark.parametrize("name", ROOM_NAMES)
def test_rooms_are_found_by_name(name: str) -> None:
    room = room_named(f" {name.upper()} ", 8_000)
    assert (room.name if room else "none") == name


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(
        UsageError, match="'barn': choose from chamber, hall, church, none"
    ):
        room_named("barn", RATE)


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_taps_come_in_pairs(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="two to a sample"):
        Room(name="x", taps=np.ones(shape, np.float32), sample_rate=RATE, licence="")


def test_the_first_tap_counts_as_nothing() -> None:
    taps = np.ones((3, 2), np.float32)
    room = Room(name="x", taps=taps, sample_rate=RATE, licence="")
    assert room.taps.tolist() == [[0, 0], [1, 1], [1, 1]]
    assert taps[0, 0] == 1.0


def test_a_silent_room_stays_silent_in_mono() -> None:
    silent = np.zeros((4, 2), np.float32)
    room = Room(name="x", taps=silent, sample_rate=RATE, licence="")
    assert room.mono().tolist() == [0.0] * 4
