from __future__ import annotations

import numpy as np

from musegen.midi_ddsp.analysis.onset_strength import onset_strength


def test_the_strongest_instant_is_where_the_tone_begins() -> None:
    audio = np.zeros(16000, np.float32)
    audio[8000:] = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
    strength = onset_strength(audio)
    assert len(strength) == 250
    assert abs(int(strength.argmax()) - 125) <= 3
    assert strength.max() == 1
    assert strength[:110].max() < 0.01


def test_silence_and_nothing_have_no_onsets() -> None:
    assert not onset_strength(np.zeros(5000, np.float32)).any()
    assert len(onset_strength(np.zeros(0, np.float32))) == 0
