from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.preparation.records import Rejection
from musegen.midi_ddsp.records import checks
from musegen.midi_ddsp.records.checks import (
    clip_problems,
    count_clips,
    find_problems,
)
from musegen.midi_ddsp.records.clip_reading import ClipFile, open_clips
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout, ClipRecord

LAYOUT = ClipLayout(clip_frames=500, hop_frames=500)
Make = Callable[..., AnalysedRecording]


def clips_of(analysed: AnalysedRecording, split: str = "train") -> list[ClipRecord]:
    return list(cut_clips(analysed, split=split, layout=LAYOUT))


def write(path: Path, clips: Sequence[ClipRecord]) -> ClipFile:
    with ClipWriter(path, layout=LAYOUT) as writer:
        for clip in clips:
            writer.add(clip)
        writer.finish(
            source="tests",
            versions={},
            rejections=[Rejection(source="c", reason="silent", message="m")],
        )
    return open_clips(path)


def test_overlapping_clips_count_once(make_analysed: Make, tmp_path: Path) -> None:
    quiet = np.full(1200, -42.7, np.float32)
    analysed = make_analysed(
        num_samples=1200 * 64, voiced=np.arange(1200) < 600, loudness_db=quiet
    )
    with write(tmp_path / "c", clips_of(analysed)) as file:
        counts = count_clips(file)
    (group,) = counts.groups
    assert (group.clips, group.recordings, group.pieces) == (3, 1, 1)
    assert group.minutes == counts.minutes == pytest.approx(4.8 / 60)
    assert group.notes == 8
    assert (group.lowest_pitch, group.highest_pitch) == (60, 72)
    assert sum(group.pitch_seconds.values()) == pytest.approx(8 * 0.5)
    assert group.pitch_seconds[60] == pytest.approx(0.5)
    assert group.loudness_db == pytest.approx((-42.5, -42.5, -42.5), abs=0.6)
    assert counts.licence_minutes == pytest.approx({"CC0": 0.08})
    assert counts.notes_from == {"list": 3}
    assert counts.rejections == {"silent": 1}


def test_groups_are_by_split_and_instrument(
    make_analysed: Make, tmp_path: Path
) -> None:
    clips = [
        *clips_of(make_analysed("a", instrument="tuba"), "test"),
        *clips_of(make_analysed("b"), "train"),
        *clips_of(make_analysed("c", instrument="flute", notes=()), "train"),
    ]
    with write(tmp_path / "c", clips) as file:
        groups = count_clips(file).groups
    assert [(group.split, group.instrument) for group in groups] == [
        ("train", "flute"),
        ("train", "violin"),
        ("test", "tuba"),
    ]
    assert groups[0].lowest_pitch is None
    assert groups[0].notes == 0


def test_a_sound_file_has_no_problem(make_analysed: Make, tmp_path: Path) -> None:
    clips = [*clips_of(make_analysed("a")), *clips_of(make_analysed("b"), "test")]
    with write(tmp_path / "c", clips) as file:
        assert list(find_problems(file)) == []


def altered(clip: ClipRecord, name: str, value: float) -> ClipRecord:
    values = getattr(clip, name).copy()
    values[7] = value
    return replace(clip, **{name: values})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"split": "exam"}, "'exam' is no split"),
        ({"instrument": "kazoo"}, "no instrument 'kazoo'"),
        ({"num_frames": 0}, "0 frames of 500"),
        ({"notes": ()}, "are in the frames or in the list alone"),
        ({"audio": np.zeros(5, np.int16)}, "5 samples; expected 32000"),
        (("f0_hz", np.nan), "f0_hz is not 0 to 8000"),
        (("f0_hz", -1.0), "f0_hz is not 0 to 8000"),
        (("f0_confidence", 1.5), "f0_confidence is not 0 to 1"),
        (("loudness_db", -200.0), "loudness_db is not"),
        (("note_pitch", 3), "note_pitch is not the pitch of the notes"),
    ],
)
def test_what_is_wrong_with_a_clip_is_said(
    change: Any,  # noqa: ANN401 - fields of a clip, or a column and a value
    sentence: str,
    make_analysed: Make,
) -> None:
    clip = clips_of(make_analysed())[0]
    assert list(clip_problems(clip, clip_samples=32_000)) == []
    broken = (
        replace(clip, **change) if isinstance(change, dict) else altered(clip, *change)
    )
    problems = list(clip_problems(broken, clip_samples=32_000))
    assert any(sentence in problem for problem in problems), problems


def test_an_onset_in_a_rest_is_said(make_analysed: Make) -> None:
    clip = clips_of(make_analysed())[0]
    rest = int(np.flatnonzero(clip.note_index < 0)[0])
    onset = clip.onset.copy()
    onset[rest] = True
    problems = list(clip_problems(replace(clip, onset=onset), clip_samples=32_000))
    assert problems == ["a note begins or ends in a rest"]


def test_a_piece_of_two_splits_and_a_clip_twice_are_said(
    make_analysed: Make, tmp_path: Path
) -> None:
    clips = clips_of(make_analysed("a"))
    other = clips_of(make_analysed("a", recording="a2.wav"), "test")
    with write(tmp_path / "c", [*clips, clips[0], *other]) as file:
        problems = list(find_problems(file))
    assert problems[0] == "a.wav, clip 0 is there twice"
    assert "a2.wav, clip 0: the piece a is in two splits" in problems


def test_an_altered_file_is_told_by_its_digest(
    make_analysed: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write(tmp_path / "c", clips_of(make_analysed("a"))) as file:
        first = altered(file.clip(0), "f0_hz", 123.0)
        monkeypatch.setattr(
            ClipFile, "__iter__", lambda self: iter([first, self.clip(1), self.clip(2)])
        )
        assert "the content differs from its digest" in next(find_problems(file))


def test_wrong_counts_and_columns_are_said(
    make_analysed: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write(tmp_path / "c", clips_of(make_analysed("a"))) as file:
        file.metadata = replace(file.metadata, num_read=9, kind="songs")
        file.summary = replace(file.summary, num_clips=7)
        assert list(find_problems(file)) == [
            "its kind is 'songs'; expected 'midi-ddsp-clips'",
            "7 clips were written, 3 are there",
            "9 recordings were read, but 1 written and 1 rejected",
        ]
        monkeypatch.setattr(checks, "clip_schema", lambda layout: [])
        assert "the columns differ from the schema" in list(find_problems(file))[1]
