"""One cell a forward pass, in the order asked for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from musegen.coconet.ancestral import AncestralConfig, ancestral_sample
from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.control import Control
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex


class Asked:
    """A network without opinion that keeps what was hidden from it."""

    def __init__(self) -> None:
        self.is_hidden: list[IsHidden] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        assert (pitch[~is_hidden] >= 0).all()  # nothing is shown before it is drawn
        self.is_hidden.append(is_hidden.copy())
        return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)

    def order(self) -> list[tuple[int, int]]:
        """Time and voice of each cell, in the order of drawing."""
        last = np.zeros_like(self.is_hidden[0])
        states = [*self.is_hidden, last]
        drawn = [
            np.argwhere((before & ~after)[0]) for before, after in pairwise(states)
        ]
        assert all(len(cells) == 1 for cells in drawn)
        return [(int(cells[0][0]), int(cells[0][1])) for cells in drawn]


def asked(config: AncestralConfig, *, seed: int = 0, stop_after: int = 99) -> Asked:
    pitch = np.full((1, 4, 4), -1, dtype=np.int16)
    pitch[0, :, 0] = 30
    network = Asked()
    ancestral_sample(
        pitch,
        pitch < 0,
        logits=network,
        config=config,
        generators=[np.random.default_rng(seed)],
        control=Control(is_stopped=lambda: len(network.is_hidden) >= stop_after),
    )
    return network


def test_in_time_order_soprano_to_bass() -> None:
    order = asked(AncestralConfig(order="chronological")).order()
    assert order == [(step, voice) for step in range(4) for voice in (1, 2, 3)]


def test_at_random_each_cell_comes_once_and_the_seed_decides_when() -> None:
    first, again, other = (
        asked(AncestralConfig(), seed=seed).order() for seed in (0, 0, 1)
    )
    assert sorted(first) == [(step, voice) for step in range(4) for voice in (1, 2, 3)]
    assert first == again
    assert first != other
    assert first != sorted(first)


def test_every_cell_is_as_likely_to_come_first() -> None:
    firsts = [asked(AncestralConfig(), seed=seed).order()[0] for seed in range(300)]
    counts = np.unique(firsts, axis=0, return_counts=True)[1]
    assert len(counts) == 12
    assert counts.min() > 8


def test_stopping_draws_the_rest_at_once() -> None:
    network = asked(AncestralConfig(order="chronological"), stop_after=5)
    hidden = [int(is_hidden.sum()) for is_hidden in network.is_hidden]
    assert hidden == [12, 11, 10, 9, 8, 7]


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order must be one of random, chronological"):
        AncestralConfig(order="backwards")  # type: ignore[arg-type]
