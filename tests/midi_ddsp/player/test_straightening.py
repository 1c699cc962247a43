"""A made-up note with vibrato and swing comes out straight."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.player.sampler import SAMPLER_RATE_HZ
from musegen.midi_ddsp.player.straightening import FLAT_RMS, smoothed, straighten

PITCH = 69
RATE_HZ = 16_000


def wavering_note(*, cents: float = 40.0, swing_db: float = 3.0) -> NDArray[np.float32]:
    """Two seconds of a' with eight harmonics, vibrato and a swing of level."""
    time_s = np.arange(2 * SAMPLER_RATE_HZ) / SAMPLER_RATE_HZ
    swing = np.sin(2.0 * np.pi * 5.3 * time_s)
    f0_hz = 440.0 * 2.0 ** ((cents * swing + 12.0) / 1200.0)
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / SAMPLER_RATE_HZ
    tone = sum(np.sin(k * phase + k) / k for k in range(1, 9))
    return (0.1 * tone * 10.0 ** (swing_db * swing / 20.0)).astype(np.float32)


def cents_of(audio: NDArray[np.float32], hz: float) -> NDArray[np.float64]:
    """Pitch of the fundamental against `hz`, [samples - 1], smoothed over 12 ms."""
    size = len(audio)
    bins = np.fft.fftfreq(size, 1.0 / RATE_HZ)
    spectrum = np.where(np.abs(bins - hz) < 0.4 * hz, np.fft.fft(audio), 0.0)
    phase = np.unwrap(np.angle(np.fft.ifft(spectrum)))
    track = np.diff(phase) * RATE_HZ / (2.0 * np.pi)
    return 1200.0 * np.log2(smoothed(track, 192.0)[1600:-1600] / hz)


def test_vibrato_and_mistuning_are_gone() -> None:
    straight = straighten(wavering_note(), PITCH, sample_rate=RATE_HZ)
    cycles = straight.cycles[0] + np.arange(28_000) * 440.0 / RATE_HZ
    cents = cents_of(straight.read(cycles), 440.0)
    assert np.abs(cents).max() < 1.0


def test_the_level_is_even() -> None:
    straight = straighten(wavering_note(), PITCH, sample_rate=RATE_HZ)
    part = straight.samples[4000:-4000].astype(np.float64)
    level = np.sqrt(smoothed(np.square(part), 0.03 * straight.rate_hz))
    assert level == pytest.approx(FLAT_RMS, rel=0.05)


def test_a_bend_that_is_asked_for_is_played() -> None:
    straight = straighten(wavering_note(), PITCH, sample_rate=RATE_HZ)
    cycles = straight.cycles[0] + np.arange(28_000) * 466.16 / RATE_HZ
    cents = cents_of(straight.read(cycles), 466.16)
    assert np.abs(cents).max() < 1.0


def test_whole_cycles_are_peaks_of_the_fundamental() -> None:
    straight = straighten(wavering_note(), PITCH, sample_rate=RATE_HZ)
    cycles = np.arange(100, 500, 0.05)
    audio = straight.read(cycles).astype(np.float64)
    phase = np.angle(np.sum(audio * np.exp(-2j * np.pi * cycles)))
    assert abs(phase) < 0.15


def test_a_silent_note_is_refused() -> None:
    silence = np.zeros(SAMPLER_RATE_HZ, np.float32)
    with pytest.raises(FileFormatError, match="no tone for note 69"):
        straighten(silence, PITCH, sample_rate=RATE_HZ)


def test_an_attack_an_octave_below_is_not_the_note_speaking() -> None:
    note = wavering_note(cents=0.0)
    time_s = np.arange(len(note)) / SAMPLER_RATE_HZ
    begins = straighten(note, PITCH, sample_rate=RATE_HZ)
    below = 0.2 * np.sin(2.0 * np.pi * 1.5 * 443.06 * time_s)  # 12 cents sharp
    reedy = note + np.where(time_s < 0.1, below, 0.0).astype(np.float32)
    settles = straighten(reedy, PITCH, sample_rate=RATE_HZ)
    assert begins.speech_s < 0.02
    assert settles.speech_s == pytest.approx(0.1, abs=0.015)


def test_a_short_noise_of_the_attack_is_let_be() -> None:
    note = wavering_note(cents=0.0)
    note[480:500] += np.float32(0.3)
    assert straighten(note, PITCH, sample_rate=RATE_HZ).speech_s < 0.03
