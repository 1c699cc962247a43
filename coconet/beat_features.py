"""What the beat network's first layer is told of each cell, in which order.

Shared by the Keras layers, which make one-hot features, and by the exported network,
which looks the rows up. Neither Keras nor ONNX is needed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES

INTERVAL_REACH = 24  # semitones either way that input intervals tell apart
NUM_INTERVALS = 2 * INTERVAL_REACH + 2  # the last: a note is missing
VOICE_PAIRS = ((0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (1, 3))
DECAYS = (1.5, 6.0, 24.0)  # steps; how fast the nearness features fade
NUM_NEARNESS = len(DECAYS) + 1  # and whether a note was found
CODE_BASE = 64  # a note and its step packed into one exact float: step * 64 + pitch
_NUM_SIDES = 2  # before, after


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureRows:
    """The rows of the first layer's kernel by what they belong to.

    Args:
        nearest: (voice, side, pitch, channel), the nearest notes.
        nearness: (voice, side, nearness, channel), how near they are.
        intervals: (interval, class, channel): in each voice from the note before to the
            one after, then between the voices of each pair before, then after.
        flags: (2 * voice, channel): is hidden, is shown as silent.
        onset: (voice * code, channel), or no rows.
    """

    nearest: NDArray[np.float32]
    nearness: NDArray[np.float32]
    intervals: NDArray[np.float32]
    flags: NDArray[np.float32]
    onset: NDArray[np.float32]


def split_rows(kernel: NDArray[np.float32]) -> FeatureRows:
    """Split the first layer's kernel (feature, channel) by feature."""
    channels = kernel.shape[1]
    num_intervals = NUM_VOICES + _NUM_SIDES * len(VOICE_PAIRS)
    shapes = (
        (NUM_VOICES, _NUM_SIDES, NUM_PITCHES, channels),
        (NUM_VOICES, _NUM_SIDES, NUM_NEARNESS, channels),
        (num_intervals, NUM_INTERVALS, channels),
        (2 * NUM_VOICES, channels),
    )
    ends = np.cumsum([np.prod(shape[:-1]) for shape in shapes])
    *blocks, onset = np.split(kernel, ends)
    nearest, nearness, intervals, flags = (
        block.reshape(shape) for block, shape in zip(blocks, shapes, strict=True)
    )
    return FeatureRows(
        nearest=nearest,
        nearness=nearness,
        intervals=intervals,
        flags=flags,
        onset=onset,
    )
