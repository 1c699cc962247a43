"""Batches for rounding a network: many masks, the same each time."""

from __future__ import annotations

import numpy as np

from musegen.coconet.calibration import calibration_batches
from musegen.coconet.planes import Piece, piece_of_grid
from musegen.coconet.training import CoconetTrainingConfig

CONFIG = CoconetTrainingConfig(crop_steps=16, seed=3)


def pieces() -> list[Piece]:
    rng = np.random.default_rng(0)
    grids = [rng.integers(40, 80, (length, 4)) for length in (8, 32, 48)]
    return [piece_of_grid(grid.astype(np.int16)) for grid in grids]


def test_inputs_are_those_of_the_network_and_pieces_too_short_are_left_out() -> None:
    for batch in calibration_batches(pieces(), CONFIG):
        assert list(batch) == ["pitch", "is_hidden", *CONFIG.network.planes]
        assert batch["pitch"].shape == batch["is_hidden"].shape == (4, 16, 4)
        assert (batch["pitch"] >= 0).all()


def test_masks_go_from_everything_hidden_to_little() -> None:
    hidden = [
        batch["is_hidden"].mean() for batch in calibration_batches(pieces(), CONFIG)
    ]
    assert hidden[0] == 1.0
    assert min(hidden) < 0.5


def test_the_same_seed_draws_the_same() -> None:
    first, again = (list(calibration_batches(pieces(), CONFIG)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
