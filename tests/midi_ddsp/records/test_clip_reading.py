from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from musegen.data.errors import FileFormatError, InputError
from musegen.midi_ddsp.records import clip_reading
from musegen.midi_ddsp.records.clip_reading import is_clip_file, open_clips
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout, ClipRecord

LAYOUT = ClipLayout(clip_frames=50, hop_frames=50)
Make = Callable[..., AnalysedRecording]


@pytest.fixture
def written(make_analysed: Make, tmp_path: Path) -> tuple[Path, list[ClipRecord]]:
    """A file of 50 clips of two pieces: more than one row group."""
    clips = [
        clip
        for name, instrument, split in (("a", "violin", "train"), ("b", "horn", "test"))
        for clip in cut_clips(
            make_analysed(name, instrument=instrument), split=split, layout=LAYOUT
        )
    ]
    path = tmp_path / "clips.parquet"
    with ClipWriter(path, layout=LAYOUT) as writer:
        for clip in clips:
            writer.add(clip)
        writer.finish(source="tests", versions={})
    return path, clips


def test_clips_come_back_as_they_were(written: tuple[Path, list[ClipRecord]]) -> None:
    path, clips = written
    with open_clips(path) as file:
        assert len(file) == len(clips) == 50
        assert list(file) == clips
        assert file.clip(33) == clips[33]
        assert file.clip(2).notes == clips[2].notes
        assert file.clip(2).f0_hz.dtype == np.float32
        assert file.clip(2).voiced.dtype == np.bool_


def test_clips_are_found_by_what_they_are(
    written: tuple[Path, list[ClipRecord]],
) -> None:
    path, clips = written
    with open_clips(path) as file:
        assert file.where().tolist() == list(range(50))
        assert file.where(split="test").tolist() == list(range(25, 50))
        assert file.where(split="train", instrument="horn").tolist() == []
        assert file.where(piece="a").tolist() == list(range(25))
        assert file.values("instrument")[24:26] == ["violin", "horn"]
        stacked = file.arrays(("audio", "f0_hz"), [40, 3, 3])
    assert stacked["audio"].shape == (3, 3200)
    assert (stacked["f0_hz"][0] == clips[40].f0_hz).all()
    assert (stacked["f0_hz"][2] == clips[3].f0_hz).all()


def test_reading_in_order_reads_each_row_group_once(
    written: tuple[Path, list[ClipRecord]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = written
    groups: list[int] = []
    with open_clips(path) as file:
        read = file._handle.read_row_group

        class Counting:
            def read_row_group(self, group: int) -> object:
                groups.append(group)
                return read(group)

            def close(self) -> None:
                pass

        monkeypatch.setattr(file, "_handle", Counting())
        assert sum(1 for _ in file) == 50
    assert groups == [0, 1]


def test_a_row_that_is_not_there_is_an_index_error(
    written: tuple[Path, list[ClipRecord]],
) -> None:
    with open_clips(written[0]) as file:
        for index in (-1, 50):
            with pytest.raises(IndexError, match="50 clips"):
                file.clip(index)


def test_what_is_no_clip_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_clips(tmp_path / "gone.parquet")
    text = tmp_path / "text.parquet"
    text.write_text("PAR1 no")
    with pytest.raises(FileFormatError, match="not a Parquet file"):
        open_clips(text)
    other = tmp_path / "other.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), str(other))
    with pytest.raises(FileFormatError, match="no clips of MIDI-DDSP"):
        open_clips(other)
    assert not is_clip_file(text)
    assert not is_clip_file(other)


def test_another_version_is_refused(
    written: tuple[Path, list[ClipRecord]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_clip_file(written[0])
    monkeypatch.setattr(clip_reading, "SCHEMA_VERSION", 2)
    with pytest.raises(FileFormatError, match="version 1 of the clip records"):
        open_clips(written[0])


def test_the_columns_are_those_of_the_schema(
    written: tuple[Path, list[ClipRecord]],
) -> None:
    with open_clips(written[0]) as file:
        assert file.columns["loudness_db"] == "fixed_size_list<element: float>[50]"
