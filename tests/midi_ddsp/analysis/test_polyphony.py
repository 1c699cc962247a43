from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from musegen.midi_ddsp.analysis.pitch_track import PitchTrack
from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch
from musegen.midi_ddsp.analysis.polyphony import find_polyphony
from musegen.midi_ddsp.parameters import midi_to_hz

RATE = 16_000
TIME_S = np.arange(2 * RATE) / RATE
Floats = npt.NDArray[np.float32]


def sung(
    pitches: Sequence[float], *, vibrato_cents: float = 0.0, noise: float = 1e-4
) -> Floats:
    """Two seconds of notes at once, with up to 25 harmonics each."""
    audio = noise * np.random.default_rng(0).standard_normal(len(TIME_S))
    for pitch in pitches:
        cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * TIME_S + pitch)
        f0_hz = midi_to_hz(pitch + cents / 100)
        phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
        for number in range(1, 26):
            heard = np.where(number * f0_hz < 7600, 0.05 / number, 0.0)
            audio += heard * np.sin(number * phase)
    return audio.astype(np.float32)


def tracked(audio: Floats) -> PitchTrack:
    pytest.importorskip("onnxruntime", reason="hears low pitches")
    return track_pitch(audio, RATE)


@pytest.mark.parametrize("vibrato_cents", [0.0, 80.0])
@pytest.mark.parametrize("pitch", [40, 57, 69, 84])
def test_one_note_is_one(pitch: int, vibrato_cents: float) -> None:
    audio = sung([pitch], vibrato_cents=vibrato_cents)
    assert find_polyphony(audio, tracked(audio)) is None


def test_one_note_in_noise_and_one_without_its_fundamental_are_one() -> None:
    loud = sung([69], noise=0.02)
    assert find_polyphony(loud, tracked(loud)) is None
    phase = 2 * np.pi * 110 * TIME_S
    weak = sum(0.05 * np.sin(number * phase) for number in range(2, 20))
    audio = np.asarray(weak, np.float32)
    assert find_polyphony(audio, tracked(audio)) is None


@pytest.mark.parametrize(
    "chord", [(60, 64, 67), (48, 52, 55), (57, 60, 64), (55, 62), (60, 62)]
)
def test_chord_is_several(chord: tuple[int, ...]) -> None:
    audio = sung(chord)
    found = find_polyphony(audio, tracked(audio))
    assert found is not None
    assert found.share > 0.3
    assert found.first_s < 0.3


def test_first_place_is_where_the_second_voice_enters() -> None:
    second = np.where(TIME_S > 1.0, sung([64]), 0.0)
    audio = (sung([57]) + second).astype(np.float32)
    held = PitchTrack(
        f0_hz=np.full(500, 220.0, np.float32),
        confidence=np.ones(500, np.float32),
        voiced=np.ones(500, bool),
    )
    found = find_polyphony(audio, held)
    assert found is not None
    assert found.first_s == pytest.approx(1.0, abs=0.1)
    assert found.share == pytest.approx(0.5, abs=0.1)


def test_tail_of_the_note_before_is_not_another_voice() -> None:
    note = round(0.5 * RATE)
    audio = np.concatenate([sung([p])[:note] for p in (60, 67, 64, 69)])
    decay = np.random.default_rng(1).standard_normal(RATE) * 10 ** (
        -3 * np.arange(RATE) / (0.6 * RATE)
    )
    room = np.convolve(audio, 0.5 * decay / np.linalg.norm(decay))[: len(audio)]
    wet = (audio + room).astype(np.float32)
    assert find_polyphony(wet, tracked(wet)) is None


@pytest.mark.parametrize("num_samples", [1, 100, 3000])
def test_short_and_silent_sound_has_none(num_samples: int) -> None:
    audio = np.zeros(num_samples, np.float32)
    num_frames = -(-num_samples // 64)
    for is_pitched in (False, True):
        track = PitchTrack(
            f0_hz=np.full(num_frames, 220.0, np.float32),
            confidence=np.ones(num_frames, np.float32),
            voiced=np.full(num_frames, is_pitched),
        )
        assert find_polyphony(audio, track) is None
