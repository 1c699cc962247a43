"""What is heard is what was asked for: measured on a performance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import PitchRangeError, UsageError
from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.performance import Performance
from musegen.midi_ddsp.player.playing import play

Tune = tuple[PlayedNote, ...]


@pytest.fixture(scope="module")
def played(sound_font: Path, tune: Tune) -> Performance:
    return play(tune, "clarinet", style="romantic", seed=3, sound_font=sound_font)


def steady(performance: Performance) -> np.ndarray:
    """Frames inside notes, [T] bool, away from their ends."""
    inside = np.zeros(len(performance.f0_hz), np.bool_)
    for note in performance.notes:
        first, last = note.onset_s + 0.08, note.offset_s - 0.04
        inside[round(first * 250) : round(last * 250)] = True
    return inside


def measured_db(performance: Performance) -> np.ndarray:
    """RMS [T] of the audio under a window of 40 ms, in dB full scale."""
    window = np.hanning(641)[1:-1]
    power = np.square(performance.audio, dtype=np.float64)
    smooth = np.convolve(power, window / window.sum(), mode="same")[::64]
    return 10.0 * np.log10(smooth + 1e-12)


def test_curves_and_audio_have_one_length(played: Performance) -> None:
    num_frames = len(played.f0_hz)
    assert len(played.audio) == 64 * num_frames
    for curve in (played.level_db, played.noise_db, played.tilt_db_per_octave):
        assert curve.shape == (num_frames,)
        assert curve.dtype == np.float32
        assert np.all(np.isfinite(curve))
    assert played.audio.dtype == np.float32
    assert 0.01 < np.abs(played.audio).max() < 1.0
    columns = played.expression_columns()
    assert {len(column) for column in columns.values()} == {len(played.notes)}


def test_the_pitch_is_the_label(played: Performance) -> None:
    track = track_known_pitch(played.audio, 16_000, played.notes)
    inside = steady(played)
    cents = 1200.0 * np.log2(track.f0_hz[inside] / played.f0_hz[inside])
    assert np.median(np.abs(cents)) < 2.0
    assert np.quantile(np.abs(cents), 0.95) < 12.0


def test_the_level_is_the_label(played: Performance) -> None:
    error = (measured_db(played) - played.level_db)[steady(played)]
    assert abs(np.median(error)) < 0.3
    assert np.quantile(np.abs(error), 0.95) < 1.0


def test_rests_are_silent_and_unpitched(played: Performance) -> None:
    assert np.all(played.f0_hz[:40] == 0.0)
    assert np.all(played.audio[: 40 * 64] == 0.0)
    assert np.all(played.level_db[:40] == -120.0)


def test_the_same_seed_gives_the_same_bytes(sound_font: Path, tune: Tune) -> None:
    def again(seed: int) -> bytes:
        notes = tune[:6]
        made = play(notes, "oboe", style="lively", seed=seed, sound_font=sound_font)
        return made.audio.tobytes()

    assert again(0) == again(0)
    assert again(0) != again(1)


def test_another_rate_gives_the_same_performance(sound_font: Path, tune: Tune) -> None:
    coarse, fine = (
        play(
            tune[:4],
            "clarinet",
            style="plain",
            seed=3,
            sound_font=sound_font,
            sample_rate=rate,
        )
        for rate in (16_000, 48_000)
    )
    assert len(fine.audio) == 3 * len(coarse.audio)
    np.testing.assert_allclose(fine.f0_hz, coarse.f0_hz)
    assert np.corrcoef(fine.audio[::3], coarse.audio)[0, 1] > 0.9


def test_louder_is_brighter(sound_font: Path) -> None:
    notes = tuple(
        PlayedNote(pitch=64, onset_s=0.2 + 0.6 * index, offset_s=0.7 + 0.6 * index)
        for index in range(16)
    )
    made = play(notes, "trumpet", style="lively", seed=2, sound_font=sound_font)
    levels, centroids = [], []
    tilts = made.expression_columns()["brightness_db_per_octave"]
    for note in made.notes:
        part = made.audio[round(note.onset_s * 16_000) :][: round(0.15 * 16_000)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        centroids.append(np.log2(spectrum @ np.arange(len(spectrum)) / spectrum.sum()))
        levels.append(10.0 * np.log10(np.mean(np.square(part))))
    design = np.stack([np.ones(len(levels)), levels, tilts], axis=1)
    weights = np.linalg.lstsq(design, np.array(centroids), rcond=None)[0]
    assert weights[1] > 0.01  # octaves a dB
    assert weights[2] > 0.0


def test_licence_and_source_are_told(played: Performance) -> None:
    assert played.licence.startswith("GPL-2")
    assert played.source == "TimGM6mb.sf2"
    assert [notice.code for notice in played.notices] == ["test-sound-font"]


def test_what_cannot_be_played_is_refused(tune: Tune) -> None:
    with pytest.raises(PitchRangeError, match="range of the tuba"):
        play(tune, "tuba", style="plain", seed=0)
    with pytest.raises(UsageError, match="44100"):
        play(tune, "violin", style="plain", seed=0, sample_rate=44_100)
    with pytest.raises(UsageError, match="no style"):
        play(tune, "violin", style="sad", seed=0)
