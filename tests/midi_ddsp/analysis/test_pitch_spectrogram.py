from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.analysis import pitch_spectrogram as module
from musegen.midi_ddsp.analysis.pitch_spectrogram import FLOOR_DB, pitch_spectrogram

RATE = 16_000


@pytest.mark.parametrize("pitch", [36, 55, 64, 81, 100])
def test_tone_is_loudest_at_its_pitch(pitch: int) -> None:
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    wave = 0.5 * np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE)
    found = pitch_spectrogram(wave.astype(np.float32))
    column = found.levels_db[len(found.levels_db) // 2]
    loudest = found.lowest_pitch + column.argmax() / found.rows_per_semitone
    assert loudest == pytest.approx(pitch, abs=0.7)
    assert column.max() == pytest.approx(20 * np.log10(0.5), abs=2.5)


def test_columns_stand_where_the_sound_is() -> None:
    wave = np.zeros(2 * RATE, dtype=np.float32)
    wave[RATE : RATE + 1600] = np.sin(2 * np.pi * 880 * np.arange(1600) / RATE)
    found = pitch_spectrogram(wave)
    row = round((81 - found.lowest_pitch) * found.rows_per_semitone)
    loudest_s = found.levels_db[:, row].argmax() / found.columns_per_s
    assert loudest_s == pytest.approx(1.05, abs=0.03)
    assert found.levels_db[10].max() == FLOOR_DB


def test_long_recording_has_coarser_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COLUMNS", 50)
    found = pitch_spectrogram(np.zeros(3 * RATE, dtype=np.float32))
    assert len(found.levels_db) <= 50
    assert len(found.levels_db) / found.columns_per_s == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("num_samples", [1, 159, 160, 161, 50_001])
def test_progress_counts_every_sample_and_any_length_will_do(num_samples: int) -> None:
    told: list[int] = []
    found = pitch_spectrogram(
        np.zeros(num_samples, dtype=np.float32), advance=told.append
    )
    assert sum(told) == num_samples
    assert len(found.levels_db) == -(-num_samples // 160)
