from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.analysis_audio import to_analysis_audio


def test_audio_at_16_khz_stays_as_it_is() -> None:
    audio = np.linspace(-1, 1, 100, dtype=np.float32)
    assert np.array_equal(to_analysis_audio(audio, 16000), audio)


def test_what_is_not_a_number_becomes_silence() -> None:
    audio = np.array([0.5, np.nan, np.inf, -np.inf, 1e30], np.float32)
    cleaned = to_analysis_audio(audio, 16000)
    assert np.isfinite(cleaned).all()
    assert cleaned[0] == 0.5
    assert not cleaned[1:4].any()


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 192000])
def test_another_rate_gives_the_same_tone(rate: int) -> None:
    time_s = np.arange(rate) / rate
    heard = to_analysis_audio(np.sin(2 * np.pi * 440 * time_s), rate)
    assert abs(len(heard) - 16000) <= 1
    expected = np.sin(2 * np.pi * 440 * np.arange(len(heard)) / 16000)
    assert np.abs(heard - expected)[1000:-1000].max() < 1e-2


def test_several_channels_are_refused() -> None:
    with pytest.raises(InputError, match="one channel"):
        to_analysis_audio(np.zeros((100, 2)), 16000)


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="too low"):
        to_analysis_audio(np.zeros(100), 0)
