"""What a recording's spectra say about its synthesis parameters, frame by frame.

Levels of the harmonics, of the noise between them and of short bands, all as natural
logarithms of synthesis amplitudes. Closed formulas only: what a network makes of them
is `musegen.midi_ddsp.inference.features` and beyond. A frame's values depend on the
samples around it and on nothing else, so a recording may be measured in pieces.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.engine.threads import matmul_in_one_thread
from musegen.midi_ddsp.dsp.spectra import periodic_hann
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    NUM_HARMONICS,
    NUM_NOISE_BANDS,
    SAMPLE_RATE_HZ,
)

Floats = NDArray[np.float32]

HARMONIC_WINDOWS = (512, 1024, 2048)  # samples; the shorter sees time, the longer pitch
BAND_WINDOW = 256
CONTEXT_SAMPLES = max(HARMONIC_WINDOWS) // 2  # on either side of a frame's instant
LOG_FLOOR = float(np.log(1e-8))
_TINY = 1e-10  # of magnitudes
_TINY_POWER = 1e-17
# A Hann window of L samples tells partials apart that lie 4 bins apart.
_SEPARATE_BINS = 4.0
# Partials fill this many bins on either side in which no noise is measured.
_MAIN_LOBE_BINS = 2.5
_UNSEEN_WEIGHT = 1e-3  # of bins under a partial, where a band has no others
_CACHED_FRAMES = 64  # of the longest window, with spectra, fit a core's cache
_BANDS_OF_GROUP = 9
_EULER = 0.5772  # minus the mean log of an exponential variate of mean 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Levels of some frames, natural logarithms, at least `LOG_FLOOR`.

    Args:
        harmonics: [T, windows, K], amplitude of each harmonic as every window of
            `HARMONIC_WINDOWS` sees it; the floor above Nyquist and without a pitch.
        noise: [T, M], magnitude of the noise bands, measured between the harmonics.
        bands: [T, M], magnitude of the bands in a short window, harmonics included.
        level: [T], root mean square of the samples around the frame.
        is_active: [T, K], whether a harmonic exists: a pitch, and below Nyquist.
    """

    harmonics: Floats
    noise: Floats
    bands: Floats
    level: Floats
    is_active: NDArray[np.bool_]


def measure(audio: Floats, f0_hz: Floats, *, first_frame: int = 0) -> Measurement:
    """Measure the frames whose f0 is given.

    Args:
        audio: [N], 16 kHz, the whole recording or any part that reaches
            `CONTEXT_SAMPLES` beyond the frames; silence is assumed beyond its ends.
        f0_hz: [T], of the frames to measure; 0 or less where there is no pitch.
        first_frame: Index of the first of them; frame t stands at sample 64 t.
    """
    spectra = {
        length: _magnitudes(audio, first_frame, len(f0_hz), length)
        for length in (BAND_WINDOW, *HARMONIC_WINDOWS)
    }
    f0_hz = np.asarray(f0_hz, dtype=np.float32)
    number = np.arange(1, NUM_HARMONICS + 1, dtype=np.float32)
    partial_hz = (f0_hz[:, None] * number).astype(np.float32, copy=False)
    is_active = (partial_hz > 0.0) & (partial_hz < SAMPLE_RATE_HZ / 2)
    harmonics = np.stack(
        [
            _partial_levels(spectra[length], partial_hz, length)
            for length in HARMONIC_WINDOWS
        ],
        axis=1,
    )
    harmonics[~np.broadcast_to(is_active[:, None], harmonics.shape)] = LOG_FLOOR
    middle = HARMONIC_WINDOWS[1]
    power = np.mean(np.square(spectra[middle]), axis=1) / _power_gain(middle)
    short = _band_means(np.square(spectra[BAND_WINDOW]), BAND_WINDOW)
    return Measurement(
        harmonics=np.maximum(harmonics, LOG_FLOOR),
        noise=_noise_levels(spectra, f0_hz),
        bands=_noise_magnitude_log(np.log(short + _TINY_POWER), BAND_WINDOW),
        level=np.maximum(0.5 * np.log(power + _TINY_POWER), LOG_FLOOR),
        is_active=is_active,
    )


def combined_harmonics(measurement: Measurement, f0_hz: Floats) -> Floats:
    """Take each frame's harmonics from the shortest windows that tell them apart.

    Args:
        measurement: Of T frames.
        f0_hz: [T].

    Returns:
        [T, K], natural logarithm of amplitudes.
    """
    octaves = np.log2(np.maximum(f0_hz, 1.0))
    shares, rest = [], np.ones(len(f0_hz), dtype=np.float32)
    for length in HARMONIC_WINDOWS[:-1]:
        enough = np.log2(_SEPARATE_BINS * SAMPLE_RATE_HZ / length)
        share = rest * np.clip((octaves - enough) / 0.5 + 0.5, 0.0, 1.0)
        shares.append(share)
        rest = rest - share
    weights = np.stack([*shares, rest], axis=1).astype(np.float32)
    combined: Floats = np.einsum("tw,twk->tk", weights, measurement.harmonics)
    return combined


