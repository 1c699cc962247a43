"""What tests of records share: recordings without a recording, and cheap ears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.audio.reading import write_audio
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import midi_to_hz
from musegen.midi_ddsp.records.analysing import Listening
from musegen.midi_ddsp.records.clips import AnalysedRecording, num_frames_of
from musegen.midi_ddsp.records.matching import Track

RATE = 16_000
HOP = 64


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A track made by hand."""

    f0_hz: NDArray[Any]
    confidence: NDArray[Any]
    voiced: NDArray[Any]


def scale(*pitches: int, note_s: float = 0.5) -> tuple[PlayedNote, ...]:
    """Notes one after the other, a tenth of a second apart."""
    return tuple(
        PlayedNote(pitch=pitch, onset_s=k * note_s, offset_s=(k + 1) * note_s - 0.1)
        for k, pitch in enumerate(pitches)
    )


def sound_of(
    notes: Sequence[PlayedNote], *, duration_s: float | None = None
) -> NDArray[np.float64]:
    """Sines of the notes, as long as they last."""
    end_s = notes[-1].offset_s if duration_s is None else duration_s
    audio = np.zeros(round(end_s * RATE))
    for note in notes:
        start, stop = round(note.onset_s * RATE), round(note.offset_s * RATE)
        time_s = np.arange(max(0, min(stop, len(audio)) - start)) / RATE
        tone = np.sin(2 * np.pi * float(midi_to_hz(note.pitch)) * time_s)
        audio[start : start + len(tone)] = 0.5 * tone
    return audio


def zero_crossings(audio: NDArray[np.float32]) -> Heard:
    """A pitch from the crossings of zero: exact enough for sines."""
    num_frames = num_frames_of(len(audio))
    padded = np.pad(audio, (512, 512 + HOP))
    crossings = np.cumsum(np.diff(np.signbit(padded), prepend=False) != 0)
    f0_hz = np.zeros(num_frames, np.float32)
    for frame in range(num_frames):
        start = 512 + frame * HOP - 400
        count = crossings[start + 800] - crossings[start]
        f0_hz[frame] = count / 2 / (800 / RATE)
    level = np.array(
        [np.abs(audio[k * HOP : (k + 1) * HOP]).max() for k in range(num_frames)]
    )
    voiced = level > 0.01
    return Heard(
        f0_hz=np.where(voiced, f0_hz, 0.0).astype(np.float32),
        confidence=voiced.astype(np.float32),
        voiced=voiced,
    )


def known(audio: NDArray[np.float32], notes: Sequence[PlayedNote]) -> Heard:
    frames = note_frames(notes, num_frames_of(len(audio)))
    return Heard(
        f0_hz=midi_to_hz(frames.pitch).astype(np.float32),
        confidence=np.ones(frames.num_frames, np.float32),
        voiced=frames.note_index >= 0,
    )


def peaks_db(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    length = num_frames_of(len(audio))
    filled = np.pad(audio, (0, length * HOP - len(audio))).reshape(length, HOP)
    peaks = np.maximum(np.abs(filled).max(axis=1), 1e-4)
    level: NDArray[np.float32] = (20 * np.log10(peaks)).astype(np.float32)
    return level


def one_note(track: Track, loudness_db: NDArray[np.float32]) -> Sequence[PlayedNote]:
    """All voiced frames as one note."""
    found = np.flatnonzero(track.voiced)
    if not found.size:
        return []
    return [
        PlayedNote(pitch=69, onset_s=found[0] / 250, offset_s=(found[-1] + 1) / 250)
    ]


def moved(
    notes: Sequence[PlayedNote], audio: NDArray[np.float32], track: Track
) -> list[PlayedNote]:
    """Stretch notes so that the last ends with the sound."""
    factor = len(audio) / RATE / notes[-1].offset_s
    return [
        PlayedNote(
            pitch=note.pitch,
            onset_s=note.onset_s * factor,
            offset_s=note.offset_s * factor,
        )
        for note in notes
    ]


@pytest.fixture
def listening() -> Listening:
    """Ears for sines."""
    return Listening(
        track=zero_crossings,
        track_known=known,
        loudness_db=peaks_db,
        segment=one_note,
        align=moved,
        polyphony=lambda audio, track: None,
    )


@pytest.fixture
def make_analysed() -> Callable[..., AnalysedRecording]:
    """Makes an analysed recording of noise: `(name, num_samples, **changes)`."""

    def make(
        name: str = "tune", num_samples: int = 80_000, **changes: object
    ) -> AnalysedRecording:
        rng = np.random.default_rng(len(name) + num_samples)
        num_frames = num_frames_of(num_samples)
        values: dict[str, Any] = {
            "piece": name,
            "recording": f"{name}.wav",
            "instrument": "violin",
            "licence": "CC0",
            "source": "made up",
            "notes_from": "list",
            "audio": rng.integers(-99, 99, num_samples).astype(np.int16),
            "f0_hz": rng.uniform(100, 900, num_frames).astype(np.float32),
            "f0_confidence": rng.random(num_frames).astype(np.float32),
            "voiced": rng.random(num_frames) > 0.5,
            "loudness_db": rng.uniform(-60, 0, num_frames).astype(np.float32),
            "notes": scale(60, 62, 64, 65, 67, 69, 71, 72, note_s=0.6),
        }
        return AnalysedRecording(**{**values, **changes})

    return make


@pytest.fixture
def write_sound() -> Callable[..., Path]:
    """Writes sines of notes: `(path, notes)`."""

    def write(
        path: Path, notes: Sequence[PlayedNote], *, duration_s: float | None = None
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_audio(path, sound_of(notes, duration_s=duration_s), RATE)
        return path

    return write


@pytest.fixture
def make_scale() -> Callable[..., tuple[PlayedNote, ...]]:
    """Makes notes: `(*pitches, note_s=0.5)`."""
    return scale
