from __future__ import annotations

from pathlib import Path

import pytest

from musegen.data.errors import EmptyScoreError, InputError, UsageError
from musegen.midi_ddsp.records.recordings import (
    NOT_STATED,
    find_recordings,
    instrument_in,
)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_urmp_is_recognised(tmp_path: Path) -> None:
    piece = "01_Jupiter_vn_vc"
    touch(
        tmp_path,
        f"{piece}/AuSep_1_vn_01_Jupiter.wav",
        f"{piece}/AuSep_2_vc_01_Jupiter.wav",
        f"{piece}/AuMix_01_Jupiter_vn_vc.wav",
        f"{piece}/Notes_1_vn_01_Jupiter.txt",
        f"{piece}/F0s_1_vn_01_Jupiter.txt",
        f"{piece}/Sco_01_Jupiter.mid",
    )
    found = find_recordings(tmp_path)
    first, second = found.jobs
    assert first.recording == f"{piece}/AuSep_1_vn_01_Jupiter.wav"
    assert (first.piece, second.piece) == ("01_Jupiter", "01_Jupiter")
    assert (first.instrument, second.instrument) == ("violin", "cello")
    assert first.notes is not None
    assert first.notes.name == "Notes_1_vn_01_Jupiter.txt"
    assert not first.is_score
    assert second.notes is not None
    assert (second.notes.name, second.notes_part) == ("Sco_01_Jupiter.mid", 1)
    assert second.is_score
    assert found.rejections == ()
    assert [notice.code for notice in found.notices] == ["mixes-left-out"]


def test_notes_of_the_same_name_are_paired_and_lists_come_first(
    tmp_path: Path,
) -> None:
    touch(
        tmp_path,
        "a violin.wav",
        "a violin.mid",
        "a violin.csv",
        "b_flute.flac",
        "b_flute.musicxml",
        "c-oboe.mp3",
        "d.mid",
        ".hidden.wav",
        "readme.txt",
    )
    found = find_recordings(tmp_path)
    assert [(j.recording, j.notes and j.notes.name) for j in found.jobs] == [
        ("a violin.wav", "a violin.csv"),
        ("b_flute.flac", "b_flute.musicxml"),
        ("c-oboe.mp3", None),
    ]
    assert [(r.source, r.reason) for r in found.rejections] == [
        ("d.mid", "no-recording")
    ]


def test_instruments_of_one_piece_share_its_name(tmp_path: Path) -> None:
    touch(tmp_path, "x/air_vn.wav", "x/air_double_bass.wav", "x/air.wav", "y/air.wav")
    pieces = {job.recording: job.piece for job in find_recordings(tmp_path).jobs}
    assert pieces == {
        "x/air_vn.wav": "x/air",
        "x/air_double_bass.wav": "x/air",
        "x/air.wav": "x/air",
        "y/air.wav": "y/air",
    }


def test_the_instrument_comes_from_option_file_or_folder(tmp_path: Path) -> None:
    touch(tmp_path, "Cello/1.wav", "Cello/duo_vn.wav", "2.wav", "vn_vc/3.wav")
    named = {j.recording: j.instrument for j in find_recordings(tmp_path).jobs}
    assert named == {
        "Cello/1.wav": "cello",
        "Cello/duo_vn.wav": "violin",
        "2.wav": None,
        "vn_vc/3.wav": None,
    }
    jobs = find_recordings(tmp_path, instrument="Alto-Sax").jobs
    assert {job.instrument for job in jobs} == {"alto saxophone"}
    with pytest.raises(UsageError, match="kazoo"):
        find_recordings(tmp_path, instrument="kazoo")


@pytest.mark.parametrize(
    ("name", "instrument"),
    [
        ("violin", "violin"),
        ("Tune in D - Double Bass 02", "double bass"),
        ("french_horn.take1", "horn"),
        ("violin_vn", "violin"),
        ("violin and flute", None),
        ("01_Jupiter", None),
        ("", None),
    ],
)
def test_names_speak_of_instruments(name: str, instrument: str | None) -> None:
    assert instrument_in(name) == instrument


def test_the_nearest_licence_counts_and_the_option_more(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.wav", "a/b/2.wav", "c/3.wav")
    (tmp_path / "a" / "LICENSE.txt").write_text("\n  CC BY 4.0\nmore\n")
    (tmp_path / "a" / "b" / "licence").write_text("CC0\n")
    licences = [job.licence for job in find_recordings(tmp_path).jobs]
    assert licences == ["CC BY 4.0", "CC0", NOT_STATED]
    jobs = find_recordings(tmp_path, licence="own").jobs
    assert {job.licence for job in jobs} == {"own"}


def test_a_licence_above_the_folder_is_not_ours(tmp_path: Path) -> None:
    touch(tmp_path, "in/1.wav")
    (tmp_path / "LICENSE").write_text("of something else")
    assert find_recordings(tmp_path / "in").jobs[0].licence == NOT_STATED


def test_a_folder_without_recordings_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "notes.mid")
    with pytest.raises(EmptyScoreError, match="no recording in it"):
        find_recordings(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        find_recordings(tmp_path / "gone")