def _magnitudes(audio: Floats, first: int, num_frames: int, length: int) -> Floats:
    """Magnitudes [T, length / 2 + 1] of Hann windows centred on the frames."""
    start = first * HOP_SAMPLES - length // 2
    stop = start + (num_frames - 1) * HOP_SAMPLES + length
    inside = audio[max(start, 0) : max(stop, 0)]
    before = min(max(-start, 0), stop - start)
    padded = np.zeros(stop - start, dtype=np.float32)
    padded[before : before + len(inside)] = inside
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::HOP_SAMPLES]
    window = periodic_hann(length)
    magnitude = np.empty((num_frames, length // 2 + 1), dtype=np.float32)
    for begin in range(0, num_frames, _CACHED_FRAMES):
        block = magnitude[begin : begin + _CACHED_FRAMES]
        spectrum = np.fft.rfft(frames[begin : begin + len(block)] * window, axis=1)
        # Not `abs`, which guards against overflow that sound cannot reach.
        np.square(spectrum.real, out=block, casting="same_kind")
        block += np.square(spectrum.imag)
        np.sqrt(block, out=block)
    return magnitude


def _partial_levels(magnitude: Floats, partial_hz: Floats, length: int) -> Floats:
    """Log amplitude [T, K] at frequencies between bins, by a parabola of the logs."""
    position = partial_hz * (length / SAMPLE_RATE_HZ)
    index = np.clip(np.rint(position), 1, magnitude.shape[1] - 2).astype(np.int64)
    offset = np.clip(position - index, -0.5, 0.5)
    below, centre, above = (
        np.log(np.take_along_axis(magnitude, index + step, axis=1) + _TINY)
        for step in (-1, 0, 1)
    )
    slope, bend = 0.5 * (above - below), 0.5 * (above + below) - centre
    levels = centre + offset * (slope + offset * bend) + np.log(2.0 / _sum(length))
    return np.asarray(levels, dtype=np.float32)


def _noise_levels(spectra: Mapping[int, Floats], f0_hz: Floats) -> Floats:
    """Log magnitude [T, M] of the noise between the partials.

    Means of logarithms hardly hear what leaks from a partial.
    """
    middle, long = HARMONIC_WINDOWS[1:]
    is_low = (f0_hz > 0) & (f0_hz < 2 * _SEPARATE_BINS * SAMPLE_RATE_HZ / middle)
    noise = np.empty((len(f0_hz), NUM_NOISE_BANDS), dtype=np.float32)
    for length, chosen in ((middle, ~is_low), (long, is_low)):
        if not chosen.any():
            continue
        bins = np.arange(length // 2 + 1, dtype=np.float32)
        spacing = f0_hz[chosen, None] * (length / SAMPLE_RATE_HZ)
        order = bins / np.maximum(spacing, 1e-3)
        distance = np.abs(order - np.rint(order)) * spacing
        is_free = (distance > _MAIN_LOBE_BINS) | (spacing <= 0.0)
        weight = np.where(is_free, np.float32(1.0), np.float32(_UNSEEN_WEIGHT))
        log_power = 2.0 * np.log(spectra[length][chosen] + _TINY)
        total = _band_means(log_power * weight, length)
        mean = total / _band_means(weight, length) + _EULER
        noise[chosen] = _noise_magnitude_log(mean, length)
    return noise


def _noise_magnitude_log(log_power: Floats, length: int) -> Floats:
    """Magnitude of a band whose uniform noise, variance 1/3, has this power."""
    scaled = 0.5 * (log_power + np.log(3.0 / _power_gain(length)))
    return np.asarray(np.maximum(scaled, LOG_FLOOR), dtype=np.float32)


def _sum(length: int) -> float:
    return length / 2


def _power_gain(length: int) -> float:
    return length * 3 / 8  # sum of the squares of a Hann window


def _band_means(values: Floats, length: int) -> Floats:
    """Mean [T, M] of bins [T, bins] under the triangle of each band."""
    means = np.empty((len(values), NUM_NOISE_BANDS), dtype=np.float32)
    for bins, bands, weights in _band_groups(length):
        means[:, bands] = matmul_in_one_thread(values[:, bins], weights)
    return means


@functools.cache
def _band_groups(length: int) -> tuple[tuple[slice, slice, Floats], ...]:
    """Neighbouring bands with the bins they have: most of a band's weights are 0."""
    weights, groups = _bands(length), []
    for first in range(0, NUM_NOISE_BANDS, _BANDS_OF_GROUP):
        bands = slice(first, first + _BANDS_OF_GROUP)
        used = np.flatnonzero(weights[:, bands].any(axis=1))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        groups.append((bins, bands, np.ascontiguousarray(weights[bins, bands])))
    return tuple(groups)


@functools.cache
def _bands(length: int) -> Floats:
    """Triangles [bins, M] over the bins, each summing to 1, as wide as two bands."""
    bins = np.arange(length // 2 + 1) / (length // 2) * (NUM_NOISE_BANDS - 1)
    distance = np.abs(bins[:, None] - np.arange(NUM_NOISE_BANDS))
    weights = np.maximum(1.0 - distance, 0.0)
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)
