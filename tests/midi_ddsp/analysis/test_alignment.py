from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.alignment import Alignment, align
from musegen.midi_ddsp.notes import PlayedNote

RATE = 16000
PITCHES = [60, 62, 62, 64, 67, 67, 67, 65, 64, 62, 60, 60, 67, 72, 71, 69, 69, 65]
LENGTHS_S = [0.3, 0.15, 0.15, 0.6, 0.2, 0.2, 0.4, 0.3, 0.3]


def score() -> list[PlayedNote]:
    notes, onset_s = [], 0.0
    for index, pitch in enumerate(PITCHES):
        offset_s = onset_s + LENGTHS_S[index % len(LENGTHS_S)]
        notes.append(PlayedNote(pitch=pitch, onset_s=onset_s, offset_s=offset_s))
        onset_s = offset_s + (0.3 if index % 6 == 5 else 0.0)
    return notes


def rubato(time_s: float) -> float:
    return time_s + 0.25 * float(np.sin(1.3 * time_s))


def played(notes: list[PlayedNote], warp: Callable[[float], float]) -> list[PlayedNote]:
    return [
        PlayedNote(
            pitch=note.pitch,
            onset_s=0.4 + warp(note.onset_s),
            offset_s=0.4 + warp(note.offset_s),
        )
        for note in notes
    ]


def onset_errors_s(found: Alignment, truth: list[PlayedNote]) -> np.ndarray:
    pairs = zip(found.notes, truth, strict=True)
    return np.array([abs(note.onset_s - other.onset_s) for note, other in pairs])


@pytest.mark.parametrize(
    "warp",
    [lambda t: t / 0.7, lambda t: t, lambda t: t / 1.4, rubato],
    ids=["slow", "same", "fast", "rubato"],
)
def test_onsets_are_found_at_another_tempo(
    play_notes: Callable[..., Any], warp: Callable[[float], float]
) -> None:
    truth = played(score(), warp)
    sound = play_notes(truth)
    found = align(score(), sound.audio, RATE)
    assert [note.pitch for note in found.notes] == PITCHES
    error_s = onset_errors_s(found, truth)
    assert np.median(error_s) < 0.015
    assert error_s.max() < 0.08
    assert found.fit.min() > 0.5


def test_another_piece_costs_more_and_fits_less(play_notes: Callable[..., Any]) -> None:
    audio = play_notes(played(score(), lambda t: t)).audio
    right = align(score(), audio, RATE)
    other = [
        PlayedNote(pitch=note.pitch + 6, onset_s=note.onset_s, offset_s=note.offset_s)
        for note in reversed(score())
    ]
    wrong = align(other, audio, RATE)
    assert right.cost < 0.15
    assert wrong.cost > 2 * right.cost
    assert wrong.fit.mean() < 0.5 < right.fit.mean()


@pytest.mark.parametrize(
    "audio",
    [np.zeros(RATE), np.random.default_rng(0).uniform(-1, 1, RATE), np.ones(2000)],
    ids=["silence", "noise", "short"],
)
def test_no_note_is_lost_in_sound_that_is_no_music(audio: np.ndarray) -> None:
    found = align(score(), audio, RATE)
    assert len(found.notes) == len(PITCHES)
    onsets = [note.onset_s for note in found.notes]
    assert onsets == sorted(set(onsets))


def test_no_notes_need_no_recording() -> None:
    assert align([], np.zeros(0), RATE).notes == ()


def test_a_recording_too_short_is_refused_with_a_sentence() -> None:
    with pytest.raises(InputError, match="cannot hold 18 notes"):
        align(score(), np.zeros(100), RATE)


@pytest.mark.parametrize("tail_s", [0.002, 0.5])
@pytest.mark.parametrize("tempo", [0.7, 1.0, 1.4])
def test_repeated_notes_at_the_end_keep_their_places(
    play_notes: Callable[..., Any], tempo: float, tail_s: float
) -> None:
    pitches = [60, 64, 67, 67, 67, 67]
    written = [
        PlayedNote(pitch=pitch, onset_s=0.5 * i, offset_s=0.5 * i + 0.5)
        for i, pitch in enumerate(pitches)
    ]
    truth = [
        PlayedNote(
            pitch=note.pitch,
            onset_s=note.onset_s / tempo,
            offset_s=note.offset_s / tempo - 0.03,
        )
        for note in written
    ]
    found = align(written, play_notes(truth, tail_s=tail_s).audio, RATE)
    assert onset_errors_s(found, truth).max() < 0.04
