"""The log-mel spectrogram."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.dsp.mel import log_mel, mel_weights


def mel(frequency_hz: float) -> float:
    """The scale in its other common form."""
    return float(2595.0 * np.log10(1.0 + frequency_hz / 700.0))


def test_silence_of_four_seconds() -> None:
    silence = log_mel(np.zeros(64000))
    assert silence.shape == (1000, 64)
    assert silence == pytest.approx(-11.5129, abs=1e-4)


@pytest.mark.parametrize(("num_samples", "num_frames"), [(0, 0), (1, 1), (65, 2)])
def test_a_frame_for_each_begun_hop(num_samples: int, num_frames: int) -> None:
    assert log_mel(np.ones(num_samples)).shape == (num_frames, 64)


def test_each_band_is_a_triangle_on_the_mel_scale() -> None:
    weights = mel_weights()
    assert weights.shape == (513, 64)
    spacing = (mel(8000.0) - mel(40.0)) / 65
    for band in (0, 20, 63):
        centre = mel(40.0) + (band + 1) * spacing
        position = np.array([mel(15.625 * k) for k in range(513)])
        expected = np.maximum(1.0 - np.abs(position - centre) / spacing, 0.0)
        assert weights[:, band] == pytest.approx(expected, abs=1e-3)
    assert not weights[:3].any()  # below 40 Hz


def test_neighbouring_triangles_sum_to_one() -> None:
    sums = mel_weights().sum(axis=1)
    assert sums[10:480] == pytest.approx(1.0, abs=1e-5)


def test_a_tone_is_loudest_in_its_band() -> None:
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(16000) / 16000)
    spacing = (mel(8000.0) - mel(40.0)) / 65
    # The wide bands above collect more of the skirt: the window is 8 ms.
    expected = round((mel(1000.0) - mel(40.0)) / spacing) - 1
    loudest = int(np.argmax(log_mel(tone)[100]))
    assert abs(loudest - expected) <= 2


def test_frames_begin_at_the_hop() -> None:
    audio = np.zeros(1280)
    audio[640] = 1.0
    is_heard = log_mel(audio).max(axis=1) > -11.5
    # Under the window of frame 10 it lies at 0, where the window is 0.
    assert np.flatnonzero(is_heard).tolist() == [9]


def test_twice_as_loud_is_the_logarithm_of_two_more() -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 4000)
    assert log_mel(2.0 * noise) - log_mel(noise) == pytest.approx(np.log(2.0), abs=1e-4)
