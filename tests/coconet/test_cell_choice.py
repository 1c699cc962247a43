"""Which free cells are drawn anew: single ones, or stretches of a voice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.cell_choice import choose_cells


@given(
    seed=st.integers(0, 2**32 - 1),
    num_steps=st.integers(1, 40),
    rate=st.floats(0, 1),
    block_steps=st.integers(1, 9),
)
def test_only_free_cells_are_chosen(
    seed: int, num_steps: int, rate: float, block_steps: int
) -> None:
    rng = np.random.default_rng(seed)
    is_free = rng.random((num_steps, 4)) < 0.5
    chosen = choose_cells(is_free, rate, block_steps=block_steps, generator=rng)
    assert not (chosen & ~is_free).any()


@given(seed=st.integers(0, 2**32 - 1), num_steps=st.integers(4, 60))
def test_stretches_are_as_long_as_asked_for(seed: int, num_steps: int) -> None:
    is_free = np.ones((num_steps, 4), dtype=bool)
    rng = np.random.default_rng(seed)
    chosen = choose_cells(is_free, 0.5, block_steps=4, generator=rng)
    for voice in range(4):
        edges = np.flatnonzero(np.diff(np.r_[0, chosen[:, voice], 0]))
        assert (edges[1::2] - edges[::2] >= 4).all()


@pytest.mark.parametrize("block_steps", [1, 4])
def test_about_the_share_asked_for_is_chosen(block_steps: int) -> None:
    is_free = np.ones((4000, 4), dtype=bool)
    for rate in (0.0, 0.3, 1.0):
        rng = np.random.default_rng(0)
        chosen = choose_cells(is_free, rate, block_steps=block_steps, generator=rng)
        assert chosen.mean() == pytest.approx(rate, abs=0.03)


def test_stretches_begin_anywhere() -> None:
    rng = np.random.default_rng(0)
    is_free = np.ones((64, 4), dtype=bool)
    starts = set()
    for _ in range(20):
        chosen = choose_cells(is_free, 0.5, block_steps=4, generator=rng)
        starts |= set(np.flatnonzero(np.diff(chosen[:, 0].astype(int)) == 1) % 4)
    assert starts == {0, 1, 2, 3}


def test_a_piece_shorter_than_a_stretch_is_one() -> None:
    rng = np.random.default_rng(0)
    is_free = np.ones((3, 4), dtype=bool)
    for _ in range(10):
        chosen = choose_cells(is_free, 0.5, block_steps=8, generator=rng)
        assert (chosen == chosen[:1]).all()
