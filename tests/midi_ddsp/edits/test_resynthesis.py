from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import UsageError
from musegen.midi_ddsp.edits import resynthesis
from musegen.midi_ddsp.edits.parameter_edits import Edits
from musegen.midi_ddsp.edits.resynthesis import resynthesize, with_held_pitch
from musegen.midi_ddsp.parameters import SynthesisParameters


def tone(num_frames: int = 250, *, noise: float = 0.0) -> SynthesisParameters:
    return SynthesisParameters(
        f0_hz=np.full(num_frames, 400.0),
        amplitude=np.full(num_frames, 0.4),
        harmonics=np.tile([0.75, 0.25], (num_frames, 1)),
        noise=np.full((num_frames, 65), noise),
    )


def loudest_hz(audio: np.ndarray, sample_rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return float(spectrum.argmax() * sample_rate / len(audio))


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 48_000])
def test_sound_has_the_rate_and_the_pitch(sample_rate: int) -> None:
    result = resynthesize(tone(), Edits(), seed=0, sample_rate=sample_rate)
    assert len(result.audio) == sample_rate
    assert loudest_hz(result.audio, sample_rate) == pytest.approx(400, abs=1.5)
    assert np.abs(result.audio).max() == pytest.approx(0.32, abs=0.05)


def test_edits_are_heard_and_the_edited_parameters_given() -> None:
    result = resynthesize(tone(), Edits(transpose=12.0, stretch=2.0), seed=0)
    assert len(result.audio) == 2 * 16_000
    assert loudest_hz(result.audio, 16_000) == pytest.approx(800, abs=1.5)
    assert result.parameters.f0_hz[0] == pytest.approx(800)


def test_notes_come_out_stretched_where_they_are_known() -> None:
    edits = Edits(stretch=2.0)
    assert resynthesize(tone(), edits, seed=0).note_index is None
    known = resynthesize(tone(), edits, seed=0, note_index=np.zeros(250, int))
    assert known.note_index is not None
    assert known.note_index.tolist() == [0] * 500


def test_brightness_out_of_reach_is_remarked() -> None:
    (notice,) = resynthesize(tone(), Edits(brightness=10.0), seed=0).notices
    assert "36 dB an octave" in notice.message


def test_seed_chooses_the_noise() -> None:
    first, again, other = (
        resynthesize(tone(noise=0.1), Edits(), seed=seed).audio for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_sound_does_not_depend_on_the_blocks_and_progress_counts_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = resynthesize(tone(noise=0.01), Edits(), seed=3).audio
    told: list[int] = []
    monkeypatch.setattr(resynthesis, "BLOCK_FRAMES", 77)
    pieces = resynthesize(tone(noise=0.01), Edits(), seed=3, advance=told.append).audio
    np.testing.assert_allclose(pieces, whole, atol=1e-6)
    assert told == [77, 77, 77, 19]


def test_pitch_is_held_where_there_is_none_and_stays_silent() -> None:
    before = tone(6)
    broken = SynthesisParameters(
        f0_hz=np.array([0, 0, 400, 0, 500, 0], dtype=np.float32),
        amplitude=before.amplitude,
        harmonics=before.harmonics,
        noise=before.noise,
    )
    held = with_held_pitch(broken)
    assert held.f0_hz[[0, 1, 2]].tolist() == [400, 400, 400]
    assert held.f0_hz[[4, 5]].tolist() == [500, 500]
    assert held.amplitude.tolist() == pytest.approx([0, 0, 0.4, 0, 0.4, 0])


def test_sound_without_any_pitch_is_noise_alone() -> None:
    unpitched = SynthesisParameters(
        f0_hz=np.zeros(50, dtype=np.float32),
        amplitude=np.zeros(50, dtype=np.float32),
        harmonics=np.zeros((50, 2), dtype=np.float32),
        noise=np.full((50, 65), 0.1),
    )
    result = resynthesize(unpitched, Edits(vibrato=2.0), seed=0)
    assert np.std(result.audio) > 0.01
    (notice,) = result.notices
    assert "vibrato changed nothing" in notice.message


@pytest.mark.parametrize("sample_rate", [0, 7999, 200_000])
def test_rate_out_of_reach_is_refused(sample_rate: int) -> None:
    with pytest.raises(UsageError, match="sample rate"):
        resynthesize(tone(5), Edits(), seed=0, sample_rate=sample_rate)
