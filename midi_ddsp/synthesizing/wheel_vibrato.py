"""Vibrato widened frame by frame, as a modulation wheel does.

For performers that play a part and then let the wheel act on it. One factor for a whole
performance is `musegen.midi_ddsp.edits.pitch.scale_vibrato`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.edits.pitch import scale_vibrato
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz
from musegen.midi_ddsp.parts.automation import Curve


def moves_vibrato(factor: Curve) -> bool:
    """Return whether a curve of factors is anything but 1 throughout."""
    return not (factor.is_constant and factor.values[0] == 1.0)


def widen_vibrato(
    parameters: SynthesisParameters,
    factor: NDArray[np.floating[Any]],
    note_index: NDArray[np.integer[Any]],
) -> SynthesisParameters:
    """Return a performance with what swings about the pitch scaled frame by frame.

    Args:
        parameters: T frames.
        factor: [T]; 1 changes nothing.
        note_index: [T], the note of each frame, -1 where there is none.
    """
    straight = scale_vibrato(parameters, 0.0, note_index=note_index)
    course = hz_to_midi(straight.f0_hz)
    swing = hz_to_midi(parameters.f0_hz) - course
    pitch = np.where(parameters.f0_hz > 0.0, course + factor * swing, 0.0)
    return replace(parameters, f0_hz=midi_to_hz(pitch).astype(np.float32))
