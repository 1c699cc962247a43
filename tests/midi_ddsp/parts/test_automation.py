"""Curves of volume, expression, modulation, pitch bend and pan."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.score import ControlChange, Part, PitchBend
from musegen.midi_ddsp.parts.automation import (
    MUTE_DB,
    Automation,
    constant_curve,
    read_automation,
)

NAMES = tuple(field.name for field in fields(Automation))


def read(
    *controls: tuple[int, int, int], bends: tuple[tuple[int, int], ...] = ()
) -> Automation:
    """Read (frame, number, value) and (frame, bend); a tick is a frame."""
    part = Part(
        controls=tuple(
            ControlChange(tick=tick, number=number, value=value)
            for tick, number, value in controls
        ),
        pitch_bends=tuple(PitchBend(tick=tick, value=value) for tick, value in bends),
    )
    return read_automation(part, lambda tick: tick / 250.0)


def test_without_controllers_nothing_is_changed() -> None:
    for automation in (read(), Automation()):
        frames = automation.frames(0, 4)
        assert frames.gain_db.tolist() == [0.0] * 4
        assert frames.vibrato_factor.tolist() == [1.0] * 4
        assert frames.bend_cents.tolist() == [0.0] * 4
        assert frames.pan.tolist() == [0.0] * 4
        assert frames.brightness_db_per_octave.tolist() == [0.0] * 4
        assert frames.noise_db.tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("number", "value", "expected_db"),
    [
        (7, 100, 0.0),
        (7, 127, 40 * math.log10(1.27)),
        (7, 50, 40 * math.log10(0.5)),
        (7, 0, MUTE_DB),
        (11, 127, 0.0),
        (11, 64, 40 * math.log10(64 / 127)),
        (11, 0, MUTE_DB),
    ],
)
def test_volume_and_expression_are_gain(
    number: int, value: int, expected_db: float
) -> None:
    gain_db = read((0, number, value)).frames(0, 3).gain_db
    assert gain_db == pytest.approx([expected_db] * 3, abs=1e-4)


def test_volume_and_expression_add_up_and_silence_stays_silence() -> None:
    gain_db = read((0, 7, 50), (0, 11, 64), (4, 11, 0)).frames(0, 5).gain_db
    expected = 40 * math.log10(0.5) + 40 * math.log10(64 / 127)
    assert gain_db[0] == pytest.approx(expected, abs=1e-4)
    assert gain_db[4] == MUTE_DB


@pytest.mark.parametrize(("value", "factor"), [(0, 1.0), (127, 3.0), (64, 2.0079)])
def test_modulation_widens_vibrato(value: int, factor: float) -> None:
    found = read((0, 1, value)).frames(0, 1).vibrato_factor
    assert found == pytest.approx([factor], abs=1e-3)


@pytest.mark.parametrize(("value", "pan"), [(0, -1.0), (64, 0.0), (127, 1.0)])
def test_pan_goes_from_left_to_right(value: int, pan: float) -> None:
    assert read((0, 10, value)).frames(0, 1).pan.tolist() == [pan]


def test_a_bend_is_in_cents() -> None:
    automation = read((0, 101, 0), (0, 100, 0), (0, 6, 12), bends=((0, 8191),))
    assert automation.frames(0, 2).bend_cents.tolist() == [1200.0] * 2


def test_a_jump_takes_a_frame_and_is_done_where_it_is_written() -> None:
    cents = read(bends=((50, 8191), (60, 0))).frames(48, 62).bend_cents
    assert cents.tolist() == [0.0] * 2 + [200.0] * 10 + [0.0] * 2


def test_small_quick_steps_are_one_movement() -> None:
    steps = tuple((25 * i, 11, 127 - 8 * i) for i in range(9))
    gain_db = read(*steps).frames(0, 201).gain_db
    changes = np.diff(gain_db)
    assert np.all(changes < 0.0)
    assert changes.min() > 3 * changes.mean()
    for frame, _, value in steps:
        expected = 40 * math.log10(value / 127)
        assert gain_db[frame] == pytest.approx(expected, abs=1e-4)


def test_small_steps_far_apart_are_steps() -> None:
    gain_db = read((0, 7, 90), (100, 7, 94)).frames(0, 101).gain_db
    assert len(set(gain_db[:100].tolist())) == 1
    assert gain_db[100] > gain_db[99]


def test_of_several_values_in_a_frame_the_last_counts() -> None:
    automation = read((0, 7, 1), (0, 7, 127), (0, 7, 100))
    assert automation.gain_db.is_constant
    assert automation.frames(0, 1).gain_db.tolist() == [0.0]


def test_reset_keeps_volume_and_pan() -> None:
    controls = ((0, 7, 50), (0, 11, 20), (0, 1, 127), (0, 10, 127), (9, 121, 0))
    frames = read(*controls, bends=((0, 8191),)).frames(9, 10)
    assert frames.gain_db == pytest.approx([40 * math.log10(0.5)], abs=1e-4)
    assert frames.vibrato_factor.tolist() == [1.0]
    assert frames.bend_cents.tolist() == [0.0]
    assert frames.pan.tolist() == [1.0]


@settings(max_examples=30, deadline=None)
@given(
    controls=st.lists(
        st.tuples(
            st.integers(0, 300),
            st.sampled_from([1, 6, 7, 10, 11, 38, 100, 101, 121]),
            st.integers(0, 127),
        )
    ),
    bends=st.lists(st.tuples(st.integers(0, 300), st.integers(-8192, 8191))),
    cut=st.integers(0, 350),
)
def test_any_stretch_is_that_of_the_whole(
    controls: list[tuple[int, int, int]], bends: list[tuple[int, int]], cut: int
) -> None:
    automation = read(*controls, bends=tuple(bends))
    whole = automation.frames(0, 350)
    first, second = automation.frames(0, cut), automation.frames(cut, 350)
    for name in NAMES:
        values = getattr(whole, name)
        assert values.shape == (350,)
        assert np.isfinite(values).all()
        together = np.concatenate([getattr(first, name), getattr(second, name)])
        assert np.array_equal(together, values)
    assert whole.gain_db.min() >= MUTE_DB
    assert whole.vibrato_factor.min() >= 1.0
    assert np.abs(whole.pan).max() <= 1.0


def test_an_hour_of_bends_is_had_in_pieces() -> None:
    bends = tuple((frame, frame % 8000) for frame in range(0, 900_000, 25))
    curve = read(bends=bends).bend_cents
    assert len(curve.frames) < 2 * len(bends)
    assert curve.at(899_000, 899_010).shape == (10,)


def test_a_constant_curve_holds_for_ever() -> None:
    assert constant_curve(2.5).at(10**9, 10**9 + 2).tolist() == [2.5, 2.5]
    assert constant_curve(2.5).is_constant
