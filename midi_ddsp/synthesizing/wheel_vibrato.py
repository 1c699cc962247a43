"""Vibrato widened frame by frame, as a modulation wheel does.

For performers that play a part and then let the wheel act on it. One factor for a whole
performance is `musegen.midi_ddsp.edits.pitch.scale_vibrato`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.edits.pitch import scale_vibrato
from musegen.midi_ddsp.generators.swing import GROWTH_S, USUAL_RATE_HZ, WHEEL_CENTS
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    SynthesisParameters,
    hz_to_midi,
    midi_to_hz,
)
from musegen.midi_ddsp.parts.automation import Curve

_CENTS_A_SEMITONE = 100.0


def moves_vibrato(factor: Curve) -> bool:
    """Return whether a curve of factors is anything but 1 throughout."""
    return not (factor.is_constant and factor.values[0] == 1.0)


def widen_vibrato(
    parameters: SynthesisParameters,
    factor: NDArray[np.floating[Any]],
    note_index: NDArray[np.integer[Any]],
) -> SynthesisParameters:
    """Return a performance with what swings about the pitch scaled frame by frame.

    A factor above 1 gives notes without vibrato some, as it does for our own models
    (`musegen.midi_ddsp.generators.swing`).

    Args:
        parameters: T frames.
        factor: [T], at least 0; 1 changes nothing.
        note_index: [T], the note of each frame, -1 where there is none.
    """
    straight = scale_vibrato(parameters, 0.0, note_index=note_index)
    course = hz_to_midi(straight.f0_hz)
    swing = hz_to_midi(parameters.f0_hz) - course
    wide = factor * swing
    if (factor > 1.0).any():
        wide = wide + np.maximum(factor - 1.0, 0.0) * _given_swing(swing, note_index)
    pitch = np.where(parameters.f0_hz > 0.0, course + wide, 0.0)
    return replace(parameters, f0_hz=midi_to_hz(pitch).astype(np.float32))


def _given_swing(
    swing: NDArray[np.floating[Any]], note_index: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    """Return [T] in semitones what a factor of 2 gives notes that swing little."""
    given = np.zeros(len(swing))
    borders = np.flatnonzero(np.diff(note_index)) + 1
    for frames in np.split(np.arange(len(swing)), borders):
        if not len(frames) or note_index[frames[0]] < 0:
            continue
        time_s = np.arange(len(frames)) / FRAME_RATE_HZ
        extent_cents = _CENTS_A_SEMITONE * math.sqrt(2.0) * float(swing[frames].std())
        lacking_cents = max(WHEEL_CENTS - extent_cents, 0.0)
        grown = np.minimum(time_s / GROWTH_S, 1.0)
        wave = np.sin(2.0 * math.pi * USUAL_RATE_HZ * time_s)
        given[frames] = lacking_cents / _CENTS_A_SEMITONE * grown * wave
    return given
