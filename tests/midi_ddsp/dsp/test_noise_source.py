"""White noise that is known by seed and number."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.dsp.noise_source import WhiteNoise


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 300))
def test_any_stretch_is_the_same_however_it_is_asked_for(
    first: int, count: int
) -> None:
    noise = WhiteNoise(seed=0)
    whole = noise.samples(0, 5300)
    np.testing.assert_array_equal(
        noise.samples(first, count), whole[first : first + count]
    )


def test_level_and_range_are_those_of_a_uniform_noise() -> None:
    samples = WhiteNoise(seed=5).samples(0, 200_000)
    assert -1.0 <= samples.min() < -0.999
    assert 0.999 < samples.max() < 1.0
    assert abs(samples.mean()) < 0.005
    assert abs(samples.var() - 1 / 3) < 0.005


def test_seeds_give_different_noises() -> None:
    first, second = (WhiteNoise(seed=seed).samples(0, 10_000) for seed in (0, 1))
    assert abs(float(np.corrcoef(first, second)[0, 1])) < 0.05
