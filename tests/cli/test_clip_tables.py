from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.data.preparation.records import Rejection
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.records.clip_writing import ClipWriter
from musegen.midi_ddsp.records.clips import AnalysedRecording, cut_clips
from musegen.midi_ddsp.records.schema import ClipLayout
from musegen.midi_ddsp.records.summaries import Remark

LAYOUT = ClipLayout(clip_frames=250, hop_frames=250)


def analysed(name: str, instrument: str) -> AnalysedRecording:
    return AnalysedRecording(
        piece=name,
        recording=f"{name}.wav",
        instrument=instrument,
        licence="CC0",
        source="made up",
        notes_from="list",
        audio=np.zeros(64 * 600, np.int16),
        f0_hz=np.full(600, 440.0, np.float32),
        f0_confidence=np.ones(600, np.float32),
        voiced=np.arange(600) < 300,
        loudness_db=np.full(600, -30.2, np.float32),
        notes=(PlayedNote(pitch=69, onset_s=0.0, offset_s=2.0),),
    )


def write(path: str, *, num_lost: int = 0) -> None:
    with ClipWriter(Path(path), layout=LAYOUT) as writer:
        for name, instrument, split in (
            ("a", "violin", "train"),
            ("b", "horn", "test"),
        ):
            clips = list(
                cut_clips(analysed(name, instrument), split=split, layout=LAYOUT)
            )
            for clip in clips:
                writer.add(clip)
        if num_lost:
            writer.add(clips[0])
        writer.finish(
            source="tests",
            versions={},
            rejections=[Rejection(source="c.wav", reason="silent", message="all zero")],
            remarks=[Remark(source="a.wav", code="clipped", message="too loud")],
        )


@pytest.fixture
def clips(workplace: Path) -> str:
    """A clip file of two recordings."""
    write("c.parquet")
    return "c.parquet"


def test_stats_for_people(clips: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "stats", clips]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == [
        *("train", "violin", "1", "1", "3", "0.04", "1"),
        *("69/69/69", "40%", "-30/-30/-30"),
    ]
    assert lines[2][:2] == ["test", "horn"]
    assert ["CC0", "0.08"] in lines
    assert ["list", "6"] in lines
    assert ["silent", "1"] in lines


def test_stats_as_json(clips: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "stats", clips, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    first = document["groups"][0]
    assert first["pitch_seconds"] == {"69": 2.0}
    assert first["minutes"] == pytest.approx(0.04)
    assert document["layout"]["sample_rate"] == 16_000


def test_inspect_lists_recordings_rejections_and_remarks(
    clips: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "inspect", clips]) == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert lines[1] == ["a.wav", "train", "violin", "3", "2.4", "1", "list"]
    assert ["c.wav", "silent", "all", "zero"] in lines
    assert ["a.wav", "clipped", "too", "loud"] in lines
    assert run(["data", "inspect", clips, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["recording"] for row in document["recordings"]] == ["a.wav", "b.wav"]
    assert document["source"] == "tests"


def test_verify(clips: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "verify", clips]) == 0
    assert "6 records, no problem" in capsys.readouterr().out
    write("d.parquet", num_lost=1)
    assert run(["data", "verify", "d.parquet", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["problems"] == ["b.wav, clip 0 is there twice"]
    assert document["records"] == 7
