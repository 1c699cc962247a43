from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.edits.found_notes import find_notes
from musegen.midi_ddsp.parameters import SynthesisParameters, midi_to_hz


def played(pitch: np.ndarray, *, frame_rate_hz: float = 250.0) -> SynthesisParameters:
    """A tone at MIDI pitches, 0 where there is none."""
    num_frames = len(pitch)
    return SynthesisParameters(
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        amplitude=np.where(pitch > 0, 0.2, 0.0).astype(np.float32),
        harmonics=np.tile([0.7, 0.3], (num_frames, 1)),
        noise=np.zeros((num_frames, 65), np.float32),
        frame_rate_hz=frame_rate_hz,
    )


@pytest.mark.parametrize("frame_rate_hz", [100.0, 250.0, 500.0])
def test_notes_of_an_unbroken_phrase_are_told_apart(frame_rate_hz: float) -> None:
    length = round(0.4 * frame_rate_hz)
    pitch = np.repeat([60.1, 62.1, 0.0, 62.1], length)
    index = find_notes(played(pitch, frame_rate_hz=frame_rate_hz))
    middles = length // 2 + length * np.arange(4)
    assert index[middles].tolist() == [0, 1, -1, 2]
    assert (
        np.abs(np.flatnonzero(np.diff(index)) - length * np.arange(1, 4) + 1).max() < 5
    )


def test_nothing_has_no_notes() -> None:
    assert find_notes(played(np.zeros(0))).tolist() == []
    assert find_notes(played(np.zeros(3))).tolist() == [-1, -1, -1]
