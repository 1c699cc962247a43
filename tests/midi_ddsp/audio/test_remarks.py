from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.audio.remarks import SampleRemarks, flat_tops

STEP = 2.0**-15


def remarks(*, num_channels: int = 1) -> SampleRemarks:
    return SampleRemarks(
        label="x.wav", sample_rate=1000, num_channels=num_channels, subtype="PCM_16"
    )


def test_a_flat_top_needs_three_samples_and_a_jump() -> None:
    flat = np.array([0.0, 1.0, 1.0, 1.0, 0.9, 1.0, 1.0, 0.0], np.float32)
    starts, lengths = flat_tops(flat, step=STEP)
    assert (starts.tolist(), lengths.tolist()) == ([1], [3])


def test_a_rounded_top_is_not_flat() -> None:
    phase = np.linspace(-0.05, 0.05, 201)
    top = np.round(np.cos(phase) * 32767) / 32768
    assert (np.diff(top) == 0).sum() > 3
    assert flat_tops(top.astype(np.float32), step=STEP)[0].size == 0


def test_a_top_that_reaches_the_ends_is_not_told() -> None:
    ones = np.ones(10, np.float32)
    assert flat_tops(ones, step=STEP)[0].size == 0
    ones[0] = 0.0
    starts, lengths = flat_tops(ones, step=STEP)
    assert (starts.tolist(), lengths.tolist()) == ([1], [9])


def test_times_count_over_blocks() -> None:
    found = remarks()
    for _ in range(2):
        found.mix(np.full((1000, 1), 0.001, np.float32))
    block = np.zeros((1000, 1), np.float32)
    block[500] = np.nan
    found.mix(block)
    (notice,) = found.notices()
    assert "first at 2.500 s" in notice.message


def test_the_share_of_bad_samples_counts_channels() -> None:
    found = remarks(num_channels=2)
    block = np.full((100, 2), 0.1, np.float32)
    block[:2, 0] = np.nan
    found.mix(block)
    assert "samples-not-numbers" in [notice.code for notice in found.notices()]
    block[0, 1] = np.inf
    block[:2, 0] = np.nan
    found.mix(block)
    with pytest.raises(FileFormatError, match=r"1\.2%"):
        found.notices()


def test_the_mean_of_the_channels_is_returned() -> None:
    found = remarks(num_channels=2)
    mono = found.mix(np.array([[0.5, 0.1], [-0.2, 0.0]], np.float32))
    assert mono == pytest.approx([0.3, -0.1])
    assert mono.dtype == np.float32
    assert found.peak == pytest.approx(0.5)


def test_levels_that_are_none_of_a_sound_are_refused() -> None:
    found = remarks()
    found.mix(np.full((100, 1), 1e20, np.float32))
    with pytest.raises(
        FileFormatError, match=r"go up to 1e\+20, where full scale is 1"
    ):
        found.notices()
