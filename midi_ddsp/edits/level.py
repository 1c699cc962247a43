"""Edits of the loudness of synthesis parameters: volume, dynamics, noise, dryness.

For: `parameter_edits`, which names and orders them. Not for: edits of pitch or colour.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from musegen.midi_ddsp.parameters import SynthesisParameters

Floats = npt.NDArray[np.float64]

SILENCE_DB = -100.0
FULL_RANGE_DB = 30.0  # dynamics act fully this far below the mean level ...
NO_RANGE_DB = 60.0  # ... and not at all on what lies this far below: the noise floor
HELD_FALL_DB_PER_S = 25.0  # a level that falls faster is a tail, not a diminuendo
TAIL_SHARPENING = 2.0  # how many times as fast a tail falls, less one, when fully dry
MAX_TAIL_CUT_DB = 90.0
LEVEL_WINDOW_S = 0.02


def change_volume(
    parameters: SynthesisParameters, gain_db: float
) -> SynthesisParameters:
    """Return the performance louder or softer, harmonics and noise alike.

    Args:
        parameters: What was played.
        gain_db: Positive is louder.
    """
    if gain_db == 0:
        return parameters
    gains = np.full(parameters.num_frames, gain_db)
    return with_gain(parameters, gains)


def scale_dynamics(
    parameters: SynthesisParameters, factor: float
) -> SynthesisParameters:
    """Return the performance with larger or smaller differences of loudness.

    Levels are scaled about the mean level in dB. What lies more than 30 dB below it is
    scaled less and less, the noise floor (60 dB below) not at all: evening out a
    performance does not bring up its hiss.

    Args:
        parameters: What was played.
        factor: 0 makes all sounding frames equally loud, 1 changes nothing, 2 doubles
            every difference in dB.
    """
    if factor == 1:
        return parameters
    levels = level_db(parameters)
    is_sounding = levels > levels.max(initial=SILENCE_DB) - FULL_RANGE_DB
    if not is_sounding.any():
        return parameters
    deviation = levels - levels[is_sounding].mean()
    reach = (NO_RANGE_DB + deviation) / (NO_RANGE_DB - FULL_RANGE_DB)
    return with_gain(parameters, (factor - 1) * deviation * np.clip(reach, 0, 1))


def scale_noise(parameters: SynthesisParameters, gain: float) -> SynthesisParameters:
    """Return the performance with more or less breath, bow and hiss.

    Args:
        parameters: What was played.
        gain: Factor of every noise magnitude: 0 leaves the harmonics alone.
    """
    if gain == 1:
        return parameters
    return replace(parameters, noise=(parameters.noise * gain).astype(np.float32))


def dry(parameters: SynthesisParameters, amount: float) -> SynthesisParameters:
    """Return the performance in a drier room: tails die away sooner.

    A level that falls faster than 25 dB a second is taken for a tail; what it has lost
    since it left that slope is lost again, up to twice. Levels that rise, hold or fade
    slowly are left as they are.

    Args:
        parameters: What was played.
        amount: 0 changes nothing; at 1 a tail falls three times as fast.
    """
    if amount == 0:
        return parameters
    smooth = _smoothed(level_db(parameters), parameters.frame_rate_hz)
    fall_per_frame = HELD_FALL_DB_PER_S / parameters.frame_rate_hz
    # held[t] = max over s <= t of (level[s] - fall * (t - s)), without a loop.
    ramp = fall_per_frame * np.arange(len(smooth))
    held = np.maximum.accumulate(smooth + ramp) - ramp
    cut = np.minimum(amount * TAIL_SHARPENING * (held - smooth), MAX_TAIL_CUT_DB)
    return with_gain(parameters, -cut)


def level_db(parameters: SynthesisParameters) -> Floats:
    """Return the power of harmonics and noise together by frame, in dB, [T].

    Args:
        parameters: What was played; a frame of silence has -100 dB.
    """
    norms = np.linalg.norm(parameters.harmonics.astype(np.float64), axis=1)
    harmonic = (parameters.amplitude.astype(np.float64) * norms) ** 2 / 2
    noise = (parameters.noise.astype(np.float64) ** 2).mean(axis=1) / 3
    power = np.maximum(harmonic + noise, 10.0 ** (SILENCE_DB / 10))
    levels: Floats = 10 * np.log10(power)
    return levels


def _smoothed(levels: Floats, frame_rate_hz: float) -> Floats:
    half = min(round(LEVEL_WINDOW_S * frame_rate_hz), (len(levels) - 1) // 2)
    if half < 1:
        return levels
    weights = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(levels, half, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid")


def with_gain(parameters: SynthesisParameters, gain_db: Floats) -> SynthesisParameters:
    """Return harmonics and noise with a gain for each frame, [T] in dB."""
    gain = 10.0 ** (gain_db / 20)
    return replace(
        parameters,
        amplitude=(parameters.amplitude * gain).astype(np.float32),
        noise=(parameters.noise * gain[:, None]).astype(np.float32),
    )
