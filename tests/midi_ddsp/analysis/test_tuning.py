from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.analysis.tuning import tuning_semitones


def melody(offset: float, extent: float, rate_hz: float) -> np.ndarray:
    """Six notes of 0.6 s with vibrato, each from another phase."""
    time_s = np.arange(150) / 250
    return np.concatenate(
        [
            pitch + offset + extent * np.sin(2 * np.pi * rate_hz * time_s + pitch)
            for pitch in (60, 62, 64, 65, 67, 60)
        ]
    )


@pytest.mark.parametrize("rate_hz", [4.5, 5.5, 6.5])
@pytest.mark.parametrize("extent", [0.0, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("offset", [-0.3, 0.0, 0.12])
def test_tuning_is_found_under_any_vibrato(
    offset: float, extent: float, rate_hz: float
) -> None:
    pitch = melody(offset, extent, rate_hz)
    found = tuning_semitones(pitch, np.ones(len(pitch), bool))
    assert found == pytest.approx(offset, abs=0.04)


@pytest.mark.parametrize("pitches", [(60, 61), (60, 62, 64, 65, 67)])
def test_notes_shorter_than_a_turn_of_vibrato_have_a_tuning(
    pitches: tuple[int, ...],
) -> None:
    pitch = np.repeat(np.tile(pitches, 6).astype(float), 20) + 0.1
    found = tuning_semitones(pitch, np.ones(len(pitch), bool))
    assert found == pytest.approx(0.1, abs=0.01)


def test_rests_do_not_count() -> None:
    pitch = melody(0.2, 0.3, 5.5)
    pitch[100:200] = 0.0
    assert tuning_semitones(pitch, pitch > 0) == pytest.approx(0.2, abs=0.04)


def test_slide_and_silence_have_no_tuning() -> None:
    everywhere = np.ones(1000, bool)
    assert tuning_semitones(np.linspace(60, 70, 1000), everywhere) is None
    assert tuning_semitones(np.zeros(10), np.zeros(10, bool)) is None
    assert tuning_semitones(np.zeros(0), np.zeros(0, bool)) is None
