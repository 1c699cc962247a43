from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import (
    FRAME_COLUMNS,
    ClipLayout,
    ClipRecord,
    clip_schema,
    content_line,
)

Make = Callable[..., AnalysedRecording]
LAYOUT = ClipLayout(clip_frames=100, hop_frames=50)


def first_clip(make_analysed: Make) -> ClipRecord:
    return next(iter(cut_clips(make_analysed(), split="train", layout=LAYOUT)))


def test_the_schema_has_a_column_for_every_field() -> None:
    names = {field.name for field in clip_schema(LAYOUT)}
    assert names == {field.name for field in fields(ClipRecord)}
    types = {field.name: str(field.type) for field in clip_schema(LAYOUT)}
    assert types["f0_hz"] == "fixed_size_list<element: float>[100]"
    assert types["audio"] == "binary"


def test_a_layout_counts_samples_and_refuses_gaps() -> None:
    assert ClipLayout().clip_samples == 64_000
    assert (ClipLayout().sample_rate, ClipLayout().frame_rate_hz) == (16_000, 250.0)
    for clip_frames, hop_frames in ((0, 1), (10, 0), (10, 11)):
        with pytest.raises(FileFormatError, match=f"every {hop_frames}"):
            ClipLayout(clip_frames=clip_frames, hop_frames=hop_frames)


def test_the_line_of_a_row_can_be_had_without_musegen(make_analysed: Make) -> None:
    clip = first_clip(make_analysed)
    line = json.loads(content_line(clip))
    assert line["piece"] == "tune"
    assert line["audio"] == hashlib.sha256(clip.audio.tobytes()).hexdigest()
    assert line["voiced"] == hashlib.sha256(clip.voiced.tobytes()).hexdigest()
    assert line["notes"][0]["pitch"] == 60


def test_any_change_changes_the_line(make_analysed: Make) -> None:
    clip = first_clip(make_analysed)
    line = content_line(clip)
    for name in ("audio", *FRAME_COLUMNS):
        values = getattr(clip, name).copy()
        values[3] = not values[3] if values.dtype == bool else values[3] + 1
        assert content_line(replace(clip, **{name: values})) != line, name
    assert content_line(replace(clip, split="test")) != line
    assert content_line(replace(clip, notes=())) != line
    assert clip != replace(clip, clip=1)
    assert clip == replace(clip, f0_hz=clip.f0_hz.copy())
    assert clip != "clip"


def test_samples_are_the_audio_at_full_scale_one(make_analysed: Make) -> None:
    clip = first_clip(make_analysed)
    assert clip.samples.dtype == np.float32
    assert (clip.samples * 32768 == clip.audio).all()
