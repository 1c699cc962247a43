"""Lengths of transforms."""

from __future__ import annotations

import pytest

from musegen.midi_ddsp.dsp.transforms import fast_size


@pytest.mark.parametrize(
    ("needed", "size"),
    [(1, 2), (2, 2), (3, 4), (5, 6), (255, 256), (256, 256), (257, 384), (767, 768)],
)
def test_least_size_that_holds(needed: int, size: int) -> None:
    assert fast_size(needed) == size
