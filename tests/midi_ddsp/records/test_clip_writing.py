from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from musegen.data.errors import InputError, OutputError, OutputExistsError
from musegen.data.preparation.records import Rejection
from musegen.midi_ddsp.records.clip_reading import open_clips
from musegen.midi_ddsp.records.clip_writing import ROW_GROUP_CLIPS, ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout
from musegen.midi_ddsp.records.summaries import Remark

LAYOUT = ClipLayout(clip_frames=50, hop_frames=25)
Make = Callable[..., AnalysedRecording]


def write(path: Path, *recordings: AnalysedRecording, overwrite: bool = False) -> None:
    with ClipWriter(path, layout=LAYOUT, overwrite=overwrite) as writer:
        for analysed in recordings:
            for clip in cut_clips(analysed, split="train", layout=LAYOUT):
                writer.add(clip)
        writer.finish(
            source="tests",
            versions={"x": "1"},
            rejections=[Rejection(source="c.wav", reason="silent", message="so it is")],
            remarks=[Remark(source="a.wav", code="clipped", message="loud")],
        )


def test_the_file_says_what_it_is(make_analysed: Make, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write(path, make_analysed("a"), make_analysed("b", licence="MIT"))
    with open_clips(path) as file:
        metadata, summary = file.metadata, file.summary
    assert (metadata.kind, metadata.schema_version) == ("midi-ddsp-clips", 1)
    assert metadata.licence == "CC0; MIT"
    assert metadata.num_read == 3
    assert metadata.rejections[0].reason == "silent"
    assert summary.num_recordings == 2
    assert summary.licences == {"CC0": 49, "MIT": 49}
    assert summary.num_clips == 98
    assert summary.layout == LAYOUT
    assert summary.remarks[0].code == "clipped"


def test_the_same_clips_give_the_same_bytes(
    make_analysed: Make, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, make_analysed("x"), make_analysed("y", 99_000))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write(tmp_path / "c", make_analysed("x"))
    with open_clips(tmp_path / "a") as one, open_clips(tmp_path / "c") as other:
        assert one.metadata.content_sha256 != other.metadata.content_sha256


def test_rows_are_written_in_groups(make_analysed: Make, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write(path, make_analysed())
    with pyarrow.parquet.ParquetFile(str(path)) as handle:
        sizes = [
            handle.metadata.row_group(group).num_rows
            for group in range(handle.num_row_groups)
        ]
    assert sizes == [ROW_GROUP_CLIPS, 49 - ROW_GROUP_CLIPS]


def test_nothing_is_left_of_a_run_that_fails(
    make_analysed: Make, tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"

    def fail() -> None:
        with ClipWriter(path, layout=LAYOUT) as writer:
            for clip in cut_clips(make_analysed(), split="train", layout=LAYOUT):
                writer.add(clip)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_replaced_unasked(make_analysed: Make, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        write(path, make_analysed())
    assert path.read_bytes() == b"mine"
    write(path, make_analysed(), overwrite=True)
    assert path.read_bytes()[:4] == b"PAR1"


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        ClipWriter(tmp_path / "no" / "a.parquet", layout=LAYOUT)


def test_a_clip_of_another_length_is_refused(
    make_analysed: Make, tmp_path: Path
) -> None:
    other = ClipLayout(clip_frames=40, hop_frames=40)
    clip = next(iter(cut_clips(make_analysed(), split="train", layout=other)))
    with (
        ClipWriter(tmp_path / "a", layout=LAYOUT) as writer,
        pytest.raises(InputError, match="40 frames; expected 50"),
    ):
        writer.add(clip)
