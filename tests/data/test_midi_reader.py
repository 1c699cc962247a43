from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.errors import FileFormatError, InputError, MusegenError
from musegen.data.midi_reader import read_midi
from musegen.data.read_result import ReadResult
from musegen.data.score import (
    BarBeat,
    KeySignature,
    Note,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
)

NOTE = b"\x00\x90\x3c\x40\x83\x60\x80\x3c\x40"  # a quarter note at 480 ticks
END = b"\x00\xff\x2f\x00"


def meta(kind: int, data: bytes, *, wait: bytes = b"\x00") -> bytes:
    return wait + bytes((0xFF, kind, len(data))) + data


def midi(*bodies: bytes, file_format: int = 1, division: int = 480) -> bytes:
    chunks = [b"MTrk" + struct.pack(">I", len(b) + 4) + b + END for b in bodies]
    header = struct.pack(">IHHH", 6, file_format, len(bodies), division)
    return b"MThd" + header + b"".join(chunks)


def codes(result: ReadResult) -> list[str]:
    return [notice.code for notice in result.notices]


# === Time ===


def test_file_that_says_nothing_has_no_tempo_metre_or_key() -> None:
    result = read_midi(midi(NOTE))
    score = result.score
    found = (score.tempos, score.time_signatures, score.key_signatures)
    assert found == ((), (), ())
    assert (score.tempo_at(0), score.ticks_per_quarter, score.pickup) == (120.0, 480, 0)
    assert result.notices == ()


def test_tempo_that_comes_later_leaves_the_start_at_its_default() -> None:
    later = NOTE + meta(0x51, (400_000).to_bytes(3, "big"))
    score = read_midi(midi(later)).score
    assert score.tempos == (Tempo(tick=480, qpm=150.0),)
    assert score.tempo_at(0) == 120.0


def test_two_tempi_are_kept() -> None:
    first = meta(0x51, (500_000).to_bytes(3, "big"))
    second = meta(0x51, (600_000).to_bytes(3, "big"), wait=b"\x60")
    score = read_midi(midi(first + second, NOTE)).score
    assert score.tempos == (Tempo(tick=0, qpm=120.0), Tempo(tick=96, qpm=100.0))


@pytest.mark.parametrize("numerator", [1, 5, 7, 11, 255])
def test_odd_metre_and_key_are_read(numerator: int) -> None:
    metre = meta(0x58, bytes((numerator, 3, 24, 8)))
    score = read_midi(midi(metre + meta(0x59, b"\xf9\x01"), NOTE)).score
    expected = TimeSignature(tick=0, numerator=numerator, denominator=8)
    assert score.time_signatures == (expected,)
    assert score.key_signatures == (KeySignature(tick=0, sharps=-7, is_minor=True),)


@pytest.mark.parametrize(
    "event",
    [
        meta(0x51, b"\x00\x00\x00"),
        meta(0x51, b""),
        meta(0x58, b"\x00\x02\x18\x08"),
        meta(0x58, b"\x04\x08\x18\x08"),
        meta(0x58, b"\x04"),
        meta(0x59, b"\x08\x00"),
        meta(0x59, b"\x00\x02"),
        meta(0x59, b""),
    ],
)
def test_impossible_value_is_ignored_and_told(event: bytes) -> None:
    result = read_midi(midi(NOTE + event))
    score = result.score
    found = (score.tempos, score.time_signatures, score.key_signatures)
    assert found == ((), (), ())
    assert codes(result) == ["impossible-value"]
    assert result.notices[0].place == BarBeat(bar=1, beat=Fraction(2))


def test_of_several_keys_at_one_place_the_first_track_wins_and_it_is_told() -> None:
    keys = [meta(0x59, bytes((sharps, 0))) for sharps in (1, 2, 3)]
    result = read_midi(midi(keys[0] + keys[1], keys[2] + NOTE))
    assert result.score.key_signatures == (KeySignature(tick=0, sharps=2),)
    assert codes(result) == ["conflicting-values"]


