"""The phase of a gliding fundamental in float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.phase_layers import fundamental_cycles, hold_last_frame

Untyped = Any  # TensorFlow has no type information

HOP, RATE = 64, 16000


def cycles_apart(found: NDArray[np.float32], expected: NDArray[np.float64]) -> float:
    difference = found.reshape(-1).astype(np.float64) - expected
    return float(np.abs(difference - np.rint(difference)).max())


def cycles(f0_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    left = f0_hz[None]
    right = hold_last_frame(left)
    found = fundamental_cycles(left, right, hop_samples=HOP, sample_rate=RATE)
    clip: NDArray[np.float32] = np.asarray(found)[0]
    return clip


@pytest.mark.parametrize("f0_hz", [27.5, 440.0, 1234.567, 7999.0])
def test_a_minute_of_a_steady_tone_does_not_drift(f0_hz: float) -> None:
    frames = np.full(15000, f0_hz, np.float32)
    sample = np.arange(15000 * HOP)
    expected = float(frames[0]) * sample / RATE
    # Rounding inside a frame grows with the cycles in it, as harmonics grow fewer.
    assert cycles_apart(cycles(frames), expected) < 2e-7 * max(1.0, f0_hz / 250.0)


def test_a_glide_is_the_sum_of_its_samples() -> None:
    time = np.arange(1000)
    frames = (200.0 + 0.3 * time + 8.0 * np.sin(0.15 * time)).astype(np.float32)
    exact = frames.astype(np.float64)
    ramp = np.arange(HOP) / HOP
    hz = exact[:, None] * (1.0 - ramp) + np.append(exact[1:], exact[-1])[:, None] * ramp
    hz = hz.reshape(-1)
    expected = (np.cumsum(hz) - hz) / RATE
    assert cycles_apart(cycles(frames), expected) < 1e-6


def test_phase_starts_at_zero_and_stays_within_half_a_cycle() -> None:
    found = cycles(np.array([300.0, 900.0, 20.0], np.float32))
    assert found[0, 0] == 0.0
    assert np.abs(found).max() <= 0.5


def test_the_gradient_is_that_of_the_plain_sum() -> None:
    left = tf.Variable([[100.0, 200.0, 150.0]])
    with tf.GradientTape() as tape:
        found = fundamental_cycles(
            left, hold_last_frame(left), hop_samples=HOP, sample_rate=RATE
        )
        last = found[0, 2, 10]
    gradient = np.asarray(tape.gradient(last, left))
    weight = np.arange(HOP) / HOP
    early, late = (1.0 - weight).sum() / RATE, weight.sum() / RATE
    expected = [early, late + early, late + 10 / RATE]
    assert gradient[0] == pytest.approx(expected, rel=1e-4)


def test_the_number_of_frames_need_not_be_known() -> None:
    frames = np.linspace(100.0, 700.0, 37, dtype=np.float32)

    def of_any_length(left: Untyped) -> Untyped:
        return fundamental_cycles(
            left, hold_last_frame(left), hop_samples=HOP, sample_rate=RATE
        )

    signature = [tf.TensorSpec([None, None], tf.float32)]
    traced = tf.function(of_any_length, input_signature=signature, autograph=False)
    found = np.asarray(traced(frames[None]))[0]
    assert found == pytest.approx(cycles(frames), abs=1e-6)


def test_too_many_frames_a_second_are_refused() -> None:
    frames = np.ones((1, 3), np.float32)
    with pytest.raises(ValueError, match="1000 frames a second"):
        fundamental_cycles(frames, frames, hop_samples=16, sample_rate=16000)
