"""Clips of a clip file as training takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.inference.record_clips import (
    INSTRUMENT_NAMES,
    read_training_clips,
)
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout

pytest.importorskip("pyarrow")


def recording(num_frames: int) -> AnalysedRecording:
    generator = np.random.default_rng(0)
    return AnalysedRecording(
        piece="tune",
        recording="tune flute",
        instrument="flute",
        licence="MIT",
        source="test",
        notes_from="none",
        audio=generator.integers(-9000, 9000, 64 * num_frames).astype(np.int16),
        f0_hz=np.full(num_frames, 440, np.float32),
        f0_confidence=np.ones(num_frames, np.float32),
        voiced=np.ones(num_frames, bool),
        loudness_db=np.linspace(-40, -10, num_frames, dtype=np.float32),
        notes=(),
    )


def test_clips_of_a_split_without_what_was_filled_up(tmp_path: Path) -> None:
    layout = ClipLayout()
    source = recording(700)
    path = tmp_path / "clips.parquet"
    with ClipWriter(path, layout=layout) as writer:
        for record in cut_clips(source, split="train", layout=layout):
            writer.add(record)
        writer.finish(source="test", versions={})
    (clip,) = read_training_clips(path, "train")
    assert clip.num_frames == 700
    np.testing.assert_array_equal(clip.audio, source.audio / np.float32(32768))
    np.testing.assert_array_equal(clip.f0_hz, source.f0_hz)
    np.testing.assert_array_equal(clip.loudness_db, source.loudness_db)
    assert (clip.instrument, clip.piece) == ("flute", "tune")
    assert INSTRUMENT_NAMES[clip.instrument_id] == "flute"
    with pytest.raises(TrainingError, match="no clip of the split 'valid'"):
        read_training_clips(path, "valid")
