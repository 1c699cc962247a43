"""White noise whose every sample is known by its seed and its number.

So it does not depend on how much is asked for at once, nor on what came before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.engine.seeds import derive_seed

_NUMBERS_A_COUNT = 8  # float32 numbers that Philox makes of one count


class WhiteNoise:
    """A noise uniform in [-1, 1): variance 1/3.

    Args:
        seed: Which noise; any integer.

    Source:
        Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: a
        counter enciphered.
    """

    def __init__(self, *, seed: int) -> None:
        self._key = derive_seed(seed, "white noise")

    def samples(self, first_sample: int, num_samples: int) -> NDArray[np.float32]:
        """Return samples of it; the same whatever was asked for before.

        Args:
            first_sample: Number of the first sample wanted, at least 0.
            num_samples: How many are wanted.

        Returns:
            [num_samples].
        """
        count, skipped = divmod(first_sample, _NUMBERS_A_COUNT)
        source = np.random.Philox(key=self._key, counter=count)
        numbers = np.random.Generator(source).random(
            skipped + num_samples, dtype=np.float32
        )
        numbers *= np.float32(2.0)
        numbers -= np.float32(1.0)
        return numbers[skipped:]
