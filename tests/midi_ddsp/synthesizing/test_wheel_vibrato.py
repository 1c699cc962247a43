"""The modulation wheel: vibrato widened where the wheel stands."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.generators.swing import WHEEL_CENTS
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz
from musegen.midi_ddsp.parts.automation import Curve, constant_curve
from musegen.midi_ddsp.synthesizing.wheel_vibrato import moves_vibrato, widen_vibrato

TIME_S = np.arange(500) / 250
PITCH = 69.0 + 0.2 * np.sin(2 * np.pi * 5.5 * TIME_S)


def played(f0_hz: NDArray[np.float64]) -> SynthesisParameters:
    count = len(f0_hz)
    harmonics = np.zeros((count, 60), np.float32)
    harmonics[:, 0] = 1.0
    return SynthesisParameters(
        f0_hz=f0_hz.astype(np.float32),
        amplitude=np.ones(count, np.float32),
        harmonics=harmonics,
        noise=np.zeros((count, 65), np.float32),
    )


def test_vibrato_is_scaled_about_the_course_of_the_note() -> None:
    index = np.zeros(500, np.int32)
    wide = widen_vibrato(played(midi_to_hz(PITCH)), np.full(500, 2.0), index)
    pitch = hz_to_midi(wide.f0_hz)[100:400]
    assert np.ptp(pitch) == pytest.approx(0.8, abs=0.02)
    assert pitch.mean() == pytest.approx(69, abs=0.01)


def test_only_where_the_wheel_stands() -> None:
    plain = played(midi_to_hz(PITCH))
    factor = np.where(np.arange(500) < 250, 1.0, 0.0)
    half = widen_vibrato(plain, factor, np.zeros(500, np.int32)).f0_hz
    np.testing.assert_allclose(half[:250], plain.f0_hz[:250], rtol=1e-6)
    assert np.ptp(half[300:450]) < 1 < np.ptp(half[100:200])


def test_notes_without_vibrato_are_given_some() -> None:
    index = np.where(np.arange(500) < 250, 0, 1)
    factor = np.where(np.arange(500) < 250, 1.0, 3.0)
    pitch = hz_to_midi(widen_vibrato(played(np.full(500, 440.0)), factor, index).f0_hz)
    np.testing.assert_allclose(pitch[:250], 69, atol=1e-4)
    assert np.ptp(pitch[350:]) == pytest.approx(2 * 2 * WHEEL_CENTS / 100, abs=0.02)
    assert np.abs(pitch[250:255] - 69).max() < 0.02  # it grows


def test_a_wheel_below_its_rest_gives_no_vibrato() -> None:
    straight = played(np.full(500, 440.0))
    still = widen_vibrato(straight, np.zeros(500), np.zeros(500, np.int32))
    np.testing.assert_allclose(still.f0_hz, 440, rtol=1e-5)


def test_a_frame_without_pitch_keeps_none() -> None:
    wide = widen_vibrato(played(np.zeros(9)), np.full(9, 2.0), np.full(9, -1))
    assert (wide.f0_hz == 0).all()


@pytest.mark.parametrize(
    ("factor", "moves"),
    [
        (constant_curve(1.0), False),
        (constant_curve(2.0), True),
        (Curve(frames=np.array([0, 5]), values=np.array([1.0, 3.0])), True),
    ],
)
def test_a_wheel_at_rest_moves_nothing(factor: Curve, moves: bool) -> None:
    assert moves_vibrato(factor) is moves
