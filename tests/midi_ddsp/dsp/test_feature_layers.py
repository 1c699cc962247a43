"""Loudness and log-mel in Keras, against those in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.feature_layers import log_mel, loudness_db
from musegen.midi_ddsp.dsp.loudness import LoudnessDefinition
from musegen.midi_ddsp.dsp.loudness import loudness_db as numpy_loudness_db
from musegen.midi_ddsp.dsp.mel import log_mel as numpy_log_mel


def swelling_noise(num_samples: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, (2, num_samples))
    noise = noise * 10.0 ** np.linspace(-5.0, 0.0, num_samples)
    noise[:, : num_samples // 4] = 0.0
    return noise.astype(np.float32)


@pytest.mark.parametrize("definition", ["new", "old"])
@pytest.mark.parametrize("num_samples", [1, 64, 1000, 6400])
def test_loudness_equals_that_of_numpy(
    num_samples: int, definition: LoudnessDefinition
) -> None:
    audio = swelling_noise(num_samples)
    found = np.asarray(loudness_db(audio, definition=definition))
    for clip in range(2):
        expected = numpy_loudness_db(audio[clip], definition=definition)
        assert found[clip] == pytest.approx(expected, abs=1e-2)


@pytest.mark.parametrize("num_samples", [1, 64, 1000, 6400])
def test_log_mel_equals_that_of_numpy(num_samples: int) -> None:
    audio = swelling_noise(num_samples)
    found = np.asarray(log_mel(audio))
    for clip in range(2):
        assert found[clip] == pytest.approx(numpy_log_mel(audio[clip]), abs=1e-3)


def test_recorded_values() -> None:
    time_s = np.arange(8000) / 16000
    tone = np.sin(2.0 * np.pi * 1000.0 * time_s)[None].astype(np.float32)
    assert np.asarray(loudness_db(tone))[0, 8:100] == pytest.approx(19.805, abs=0.01)
    silence = np.asarray(log_mel(np.zeros((1, 64000), np.float32)))
    assert silence.shape == (1, 1000, 64)
    assert silence == pytest.approx(-11.5129, abs=1e-4)


def test_an_unknown_definition_is_refused() -> None:
    with pytest.raises(UsageError, match="'loud'; take 'new' or 'old'"):
        loudness_db(np.zeros((1, 64)), definition="loud")  # type: ignore[arg-type]
