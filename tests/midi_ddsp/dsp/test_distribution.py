"""Which harmonics survive, and that their shares sum to 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.dsp.distribution import (
    harmonic_distribution,
    is_below_nyquist,
    normalise,
)


@pytest.mark.parametrize(
    ("f0_hz", "active"), [(880.0, 9), (1000.0, 7), (7999.0, 1), (8000.0, 0), (0.0, 60)]
)
def test_active_harmonics_of_the_original(f0_hz: float, active: int) -> None:
    shares = harmonic_distribution(np.zeros((1, 60)), [f0_hz], sample_rate=16000)
    assert int((shares > 0.0).sum()) == active
    assert float(shares.sum()) == pytest.approx(float(active > 0), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(20.0, 9000.0), st.integers(0, 10**6))
def test_shares_sum_to_one_wherever_any_survive(f0_hz: float, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0.0, 4.0, (1, 60))
    shares = harmonic_distribution(logits, [f0_hz], sample_rate=16000)
    is_kept = is_below_nyquist([f0_hz], 60, sample_rate=16000)
    assert float(shares.sum()) == pytest.approx(float(is_kept.any()), abs=1e-5)
    assert not shares[~is_kept].any()


def test_rows_of_nothing_stay() -> None:
    assert not normalise(np.zeros((2, 3), np.float32)).any()
