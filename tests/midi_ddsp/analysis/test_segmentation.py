from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.pitch_track import PitchTrack
from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch
from musegen.midi_ddsp.analysis.segmentation import (
    segment_notes,
    stretches_without_note,
)
from musegen.midi_ddsp.dsp.loudness import loudness_db
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import midi_to_hz


def steady(pitches: list[float], frames: int = 50) -> PitchTrack:
    """Some frames of each pitch; 0 is a rest."""
    pitch = np.repeat(pitches, frames)
    voiced = pitch > 0
    f0_hz = np.where(voiced, midi_to_hz(np.maximum(pitch, 1)), 220)
    return PitchTrack(
        f0_hz=f0_hz.astype(np.float32),
        confidence=voiced.astype(np.float32),
        voiced=voiced,
    )


def flat(track: PitchTrack) -> np.ndarray:
    return np.where(track.voiced, -20.0, -80.0)


def test_every_note_of_a_recording_is_found(
    play_notes: Callable[..., Any], scale: list[PlayedNote]
) -> None:
    audio = play_notes(scale, vibrato_cents=60).audio
    found = segment_notes(track_pitch(audio, 16000), loudness_db(audio))
    assert [note.pitch for note in found] == [note.pitch for note in scale]
    late_s = [a.onset_s - b.onset_s for a, b in zip(found, scale, strict=True)]
    assert np.abs(late_s).max() < 0.05


def test_a_detuned_vibrato_stays_one_note() -> None:
    time_s = np.arange(250) / 250
    pitch = 69.3 + 0.6 * np.sin(2 * np.pi * 5.5 * time_s)
    track = PitchTrack(
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        confidence=np.ones(250, np.float32),
        voiced=np.ones(250, bool),
    )
    assert [note.pitch for note in segment_notes(track, flat(track))] == [69]


def test_a_dip_of_loudness_begins_the_note_again() -> None:
    track = steady([60.0, 60.0, 60.0])
    loudness = flat(track)
    loudness[48:52] -= 20
    found = segment_notes(track, loudness)
    assert [note.pitch for note in found] == [60, 60]
    assert found[1].onset_s == pytest.approx(0.2, abs=0.03)


def test_rests_divide_notes_of_one_pitch() -> None:
    track = steady([60.0, 0, 60.0, 62.0])
    found = segment_notes(track, flat(track))
    assert [(note.pitch, note.onset_s, note.offset_s) for note in found] == [
        (60, 0.0, 0.2),
        (60, 0.4, pytest.approx(0.6, abs=0.01)),
        (62, pytest.approx(0.6, abs=0.01), 0.8),
    ]


def test_notes_shorter_than_asked_for_are_dropped() -> None:
    track = steady([60.0, 0, 62.0])
    assert segment_notes(track, flat(track), min_note_s=0.3) == []


@pytest.mark.parametrize("length_s", [0.06, 0.075])
def test_fast_notes_are_found(play_notes: Callable[..., Any], length_s: float) -> None:
    pitches = [60, 64, 67, 72, 76, 72, 67, 64]
    notes = [
        PlayedNote(
            pitch=pitch, onset_s=0.2 + i * length_s, offset_s=0.2 + (i + 1) * length_s
        )
        for i, pitch in enumerate(pitches)
    ]
    audio = play_notes(notes, vibrato_cents=0, noise_db=-60).audio
    found = segment_notes(track_pitch(audio, 16000), loudness_db(audio))
    assert [note.pitch for note in found] == pitches


def test_glide_through_semitones_is_no_row_of_short_notes() -> None:
    pitch = np.concatenate(
        [np.full(75, 60.0), np.linspace(60, 64, 30), np.full(75, 64)]
    )
    track = PitchTrack(
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        confidence=np.ones(180, np.float32),
        voiced=np.ones(180, bool),
    )
    assert [note.pitch for note in segment_notes(track, flat(track))] == [60, 64]


def test_pitch_that_is_in_no_note_is_told() -> None:
    track = steady([60.0, 0.0, 62.0, 0.0])
    notes = segment_notes(track, flat(track))
    assert stretches_without_note(track.voiced, notes).tolist() == []
    assert stretches_without_note(track.voiced, notes[:1]).tolist() == [[100, 150]]
    assert stretches_without_note(track.voiced, []).tolist() == [[0, 50], [100, 150]]


def test_a_louder_note_has_the_higher_velocity() -> None:
    track = steady([60.0, 62.0, 64.0])
    loudness = np.repeat([-30.0, -20.0, -10.0], 50)
    velocity = [note.velocity for note in segment_notes(track, loudness)]
    assert velocity == sorted(velocity)
    assert velocity[1] == 80
    assert velocity[0] < velocity[2]


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_little_or_nothing_has_no_notes(frames: int) -> None:
    track = steady([0.0], frames)
    assert segment_notes(track, np.full(frames, np.nan)) == []


def test_loudness_of_another_recording_is_refused() -> None:
    with pytest.raises(InputError, match="same audio"):
        segment_notes(steady([60.0]), np.zeros(99))
