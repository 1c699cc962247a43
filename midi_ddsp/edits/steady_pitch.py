"""Where in a note its pitch has arrived, and the slow course that it takes there.

For: edits of vibrato (`pitch`), which must leave the glide from note to note alone.
Not for: measuring vibrato (`musegen.midi_ddsp.vibrato`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL_S = 0.4  # at either end of a note, over which its level is found
# A sinusoid reaches .71 of the range from its first to its third quartile.
REACH_IN_QUARTILES = 0.75
MIN_REACH_SEMITONES = 0.05  # about what a steady pitch strays


def steady_span(pitch: Floats, *, frame_rate_hz: float) -> tuple[int, int]:
    """Return the first frame of a note's steady body, and one past its last.

    The glide from the note before lasts until the pitch is as near to its level as its
    vibrato brings it later, and has reached that level or turned round; likewise the
    glide to the next note, backwards. A note that never arrives gives (0, 0).

    Args:
        pitch: MIDI pitch of one note, without a rest, [L].
        frame_rate_hz: Frames a second.
    """
    size = max(3, round(LEVEL_S * frame_rate_hz))
    start = _arrival(pitch, size)
    stop = len(pitch) - _arrival(pitch[::-1], size)
    return (start, stop) if start < stop else (0, 0)


def slow_course(pitch: Floats, window: int) -> Floats:
    """Return the curve without what swings faster than the window, [L].

    A straight line stays one. At the ends the rest is mirrored, so that a swing that
    begins at its crest does not bend the course.

    Args:
        pitch: Any curve, [L].
        window: Width of the Hann-weighted mean, in frames.
    """
    half = min(window // 2, len(pitch) - 1)
    if half < 1:
        return pitch.copy()
    frame = np.arange(len(pitch))
    line = np.polyval(np.polyfit(frame, pitch, 1), frame).astype(np.float64)
    weights = np.hanning(2 * half + 3)[1:-1]
    rest = np.pad(pitch - line, half, mode="symmetric")
    course: Floats = line + np.convolve(rest, weights / weights.sum(), mode="valid")
    return course


def _arrival(pitch: Floats, size: int) -> int:
    """Frames at the start that still glide to the level of the first `size`."""
    low, level, high = np.quantile(pitch[:size], (0.25, 0.5, 0.75))
    reach = MIN_REACH_SEMITONES + REACH_IN_QUARTILES * (high - low)
    if abs(pitch[0] - level) <= reach:
        return 0
    away = np.sign(pitch[0] - level) * (pitch - level)
    is_near = np.abs(pitch - level) <= reach
    first = int(np.argmax(is_near)) if is_near.any() else len(pitch)
    while first + 1 < len(pitch) and 0 < away[first] > away[first + 1]:
        first += 1
    return first
