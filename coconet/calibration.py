"""What a network meets in use, for rounding its products to 8 bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.batches import draw_batch
from musegen.coconet.planes import Piece
from musegen.coconet.predicting import network_inputs
from musegen.coconet.training import CoconetTrainingConfig
from musegen.engine.seeds import derive_seed

_NUM_BATCHES = 24
_BATCH_SIZE = 4


def calibration_batches(
    pieces: Sequence[Piece], config: CoconetTrainingConfig
) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield inputs drawn as the training draws them, and some that are all hidden.

    Args:
        pieces: Of the training split; crops of those that are long enough.
        config: How the network was trained: masks, transposition, what it is told.
    """
    long = [piece for piece in pieces if len(piece.pitch) >= config.crop_steps]
    generator = np.random.default_rng(derive_seed(config.seed, "calibration"))
    for index in range(_NUM_BATCHES):
        draw = draw_batch(
            long,
            batch_size=_BATCH_SIZE,
            crop_steps=config.crop_steps,
            mixture=config.mask_mixture,
            max_transposition=config.max_transposition,
            telling=config.telling,
            generator=generator,
        )
        is_hidden = draw.is_hidden if index else np.ones_like(draw.is_hidden)
        yield network_inputs(
            draw.pitch.astype(np.int16), is_hidden, draw.told, config.network.planes
        )
