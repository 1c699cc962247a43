"""The swing of vibrato over time: made from controls, or found in a pitch curve.

A swing has two parts of one length, its sine and its cosine, in cents: the sine is
what the pitch does, both together tell a network where in the cycle it is. The
measuring of whole notes is in `musegen.midi_ddsp.vibrato`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.generators.controls import COLUMNS
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ

# The vibrato reaches half its extent at its delay, and grows for this long around it.
# Our own choice, the middle of what the virtual player does.
GROWTH_S = 0.25
# What a modulation wheel adds to a note without vibrato when it doubles the others.
WHEEL_CENTS = 15.0
USUAL_RATE_HZ = 5.5
_LEAST_CENTS = 1e-3

FloatArray = NDArray[np.float64]


class Swing(Protocol):
    """Something that swings."""

    def at(self, first: int, last: int) -> FloatArray:
        """Return [last - first, 2]: sine and cosine in cents."""
        ...


class MadeSwing:
    """Vibrato as controls ask for it; begins each note's cycle at its written pitch.

    Args:
        starts: [N], first frames of the notes, rising.
        controls: [N, 9], in units.
    """

    def __init__(self, starts: NDArray[np.int64], controls: FloatArray) -> None:
        self._starts = starts
        self._extent = controls[:, COLUMNS["vibrato_extent_cents"]]
        rate = controls[:, COLUMNS["vibrato_rate_hz"]]
        self._rate = np.where(rate > 0.0, rate, USUAL_RATE_HZ)
        self._delay = controls[:, COLUMNS["vibrato_delay_s"]]

    def at(
        self, first: int, last: int, factor: NDArray[np.floating] | None = None
    ) -> FloatArray:
        """Return [last - first, 2]: sine and cosine in cents.

        Args:
            first: First frame.
            last: Frame after the last.
            factor: [last - first], at least 0, by which a wheel widens the vibrato; 1
                changes nothing, and more gives vibrato to notes that have none.
        """
        frame = np.arange(first, last)
        note = np.maximum(np.searchsorted(self._starts, frame, side="right") - 1, 0)
        since_s = (frame - self._starts[note]) / FRAME_RATE_HZ
        begin_s = np.maximum(self._delay[note] - 0.5 * GROWTH_S, 0.0)
        grown = np.clip((since_s - begin_s) / GROWTH_S, 0.0, 1.0)
        extent = self._extent[note]
        if factor is not None:
            extent = extent * factor + np.maximum(factor - 1.0, 0.0) * WHEEL_CENTS
        phase = 2.0 * np.pi * self._rate[note] * (since_s - begin_s)
        return np.stack(
            [extent * grown * np.sin(phase), extent * grown * np.cos(phase)], axis=1
        )


class FoundSwing:
    """Vibrato as it was played, note by note, from a pitch curve.

    Args:
        deviation_cents: [T], pitch less the written one; what is in rests is not read.
        spans: [N, 2], first frames and the frames after the last.
        controls: [N, 9], in units, as measured: only notes with a rate swing.
    """

    def __init__(
        self,
        deviation_cents: FloatArray,
        spans: NDArray[np.int64],
        controls: FloatArray,
    ) -> None:
        self._swing = np.zeros((len(deviation_cents), 2))
        rates = controls[:, COLUMNS["vibrato_rate_hz"]]
        extents = controls[:, COLUMNS["vibrato_extent_cents"]]
        for (start, end), rate, extent in zip(spans, rates, extents, strict=True):
            if rate > 0.0 and end - start > FRAME_RATE_HZ / rate:
                curve = deviation_cents[start:end]
                self._swing[start:end] = _demodulated(curve, float(rate), float(extent))

    def at(self, first: int, last: int) -> FloatArray:
        """Return [last - first, 2]: sine and cosine in cents."""
        return self._swing[first:last]


def _demodulated(curve: FloatArray, rate_hz: float, extent: float) -> FloatArray:
    """Return [L, 2]: the part of a curve [L] that swings at about a rate.

    The curve is brought down by the rate, smoothed over two cycles, and brought up
    again, so that a slow change of rate or extent is followed.
    """
    length = len(curve)
    cycle = round(FRAME_RATE_HZ / rate_hz)
    carrier = np.exp(2j * np.pi * rate_hz / FRAME_RATE_HZ * np.arange(length))
    level = curve - _smoothed(curve, cycle)
    envelope = 2.0 * _smoothed(level * carrier.conj(), cycle)
    strength = np.abs(envelope)
    limited = np.minimum(strength, 1.3 * extent) / np.maximum(strength, _LEAST_CENTS)
    swing = envelope * limited * carrier
    # What is called sine here is the real part; its cosine leads it by a quarter.
    return np.stack([swing.real, -swing.imag], axis=1)


def _smoothed(values: NDArray[np.inexact], cycle: int) -> NDArray[np.inexact]:
    """Return a curve smoothed by a Hann window of two cycles, fair at its ends."""
    window = np.hanning(2 * cycle + 1)
    half = cycle
    total = np.convolve(values, window)[half : half + len(values)]
    mass = np.convolve(np.ones(len(values)), window)[half : half + len(values)]
    return np.asarray(total / mass)
