"""Deviations of pitch as classes: finer near the note, an octave wide, centred.

The published model has 201 classes of 1 cent within a semitone and decodes each to its
lower edge. Ours are 1 cent wide at the note and wider far from it, and a value between
two classes is shared between them, so that nothing is rounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NUM_CLASSES = 161
RANGE_CENTS = 1200.0
_CURVE = 5.0  # makes the steps at the middle 1 cent
_NEAR = 4  # classes around the likeliest that its mean is taken over

FloatArray = NDArray[np.float64]


def class_centres() -> FloatArray:
    """Return [161]: the cents that each class stands for, from -1200 to 1200."""
    place = np.linspace(-1.0, 1.0, NUM_CLASSES)
    centres: FloatArray = RANGE_CENTS * np.sinh(_CURVE * place) / np.sinh(_CURVE)
    return centres


def class_shares(cents: NDArray[np.floating]) -> tuple[NDArray[np.int64], FloatArray]:
    """Return for each value the class below it, and the share of the class above.

    Args:
        cents: Any shape; what is beyond an octave counts as an octave.

    Returns:
        Two arrays of that shape: the lower class, 0 to 159, and the upper one's share,
        0 to 1.
    """
    limited = np.clip(cents, -RANGE_CENTS, RANGE_CENTS)
    place = np.arcsinh(limited / RANGE_CENTS * np.sinh(_CURVE)) / _CURVE
    index = (place + 1.0) * 0.5 * (NUM_CLASSES - 1)
    lower = np.clip(np.floor(index), 0, NUM_CLASSES - 2).astype(np.int64)
    centres = class_centres()
    share = (limited - centres[lower]) / (centres[lower + 1] - centres[lower])
    return lower, np.clip(share, 0.0, 1.0)


def likeliest_cents(logits: NDArray[np.floating]) -> FloatArray:
    """Return [T]: the mean of the classes around the likeliest one.

    Args:
        logits: [T, 161].
    """
    best = logits.argmax(axis=1)
    first = np.clip(best - _NEAR, 0, NUM_CLASSES - 2 * _NEAR - 1)
    near = first[:, None] + np.arange(2 * _NEAR + 1)
    chosen = np.take_along_axis(logits, near, axis=1).astype(np.float64)
    shares = np.exp(chosen - chosen.max(axis=1, keepdims=True))
    centres = class_centres()[near]
    mean: FloatArray = (shares * centres).sum(axis=1) / shares.sum(axis=1)
    return mean


def quantile_cents(
    logits: NDArray[np.floating], quantiles: NDArray[np.floating]
) -> FloatArray:
    """Return [T]: the value below which a given share of each frame's classes lies.

    A smooth curve of quantiles gives a smooth pitch, each frame of which is
    distributed as the network says.

    Args:
        logits: [T, 161].
        quantiles: [T], 0 to 1.
    """
    values = np.asarray(logits, dtype=np.float64)
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    total = np.cumsum(shares, axis=1)
    total /= total[:, -1:]
    wanted = np.asarray(quantiles, dtype=np.float64)[:, None]
    upper = np.clip((total < wanted).sum(axis=1), 1, NUM_CLASSES - 1)
    rows = np.arange(len(values))
    low, high = total[rows, upper - 1], total[rows, upper]
    part = np.clip((wanted[:, 0] - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    # The sum up to a class stands at the edge above it, half a class further.
    edges = _upper_edges()
    cents: FloatArray = edges[upper - 1] + part * (edges[upper] - edges[upper - 1])
    return cents


def _upper_edges() -> FloatArray:
    centres = class_centres()
    middle = 0.5 * (centres[1:] + centres[:-1])
    return np.append(middle, RANGE_CENTS)
