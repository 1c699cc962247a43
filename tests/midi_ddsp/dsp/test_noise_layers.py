"""Filtered noise as a Keras layer, against closed forms and the renderer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.interpolation import FrameGrid
from musegen.midi_ddsp.dsp.noise import FilteredNoise as NumpyFilteredNoise
from musegen.midi_ddsp.dsp.noise_layers import FilteredNoise, overlap_add

SLOPE = np.exp(-np.arange(65) / 10.0).astype(np.float32)


def filtered(
    magnitudes: NDArray[np.float32], noise: NDArray[np.float32], *, compat: bool
) -> NDArray[np.float32]:
    layer = FilteredNoise(compat=compat)
    clip: NDArray[np.float32] = np.asarray(layer(magnitudes[None], noise[None]))[0]
    return clip


def impulse(at: int, num_samples: int) -> NDArray[np.float32]:
    audio = np.zeros(num_samples, np.float32)
    audio[at] = 1.0
    return audio


def uniform(*shape: int) -> NDArray[np.float32]:
    numbers = np.random.default_rng(0).uniform(-1.0, 1.0, shape)
    return numbers.astype(np.float32)


@pytest.mark.parametrize(("compat", "arrival"), [(False, 200), (True, 202)])
def test_where_an_impulse_comes_out_of_a_flat_filter(
    compat: bool, arrival: int
) -> None:
    flat = np.ones((10, 65), np.float32)
    found = filtered(flat, impulse(200, 640), compat=compat)
    assert found == pytest.approx(impulse(arrival, 640), abs=1e-6)


@pytest.mark.parametrize(("compat", "centre"), [(False, 200), (True, 202)])
def test_taps_of_a_slope_as_the_original_gave_them(compat: bool, centre: int) -> None:
    found = filtered(np.tile(SLOPE, (10, 1)), impulse(200, 640), compat=compat)
    half = [0.031948, 0.049256, 0.07937, 0.126174, 0.15612]
    expected = half + half[-2::-1]
    assert found[centre - 4 : centre + 5] == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("compat", [False, True])
def test_changing_filters_equal_the_renderer(compat: bool) -> None:
    magnitudes, noise = np.abs(uniform(100, 65)), uniform(6400)
    renderer = NumpyFilteredNoise(
        grid=FrameGrid.between(sample_rate=16000, frame_rate_hz=250.0),
        num_bands=65,
        sample_rate=16000,
        model_rate=16000,
        compat=compat,
    )
    first = renderer.process(magnitudes, noise)
    expected = np.concatenate([first, renderer.finish()])
    found = filtered(magnitudes, noise, compat=compat)
    assert np.abs(found - expected).max() < 1e-5


def test_a_steady_flat_filter_returns_the_noise_itself() -> None:
    noise = uniform(640)
    found = filtered(np.full((10, 65), 0.5, np.float32), noise, compat=False)
    assert found == pytest.approx(0.5 * noise, abs=1e-6)


def test_other_sizes_of_hop_and_bands() -> None:
    layer = FilteredNoise(hop_samples=48)
    noise = uniform(2, 240)
    found = np.asarray(layer(np.ones((2, 5, 21), np.float32), noise))
    assert found == pytest.approx(noise, abs=1e-6)


def test_drawn_noise_has_its_level_and_is_drawn_afresh() -> None:
    magnitudes = np.full((2, 200, 65), 0.3, np.float32)
    layer = FilteredNoise(seed=1)
    first, second = np.asarray(layer(magnitudes)), np.asarray(layer(magnitudes))
    again = np.asarray(FilteredNoise(seed=1)(magnitudes))
    assert float(first.std()) == pytest.approx(0.3 / np.sqrt(3.0), rel=0.02)
    assert np.array_equal(first, again)
    assert np.abs(first - second).max() > 0.1
    assert np.abs(first[0] - first[1]).max() > 0.1


@pytest.mark.parametrize("compat", [False, True])
def test_no_magnitude_no_sound(compat: bool) -> None:
    silence = filtered(np.zeros((4, 65), np.float32), uniform(256), compat=compat)
    assert not silence.any()


def test_overlapping_frames_are_added() -> None:
    frames = np.array([[[1, 2, 3, 4], [10, 20, 30, 40]]], np.float32)
    added = np.asarray(overlap_add(frames, 2))
    assert added.tolist() == [[1, 2, 13, 24, 30, 40]]


def test_config_round_trip() -> None:
    layer = FilteredNoise(hop_samples=32, compat=True, seed=5, name="noise")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
