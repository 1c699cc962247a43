"""From frames to samples: where frames stand, and how values between them are made.

A hop need not be a whole number of samples: at 44.1 kHz a frame lasts 176.4. Frame t
covers the samples from the first at or after its instant to the next frame's first.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import UsageError

Method = Literal["linear", "window"]
_MAX_DENOMINATOR = 1000  # of a frame rate in Hz


def upsample(
    frames: ArrayLike, factor: int, *, method: Method = "linear"
) -> NDArray[np.float64]:
    """Interpolate frames at `factor` samples a frame; the last frame is held.

    Args:
        frames: [T] or [T, K], T at least 1.
        factor: Samples a frame, at least 1.
        method: `linear`, for frequencies, or `window`, for amplitudes: overlap-add of
            periodic Hann windows two frames long, which is a raised cosine.

    Returns:
        [T * factor] or [T * factor, K]; samples at frame instants equal their frame.

    Source:
        Engel et al., "DDSP", ICLR 2020; the paper names Hamming windows, its code uses
        Hann windows, and so do we.
    """
    values = np.asarray(frames, dtype=np.float64)
    weight = np.arange(factor) / factor
    if method == "window":
        weight = raised_cosine(weight)
    weight = weight.reshape(1, factor, *[1] * (values.ndim - 1))
    following = np.concatenate([values[1:], values[-1:]])
    between = values[:, None] * (1.0 - weight) + following[:, None] * weight
    return between.reshape(-1, *values.shape[1:])


def raised_cosine(position: ArrayLike) -> NDArray[np.float64]:
    """Return (1 - cos(pi x)) / 2: 0 at x = 0, 1 at x = 1."""
    return 0.5 - 0.5 * np.cos(np.pi * np.asarray(position, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """Where the frames of one rate stand among the samples of another.

    Frames whose instants fall equally between two samples are of one kind; `kind` says
    which, so that tables need a row a kind only. A whole hop has one kind.

    Args:
        hop: Samples a frame, exact, at least 1.
    """

    hop: Fraction

    @classmethod
    def between(cls, *, sample_rate: int, frame_rate_hz: float) -> FrameGrid:
        """Return the grid of two rates.

        Raises:
            UsageError: There is less than one sample a frame.
        """
        frame_rate = Fraction(frame_rate_hz).limit_denominator(_MAX_DENOMINATOR)
        if frame_rate <= 0 or sample_rate < frame_rate:
            raise UsageError(
                f"The sample rate must be at least the frame rate, {frame_rate_hz:g} "
                f"Hz; got {sample_rate}."
            )
        return cls(Fraction(sample_rate) / frame_rate)

    @property
    def num_columns(self) -> int:
        """Samples of the longest frame."""
        return -(-self.hop.numerator // self.hop.denominator)

    @property
    def num_kinds(self) -> int:
        """Rows that a table a kind has."""
        return self.hop.denominator

    def start(self, frame: int) -> int:
        """Return the first sample of a frame."""
        return -(-self.hop.numerator * frame // self.hop.denominator)

    def starts(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first sample of each frame."""
        return -((-self.hop.numerator * frames) // self.hop.denominator)

    def kind(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return each frame's row in the tables."""
        return frames % self.num_kinds

    def positions(self, first_column: int, num_columns: int) -> NDArray[np.float64]:
        """Return how far samples lie after their frame's instant, in frames.

        Args:
            first_column: Of the samples told, counted from the frame's first sample.
            num_columns: How many are told.

        Returns:
            [num_kinds, num_columns].
        """
        kinds = np.arange(self.num_kinds, dtype=np.int64)
        late = self.starts(kinds) - kinds * float(self.hop)
        columns = np.arange(first_column, first_column + num_columns)
        return (late[:, None] + columns) / float(self.hop)

    def lengths(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the samples of each frame."""
        return self.starts(frames + 1) - self.starts(frames)
