"""Vibrato of one note: its extent, its rate, when it sets in, and the pitch beneath it.

A sinusoid and a curved trend are fitted together to half-second stretches of the pitch
curve, so that a slow drift, a glide or a long note does not hide the vibrato. For
measuring notes; not the control of the released MIDI-DDSP
(`musegen.midi_ddsp.expression`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.parameters import FRAME_RATE_HZ

# The band that MIDI-DDSP calls vibrato (Wu et al., ICLR 2022).
LOWEST_RATE_HZ = 3.0
HIGHEST_RATE_HZ = 9.0

# Below this extent no rate and no delay are given. Our own choice: a third of what is
# heard at all, and above what a pitch tracker's jitter makes.
MIN_EXTENT_CENTS = 2.0

# All that follows is our own choice, tried on synthetic notes.
_MIN_FRAMES = 50
_STRETCH_FRAMES = 125
_HOP_FRAMES = 5
_MIN_CYCLES = 1.5
_RATE_STEP_HZ = 0.1
_TREND_TERMS = 3
_MAX_DEVIATION_CENTS = 200.0
_SUSTAINED_QUANTILE = 0.8
_MIDDLE = (0.2, 0.8)
_SET_IN = 0.5
_FULLY_SET_IN = 0.95

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vibrato:
    """What was found on one note.

    Args:
        extent_cents: Amplitude of the sinusoid, half of peak to peak, where the vibrato
            has set in. Small but seldom exactly 0 without vibrato.
        rate_hz: Cycles a second, about 3 to 9; 0 where the extent is below 2 cents.
        delay_s: From the note's onset to where the vibrato reaches half its extent; 0
            where the extent is below 2 cents.
        centre_cents: The pitch about which it swings: the median of the trend over the
            middle of the note.
    """

    extent_cents: float
    rate_hz: float
    delay_s: float
    centre_cents: float


def measure_vibrato(deviation_cents: FloatArray) -> Vibrato:
    """Measure the vibrato of one note.

    Args:
        deviation_cents: [L], pitch less the written pitch at 250 frames a second, L at
            least 1. Excursions of more than 200 cents from the median are cut.

    Returns:
        The vibrato; without any for a note below 0.2 s.
    """
    length = len(deviation_cents)
    median = float(np.median(deviation_cents))
    curve = median + np.clip(
        deviation_cents - median, -_MAX_DEVIATION_CENTS, _MAX_DEVIATION_CENTS
    )
    if length < _MIN_FRAMES:
        first, last = (int(length * share) for share in _MIDDLE)
        centre = float(np.median(curve[first : max(last, first + 1)]))
        return Vibrato(extent_cents=0.0, rate_hz=0.0, delay_s=0.0, centre_cents=centre)
    stretches, centres = _stretches(curve)
    rate_hz = _find_rate(stretches)
    coefficients, explained = _fit(stretches, rate_hz)
    amplitudes = np.hypot(coefficients[-2], coefficients[-1])
    clear = amplitudes * explained
    sustained = clear >= 0.5 * np.quantile(clear, _SUSTAINED_QUANTILE)
    extent = float(np.median(amplitudes[sustained]))
    has_vibrato = extent >= MIN_EXTENT_CENTS
    return Vibrato(
        extent_cents=extent,
        rate_hz=rate_hz if has_vibrato else 0.0,
        delay_s=_find_delay(curve, extent, rate_hz) if has_vibrato else 0.0,
        centre_cents=_middle_median(coefficients[0], centres / length),
    )


def _stretches(curve: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return overlapping stretches [W, N] of a curve [L], and their centres [N]."""
    size = min(_STRETCH_FRAMES, len(curve))
    last = len(curve) - size
    starts = np.unique(np.append(np.arange(0, last, _HOP_FRAMES), last))
    windows = np.lib.stride_tricks.sliding_window_view(curve, size)
    return windows[starts].T.copy(), starts + 0.5 * size


def _design(size: int, rate_hz: float, trend_terms: int) -> FloatArray:
    """[size, trend_terms + 2]: powers of time from the centre, then cosine and sine."""
    frame = np.arange(size) - 0.5 * (size - 1)
    powers = (frame / (0.5 * size))[:, None] ** np.arange(trend_terms)
    phase = 2.0 * np.pi * rate_hz / FRAME_RATE_HZ * frame
    return np.column_stack([powers, np.cos(phase), np.sin(phase)])


