from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.notes import PlayedNote

RATE = 16000


@pytest.mark.parametrize("low", [30, 55, 69, 95])
def test_vibrato_is_followed_within_a_cent(
    play_notes: Callable[..., Any],
    make_notes: Callable[..., list[PlayedNote]],
    low: int,
) -> None:
    notes = make_notes([low, low + 2, low + 5, low, low - 3], 0.6)
    sound = play_notes(notes, noise_db=-80, vibrato_cents=40)
    track = track_known_pitch(sound.audio, RATE, notes)
    cents = sound.cents_off(track.f0_hz)
    assert np.median(cents) < (1.0 if low > 30 else 3.0)
    assert np.mean(cents > 50) < 0.02
    assert (
        np.array_equal(track.voiced, sound.f0_hz > 0)
        or np.mean(track.voiced == (sound.f0_hz > 0)) > 0.98
    )


@pytest.mark.parametrize("bend_semitones", [-2.0, 2.0])
def test_a_glide_of_two_semitones_is_followed(
    play_notes: Callable[..., Any],
    make_notes: Callable[..., list[PlayedNote]],
    bend_semitones: float,
) -> None:
    notes = make_notes([69, 64], 0.8)
    sound = play_notes(notes, vibrato_cents=0, bend_semitones=bend_semitones)
    cents = sound.cents_off(track_known_pitch(sound.audio, RATE, notes).f0_hz)
    assert np.median(cents) < 3
    assert np.mean(cents > 30) < 0.03


def test_legato_notes_do_not_smear_into_one_another(
    play_notes: Callable[..., Any], make_notes: Callable[..., list[PlayedNote]]
) -> None:
    notes = make_notes([60, 67, 60, 67], 0.4)
    sound = play_notes(notes, vibrato_cents=0, noise_db=-80)
    cents = sound.cents_off(track_known_pitch(sound.audio, RATE, notes).f0_hz)
    assert np.quantile(cents, 0.95) < 5


def test_a_later_onset_ends_the_note_before(
    play_notes: Callable[..., Any], make_notes: Callable[..., list[PlayedNote]]
) -> None:
    notes = make_notes([60, 67], 0.5)
    sound = play_notes(notes, vibrato_cents=0)
    longer = PlayedNote(pitch=60, onset_s=0.2, offset_s=1.1)
    plain = track_known_pitch(sound.audio, RATE, notes)
    legato = track_known_pitch(sound.audio, RATE, [notes[1], longer])
    assert np.array_equal(plain.f0_hz, legato.f0_hz)


def test_silence_under_a_note_is_not_voiced() -> None:
    note = PlayedNote(pitch=69, onset_s=0.1, offset_s=0.5)
    track = track_known_pitch(np.zeros(RATE), RATE, [note])
    assert not track.voiced.any()
    assert track.f0_hz == pytest.approx(440, rel=1e-4)


@pytest.mark.parametrize("size", [0, 1, 63, 65, 2000])
def test_short_audio_and_no_notes_have_a_track(size: int) -> None:
    audio = np.random.default_rng(size).uniform(-1, 1, size)
    late = PlayedNote(pitch=0, onset_s=5.0, offset_s=6.0)
    early = PlayedNote(pitch=127, onset_s=0.0, offset_s=6.0)
    for notes in ([], [late], [early]):
        track = track_known_pitch(audio, RATE, notes)
        assert len(track.f0_hz) == -(-size // 64)
        assert np.isfinite(track.f0_hz).all()
        assert (track.f0_hz > 0).all()
