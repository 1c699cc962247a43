"""Which periods a recording may have: candidates from its autocorrelation.

For the pitch tracker: a few candidates for each instant, the true one nearly always
among them. Choosing between them is the path's matter (`pitch_path`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.engine.threads import map_in_threads, matmul_in_one_thread

ANALYSIS_RATE_HZ = 16000
HOP_SAMPLES = 128
WINDOW_SAMPLES = 1024
FFT_SAMPLES = 1440
NUM_CANDIDATES = 9
# Below this lag a period is a few samples long, and its peak falls between them.
FINE_LAGS = 48
FINE_STEPS = 4  # a sample is cut into so many
SINC_REACH = 12  # lags on either side that an interpolated lag is made of
BATCH_FRAMES = 64  # with their transforms they fit a core's cache
DIP = 0.3  # of a peak's height: how low the curve falls before a true period
MARGIN_SAMPLES = WINDOW_SAMPLES // 2  # of audio that a candidate's instant looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Periods found at each instant, strongest first.

    Attributes:
        frequency_hz: [T, K] float32; 0 where there are fewer than K.
        correlation: [T, K] float32, about -1..1: how alike the sound is one period
            later, 1 for a steady tone without noise; -1 where there is none.
        power: [T] float32, mean square of the windowed audio.
    """

    frequency_hz: NDArray[np.float32]
    correlation: NDArray[np.float32]
    power: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _LagAxis:
    """The lags that peaks are looked for at, and how they are made."""

    lags: NDArray[np.float32]  # [L] in samples, rising
    interpolation: NDArray[np.float32]  # [whole lags, fine lags]
    gain: NDArray[np.float32]  # [L] what undoes the window
    octave: NDArray[np.float32]  # [L] octaves below a period of one sample
    within: NDArray[np.bool_]  # [L - 2] whether a peak there is in the range of pitch
    first_whole: int
    last_whole: int


@functools.cache
def _window() -> NDArray[np.float32]:
    turn = np.arange(WINDOW_SAMPLES) * (2 * np.pi / WINDOW_SAMPLES)
    window: NDArray[np.float32] = (0.5 - 0.5 * np.cos(turn)).astype(np.float32)
    return window


@functools.lru_cache(maxsize=8)
def _lag_axis(min_hz: float, max_hz: float) -> _LagAxis:
    period = int(np.ceil(ANALYSIS_RATE_HZ / min_hz))
    # The fine lags are made of whole ones that reach beyond them.
    longest = max(period + 2, FINE_LAGS + SINC_REACH)
    fine = np.arange(FINE_STEPS, FINE_LAGS * FINE_STEPS + 1) / float(FINE_STEPS)
    whole = np.arange(FINE_LAGS + SINC_REACH)
    distance = fine[None, :] - whole[:, None]
    mirrored = fine[None, :] + whole[:, None]  # the autocorrelation is even
    interpolation = _lowpass(distance) + np.where(
        whole[:, None] > 0, _lowpass(mirrored), 0.0
    )
    lags = np.concatenate([fine, np.arange(FINE_LAGS + 1, longest + 1)])
    window = np.fft.irfft(np.abs(np.fft.rfft(_window(), FFT_SAMPLES)) ** 2)
    shape = np.interp(lags, np.arange(longest + 2), window[: longest + 2] / window[0])
    return _LagAxis(
        lags.astype(np.float32),
        interpolation.astype(np.float32),
        (1 / np.maximum(shape, 0.05)).astype(np.float32),
        np.log2(lags).astype(np.float32),
        (lags[1:-1] >= ANALYSIS_RATE_HZ / max_hz - 0.5 / FINE_STEPS)
        & (lags[1:-1] <= period + 1),
        FINE_LAGS + 1,
        longest + 1,
    )


