"""Pieces of any length to blocks of one length, so that what follows cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class BlockQueue:
    """Takes pieces of a stream and gives blocks of one length.

    Args:
        block_samples: Length of a block, at least 1.
        shape: Of one sample: () for mono [n], (channels,) for [n, channels].
    """

    def __init__(self, block_samples: int, shape: tuple[int, ...] = ()) -> None:
        self._block = np.zeros((block_samples, *shape), np.float32)
        self._filled = 0

    def push(self, samples: Floats) -> Iterator[Floats]:
        """Yield the blocks that a piece completes, each a new array.

        Take them all: what is not taken is not queued either.
        """
        done = 0
        while done < len(samples):
            count = min(len(self._block) - self._filled, len(samples) - done)
            end = self._filled + count
            self._block[self._filled : end] = samples[done : done + count]
            self._filled = end % len(self._block)
            done += count
            if end == len(self._block):
                yield self._block.copy()

    def rest(self) -> Floats:
        """Return what is left of a block, [n], n below a block's length."""
        rest = self._block[: self._filled].copy()
        self._filled = 0
        return rest
