"""Vibrato made from controls is measured as asked; found vibrato is what was played."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.generators.controls import COLUMNS, NUM_CONTROLS
from musegen.midi_ddsp.generators.swing import (
    GROWTH_S,
    USUAL_RATE_HZ,
    WHEEL_CENTS,
    FoundSwing,
    MadeSwing,
)
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.vibrato import measure_vibrato

STARTS = np.array([100, 600])


def controls_of(
    extent: float = 20.0, rate: float = 6.0, delay: float = 0.4, num_notes: int = 2
) -> np.ndarray:
    controls = np.zeros((num_notes, NUM_CONTROLS))
    controls[:, COLUMNS["vibrato_extent_cents"]] = extent
    controls[:, COLUMNS["vibrato_rate_hz"]] = rate
    controls[:, COLUMNS["vibrato_delay_s"]] = delay
    return controls


def envelope(swing: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(swing[:, 0], swing[:, 1]))


@pytest.mark.parametrize("rate", [4.5, 6.5])
@pytest.mark.parametrize("delay", [0.2, 0.5])
def test_what_is_made_is_measured_as_asked(rate: float, delay: float) -> None:
    swing = MadeSwing(STARTS, controls_of(25.0, rate, delay)).at(100, 600)
    found = measure_vibrato(swing[:, 0])
    assert found.extent_cents == pytest.approx(25.0, rel=0.05)
    assert found.rate_hz == pytest.approx(rate, abs=0.1)
    assert found.delay_s == pytest.approx(delay, abs=0.06)


def test_it_grows_around_its_delay_and_begins_on_the_pitch() -> None:
    swing = MadeSwing(STARTS, controls_of(delay=0.4)).at(600, 900)
    begin, half, full = (
        round((0.4 + share * GROWTH_S) * FRAME_RATE_HZ) for share in (-0.5, 0.0, 0.5)
    )
    assert envelope(swing)[half] == pytest.approx(10.0, rel=0.05)
    assert not swing[:begin].any()
    np.testing.assert_allclose(envelope(swing)[full + 1 :], 20.0)
    assert (np.diff(envelope(swing)) >= -1e-9).all()


def test_any_stretch_is_that_of_the_whole_and_nothing_swings_before_a_note() -> None:
    made = MadeSwing(STARTS, controls_of())
    whole = made.at(-50, 900)
    np.testing.assert_array_equal(made.at(333, 700), whole[383:750])
    assert not whole[: 50 + 100].any()


def test_a_wheel_widens_and_gives_vibrato_to_notes_without() -> None:
    made = MadeSwing(STARTS, controls_of(delay=0.0))
    plain, doubled = made.at(600, 900), made.at(600, 900, np.full(300, 2.0))
    assert envelope(doubled)[200] == pytest.approx(2 * 20.0 + WHEEL_CENTS)
    np.testing.assert_array_equal(made.at(600, 900, np.ones(300)), plain)
    still = MadeSwing(STARTS, controls_of(extent=0.0, rate=0.0, delay=0.0))
    assert not still.at(600, 900, np.ones(300)).any()
    found = measure_vibrato(still.at(600, 900, np.full(300, 2.0))[:, 0])
    assert found.extent_cents == pytest.approx(WHEEL_CENTS, rel=0.05)
    assert found.rate_hz == pytest.approx(USUAL_RATE_HZ, abs=0.1)


def test_a_wheel_below_1_narrows_the_vibrato_down_to_none() -> None:
    made = MadeSwing(STARTS, controls_of(delay=0.0))
    halved = made.at(600, 900, np.full(300, 0.5))
    assert envelope(halved)[200] == pytest.approx(10.0)
    assert not made.at(600, 900, np.zeros(300)).any()
    still = MadeSwing(STARTS, controls_of(extent=0.0, rate=0.0, delay=0.0))
    assert not still.at(600, 900, np.zeros(300)).any()


# === Found ===


def test_found_vibrato_is_what_was_played_and_its_quadrature() -> None:
    time_s = np.arange(500) / FRAME_RATE_HZ
    played = 18.0 * np.sin(2 * np.pi * 5.8 * time_s + 0.7)
    drift = 6.0 * np.linspace(-1, 1, 500)
    curve = np.concatenate([np.full(100, 40.0), played + drift, np.full(50, 7.0)])
    spans = np.array([[100, 600]])
    found = FoundSwing(curve, spans, controls_of(18.0, 5.8, num_notes=1)).at(0, 650)
    middle = slice(200, 500)
    np.testing.assert_allclose(found[middle, 0], played[100:400], atol=0.5)
    np.testing.assert_allclose(envelope(found)[middle], 18.0, rtol=0.03)
    expected = 18.0 * np.cos(2 * np.pi * 5.8 * time_s + 0.7)
    np.testing.assert_allclose(found[middle, 1], expected[100:400], atol=0.5)
    assert not found[:100].any()
    assert not found[600:].any()


def test_found_and_made_agree_on_the_quadrature() -> None:
    controls = controls_of(delay=0.0, num_notes=1)
    made = MadeSwing(np.array([0]), controls).at(0, 500)
    found = FoundSwing(made[:, 0], np.array([[0, 500]]), controls).at(0, 500)
    np.testing.assert_allclose(found[150:400], made[150:400], atol=0.5)


def test_only_notes_with_a_rate_swing_and_stretches_are_cut_out() -> None:
    rng = np.random.default_rng(0)
    curve = 20.0 * rng.normal(size=400)
    controls = controls_of()
    controls[0, COLUMNS["vibrato_rate_hz"]] = 0.0
    spans = np.array([[0, 200], [200, 400]])
    found = FoundSwing(curve, spans, controls)
    assert not found.at(0, 200).any()
    assert found.at(200, 400).any()
    np.testing.assert_array_equal(found.at(150, 300), found.at(0, 400)[150:300])


def test_a_note_shorter_than_a_cycle_does_not_swing() -> None:
    curve = np.linspace(-20, 20, 40)
    found = FoundSwing(curve, np.array([[0, 40]]), controls_of(num_notes=1))
    assert not found.at(0, 40).any()


def test_noise_is_never_taken_for_much_more_than_the_extent() -> None:
    curve = 300.0 * np.random.default_rng(1).normal(size=300)
    controls = controls_of(extent=5.0, num_notes=1)
    found = FoundSwing(curve, np.array([[0, 300]]), controls).at(0, 300)
    assert envelope(found).max() <= 1.3 * 5.0 + 1e-6
