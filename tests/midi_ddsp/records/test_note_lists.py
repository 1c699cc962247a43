from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from musegen.data.errors import (
    EmptyScoreError,
    FileFormatError,
    InputError,
    PolyphonyError,
)
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.records.note_lists import read_note_list, read_score_part


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def part(*pitches: int, program: int = 0, name: str = "") -> Part:
    notes = tuple(
        Note(onset=480 * k, duration=480, pitch=pitch)
        for k, pitch in enumerate(pitches)
    )
    return Part(notes=notes, program=program, name=name)


def write_score(path: Path, *parts: Part) -> Path:
    channelled = tuple(replace(p, channel=k) for k, p in enumerate(parts))
    path.write_bytes(midi_bytes(Score(ticks_per_quarter=480, parts=channelled)))
    return path


def test_the_order_of_urmp_is_onset_frequency_duration(tmp_path: Path) -> None:
    path = write(tmp_path / "n.txt", "0.5\t440.9\t0.25\n1.0\t 261.6  \t1.5\n")
    notes, notices = read_note_list(path)
    assert [(n.pitch, n.onset_s, n.offset_s) for n in notes] == [
        (69, 0.5, 0.75),
        (60, 1.0, 2.5),
    ]
    assert notices == ()


@pytest.mark.parametrize(
    "text",
    [
        "onset_s,offset_s,pitch,velocity\n0.5,1.0,60,90\n",
        "\ufeffStart;End;MIDI;velocity\n0.5;1.0;60;90\n",
        "# made by hand\npitch duration onset velocity\n60 0.5 0.5 90\n",
        'onset,duration,frequency,velocity,"remark"\n0.5,0.5,261.63,90,good\n',
    ],
    ids=["commas", "semicolons", "blanks", "quotes"],
)
def test_titles_say_what_the_columns_are(text: str, tmp_path: Path) -> None:
    ((note,), _) = read_note_list(write(tmp_path / "n.csv", text))
    assert (note.pitch, note.onset_s, note.offset_s, note.velocity) == (60, 0.5, 1, 90)


def test_overlaps_end_and_are_said(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "onset,offset,pitch\n0,1.2,60\n1,2,62\n")
    notes, notices = read_note_list(path)
    assert notes[0].offset_s == 1.0
    assert [notice.code for notice in notices] == ["overlap-ended"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("n.csv", "0.5,440,0.25\n", "a first line of titles"),
        ("n.txt", "0.5 440 0.25 1\n", "a first line of titles"),
        ("n.csv", "onset,pitch\n0,60\n", "needed are onset_s, offset_s or"),
        (
            "n.csv",
            "onset,offset,pitch\n0,1,60\n1,2,C4\n",
            "line 3: pitch is 'C4', which",
        ),
        ("n.csv", "onset,offset,pitch\n1,0.5,60\n", "line 2: a note begins"),
        ("n.csv", "onset,offset,pitch\n0,1,\n", "line 2: pitch is missing"),
        ("n.csv", "onset,end,hz\n,1,440\n", "line 2: onset_s is missing"),
        ("n.csv", "onset,offset,duration,hz\n0,,,440\n", "offset_s or duration_s is"),
        ("n.csv", "onset,offset,pitch\n0,1,nan\n", "line 2: pitch is 'nan', which"),
        ("n.csv", "onset,offset,pitch\n0,inf,60\n", "line 2: offset_s is 'inf', which"),
        ("n.csv", "onset,offset,pitch\n0,1,1e300\n", "line 2: a pitch is 0 to 127"),
        ("n.csv", "onset,offset,hz\n0,1,-3\n", "line 2: f0_hz is above 0; got -3"),
        ("n.txt", "Lyrics: la la la\n", "no list of notes"),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(
    name: str, text: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(FileFormatError, match=sentence):
        read_note_list(write(tmp_path / name, text))


def test_bytes_are_no_list(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(FileFormatError, match="not text"):
        read_note_list(path)


@pytest.mark.parametrize("text", ["\n\n", "onset,offset,pitch\n", "# nothing\n"])
def test_a_list_without_notes_is_empty(text: str, tmp_path: Path) -> None:
    with pytest.raises(EmptyScoreError, match="not one note"):
        read_note_list(write(tmp_path / "n.csv", text))


def test_chords_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "onset,offset,pitch\n0,1,60\n0,1,64\n1,2,60\n")
    with pytest.raises(PolyphonyError, match="1 of 3 notes"):
        read_note_list(path)


def test_one_chord_in_many_notes_is_reduced(tmp_path: Path) -> None:
    lines = "".join(f"{k},{k + 1},60\n" for k in range(30))
    path = write(tmp_path / "n.csv", f"onset,offset,pitch\n{lines}3,4,64\n")
    notes, notices = read_note_list(path)
    assert len(notes) == 30
    assert [notice.code for notice in notices] == ["chord-reduced"]


def test_the_only_part_is_taken(tmp_path: Path) -> None:
    path = write_score(tmp_path / "s.mid", Part(), part(60, 62, name="Flute"))
    notes, chosen, _ = read_score_part(path)
    assert [(n.pitch, n.onset_s) for n in notes] == [(60, 0.0), (62, 0.5)]
    assert chosen.name == "Flute"


def test_the_instrument_or_a_number_chooses_a_part(tmp_path: Path) -> None:
    path = write_score(
        tmp_path / "s.mid", part(72, program=73), part(60, program=42, name="Low")
    )
    notes, _, _ = read_score_part(path, instrument=instrument_named("cello"))
    assert notes[0].pitch == 60
    assert read_score_part(path, part_index=0)[0][0].pitch == 72
    with pytest.raises(PolyphonyError, match=r"2 parts with notes .*Low"):
        read_score_part(path)
    with pytest.raises(PolyphonyError):
        read_score_part(path, instrument=instrument_named("tuba"))
    with pytest.raises(FileFormatError, match="number 3 was asked for"):
        read_score_part(path, part_index=2)


def test_a_score_without_notes_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyScoreError, match="not one note"):
        read_score_part(write_score(tmp_path / "s.mid", Part()))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_note_list(tmp_path / "gone.csv")
