"""Which free cells a step of Gibbs sampling draws anew: single cells, or blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def choose_cells(
    is_free: NDArray[np.bool_],
    rate: float,
    *,
    block_steps: int,
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """Choose about a share of the free cells of one item.

    Args:
        is_free: (time, voice).
        rate: Share, 0 to 1.
        block_steps: 1 chooses each cell by itself; more chooses stretches of one voice,
            at least so many steps long where the piece is. They begin anywhere, anew at
            each call, so that no beat is always held by its neighbours.
        generator: Of the item.

    Returns:
        Same shape, only free cells.

    Source:
        Huang et al., 2017: masks of contiguous chunks of at least four sixteenths
        converge much faster than single cells.
    """
    num_steps, num_voices = is_free.shape
    if block_steps == 1:
        return np.asarray(is_free & (generator.random(is_free.shape) < rate))
    first = int(generator.integers(block_steps))
    # The stub before the first boundary and the one at the end join their neighbours.
    num_blocks = max(1, (num_steps - first) // block_steps)
    block = np.clip((np.arange(num_steps) - first) // block_steps, 0, num_blocks - 1)
    is_chosen = generator.random((num_blocks, num_voices)) < rate
    return np.asarray(is_free & is_chosen[block])
