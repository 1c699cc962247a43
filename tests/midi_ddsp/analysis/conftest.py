"""Synthetic notes with a known pitch at every frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.notes import PlayedNote

SAMPLE_RATE = 16000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Audio at 16 kHz and its f0 [T], 0 in rests."""

    audio: NDArray[np.float32]
    f0_hz: NDArray[np.float64]

    def cents_off(self, f0_hz: NDArray[np.float32]) -> NDArray[np.float64]:
        """Absolute error in cents where a note sounds."""
        inside = self.f0_hz > 0
        ratio = f0_hz[inside] / self.f0_hz[inside]
        cents: NDArray[np.float64] = np.abs(1200 * np.log2(ratio))
        return cents


def line_up(pitches: Sequence[int], length_s: float) -> list[PlayedNote]:
    """Notes of one length, one after another, the first at 0.2 s."""
    return [
        PlayedNote(
            pitch=pitch,
            onset_s=0.2 + index * length_s,
            offset_s=0.2 + (index + 1) * length_s,
        )
        for index, pitch in enumerate(pitches)
    ]


def play(
    notes: Sequence[PlayedNote],
    *,
    vibrato_cents: float = 30.0,
    noise_db: float = -40.0,
    tail_s: float = 0.3,
    bend_semitones: float = 0.0,
) -> Sound:
    """Notes in white noise so far below full scale, each bent as it goes on."""
    size = int((max(note.offset_s for note in notes) + tail_s) * SAMPLE_RATE)
    audio, frequency = np.zeros(size), np.zeros(size)
    for note in notes:
        first = round(note.onset_s * SAMPLE_RATE)
        last = round(note.offset_s * SAMPLE_RATE)
        time_s = np.arange(last - first) / SAMPLE_RATE
        cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * time_s)
        bend = bend_semitones * time_s / note.duration_s
        semitones = note.pitch - 69 + cents / 100 + bend
        frequency[first:last] = 440 * 2 ** (semitones / 12)
        phase = 2 * np.pi * np.cumsum(frequency[first:last]) / SAMPLE_RATE
        left_s = note.duration_s - time_s
        level = np.minimum(1, time_s / 0.01) * np.clip(left_s / 0.02, 0, 1)
        for k in range(1, 7):
            heard = np.where(k * frequency[first:last] < 7600, 0.1 / k, 0)
            audio[first:last] += level * np.exp(-time_s) * heard * np.sin(k * phase)
    generator = np.random.default_rng(0)
    audio += 10 ** (noise_db / 20) * generator.standard_normal(size)
    return Sound(audio=audio.astype(np.float32), f0_hz=frequency[::64])


@pytest.fixture(scope="session")
def make_notes() -> Callable[[Sequence[int], float], list[PlayedNote]]:
    """Notes of given pitches and one length in seconds, from 0.2 s on."""
    return line_up


@pytest.fixture(scope="session")
def play_notes() -> Callable[..., Sound]:
    """Plays notes; options `vibrato_cents`, `noise_db`, `bend_semitones`."""
    return play


@pytest.fixture(scope="session")
def scale() -> list[PlayedNote]:
    return line_up([60, 64, 67, 72, 71, 67, 62, 60], 0.35)
