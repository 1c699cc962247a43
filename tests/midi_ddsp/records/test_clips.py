from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError
from musegen.midi_ddsp.records.clips import (
    SILENT_DB,
    AnalysedRecording,
    clip_starts,
    cut_clips,
    fitted,
    notes_of_clips,
    num_frames_of,
)
from musegen.midi_ddsp.records.schema import FRAME_COLUMNS, ClipLayout

LAYOUT = ClipLayout(clip_frames=500, hop_frames=500)
Make = Callable[..., AnalysedRecording]


@given(
    num_frames=st.integers(1, 5000),
    clip_frames=st.integers(1, 1200),
    share=st.floats(0.05, 1.0),
)
@settings(max_examples=30)
def test_every_frame_is_in_a_clip_and_no_clip_reaches_beyond_the_end(
    num_frames: int, clip_frames: int, share: float
) -> None:
    hop_frames = max(1, int(share * clip_frames))
    layout = ClipLayout(clip_frames=clip_frames, hop_frames=hop_frames)
    starts = clip_starts(num_frames, layout)
    covered = np.zeros(max(num_frames, clip_frames), bool)
    for start in starts:
        covered[start : start + clip_frames] = True
    assert covered[:num_frames].all()
    assert starts == sorted(set(starts))
    assert len(starts) == 1 or starts[-1] + clip_frames == num_frames


def test_clips_hold_the_stretches_of_the_recording(make_analysed: Make) -> None:
    analysed = make_analysed(num_samples=64 * 1200 - 7)
    clips = list(cut_clips(analysed, split="train", layout=LAYOUT))
    assert [clip.start_frame for clip in clips] == [0, 500, 700]
    assert [clip.clip for clip in clips] == [0, 1, 2]
    for clip in clips:
        stretch = slice(clip.start_frame, clip.start_frame + 500)
        for name in ("f0_hz", "f0_confidence", "voiced", "loudness_db"):
            assert (getattr(clip, name) == getattr(analysed, name)[stretch]).all()
        for name, dtype in FRAME_COLUMNS.items():
            assert getattr(clip, name).dtype == dtype
            assert getattr(clip, name).shape == (500,)
        assert clip.audio.shape == (32_000,)
        assert clip.num_frames == 500
    assert (clips[1].audio == analysed.audio[32_000:64_000]).all()
    assert (clips[2].audio[-7:] == 0).all()


def test_a_short_recording_is_filled_with_silence(make_analysed: Make) -> None:
    analysed = make_analysed(num_samples=64 * 300)
    (clip,) = cut_clips(analysed, split="test", layout=LAYOUT)
    assert clip.num_frames == 300
    assert (clip.audio[64 * 300 :] == 0).all()
    assert (clip.loudness_db[300:] == SILENT_DB).all()
    assert (clip.note_index[300:] == -1).all()
    assert not (clip.f0_hz[300:].any() or clip.voiced[300:].any())
    assert (clip.split, clip.start_s) == ("test", 0.0)


def test_a_clip_that_cuts_a_note_sets_no_onset_for_it(
    make_analysed: Make, make_scale: Callable[..., Any]
) -> None:
    notes = make_scale(60, 62, note_s=2.5)
    analysed = make_analysed(num_samples=80_000, notes=notes)
    clips = list(cut_clips(analysed, split="train", layout=LAYOUT))
    assert np.flatnonzero(clips[0].onset).tolist() == [0]
    assert not clips[0].offset.any()
    assert np.flatnonzero(clips[1].offset).tolist() == [99]  # 2.4 s
    assert np.flatnonzero(clips[1].onset).tolist() == [125]
    assert clips[1].note_index[:100].tolist() == [0] * 100
    assert [note.index for note in clips[1].notes] == [0, 1]
    assert clips[1].notes[0].onset_s == 0.0


def test_the_notes_of_all_clips_are_those_of_the_piece(make_analysed: Make) -> None:
    analysed = make_analysed(
        num_samples=80_000, expression=tuple({"volume": float(k)} for k in range(8))
    )
    clips = list(cut_clips(analysed, split="train", layout=LAYOUT))
    notes = notes_of_clips(clips)
    assert [
        (note.pitch, note.onset_s, note.offset_s, note.velocity) for note in notes
    ] == [
        (note.pitch, note.onset_s, note.offset_s, note.velocity)
        for note in analysed.notes
    ]
    assert [note.expression for note in notes] == list(analysed.expression)


def test_lengths_that_do_not_fit_are_refused(make_analysed: Make) -> None:
    with pytest.raises(InputError, match=r"tune\.wav: f0_hz has 3 frames"):
        make_analysed(f0_hz=np.zeros(3, np.float32))
    with pytest.raises(InputError, match="1 expressions for 8 notes"):
        make_analysed(expression=({},))


def test_frames_are_counted_up() -> None:
    assert [num_frames_of(n) for n in (0, 1, 64, 65)] == [0, 1, 1, 2]


def test_a_row_of_frames_is_fitted() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert fitted(values, 2).tolist() == [1.0, 2.0]
    assert fitted(values, 5).tolist() == [1.0, 2.0, 3.0, 3.0, 3.0]
