"""From frames to samples: values of the original, and grids of any hop."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.interpolation import FrameGrid, Method, upsample

LINEAR = [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0.5, 1, 1.5, 2, 2, 2, 2]
WINDOW = [0, 0.146447, 0.5, 0.853553, 1, 0.853553, 0.5, 0.146446]
WINDOW += [0, 0.292893, 1, 1.707107, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("method", "expected"), [("linear", LINEAR), ("window", WINDOW)]
)
def test_values_of_the_original(method: Method, expected: list[float]) -> None:
    values = upsample([0.0, 1.0, 0.0, 2.0], 4, method=method)
    np.testing.assert_allclose(values, expected, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=9),
    st.integers(1, 9),
    st.sampled_from(["linear", "window"]),
)
def test_frame_instants_equal_their_frames(
    frames: list[float], factor: int, method: Method
) -> None:
    values = upsample(frames, factor, method=method)
    np.testing.assert_allclose(values[::factor], frames, atol=1e-12)
    assert len(values) == factor * len(frames)


def test_columns_are_interpolated_apart() -> None:
    values = upsample([[0.0, 4.0], [2.0, 0.0]], 2)
    np.testing.assert_allclose(values, [[0, 4], [1, 2], [2, 0], [2, 0]])


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_every_sample_belongs_to_the_frame_before_it(sample_rate: int) -> None:
    grid = FrameGrid.between(sample_rate=sample_rate, frame_rate_hz=250.0)
    frames = np.arange(300)
    starts = grid.starts(frames)
    exact = [-(-sample_rate * frame // 250) for frame in frames.tolist()]
    assert starts.tolist() == exact
    assert [grid.start(frame) for frame in range(300)] == exact
    assert grid.lengths(frames).max() == grid.num_columns
    instants = [frame * Fraction(sample_rate, 250) for frame in range(300)]
    late = [float(at - of) for at, of in zip(exact, instants, strict=True)]
    positions = grid.positions(0, 1)[grid.kind(frames), 0]
    hop = sample_rate / 250
    np.testing.assert_allclose(positions * hop, late, atol=1e-9)


def test_whole_hops_are_all_of_one_kind() -> None:
    grid = FrameGrid.between(sample_rate=48000, frame_rate_hz=250.0)
    assert (grid.num_kinds, grid.num_columns, grid.start(3)) == (1, 192, 576)


def test_fewer_samples_than_frames_are_refused() -> None:
    with pytest.raises(UsageError, match="at least the frame rate"):
        FrameGrid.between(sample_rate=100, frame_rate_hz=250.0)
