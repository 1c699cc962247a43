"""Blocks of one length from pieces of any."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.mixing.blocks import BlockQueue


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 50), max_size=6), st.integers(1, 20))
def test_pieces_become_blocks_and_a_rest(cuts: list[int], size: int) -> None:
    sound = np.arange(100, dtype=np.float32).reshape(50, 2)
    queue = BlockQueue(size, (2,))
    blocks = []
    for first, last in pairwise([0, *sorted(cuts), 50]):
        blocks += list(queue.push(sound[first:last]))
    assert all(len(block) == size for block in blocks)
    rest = queue.rest()
    assert len(rest) == 50 % size
    assert (np.concatenate([*blocks, rest]) == sound).all()


def test_blocks_are_copies() -> None:
    queue = BlockQueue(2)
    first = next(queue.push(np.ones(2, np.float32)))
    next(queue.push(np.zeros(2, np.float32)))
    assert first.tolist() == [1.0, 1.0]


def test_the_rest_is_given_once() -> None:
    queue = BlockQueue(4)
    assert list(queue.push(np.ones(3, np.float32))) == []
    assert [len(queue.rest()), len(queue.rest())] == [3, 0]
