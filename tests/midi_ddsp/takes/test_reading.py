"""Recordings are put together from their clips, and gaps are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from musegen.data.errors import FileFormatError, TrainingError
from musegen.midi_ddsp.expression import compat_controls
from musegen.midi_ddsp.expression_units import measure_notes
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout, ClipRecord
from musegen.midi_ddsp.takes.reading import iterate_takes, take_of

NUM_FRAMES = 430  # the last clip is moved back and overlaps
OVERLAPPING = ClipLayout(clip_frames=100, hop_frames=60)
NOTES = tuple(
    PlayedNote(pitch=60 + k, onset_s=0.3 * k, offset_s=0.3 * k + 0.25, velocity=70 + k)
    for k in range(5)
)


class Ears:
    """Hears a flat tone, and remembers what it was given."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def infer(
        self,
        audio: np.ndarray,
        f0_hz: np.ndarray,
        loudness_db: np.ndarray,
        instrument: str,
    ) -> SynthesisParameters:
        self.heard.append((audio, f0_hz, loudness_db, instrument))
        num_frames = len(f0_hz)
        return SynthesisParameters(
            f0_hz=f0_hz,
            amplitude=(10.0 ** (loudness_db / 20.0)).astype(np.float32),
            harmonics=np.full((num_frames, 60), 1.0 / 60.0, np.float32),
            noise=np.full((num_frames, 65), 1e-4, np.float32),
        )


@pytest.fixture
def ears() -> Ears:
    return Ears()


def model(ears: Ears) -> InferenceModel:
    return cast("InferenceModel", ears)


def analysed(name: str = "tune", num_frames: int = NUM_FRAMES) -> AnalysedRecording:
    rng = np.random.default_rng(len(name))
    return AnalysedRecording(
        piece=f"piece {name}",
        recording=name,
        instrument="oboe",
        licence="CC0",
        source="made up",
        notes_from="list",
        audio=rng.integers(-9999, 9999, 64 * num_frames).astype(np.int16),
        f0_hz=rng.uniform(200, 500, num_frames).astype(np.float32),
        f0_confidence=np.ones(num_frames, np.float32),
        voiced=np.ones(num_frames, np.bool_),
        loudness_db=rng.uniform(-60, -10, num_frames).astype(np.float32),
        notes=NOTES,
    )


def clips_of(
    recording: AnalysedRecording, split: str = "train", layout: ClipLayout = OVERLAPPING
) -> list[ClipRecord]:
    return list(cut_clips(recording, split=split, layout=layout))


def write(path: Path, clips: Sequence[ClipRecord]) -> Path:
    with ClipWriter(path, layout=OVERLAPPING) as writer:
        for clip in clips:
            writer.add(clip)
        writer.finish(source="tests", versions={})
    return path


def test_a_recording_is_put_together_whatever_the_order_of_its_clips(
    ears: Ears,
) -> None:
    recording = analysed()
    clips = clips_of(recording)
    assert len(clips) > 5
    take = take_of(
        [clips[k] for k in (3, 0, 5, 2, 4, 1, *range(6, len(clips)))], model(ears)
    )
    assert take.num_frames == NUM_FRAMES
    np.testing.assert_array_equal(take.audio, recording.audio)
    assert take.notes == NOTES
    texts = (take.piece, take.recording, take.split, take.instrument)
    assert texts == ("piece tune", "tune", "train", "oboe")
    audio, f0_hz, loudness_db, instrument = ears.heard[0]
    np.testing.assert_array_equal(audio, recording.audio.astype(np.float32) / 32768)
    np.testing.assert_array_equal(f0_hz, recording.f0_hz)
    np.testing.assert_array_equal(loudness_db, recording.loudness_db)
    assert instrument == "oboe"


def test_notes_are_measured_whole(ears: Ears) -> None:
    take = take_of(clips_of(analysed()), model(ears))
    frames = take.frames()
    expected = measure_notes(take.parameters, frames)
    np.testing.assert_allclose(take.units, expected, rtol=1e-5)
    expected = compat_controls(take.parameters, frames)
    np.testing.assert_allclose(take.controls, expected, rtol=1e-5)


def test_a_recording_shorter_than_a_clip_has_its_own_length(ears: Ears) -> None:
    recording = analysed(num_frames=77)
    take = take_of(clips_of(recording), model(ears))
    assert take.num_frames == 77
    np.testing.assert_array_equal(take.audio, recording.audio)


@pytest.mark.parametrize(("missing", "words"), [(0, "0 to 80"), (2, "180 to 240")])
def test_a_missing_clip_is_a_sentence(ears: Ears, missing: int, words: str) -> None:
    layout = ClipLayout(clip_frames=100, hop_frames=80)
    clips = clips_of(analysed(), layout=layout)
    assert [clip.start_frame for clip in clips] == [0, 80, 160, 240, 320, 330]
    del clips[missing]
    with pytest.raises(TrainingError, match=f"tune lacks the frames {words}: prepare"):
        take_of(clips, model(ears))
    assert not ears.heard


# === Files ===


def test_takes_come_in_the_order_of_the_file_and_of_the_splits_asked_for(
    ears: Ears, tmp_path: Path
) -> None:
    first, second, third = (
        clips_of(analysed(name), split)
        for name, split in (("b", "test"), ("aa", "train"), ("ccc", "valid"))
    )
    mixed = [clip for row in zip(first, second, third, strict=True) for clip in row]
    path = write(tmp_path / "clips.parquet", mixed)
    told: list[tuple[int, int]] = []
    takes = list(iterate_takes(path, model(ears), tell=lambda *n: told.append(n)))
    assert [take.recording for take in takes] == ["b", "aa", "ccc"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    np.testing.assert_array_equal(takes[1].audio, analysed("aa").audio)
    some = iterate_takes(path, model(ears), splits=("valid", "train"))
    assert [(take.recording, take.split) for take in some] == [
        ("aa", "train"),
        ("ccc", "valid"),
    ]


def test_a_split_without_clips_and_another_file_are_sentences(
    ears: Ears, tmp_path: Path
) -> None:
    path = write(tmp_path / "clips.parquet", clips_of(analysed()))
    with pytest.raises(TrainingError, match="no clip of the split valid: prepare"):
        next(iterate_takes(path, model(ears), splits=("valid",)))
    other = tmp_path / "text.parquet"
    other.write_text("nothing", encoding="utf-8")
    with pytest.raises(FileFormatError):
        next(iterate_takes(other, model(ears)))
