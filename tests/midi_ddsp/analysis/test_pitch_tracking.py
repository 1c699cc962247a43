from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import MonkeyPatch

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.analysis import periodicity, pitch_path, pitch_refinement
from musegen.midi_ddsp.analysis.pitch_track import PitchTrack
from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch
from musegen.midi_ddsp.notes import PlayedNote

RATE = 16000


def is_sound(track: PitchTrack, num_frames: int) -> bool:
    """Whether a track has its length, and values that a synthesizer can take."""
    return (
        len(track.f0_hz) == len(track.confidence) == len(track.voiced) == num_frames
        and bool(np.isfinite(track.f0_hz).all())
        and bool((track.f0_hz > 20).all())
        and bool(((track.confidence >= 0) & (track.confidence <= 1)).all())
    )


@pytest.mark.parametrize("low", [36, 60, 84])
def test_notes_with_vibrato_in_noise_are_tracked_within_cents(
    play_notes: Callable[..., Any],
    make_notes: Callable[..., list[PlayedNote]],
    low: int,
) -> None:
    notes = make_notes([low, low + 4, low + 7, low + 12, low + 5, low], 0.5)
    sound = play_notes(notes)
    track = track_pitch(sound.audio, RATE)
    cents = sound.cents_off(track.f0_hz)
    assert np.median(cents) < 5
    assert np.mean(cents > 50) < 0.03  # the frames about a change of note
    assert np.mean(track.voiced[sound.f0_hz > 0]) > 0.95


@pytest.mark.parametrize("frequency_hz", [60.0, 2093.0, 3000.0])
def test_a_pure_sine_is_found_at_both_ends_of_the_range(frequency_hz: float) -> None:
    audio = 0.2 * np.sin(2 * np.pi * frequency_hz * np.arange(RATE) / RATE)
    track = track_pitch(audio, RATE)
    inner = track.f0_hz[10:-10]
    assert np.abs(1200 * np.log2(inner / frequency_hz)).max() < 4


def test_rests_are_unvoiced_and_hold_a_pitch_of_the_notes() -> None:
    audio = np.zeros(3 * RATE)
    audio[RATE : 2 * RATE] = 0.2 * np.sin(2 * np.pi * 330 * np.arange(RATE) / RATE)
    track = track_pitch(audio, RATE)
    assert not track.voiced[:240].any()
    assert track.voiced[260:490].all()
    assert not track.voiced[515:].any()
    assert np.abs(1200 * np.log2(track.f0_hz / 330)).max() < 100


def test_confidence_tells_a_tone_from_noise() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE)
    tone = 0.1 * np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)
    heard, hissed = track_pitch(tone, RATE), track_pitch(noise, RATE)
    assert np.median(heard.confidence) > 0.95
    assert np.median(hissed.confidence) < 0.5
    assert np.mean(hissed.voiced) < 0.1


def test_another_sample_rate_gives_the_same_track(
    play_notes: Callable[..., Any], scale: list[PlayedNote]
) -> None:
    soxr = pytest.importorskip("soxr")
    audio = play_notes(scale).audio
    wide = soxr.resample(audio, RATE, 44100)
    first, second = track_pitch(audio, RATE), track_pitch(wide, 44100)
    size = min(first.num_frames, second.num_frames)
    both = first.voiced[:size] & second.voiced[:size]
    cents = 1200 * np.abs(np.log2(first.f0_hz[:size] / second.f0_hz[:size]))
    assert np.median(cents[both]) < 0.5


def test_the_track_does_not_depend_on_the_pieces(
    play_notes: Callable[..., Any], scale: list[PlayedNote], monkeypatch: MonkeyPatch
) -> None:
    audio = play_notes(scale).audio
    whole = track_pitch(audio, RATE)
    monkeypatch.setattr(periodicity, "BATCH_FRAMES", 60)
    monkeypatch.setattr(pitch_path, "BATCH_FRAMES", 50)
    monkeypatch.setattr(pitch_refinement, "PIECE_FRAMES", 130)
    pieces = track_pitch(audio, RATE)
    assert np.array_equal(pieces.voiced, whole.voiced)
    cents = np.abs(1200 * np.log2(pieces.f0_hz / whole.f0_hz))
    assert cents.max() < 0.5  # rounding, where a note has all but died away
    assert np.quantile(cents, 0.9) < 0.01


def test_progress_rises_to_the_whole() -> None:
    shares: list[float] = []
    track_pitch(np.zeros(RATE), RATE, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("size", [0, 1, 2, 63, 64, 65, 127, 500, 1023, 2000])
def test_the_shortest_recordings_have_a_track(size: int) -> None:
    audio = np.random.default_rng(size).uniform(-1, 1, size)
    assert is_sound(track_pitch(audio, RATE), -(-size // 64))
    assert is_sound(track_pitch(audio, 44100), -(-size * 250 // 44100))


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros(8000),
        np.full(8000, 0.7),
        np.full(8000, np.nan),
        np.sign(np.sin(np.arange(8000) * 0.2)) * 3e5,
        np.eye(1, 8000, 4000)[0],
        np.cumsum(np.random.default_rng(0).standard_normal(8000)),
        1e-30 * np.sin(np.arange(8000) * 0.2),
    ],
    ids=["silence", "offset", "nan", "clipped", "click", "rumble", "denormal"],
)
def test_odd_sounds_have_a_track(audio: np.ndarray) -> None:
    assert is_sound(track_pitch(audio, RATE), 125)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 2**32 - 1), st.floats(1e-6, 1e3))
def test_any_noise_has_a_track(size: int, seed: int, gain: float) -> None:
    generator = np.random.default_rng(seed)
    audio = (
        gain * generator.standard_normal(size) * (generator.uniform(size=size) < 0.5)
    )
    assert is_sound(track_pitch(audio, RATE), -(-size // 64))


@pytest.mark.parametrize("limits", [(10, 1000), (500, 600), (900, 400), (40, 9000)])
def test_a_range_that_cannot_be_is_refused(limits: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="octave or more"):
        track_pitch(np.zeros(100), RATE, min_hz=limits[0], max_hz=limits[1])


def test_stereo_is_refused_with_a_sentence() -> None:
    with pytest.raises(InputError, match="one channel"):
        track_pitch(np.zeros((100, 2)), RATE)


@pytest.mark.parametrize("frequency_hz", [294.0, 440.0, 589.0])
def test_a_strong_octave_does_not_hide_a_weak_fundamental(frequency_hz: float) -> None:
    """As an oboe has it: 20 dB more in the second partial than in the others."""
    time_s = np.arange(16000) / 16000
    levels = {1: 0.03, 2: 0.3, 3: 0.023, 4: 0.006}
    waves = [
        level * np.sin(2 * np.pi * number * frequency_hz * time_s)
        for number, level in levels.items()
    ]
    track = track_pitch(np.sum(waves, axis=0).astype(np.float32), 16000)
    cents = 1200 * np.log2(track.f0_hz[20:-20] / frequency_hz)
    assert np.abs(cents).max() < 20