def test_same_key_in_every_track_is_one_key() -> None:
    key = meta(0x59, b"\x02\x00")
    result = read_midi(midi(key, key + NOTE, key + NOTE))
    assert result.score.key_signatures == (KeySignature(tick=0, sharps=2),)
    assert result.notices == ()


def test_short_first_bar_is_a_pickup_and_told() -> None:
    metre = meta(0x58, b"\x01\x02\x18\x08")
    metre += meta(0x58, b"\x04\x02\x18\x08", wait=b"\x83\x60")
    result = read_midi(midi(metre, NOTE))
    assert result.score.pickup == 480
    assert result.score.time_signatures == (
        TimeSignature(tick=0, numerator=4, denominator=4),
    )
    assert codes(result) == ["pickup"]
    assert result.notices[0].place == BarBeat(bar=0, beat=Fraction(4))


@pytest.mark.parametrize(
    ("frames", "ticks_per_frame", "resolution", "ticks"),
    [(24, 4, 48, 480), (25, 40, 500, 480), (30, 2, 30, 480), (25, 1, 25, 960)],
)
def test_smpte_time_keeps_every_moment(
    frames: int, ticks_per_frame: int, resolution: int, ticks: int
) -> None:
    division = (256 - frames) << 8 | ticks_per_frame
    ignored = meta(0x51, b"\x01\x00\x00")
    result = read_midi(midi(ignored + NOTE, division=division))
    assert result.score.ticks_per_quarter == resolution
    assert result.score.end == ticks
    expected = 480 / (frames * ticks_per_frame)
    assert result.score.seconds_at(ticks) == pytest.approx(expected, rel=1e-12)
    assert codes(result) == ["smpte-time", "events-not-kept"]


def test_drop_frame_time_is_30000_frames_in_1001_seconds() -> None:
    result = read_midi(midi(NOTE, division=(256 - 29) << 8 | 80))
    expected = 480 / 80 * 1001 / 30000
    assert result.score.seconds_at(480) == pytest.approx(expected, rel=1e-12)


def test_sequences_of_format_2_follow_one_another() -> None:
    tempo = meta(0x51, (400_000).to_bytes(3, "big"))
    result = read_midi(midi(NOTE, tempo + NOTE, file_format=2))
    onsets = [part.notes[0].onset for part in result.score.parts]
    assert onsets == [0, 480]
    assert result.score.tempos == (Tempo(tick=480, qpm=150.0),)
    assert codes(result) == ["sequences-joined"]


def test_one_sequence_of_format_2_is_nothing_special() -> None:
    result = read_midi(midi(NOTE, file_format=2))
    assert result.score.parts[0].notes[0] == Note(
        onset=0, duration=480, pitch=60, velocity=64
    )
    assert result.notices == ()


def test_ticks_beyond_ten_million_are_read() -> None:
    far = b"\xff\xff\xff\x7f\x90\x3c\x40\x01\x80\x3c\x40"
    note = read_midi(midi(far)).score.parts[0].notes[0]
    assert (note.onset, note.duration) == (2**28 - 1, 1)


# === Text ===


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_names_lyrics_and_markers_in_two_encodings(encoding: str) -> None:
    track = meta(0x03, "Flöte".encode(encoding)) + meta(0x05, "süß".encode(encoding))
    conductor = meta(0x03, "Prélude".encode(encoding)) + meta(6, "Ü".encode(encoding))
    result = read_midi(midi(conductor, track + NOTE))
    score = result.score
    assert (score.title, score.parts[0].name) == ("Prélude", "Flöte")
    assert score.parts[0].lyrics == (TextEvent(tick=0, text="süß"),)
    assert score.markers == (TextEvent(tick=0, text="Ü"),)
    assert codes(result) == ([] if encoding == "utf-8" else ["latin-1-text"])


