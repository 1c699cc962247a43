"""Filtered noise: delay, level, hand-over, and independence of the blocks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.interpolation import FrameGrid
from musegen.midi_ddsp.dsp.noise import FilteredNoise
from musegen.midi_ddsp.dsp.noise_filters import filter_taps
from musegen.midi_ddsp.dsp.noise_source import WhiteNoise


def filtered(
    magnitudes: NDArray[np.float32],
    excitation: NDArray[np.float32],
    *,
    sample_rate: int = 16000,
    compat: bool = False,
    cuts: tuple[int, ...] = (),
) -> NDArray[np.float32]:
    """The sound of all frames, given in blocks that end at the cuts."""
    grid = FrameGrid.between(sample_rate=sample_rate, frame_rate_hz=250.0)
    filters = FilteredNoise(
        grid=grid,
        num_bands=magnitudes.shape[1],
        sample_rate=sample_rate,
        model_rate=16000,
        compat=compat,
    )
    edges = [0, *cuts, len(magnitudes)]
    pieces = [
        filters.process(
            magnitudes[first:last], excitation[grid.start(first) : grid.start(last)]
        )
        for first, last in pairwise(edges)
    ]
    return np.concatenate([*pieces, filters.finish()])


def original(
    magnitudes: NDArray[np.float32], excitation: NDArray[np.float32]
) -> NDArray[np.float64]:
    """What the paper's program does, written plainly."""
    total = np.zeros(len(excitation) + 256)
    for frame, bands in enumerate(magnitudes):
        piece = excitation[64 * frame : 64 * (frame + 1)]
        convolved = np.convolve(piece, filter_taps(bands))
        total[64 * frame : 64 * frame + len(convolved)] += convolved
    return total[62 : 62 + len(excitation)]


@pytest.mark.parametrize(("compat", "at"), [(False, 200), (True, 202)])
def test_a_click_comes_out_where_it_should(compat: bool, at: int) -> None:
    click = np.zeros(640, np.float32)
    click[200] = 1.0
    sound = filtered(np.ones((10, 65), np.float32), click, compat=compat)
    np.testing.assert_allclose(sound, np.eye(640)[at], atol=1e-6)


def test_compat_is_the_original() -> None:
    generator = np.random.default_rng(0)
    magnitudes = generator.uniform(0.0, 1.0, (9, 65)).astype(np.float32)
    excitation = generator.uniform(-1.0, 1.0, 9 * 64).astype(np.float32)
    sound = filtered(magnitudes, excitation, compat=True)
    np.testing.assert_allclose(sound, original(magnitudes, excitation), atol=1e-5)


def test_a_steady_filter_is_a_convolution() -> None:
    generator = np.random.default_rng(0)
    bands = generator.uniform(0.0, 1.0, 65).astype(np.float32)
    excitation = generator.uniform(-1.0, 1.0, 640).astype(np.float32)
    sound = filtered(np.tile(bands, (10, 1)), excitation)
    expected = np.convolve(excitation, filter_taps(bands))[64 : 64 + 640]
    np.testing.assert_allclose(sound, expected, atol=1e-5)


@pytest.mark.parametrize("sample_rate", [16000, 24000, 44100, 48000, 22050])
def test_level_is_that_of_a_uniform_noise_at_any_rate(sample_rate: int) -> None:
    excitation = WhiteNoise(seed=1).samples(0, 2 * sample_rate)
    sound = filtered(
        np.full((500, 65), 0.3, np.float32), excitation, sample_rate=sample_rate
    )
    assert len(sound) == 2 * sample_rate
    assert float(sound.std()) == pytest.approx(0.3 / np.sqrt(3), rel=0.02)


def test_variance_is_a_third_of_the_energy_of_the_taps() -> None:
    bands = np.exp(-np.arange(65) / 10).astype(np.float32)
    excitation = WhiteNoise(seed=1).samples(0, 64 * 4000)
    sound = filtered(np.tile(bands, (4000, 1)), excitation)
    expected = float(np.square(filter_taps(bands)).sum()) / 3
    assert float(sound.var()) == pytest.approx(expected, rel=0.02)


def test_hand_over_has_no_step() -> None:
    """A filter that jumps: the original steps at the frame, ours fades over it."""
    magnitudes = np.zeros((10, 65), np.float32)
    magnitudes[5:] = 1.0
    steady = np.ones(640, np.float32)
    ours = np.abs(np.diff(filtered(magnitudes, steady)[:600])).max()
    theirs = np.abs(np.diff(filtered(magnitudes, steady, compat=True)[:600])).max()
    assert theirs > 0.9
    assert ours < 0.03


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(0, 60), max_size=6),
    st.sampled_from([16000, 44100]),
)
def test_blocks_do_not_matter(cuts: list[int], sample_rate: int) -> None:
    generator = np.random.default_rng(2)
    magnitudes = generator.uniform(0.0, 1.0, (60, 65)).astype(np.float32)
    count = -(-60 * sample_rate // 250)
    excitation = generator.uniform(-1.0, 1.0, count).astype(np.float32)
    whole = filtered(magnitudes, excitation, sample_rate=sample_rate)
    parts = filtered(
        magnitudes, excitation, sample_rate=sample_rate, cuts=tuple(sorted(cuts))
    )
    assert len(whole) == count
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_no_magnitude_no_sound() -> None:
    excitation = WhiteNoise(seed=1).samples(0, 640)
    assert not filtered(np.zeros((10, 65), np.float32), excitation).any()


def test_compat_knows_the_rate_of_the_model_only() -> None:
    with pytest.raises(UsageError, match="own rate, 16000 Hz"):
        filtered(
            np.ones((2, 65), np.float32),
            np.zeros(384, np.float32),
            sample_rate=48000,
            compat=True,
        )
