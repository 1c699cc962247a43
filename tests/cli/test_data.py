from __future__ import annotations

import importlib.util
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from musegen.cli.main import run
from musegen.data.corpora.chorale_map import map_entries
from musegen.data.preparation import chorale_records
from musegen.data.preparation.chorale_records import (
    chorale_schema,
    read_chorale_records,
)
from musegen.data.preparation.records import encode_records, read_records

NAMES = ("train 0", "train 25", "valid 2", "test 3")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="music21 is not installed"
)


@pytest.fixture(autouse=True)
def small_corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Three chorales and an absent one, and an empty working folder."""
    entries = tuple(entry for entry in map_entries() if entry.name in NAMES)
    monkeypatch.setattr(chorale_records, "map_entries", lambda: entries)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def prepared(capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["data", "prepare", "chorales", "-o", "c.parquet"]) == 0
    capsys.readouterr()
    return Path("c.parquet")


def write_midi(name: str, *, num_tracks: int, onset: int = 0) -> None:
    """One note a track, of a quarter (480 ticks)."""
    tracks = [
        mido.MidiTrack(
            [
                mido.Message("note_on", note=60, channel=channel, time=onset),
                mido.Message("note_off", note=60, channel=channel, time=480),
            ]
        )
        for channel in range(num_tracks)
    ]
    mido.MidiFile(tracks=tracks, ticks_per_beat=480).save(name)


def test_prepare_writes_records_and_says_what_is_absent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["data", "prepare", "chorales"]) == 0
    out, err = capsys.readouterr()
    assert out == "chorales.parquet\n"
    assert err.splitlines()[:2] == [
        "musegen: note: chorales: train 25: music21 does not have this piece of the "
        "standard split",
        "read 4, written 3, rejected 1",
    ]
    assert err.splitlines()[2].startswith("licence: Music by J. S. Bach: public domain")
    assert len(read_chorale_records(Path("chorales.parquet"))) == 3


def test_prepare_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "prepare", "chorales", "-q"]) == 0
    assert capsys.readouterr() == ("chorales.parquet\n", "")


def test_prepare_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "prepare", "chorales", "-d", "new/sets", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "data prepare"
    assert document["outputs"] == [
        {"path": "new/sets/chorales.parquet", "format": "parquet", "records": 3}
    ]
    assert (document["read"], document["written"]) == (4, 3)
    (rejected,) = document["rejected"]
    assert (rejected["source"], rejected["reason"]) == (
        "train 25",
        "absent-from-corpus",
    )
    records = read_records(Path("new/sets/chorales.parquet"))
    assert document["content_sha256"] == records.metadata.content_sha256
    assert "music21" in document["versions"]
    assert document["warnings"][0]["code"] == "absent-from-corpus"


def test_prepare_twice_gives_the_same_bytes(prepared: Path) -> None:
    assert run(["data", "prepare", "chorales", "-o", "d.parquet"]) == 0
    assert Path("d.parquet").read_bytes() == prepared.read_bytes()


def test_prepare_to_a_pipe(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    assert run(["data", "prepare", "chorales", "-o", "-"]) == 0
    assert stream.buffer.getvalue() == prepared.read_bytes()


def test_prepare_does_not_garble_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["data", "prepare", "chorales", "-o", "-"]) == 2
    assert "would garble the terminal" in capsys.readouterr().err


def test_existing_records_are_replaced_only_when_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path("chorales.parquet")
    path.write_bytes(b"precious")
    assert run(["data", "prepare", "chorales"]) == 2
    assert "chorales.parquet exists: add --overwrite" in capsys.readouterr().err
    assert run(["data", "prepare", "chorales", "--skip-existing"]) == 0
    assert "skipped, chorales.parquet exists" in capsys.readouterr().err
    assert path.read_bytes() == b"precious"
    assert run(["data", "prepare", "chorales", "--overwrite"]) == 0
    assert path.read_bytes().startswith(b"PAR1")


@pytest.mark.parametrize(
    ("output", "code", "message"),
    [
        ("gone/c.parquet", 1, "gone: no such folder"),
        ("folder", 2, "-o folder is a folder: use -d folder"),
    ],
)
def test_places_that_cannot_be_written_are_said_before_the_work(
    output: str,
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("folder").mkdir()
    monkeypatch.setattr(chorale_records, "prepare_chorales", None)
    assert run(["data", "prepare", "chorales", "-o", output]) == code
    assert message in capsys.readouterr().err


def test_an_unreadable_file_makes_it_a_partial_success(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [
        replace(entry, file="gone.mxl") if entry.name == "valid 2" else entry
        for entry in map_entries()
        if entry.name in NAMES
    ]
    monkeypatch.setattr(chorale_records, "map_entries", lambda: tuple(entries))
    assert run(["data", "prepare", "chorales"]) == 3
    err = capsys.readouterr().err
    assert "gone.mxl is not in the corpus of music21" in err
    assert "read 4, written 2, rejected 2" in err


def test_without_music21_the_install_line_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert run(["data", "prepare", "chorales"]) == 1
    assert 'pip install "musegen[score]"' in capsys.readouterr().err
    assert not Path("chorales.parquet").exists()


def test_stats_for_people(prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "stats", str(prepared)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        *("SPLIT", "PIECES", "STEPS", "LENGTH", "NOTES", "SILENT", "SHARED", "TUNES")
    ]
    assert lines[1].startswith("train  1       192    192/192/192")
    assert lines[-1].startswith("cells equal to the standard arrays: 9")


def test_stats_as_json(prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "stats", str(prepared), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [document["splits"][s]["pieces"] for s in ("train", "valid", "test")] == [
        1
    ] * 3
    assert document["splits"]["test"]["sharing_hymn_tune_with_train"] == 1


def test_verify_a_sound_file(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "verify", str(prepared)]) == 0
    assert "3 records, no problem" in capsys.readouterr().out


def test_verify_an_altered_file(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = read_records(prepared)
    rows = [{**row, "bar_phase": [-1] * len(row["grid"])} for row in records.rows]
    data = encode_records(rows, schema=chorale_schema(), metadata=records.metadata)
    prepared.write_bytes(data)
    assert run(["data", "verify", str(prepared), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert len(document["problems"]) == 4
    assert document["error"]["message"].startswith("c.parquet: 4 problems, the first: ")
    assert run(["data", "verify", str(prepared)]) == 1
    err = capsys.readouterr().err
    assert "train 0 (BWV 360): a step lies outside its bar" in err


def test_inspect_lists_the_pieces(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "inspect", str(prepared)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[1].split()[:4] == ["train", "0", "360", "192"]
    assert run(["data", "inspect", str(prepared), "--json"]) == 0
    pieces = json.loads(capsys.readouterr().out)["pieces"]
    assert [piece["split"] for piece in pieces] == ["train", "valid", "test"]
    assert pieces[0]["metre"] == "4/4"


def test_inspect_says_what_preparing_makes_of_a_score(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_midi("tune.mid", num_tracks=1)
    assert run(["data", "inspect", "tune.mid"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:2] == ["notes", "passed"]
    assert lines[2].split()[:2] == ["voices", "not-four-voices"]
    assert run(["data", "inspect", "tune.mid", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["is_usable"] is False
    assert document["stages"][1]["reason"] == "not-four-voices"


def test_inspect_remarks_on_what_the_grid_moves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_midi("four.mid", num_tracks=4, onset=50)
    assert run(["data", "inspect", "four.mid", "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["is_usable"] is True
    assert document["stages"][-1]["message"] == "8 sixteenths"
    assert "notes-off-grid" in [warning["code"] for warning in document["warnings"]]
    assert "begin between the steps of the grid" in err


@pytest.mark.parametrize("verb", ["inspect", "stats", "verify"])
def test_a_missing_file_is_a_usage_error(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", verb, "gone.parquet"]) == 2
    assert "gone.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["stats", "verify"])
def test_what_is_no_record_file_is_said(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.parquet").write_bytes(b"something else")
    assert run(["data", verb, "x.parquet"]) == 1
    assert "is not a Parquet file" in capsys.readouterr().err


def test_an_unknown_collection_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["data", "prepare", "madrigals"]) == 2
    assert "'chorales'" in capsys.readouterr().err
