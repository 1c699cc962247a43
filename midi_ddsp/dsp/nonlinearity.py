"""The exp-sigmoid: from any number a network gives to a magnitude above 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EXPONENT = float(np.log(10.0))
MAX_VALUE = 2.0
THRESHOLD = 1e-7  # added to every value; also the least sum of a row of harmonics
NOISE_BIAS = -5.0  # added to noise logits, so that a new network starts out quiet


def exp_sigmoid(logits: ArrayLike) -> NDArray[np.float32]:
    """Map any number to (0, 2]: 2 sigmoid(x)^(ln 10) + 1e-7.

    Well below 0, each step of -1 divides the value by 10.

    Args:
        logits: Any shape, any number; minus infinity gives the least value, 1e-7.

    Returns:
        The same shape.

    Source:
        Engel et al., "DDSP", ICLR 2020. Computed in float64 through the logarithm of
        the sigmoid, so that no logit overflows.
    """
    values = np.asarray(logits, dtype=np.float64)
    log_sigmoid = -np.logaddexp(0.0, -values)
    return (MAX_VALUE * np.exp(EXPONENT * log_sigmoid) + THRESHOLD).astype(np.float32)
