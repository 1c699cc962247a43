from __future__ import annotations

import numpy as np

from musegen.midi_ddsp.analysis.neural_pitch import read_low_pitch


def test_a_low_tone_with_a_weak_fundamental_is_known() -> None:
    time_s = np.arange(16000) / 16000
    levels = {1: 0.02, 2: 0.1, 3: 0.5, 4: 1.0, 5: 0.6, 6: 0.3}
    audio = sum(a * np.sin(2 * np.pi * k * 82.4 * time_s) for k, a in levels.items())
    pitch_hz, confidence = read_low_pitch(
        np.asarray(audio, np.float32), 125, hop_s=0.008
    )
    middle = slice(30, 95)
    assert np.abs(1200 * np.log2(pitch_hz[middle] / 82.4)).max() < 60
    assert confidence[middle].min() > 0.5


def test_silence_and_nothing_are_not_trusted() -> None:
    _, confidence = read_low_pitch(np.zeros(16000, np.float32), 125, hop_s=0.008)
    assert not confidence.any()
    pitch_hz, confidence = read_low_pitch(np.zeros(0, np.float32), 0, hop_s=0.008)
    assert len(pitch_hz) == len(confidence) == 0


def test_sound_too_soft_for_its_numbers_is_silence() -> None:
    audio = np.full(16000, 1e-40, np.float32)
    with np.errstate(all="raise"):
        _, confidence = read_low_pitch(audio, 125, hop_s=0.008)
    assert not confidence.any()
