"""A second opinion on low pitches from a small network (swift-f0).

For the pitch tracker, where strong upper harmonics hide a low fundamental (bassoon,
double bass) and the autocorrelation cannot tell the octave. Not for high notes: the
network goes wrong there, and is not asked.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

ANALYSIS_RATE_HZ = 16000
# The audio is handed over as if it were twice as fast, which halves the network's work
# and lets it hear down to 24 Hz.
SPEED = 2
LEVEL = 0.3  # of the loudest sample: the network answers to levels
SILENT_PEAK = 1e-20  # below it the gain would have no room in 32 bits


def read_low_pitch(
    audio: NDArray[np.float32], num_instants: int, *, hop_s: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Ask the network for the pitch at evenly spaced instants.

    Args:
        audio: [N] at 16 kHz.
        num_instants: T.
        hop_s: Seconds from one instant to the next, the first at 0.

    Returns:
        [T] pitch in Hz (24..1047) and [T] confidence 0..1.

    Source:
        The network is swift-f0's (MIT), its weights lie in its own wheel.
    """
    import soxr

    if num_instants == 0:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    peak = float(np.max(np.abs(audio), initial=0.0))
    if peak < SILENT_PEAK:
        return np.full(num_instants, 100, np.float32), np.zeros(
            num_instants, np.float32
        )
    slow_rate = ANALYSIS_RATE_HZ // SPEED
    fast = soxr.resample(audio * np.float32(LEVEL / peak), ANALYSIS_RATE_HZ, slow_rate)
    result = _detector().detect(np.append(fast, np.float32(0)), ANALYSIS_RATE_HZ)
    instant_s = np.arange(num_instants) * hop_s
    index = np.searchsorted(result.timestamps * SPEED + 1e-9, instant_s)
    index = np.minimum(index, len(result.pitch_hz) - 1)
    before = np.maximum(index - 1, 0)
    nearer = instant_s - result.timestamps[before] * SPEED
    nearer = nearer < result.timestamps[index] * SPEED - instant_s
    index = np.where(nearer, before, index)
    pitch_hz = (result.pitch_hz[index] / SPEED).astype(np.float32)
    return pitch_hz, result.confidence[index].astype(np.float32)


@functools.cache
def _detector() -> Any:
    """One session a process; a single thread that sleeps between calls."""
    import swift_f0

    return swift_f0.SwiftF0(threads=1, spin=False)
