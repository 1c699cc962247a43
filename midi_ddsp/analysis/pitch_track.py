"""What a pitch tracker gives: a frequency, a confidence and a voicing each 4 ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRACK_RATE_HZ = 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchTrack:
    """The fundamental frequency of a recording at 250 Hz.

    Frame t stands at t / 250 s. Where nothing is voiced, `f0_hz` holds the nearest
    voiced value, so that a synthesizer always has one.

    Attributes:
        f0_hz: [T] float32, above 0.
        confidence: [T] float32, 0..1.
        voiced: [T] bool.
    """

    f0_hz: NDArray[np.float32]
    confidence: NDArray[np.float32]
    voiced: NDArray[np.bool_]

    @property
    def num_frames(self) -> int:
        """T."""
        return len(self.f0_hz)


def count_frames(num_samples: int, sample_rate: float) -> int:
    """Frames that cover a recording: ceil(N * 250 / sample rate)."""
    return int(-(-num_samples * TRACK_RATE_HZ // sample_rate))


def hold_unvoiced(
    f0_hz: NDArray[np.float64], voiced: NDArray[np.bool_], *, fallback_hz: float
) -> NDArray[np.float64]:
    """Give every unvoiced frame the value of the nearest voiced one.

    Args:
        f0_hz: [T].
        voiced: [T]; where False, the value is replaced.
        fallback_hz: The value where no frame is voiced at all.

    Returns:
        [T]; of two equally near frames the earlier counts.
    """
    known = np.flatnonzero(voiced)
    if len(known) == 0:
        return np.full(len(f0_hz), fallback_hz)
    middles = (known[1:] + known[:-1]) // 2
    return f0_hz[known[np.searchsorted(middles, np.arange(len(f0_hz)))]]
