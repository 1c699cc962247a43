"""Edits of the colour of synthesis parameters: the envelope moved, tilted, denoised.

For: `parameter_edits` and `pitch`. Not for: another instrument's colour
(`timbre`). Wherever the distribution over the harmonics changes, the power of the
harmonic sound stays as it was.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen.midi_ddsp.dsp.distribution import is_below_nyquist
from musegen.midi_ddsp.parameters import SynthesisParameters

Floats = npt.NDArray[np.float64]

FLOOR = 1e-5  # of a frame's strongest harmonic: -100 dB
TAIL_DB_PER_OCTAVE = -12.0  # assumed above the highest harmonic that is known
MAX_TILT = 6.0  # exponent of the harmonic's number
MAX_TILT_DB_PER_OCTAVE = 6.0 * MAX_TILT
_TILT_STEPS = 40  # halvings; 12 / 2^40 is far below what can be heard


def move_envelope(parameters: SynthesisParameters, ratio: float) -> SynthesisParameters:
    """Return harmonics read off the same spectral envelope at another fundamental.

    Each frame's levels in dB are parted into an envelope (smoothed over three
    harmonics, which takes out alternations of odd and even) and a rest. The envelope
    is held in Hz, the rest stays with the harmonic's number.

    Args:
        parameters: Its `f0_hz` is the new fundamental already.
        ratio: New fundamental over the old one, above 0.
    """
    levels = log_levels(parameters.harmonics)
    envelope = _smoothed(levels)
    places = np.arange(1, levels.shape[1] + 1) * ratio  # in old harmonic numbers
    moved = _read_off(envelope, places) + (levels - envelope)
    return with_harmonics(parameters, np.exp(moved))


def scale_brightness(
    parameters: SynthesisParameters, factor: float
) -> SynthesisParameters:
    """Return the performance brighter or darker.

    The harmonics are tilted by one power of their number, chosen so that the mean
    harmonic number of the whole performance becomes `factor` times what it was, as far
    as 36 dB an octave allow.

    Args:
        parameters: What was played.
        factor: Above 0; 1 changes nothing, 2 doubles the mean harmonic number.
    """
    if factor == 1:
        return parameters
    harmonics = parameters.harmonics.astype(np.float64)
    is_audible = _audible(parameters)
    weights = parameters.amplitude.astype(np.float64)
    target = factor * _mean_number(harmonics * is_audible, weights)
    numbers = np.arange(1, harmonics.shape[1] + 1, dtype=np.float64)
    low, high = -MAX_TILT, MAX_TILT
    for _ in range(_TILT_STEPS):
        tilt = (low + high) / 2
        reached = _mean_number(harmonics * is_audible * numbers**tilt, weights)
        low, high = (tilt, high) if reached < target else (low, tilt)
    return with_harmonics(parameters, harmonics * numbers ** ((low + high) / 2))


def brightness(parameters: SynthesisParameters) -> float:
    """Return the mean harmonic number of a performance, frames weighted by amplitude.

    1 where nothing sounds.
    """
    audible = parameters.harmonics * _audible(parameters)
    return _mean_number(
        audible.astype(np.float64), parameters.amplitude.astype(np.float64)
    )


def with_harmonics(
    parameters: SynthesisParameters, harmonics: Floats
) -> SynthesisParameters:
    """Return the performance with other harmonics at the same power.

    Args:
        parameters: What was played.
        harmonics: Relative magnitudes, at least 0, [T, K]; those at or above half the
            sample rate are dropped, and each row is scaled to the sum 1.
    """
    before = parameters.harmonics.astype(np.float64)
    after = _normalized(np.where(_audible(parameters), harmonics, 0.0))
    norms = np.linalg.norm(after, axis=1)
    gain = np.linalg.norm(before, axis=1) / np.where(norms > 0, norms, 1.0)
    return replace(
        parameters,
        amplitude=(parameters.amplitude * gain).astype(np.float32),
        harmonics=after.astype(np.float32),
    )


def log_levels(harmonics: npt.NDArray[np.floating]) -> Floats:
    """Return natural logarithms of magnitudes, floored 100 dB below each row's best.

    Args:
        harmonics: At least 0, [T, K]; a row of zeros gives a flat row.
    """
    wide = harmonics.astype(np.float64)
    loudest = wide.max(axis=1, keepdims=True)
    floor = np.where(loudest > 0, loudest * FLOOR, 1.0)
    levels: Floats = np.log(np.maximum(wide, floor))
    return levels


def _audible(parameters: SynthesisParameters) -> npt.NDArray[np.bool_]:
    return is_below_nyquist(
        parameters.f0_hz,
        parameters.num_harmonics,
        sample_rate=parameters.sample_rate,
    )


def _normalized(magnitudes: Floats) -> Floats:
    sums = magnitudes.sum(axis=1, keepdims=True)
    rows: Floats = magnitudes / np.where(sums > 0, sums, 1.0)
    return rows


def _smoothed(levels: Floats) -> Floats:
    """Return rows smoothed by (1, 2, 1)/4 over the harmonics, [T, K]."""
    if levels.shape[1] < 3:
        return levels.copy()
    # Beyond the ends the slope of the nearest three goes on, alternation taken out.
    first = 2 * levels[:, :1] - levels[:, 1:2]
    last = 2 * levels[:, -1:] - levels[:, -2:-1]
    padded = np.concatenate([first, levels, last], axis=1)
    smooth: Floats = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return smooth


def _read_off(envelope: Floats, places: Floats) -> Floats:
    """Return the envelope at fractional harmonic numbers, [T, K].

    Below the first harmonic it is held; above the last it falls by 12 dB an octave.
    """
    last = envelope.shape[1]
    inside = np.clip(places, 1, last)
    below = np.minimum(inside.astype(np.int64), max(last - 1, 1))
    share = inside - below
    above = np.minimum(below, last - 1)  # index of harmonic number below + 1
    values = (1 - share) * envelope[:, below - 1] + share * envelope[:, above]
    octaves_beyond = np.log2(np.maximum(places / last, 1.0))
    tail: Floats = values + octaves_beyond * (TAIL_DB_PER_OCTAVE * np.log(10) / 20)
    return tail


def _mean_number(magnitudes: Floats, weights: Floats) -> float:
    """Return the mean harmonic number, frames weighted by their amplitude."""
    rows = _normalized(magnitudes)
    numbers = np.arange(1, magnitudes.shape[1] + 1)
    total = float(weights @ rows.sum(axis=1))
    return float(weights @ (rows @ numbers)) / total if total > 0 else 1.0