def test_events_that_a_score_cannot_hold_are_named() -> None:
    extra = meta(0x01, b"x") + meta(0x02, b"c") + meta(0x7F, b"\x00") + meta(0x60, b"")
    extra += b"\x00\xf0\x01\xf7\x00\xf8"
    (notice,) = read_midi(midi(extra + NOTE)).notices
    assert notice.code == "events-not-kept"
    for kind in (
        "text (1)",
        "copyright text (1)",
        "sequencer-specific event (1)",
        "meta event 0x60 (1)",
        "system-exclusive message (1)",
        "system message (1)",
    ):
        assert kind in notice.message


# === Bad input ===


@pytest.mark.parametrize("bodies", [(), (b"",), (meta(0x03, b"Only a name"),)])
def test_file_without_notes_is_read(bodies: tuple[bytes, ...]) -> None:
    assert read_midi(midi(*bodies)).score.num_notes == 0


def test_drums_alone_are_read_as_drums() -> None:
    (part,) = read_midi(midi(b"\x00\x99\x24\x40\x01\x89\x24\x40")).score.parts
    assert (part.is_drum, part.channel, part.notes[0].duration) == (True, 9, 1)


def test_highest_pitch_is_read() -> None:
    body = b"\x00\x90\x7f\x7f\x01\x80\x7f\x00"
    (note,) = read_midi(midi(body)).score.parts[0].notes
    assert (note.pitch, note.velocity) == (127, 127)


def test_truncated_file_gives_its_notes_and_the_place_of_the_break() -> None:
    result = read_midi(midi(NOTE * 9)[:-30])
    assert codes(result)[0] == "truncated-file"
    assert result.notices[0].place == BarBeat(bar=2, beat=Fraction(3))
    assert result.score.num_notes == 6


def test_damage_that_leaves_no_note_is_refused() -> None:
    with pytest.raises(FileFormatError, match=r"^a\.mid: .*no note could be read"):
        read_midi(midi(NOTE)[:24], name="a.mid")


def test_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.mid"
    path.touch()
    with pytest.raises(FileFormatError, match=r"empty\.mid: the file is empty"):
        read_midi(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mid: there is no such file"):
        read_midi(tmp_path / "none.mid")


def test_path_may_hold_any_letters(tmp_path: Path) -> None:
    path = tmp_path / "Übung №1 音楽.mid"
    path.write_bytes(midi(NOTE))
    assert read_midi(path).score.num_notes == 1


SEED = midi(
    meta(0x51, b"\x07\xa1\x20") + meta(0x58, b"\x03\x02\x18\x08") + meta(3, b"T"),
    meta(0x03, b"Fl\xf6te") + b"\x00\xc0\x05" + NOTE * 3 + meta(0x05, b"la"),
    b"\x00\xb1\x07\x40\x00\xe1\x00\x40\x00\x91\x40\x40\x30\x40\x00" + NOTE,
)


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), max_size=6
    ),
    cut=st.integers(0, len(SEED)),
    is_cut=st.booleans(),
    inserted=st.binary(max_size=4),
)
def test_damaged_bytes_are_read_or_refused_in_words(
    changes: list[tuple[int, int]], cut: int, is_cut: bool, inserted: bytes
) -> None:
    data = bytearray(SEED)
    for position, value in changes:
        data[position] = value
    broken = bytes(data[:cut] + inserted + (b"" if is_cut else data[cut:]))
    try:
        result = read_midi(broken, name="fuzz.mid")
    except MusegenError as error:
        message = str(error)
        assert message.startswith("fuzz.mid: ") or not broken
    else:
        assert isinstance(result.score, Score)
        assert all(str(notice) for notice in result.notices)


@given(data=st.binary(max_size=300))
def test_bytes_after_a_good_header_are_read_or_refused(data: bytes) -> None:
    try:
        read_midi(midi() + data)
        read_midi(midi(data))
    except FileFormatError as error:
        assert "MIDI" in str(error)
