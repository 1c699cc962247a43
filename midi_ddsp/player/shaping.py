"""Colour, dynamics and noise put on an even tone.

The spectrum is tilted over time, the level made even once more (so that tilting does
not change it), then the wanted level is put on sample by sample, and noise added.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from musegen.midi_ddsp.player.characters import Character
from musegen.midi_ddsp.player.curves import CONTROL_RATE_HZ, SILENCE_DB, Curves
from musegen.midi_ddsp.player.straightening import FLAT_RMS, smoothed

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]

_WINDOW_S = 0.032
_OVERLAP = 4
_TILT_UNTIL_HZ = 6000.0
_BOOST_LIMIT_DB = 15.0
_CUT_LIMIT_DB = -36.0
_LEVELLING_LIMIT_DB = 20.0
_LEVELLING_FRAMES = 5
_PRESENT = 0.05  # least share of a window's energy for its level to be measured


def tilt_spectrum(
    tone: Float32Array, presence: Float32Array, curves: Curves, *, sample_rate: int
) -> Float32Array:
    """Tilt the spectrum above the fundamental, and keep the level even.

    Args:
        tone: [N], RMS `FLAT_RMS` where it is present.
        presence: [N], 0 to 1, how much of a tone there should be.
        curves: Pitch and tilt.
        sample_rate: Samples a second.

    Returns:
        [N], float32: RMS 1 where the tone is present.
    """
    size = round(_WINDOW_S * sample_rate)
    size -= size % _OVERLAP
    hop = size // _OVERLAP
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    frames = _frames(tone, size, hop) * window
    spectra = np.fft.rfft(frames, axis=1)
    places = (np.arange(len(frames)) - 0.5 * _OVERLAP + 0.5) * hop
    places *= CONTROL_RATE_HZ / sample_rate
    steps = np.arange(len(curves.f0_hz))
    f0_hz = np.interp(places, steps, curves.f0_hz)
    tilt = np.interp(places, steps, curves.tilt_db_per_octave)
    hz = np.arange(spectra.shape[1], dtype=np.float64) * (sample_rate / size)
    spectra = spectra * _tilt_gain(hz, f0_hz, tilt)
    should = np.square(_frames(presence, size, hop) * window).sum(axis=1)
    spectra *= _levelling_gain(spectra, should, size, float(np.square(window).sum()))
    changed = np.fft.irfft(spectra, size, axis=1).astype(np.float32) * window
    return _overlap_added(changed, hop, len(tone)) * np.float32(2.0 / 3.0 / FLAT_RMS)


def _frames(signal: Float32Array, size: int, hop: int) -> Float32Array:
    """Return [F, size]: windows of a signal, the first 1.5 hops of it being silence."""
    padded = np.zeros(len(signal) + 2 * size, np.float32)
    padded[size - hop : size - hop + len(signal)] = signal
    return sliding_window_view(padded, size)[::hop]


def _tilt_gain(hz: FloatArray, f0_hz: FloatArray, tilt: FloatArray) -> Float32Array:
    """Return [F, bins]: gains that leave the fundamental alone."""
    top = np.log2(np.clip(hz, 1.0, _TILT_UNTIL_HZ))
    octaves = np.maximum(top[None, :] - np.log2(f0_hz)[:, None], 0.0)
    gain_db = np.clip(octaves * tilt[:, None], _CUT_LIMIT_DB, _BOOST_LIMIT_DB)
    gain: Float32Array = np.exp(gain_db * (np.log(10.0) / 20.0), dtype=np.float64)
    return gain.astype(np.float32)


def _levelling_gain(
    spectra: NDArray[np.complexfloating[Any, Any]],
    should: FloatArray,
    size: int,
    whole: float,
) -> Float32Array:
    """Return [F, 1]: what brings each frame to the level it should have."""
    power = np.square(spectra.real) + np.square(spectra.imag)
    energy = (2.0 * power.sum(axis=1) - power[:, 0] - power[:, -1]) / size
    is_measured = (should > _PRESENT * whole) & (energy > 0.0)
    ratio = np.where(is_measured, should * FLAT_RMS**2, 1.0)
    missing_db = 10.0 * np.log10(ratio / np.where(is_measured, energy, 1.0))
    np.clip(missing_db, -_LEVELLING_LIMIT_DB, _LEVELLING_LIMIT_DB, out=missing_db)
    mass = smoothed(is_measured.astype(np.float64), _LEVELLING_FRAMES)
    total = smoothed(np.where(is_measured, missing_db, 0.0), _LEVELLING_FRAMES)
    gain_db = np.where(mass > 0.0, total / np.maximum(mass, 1e-9), 0.0)
    gain: Float32Array = (10.0 ** (gain_db / 20.0)).astype(np.float32)[:, None]
    return gain


def _overlap_added(frames: Float32Array, hop: int, num_samples: int) -> Float32Array:
    """Return [num_samples]: the sum of windows [F, size], as `_frames` cut them."""
    num_frames, size = frames.shape
    summed = np.zeros((num_frames + _OVERLAP - 1, hop), np.float32)
    parts = frames.reshape(num_frames, _OVERLAP, hop)
    for part in range(_OVERLAP):
        summed[part : part + num_frames] += parts[:, part]
    return summed.reshape(-1)[size - hop : size - hop + num_samples]


def shape_tone(
    even: Float32Array, level_db: FloatArray, *, sample_rate: int
) -> Float32Array:
    """Put the wanted level, [C] in dB, on a tone [N] of RMS 1, sample by sample."""
    return even * _amplitude(level_db, len(even), sample_rate)


def _amplitude(
    level_db: FloatArray, num_samples: int, sample_rate: int
) -> Float32Array:
    places = np.arange(num_samples) * (CONTROL_RATE_HZ / sample_rate)
    level = np.interp(places, np.arange(len(level_db)), level_db)
    amplitude: Float32Array = np.exp(
        level.astype(np.float32) * np.float32(np.log(10.0) / 20.0)
    )
    amplitude[level <= SILENCE_DB] = 0.0
    return amplitude


def make_noise(
    noise_db: FloatArray,
    *,
    character: Character,
    num_samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> Float32Array:
    """Make the noise of bow or breath.

    Args:
        noise_db: [C], its RMS in dB full scale.
        character: Its band.
        num_samples: Length wanted, N.
        sample_rate: Samples a second.
        rng: Where it comes from.

    Returns:
        [N], float32.
    """
    size = 1 << (num_samples - 1).bit_length()  # a power of two, for the transform
    spectrum = np.fft.rfft(rng.standard_normal(size, np.float32))
    hz = np.arange(len(spectrum)) * (sample_rate / size)
    low = (hz / character.noise_low_hz) ** 2
    response = (low / (1.0 + low)) / (1.0 + (hz / character.noise_high_hz) ** 2)
    response /= np.sqrt(np.mean(np.square(response)))
    spectrum *= response.astype(np.float32)
    coloured = np.fft.irfft(spectrum, size)[:num_samples]
    level = _amplitude(noise_db, num_samples, sample_rate)
    return coloured.astype(np.float32, copy=False) * level
