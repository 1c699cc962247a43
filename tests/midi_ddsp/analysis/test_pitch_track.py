from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.analysis.pitch_track import count_frames, hold_unvoiced


@pytest.mark.parametrize(
    ("num_samples", "rate", "frames"),
    [(0, 16000, 0), (1, 16000, 1), (64, 16000, 1), (65, 16000, 2), (44100, 44100, 250)],
)
def test_frames_cover_the_recording(num_samples: int, rate: int, frames: int) -> None:
    assert count_frames(num_samples, rate) == frames


def test_unvoiced_frames_take_the_nearest_voiced_value() -> None:
    f0_hz = np.array([1.0, 100, 2, 3, 4, 200, 5])
    voiced = np.array([False, True, False, False, False, True, False])
    held = hold_unvoiced(f0_hz, voiced, fallback_hz=50)
    assert held.tolist() == [100, 100, 100, 100, 200, 200, 200]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), max_size=40))
def test_holding_gives_voiced_values_only(voiced: list[bool]) -> None:
    f0_hz = np.arange(len(voiced), dtype=np.float64) + 100.0
    held = hold_unvoiced(f0_hz, np.array(voiced, bool), fallback_hz=50)
    known = {100.0 + index for index, is_voiced in enumerate(voiced) if is_voiced}
    assert set(held.tolist()) <= (known or {50.0})