def _lowpass(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windowed sinc, the band-limited interpolation between samples."""
    inside = np.abs(distance) < SINC_REACH
    taper = np.cos(np.clip(distance / SINC_REACH, -1, 1) * np.pi / 2) ** 2
    return np.where(inside, np.sinc(distance) * taper, 0.0)


def find_candidates(
    audio: NDArray[np.float32], *, min_hz: float, max_hz: float, octave_cost: float
) -> Candidates:
    """Find the likely periods of a recording every 8 ms.

    The autocorrelation of a Hann window is divided by the window's own, so that a
    steady tone gives 1 at every multiple of its period.

    Args:
        audio: [N] at 16 kHz; instant t is sample 128 t, silence is assumed outside.
        min_hz: Lowest frequency, at least 32 Hz.
        max_hz: Highest frequency, at most 3500 Hz.
        octave_cost: Correlation that an octave lower has to gain to be preferred.

    Returns:
        T = ceil(N / 128) instants of candidates, strongest first.

    Source:
        Boersma, "Accurate short-term analysis of the fundamental frequency", 1993.
        Ours: lags below 48 samples are interpolated by four, the candidates keep their
        plain correlation, and a peak counts only after a dip.
    """
    axis = _lag_axis(min_hz, max_hz)
    num_frames = -(-len(audio) // HOP_SAMPLES)
    padded = np.pad(audio, (MARGIN_SAMPLES, WINDOW_SAMPLES))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)
    frames = frames[::HOP_SAMPLES][:num_frames]
    parts = list(
        map_in_threads(
            lambda start: _batch_candidates(
                frames[start : start + BATCH_FRAMES], axis, octave_cost
            ),
            range(0, num_frames, BATCH_FRAMES),
        )
    )
    if not parts:
        empty = np.zeros((0, NUM_CANDIDATES), np.float32)
        return Candidates(frequency_hz=empty, correlation=empty, power=empty[:, 0])
    frequency_hz, correlation, power = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    return Candidates(frequency_hz=frequency_hz, correlation=correlation, power=power)


def _batch_candidates(
    frames: NDArray[np.float32], axis: _LagAxis, octave_cost: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    spectrum = np.fft.rfft(frames * _window(), FFT_SAMPLES)
    spectrum[:, :2] = 0  # no pitch there, but offsets and rumble
    energy = spectrum.real**2 + spectrum.imag**2
    plain = np.fft.irfft(energy, FFT_SAMPLES)[:, : axis.last_whole]
    power = np.maximum(plain[:, 0], 1e-12)
    alike: NDArray[np.float32] = (plain / power[:, None]).astype(np.float32, copy=False)
    fine = matmul_in_one_thread(alike[:, : len(axis.interpolation)], axis.interpolation)
    curve = np.concatenate([fine, alike[:, axis.first_whole :]], axis=1) * axis.gain
    inner = curve[:, 1:-1]
    is_peak = (inner > curve[:, :-2]) & (inner >= curve[:, 2:])
    is_peak &= axis.within
    # Noise ripples on the slope from lag 0 are no periods: a period follows a dip.
    is_peak &= np.minimum.accumulate(curve, axis=1)[:, 1:-1] < DIP * inner
    rank = np.where(is_peak, inner - octave_cost * axis.octave[1:-1], -9)
    best = np.argpartition(-rank, NUM_CANDIDATES, axis=1)[:, :NUM_CANDIDATES]
    order = np.argsort(-np.take_along_axis(rank, best, 1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, 1)
    found = np.take_along_axis(rank, best, 1) > -8
    lag, height = _parabola(curve, axis.lags, best + 1)
    frequency = np.where(found, ANALYSIS_RATE_HZ / lag, 0).astype(np.float32)
    height = np.where(found, height, -1).astype(np.float32)
    mean_square = power / np.float32(np.sum(_window() ** 2))
    return frequency, height, mean_square.astype(np.float32)


def _parabola(
    curve: NDArray[np.float32], lags: NDArray[np.float32], index: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Refine peaks [T, K] by the parabola through three points."""
    left, top, right = (
        np.take_along_axis(curve, index + shift, 1) for shift in (-1, 0, 1)
    )
    bend = np.minimum(left - 2 * top + right, -1e-9)
    offset = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    step = lags[index + 1] - lags[index]
    return lags[index] + offset * step, top - 0.25 * (left - right) * offset
