"""The harmonic bank as a Keras layer, against closed forms and the renderer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.harmonic import HarmonicBank as NumpyHarmonicBank
from musegen.midi_ddsp.dsp.harmonic_layers import HarmonicBank
from musegen.midi_ddsp.dsp.interpolation import FrameGrid

Frames = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def sound(frames: Frames, *, compat: bool = False) -> NDArray[np.float32]:
    f0_hz, amplitude, harmonics = frames
    audio = HarmonicBank(compat=compat)(
        f0_hz[None, :, None], amplitude[None, :, None], harmonics[None]
    )
    clip: NDArray[np.float32] = np.asarray(audio)[0]
    return clip


def rendered(frames: Frames, *, compat: bool = False) -> NDArray[np.float32]:
    f0_hz, amplitude, harmonics = frames
    bank = NumpyHarmonicBank(
        grid=FrameGrid.between(sample_rate=16000, frame_rate_hz=250.0),
        sample_rate=16000,
        limit_hz=8000.0,
        compat=compat,
    )
    first = bank.process(f0_hz, amplitude[:, None] * harmonics)
    return np.concatenate([first, bank.finish()])


def melody(num_frames: int = 1000, num_harmonics: int = 60) -> Frames:
    """A glide with vibrato, whose upper harmonics cross half the sample rate."""
    generator = np.random.default_rng(0)
    time = np.arange(num_frames)
    f0_hz = 110.0 + 0.09 * time + 4.0 * np.sin(0.14 * time)
    harmonics = generator.uniform(0.0, 1.0, (num_frames, num_harmonics))
    harmonics /= harmonics.sum(axis=1, keepdims=True)
    amplitude = generator.uniform(0.0, 1.0, num_frames)
    return (
        f0_hz.astype(np.float32),
        amplitude.astype(np.float32),
        harmonics.astype(np.float32),
    )


def steady(f0_hz: float, shares: list[float], num_frames: int) -> Frames:
    return (
        np.full(num_frames, f0_hz, np.float32),
        np.full(num_frames, 0.5, np.float32),
        np.tile(np.array(shares, np.float32), (num_frames, 1)),
    )


@pytest.mark.parametrize("lead", [0, 1])
def test_a_minute_of_three_partials_by_the_closed_form(lead: int) -> None:
    shares = [0.6, 0.3, 0.1]
    sample = np.arange(15000 * 64) + lead
    expected = sum(
        0.5 * share * np.sin(2.0 * np.pi * k * 440.0 * sample / 16000)
        for k, share in enumerate(shares, start=1)
    )
    found = sound(steady(440.0, shares, 15000), compat=lead == 1)
    assert np.abs(found - expected).max() < 1e-4


def test_four_seconds_equal_the_renderer() -> None:
    frames = melody()
    difference = sound(frames) - rendered(frames)
    assert np.abs(difference).max() < 1e-4


def test_four_seconds_equal_the_renderer_in_compat_mode() -> None:
    frames = melody()
    difference = np.abs(sound(frames, compat=True) - rendered(frames, compat=True))
    assert difference.max() < 1e-4


@pytest.mark.parametrize("compat", [False, True])
def test_rests_and_leaps_equal_the_renderer(compat: bool) -> None:
    _, amplitude, harmonics = melody(12, 20)
    f0_hz = np.array([0, 0, 440, 440, 0, 330, 0, 0, 1000, 399.9, 3000, 220], np.float32)
    frames = f0_hz, amplitude, harmonics
    expected = rendered(frames, compat=compat)
    assert np.abs(sound(frames, compat=compat) - expected).max() < 1e-4
    assert np.abs(expected).max() > 0.05


@pytest.mark.parametrize("compat", [False, True])
def test_no_fundamental_no_amplitude_no_sound(compat: bool) -> None:
    no_pitch = steady(0.0, [0.5, 0.5], 6)
    f0_hz, amplitude, harmonics = steady(300.0, [0.5, 0.5], 6)
    assert not sound(no_pitch, compat=compat).any()
    assert not sound((f0_hz, 0.0 * amplitude, harmonics), compat=compat).any()


@pytest.mark.parametrize("compat", [False, True])
def test_nothing_sounds_at_half_the_sample_rate(compat: bool) -> None:
    audible = sound(steady(3999.0, [0.0, 1.0], 4), compat=compat)
    silent = sound(steady(4000.0, [0.0, 1.0], 4), compat=compat)
    assert np.abs(audible).max() > 0.05
    assert not silent.any()


def test_the_sound_scales_with_the_amplitude() -> None:
    f0_hz, amplitude, harmonics = melody(30, 10)
    once = sound((f0_hz, amplitude, harmonics))
    thrice = sound((f0_hz, 3.0 * amplitude, harmonics))
    assert thrice == pytest.approx(3.0 * once, abs=1e-5)


def test_config_round_trip() -> None:
    layer = HarmonicBank(hop_samples=192, sample_rate=48000, compat=True, name="bank")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
