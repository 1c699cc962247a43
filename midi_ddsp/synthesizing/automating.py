"""Automation applied to synthesis parameters: what moves while notes sound.

For: gain, bend, brightness and noise, frame by frame, on whole performances or on
blocks of them. Not for: vibrato, which a performer widens as it plays; pan, which
mixing places; nor where the curves come from (`musegen.midi_ddsp.parts.automation`,
`musegen.midi_ddsp.tables.automation_files`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.edits.spectral import with_harmonics
from musegen.midi_ddsp.parameters import SEMITONES_AN_OCTAVE, SynthesisParameters
from musegen.midi_ddsp.parts.automation import (
    MUTE_DB,
    Automation,
    AutomationFrames,
    Curve,
    frames_of,
)

_CENTS_AN_OCTAVE = 100.0 * SEMITONES_AN_OCTAVE
_LEFT, _RIGHT = -1.0, 1.0

FloatArray = NDArray[np.float64]


def apply_automation(
    parameters: SynthesisParameters, frames: AutomationFrames
) -> SynthesisParameters:
    """Return the performance with its level, pitch and colour moved.

    - `gain_db` acts on harmonics and noise; `MUTE_DB` or less is silence.
    - `bend_cents` acts on f0 and leaves the shares of the harmonics as they are, which
      is right for bends of a few semitones; those that come to lie above half the
      sample rate are dropped by the renderer.
    - `brightness_db_per_octave` tilts the harmonics and keeps their power.
    - `noise_db` acts on the noise alone.

    Nothing of a frame depends on its neighbours, so blocks give what the whole gives.

    Args:
        parameters: Of T frames.
        frames: The same T frames; `vibrato_factor` and `pan` are passed over.

    Raises:
        ValueError: The two are not of one length.
    """
    if len(frames.gain_db) != parameters.num_frames:
        raise ValueError(
            f"automation of {len(frames.gain_db)} frames for {parameters.num_frames} "
            "frames of parameters"
        )
    moved = parameters
    if frames.bend_cents.any():
        ratio = np.exp2(frames.bend_cents.astype(np.float64) / _CENTS_AN_OCTAVE)
        moved = replace(moved, f0_hz=(moved.f0_hz * ratio).astype(np.float32))
    if frames.brightness_db_per_octave.any():
        moved = _tilted(moved, frames.brightness_db_per_octave)
    if frames.gain_db.any() or frames.noise_db.any():
        gain = _linear(frames.gain_db)
        noise_gain = gain * _linear(frames.noise_db)
        moved = replace(
            moved,
            amplitude=(moved.amplitude * gain).astype(np.float32),
            noise=(moved.noise * noise_gain[:, None]).astype(np.float32),
        )
    return moved


def automate(
    blocks: Iterable[SynthesisParameters], automation: Automation
) -> Iterator[SynthesisParameters]:
    """Yield blocks with automation applied, each as it comes.

    Args:
        blocks: One after the other, from the score's beginning.
        automation: Of the part.
    """
    first = 0
    for block in blocks:
        last = first + block.num_frames
        yield apply_automation(block, automation.frames(first, last))
        first = last


def combine(first: Automation, second: Automation) -> Automation:
    """Return two automations at work together.

    Gains, bends, tilts and noise add up (silence stays silence), factors of vibrato
    multiply, places of pan add up within left and right. Between the points of either
    curve the outcome is straight.

    Args:
        first: What the score moves, for example.
        second: What a file moves, for example.
    """

    def joined(name: str, operation: Callable[..., FloatArray]) -> Curve:
        return _joined(getattr(first, name), getattr(second, name), operation)

    return Automation(
        gain_db=joined("gain_db", _sum_of_gains),
        vibrato_factor=joined("vibrato_factor", np.multiply),
        bend_cents=joined("bend_cents", np.add),
        pan=joined("pan", _sum_of_pans),
        brightness_db_per_octave=joined("brightness_db_per_octave", np.add),
        noise_db=joined("noise_db", _sum_of_gains),
    )


def _joined(first: Curve, second: Curve, operation: Callable[..., FloatArray]) -> Curve:
    frames = frames_of((first, second))
    sides = (np.interp(frames, one.frames, one.values) for one in (first, second))
    return Curve(frames=frames, values=operation(*sides))


def _sum_of_gains(first: FloatArray, second: FloatArray) -> FloatArray:
    is_silent = (first <= MUTE_DB) | (second <= MUTE_DB)
    total: FloatArray = np.where(
        is_silent, MUTE_DB, np.maximum(first + second, MUTE_DB)
    )
    return total


def _sum_of_pans(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.clip(first + second, _LEFT, _RIGHT)


def _linear(gain_db: NDArray[np.float32]) -> FloatArray:
    """Factors [T] of gains in dB; 0 from `MUTE_DB` down."""
    factors = np.power(10.0, gain_db.astype(np.float64) / 20.0)
    return np.where(gain_db <= MUTE_DB, 0.0, factors)


def _tilted(
    parameters: SynthesisParameters, db_per_octave: NDArray[np.float32]
) -> SynthesisParameters:
    """Harmonics tilted about the first, at their old power."""
    octaves = np.log2(np.arange(1, parameters.num_harmonics + 1, dtype=np.float64))
    tilt_db = np.outer(db_per_octave.astype(np.float64), octaves)
    gain = np.power(10.0, tilt_db / 20.0)
    return with_harmonics(parameters, parameters.harmonics.astype(np.float64) * gain)
