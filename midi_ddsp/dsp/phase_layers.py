"""The phase of a gliding fundamental, exact in float32 at any length, in Keras.

For training; the rendering of files counts in integers of 64 bits and has its own home.
What is summed over frames is summed in integers here too, so that nothing drifts.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

# 2^21 steps a hertz hold every float32 above 4 Hz exactly, and 1023 Hz in an int32.
_STEPS_PER_HZ = 2**21
MAX_FRAME_RATE_HZ = 255.0
# Where the number of frames is not known when the graph is built: 70 minutes of sound.
_MAX_DOUBLINGS = 20


def fundamental_cycles(
    left_hz: Any, right_hz: Any, *, hop_samples: int, sample_rate: int
) -> Any:
    """Phase of the fundamental at every sample, in cycles modulo 1.

    Span t goes from `left_hz` to `right_hz` linearly. The phase of sample n is the sum
    of the frequencies of the samples before it: sample 0 has phase 0. The gradient is
    that of the plain sum.

    Args:
        left_hz: Tensor [B, T], float32, 0 to half the sample rate.
        right_hz: Tensor [B, T]: as a rule the frame after it.
        hop_samples: Samples a span.
        sample_rate: Samples a second; at most 255 spans a second.

    Returns:
        Tensor [B, T, hop], within [-0.5, 0.5].
    """
    inside = ops.arange(hop_samples, dtype="float32") / hop_samples
    span_s = hop_samples / sample_rate
    slope_hz = (right_hz - left_hz)[..., None]
    gained = left_hz[..., None] * (inside * span_s)
    gained = gained + slope_hz * (ops.square(inside) * (0.5 * span_s))
    # A sum over samples lags an integral by half a step of the frequency.
    risen_hz = left_hz[..., None] + slope_hz * inside - left_hz[:, :1, None]
    gained = gained - risen_hz * (0.5 / sample_rate)
    start = _start_cycles(left_hz, right_hz, sample_rate / hop_samples)
    return wrap_cycles(start[..., None] + gained)


def hold_last_frame(frames: Any) -> Any:
    """Each frame's successor along axis 1; the last one is its own."""
    return ops.concatenate([frames[:, 1:], frames[:, -1:]], axis=1)


def wrap_cycles(cycles: Any) -> Any:
    """The same phase within [-0.5, 0.5]; the gradient passes unchanged."""
    return cycles - ops.stop_gradient(ops.round(cycles))


def _start_cycles(left_hz: Any, right_hz: Any, span_rate_hz: float) -> Any:
    """Integral of the frequency over the spans before each [B, T]."""
    gained = (left_hz + right_hz) * (0.5 / span_rate_hz)
    summed = ops.cumsum(gained, axis=1) - gained
    exact = ops.stop_gradient(_summed_modulo_1(left_hz, right_hz, span_rate_hz))
    # The float32 sum drifts: it lends its gradient only.
    return exact + (summed - ops.stop_gradient(summed))


def _summed_modulo_1(left_hz: Any, right_hz: Any, span_rate_hz: float) -> Any:
    if span_rate_hz > MAX_FRAME_RATE_HZ:
        raise ValueError(
            f"There are {span_rate_hz:g} frames a second; the phase is counted for at "
            f"most {MAX_FRAME_RATE_HZ:g}: take a longer hop."
        )
    modulus = round(2.0 * span_rate_hz * _STEPS_PER_HZ)
    left, right = (
        ops.cast(ops.round(ops.mod(hz, 2.0 * span_rate_hz) * _STEPS_PER_HZ), "int32")
        for hz in (left_hz, right_hz)
    )
    steps = ops.mod(left + right, modulus)
    steps = ops.pad(steps, [[0, 0], [1, 0]])[:, :-1]
    num_frames = left_hz.shape[1]
    for doubling in range(_MAX_DOUBLINGS if num_frames is None else _log2(num_frames)):
        earlier = ops.pad(steps, [[0, 0], [2**doubling, 0]])
        steps = ops.mod(steps + earlier[:, : ops.shape(steps)[1]], modulus)
    # About 0, where float32 is finest.
    steps = ops.where(steps > modulus // 2, steps - modulus, steps)
    return ops.cast(steps, "float32") * (1.0 / modulus)


def _log2(number: int) -> int:
    return math.ceil(math.log2(max(number, 1)))