def _fit(stretches: FloatArray, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    """Fit trend and sinusoid: coefficients [5, N], and the sinusoid's share [N]."""
    size = len(stretches)
    coefficients = np.linalg.pinv(_design(size, rate_hz, _TREND_TERMS)) @ stretches
    trend, sinusoids = _bases(size, (rate_hz,))
    _, shares = _shares(stretches, trend, sinusoids)
    return coefficients, shares[0]


@functools.lru_cache(maxsize=128)
def _bases(size: int, rates_hz: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal bases: of the trend [size, 3], of each sinusoid [R, size, 2].

    The second holds what the first does not.
    """
    bases = np.stack(
        [np.linalg.qr(_design(size, rate, _TREND_TERMS))[0] for rate in rates_hz]
    )
    return bases[0, :, :_TREND_TERMS], bases[:, :, _TREND_TERMS:]


def _shares(
    stretches: FloatArray, trend: FloatArray, sinusoids: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the variance that the trend leaves [N], and each sinusoid's share [R, N].

    In an orthonormal basis, squared coordinates are what each direction explains.
    """
    level = stretches - trend @ (trend.T @ stretches)
    left = (level**2).sum(axis=0)
    explained = ((sinusoids.transpose(0, 2, 1) @ level) ** 2).sum(axis=1)
    return left, explained / np.maximum(left, 1e-12)


def _find_rate(stretches: FloatArray) -> float:
    """Return the rate at which the sinusoids are strongest and clearest, in Hz."""
    size = len(stretches)
    lowest = max(LOWEST_RATE_HZ, _MIN_CYCLES * FRAME_RATE_HZ / size)
    rates = np.arange(lowest, HIGHEST_RATE_HZ + 0.5 * _RATE_STEP_HZ, _RATE_STEP_HZ)
    left, shares = _shares(stretches, *_bases(size, tuple(rates.tolist())))
    strengths = shares**2 @ np.sqrt(left)
    best = int(strengths.argmax())
    if not 0 < best < len(rates) - 1:
        return float(rates[best])
    before, peak, after = strengths[best - 1 : best + 2]
    curvature = before - 2.0 * peak + after
    shift = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0
    return float(rates[best] + shift * _RATE_STEP_HZ)


def _middle_median(values: FloatArray, places: FloatArray) -> float:
    """Median of the values that stand in the middle of the note."""
    is_middle = (places >= _MIDDLE[0]) & (places <= _MIDDLE[1])
    return float(np.median(values[is_middle] if is_middle.any() else values))


def _find_delay(curve: FloatArray, extent_cents: float, rate_hz: float) -> float:
    """Return when the vibrato reaches half its extent and stays, in s from the onset.

    The resolution is half a cycle, since an amplitude is had from a whole one.
    """
    cycle = min(round(FRAME_RATE_HZ / rate_hz), len(curve))
    windows = np.lib.stride_tricks.sliding_window_view(curve, cycle)
    coefficients = np.linalg.pinv(_design(cycle, rate_hz, 2)) @ windows.T
    share = np.hypot(coefficients[-2], coefficients[-1]) / extent_cents
    has_set_in = share >= _SET_IN
    # Where most of the cycle that follows has set in too: not a scoop at the onset.
    counts = np.concatenate([[0], np.cumsum(has_set_in)])
    ends = np.minimum(np.arange(len(share)) + cycle, len(share))
    lasting = counts[ends] - counts[:-1] >= _SUSTAINED_QUANTILE * (
        ends - np.arange(len(share))
    )
    candidates = np.flatnonzero(has_set_in & lasting)
    if not len(candidates):
        return 0.0
    first = int(candidates[0])
    if first > 0:
        return (first + 0.5 * cycle) / FRAME_RATE_HZ
    if share[0] >= _FULLY_SET_IN:
        return 0.0
    # The first cycle holds the beginning: what is missing of it is the delay.
    return float((1.0 - share[0]) * cycle / FRAME_RATE_HZ)
