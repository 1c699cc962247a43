from __future__ import annotations

import struct

import pytest

from musegen.data.errors import FileFormatError
from musegen.data.midi_chunks import MidiFile, parse_midi

ON = b"\x00\x90\x3c\x40"
OFF = b"\x0a\x80\x3c\x00"
END = b"\x00\xff\x2f\x00"
BODY = ON + OFF + END


def chunk(body: bytes, *, length: int | None = None, magic: bytes = b"MTrk") -> bytes:
    size = len(body) if length is None else length
    return magic + struct.pack(">I", size) + body


def header(*, file_format: int = 1, num_tracks: int = 1, division: int = 480) -> bytes:
    return b"MThd" + struct.pack(">IHHH", 6, file_format, num_tracks, division)


def parse(data: bytes) -> MidiFile:
    return parse_midi(data, name="song.mid")


def codes(file: MidiFile) -> list[str]:
    in_tracks = [problem for track in file.tracks for problem in track.problems]
    return [problem.code for problem in (*file.problems, *in_tracks)]


def kinds(file: MidiFile) -> list[list[int]]:
    return [[event.kind for event in track.events] for track in file.tracks]


def test_whole_file_has_no_problems() -> None:
    file = parse(header() + chunk(BODY))
    assert (file.file_format, file.ticks_per_quarter) == (1, 480)
    assert kinds(file) == [[0x90, 0x80]]
    assert file.tracks[0].end == 10
    assert codes(file) == []


def test_running_status_repeats_the_last_channel_event_even_after_a_meta_event() -> (
    None
):
    body = ON + b"\x00\xff\x01\x01x" + b"\x05\x3c\x00" + END
    assert kinds(parse(header() + chunk(body))) == [[0x90, 0x101, 0x90]]


def test_every_kind_of_event_has_its_length() -> None:
    body = (
        b"\x00\xa0\x3c\x01\x00\xb0\x07\x64\x00\xc0\x05\x00\xd0\x07\x00\xe0\x00\x40"
        b"\x00\xf0\x03\x01\x02\xf7\x00\xf7\x01\xf8\x00\xf1\x01\x00\xf2\x01\x02\x00\xf3\x01"
        b"\x00\xf6"
    )
    expected = [0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0, 0xF7, 0xF1, 0xF2, 0xF3, 0xF6]
    assert kinds(parse(header() + chunk(body + END))) == [expected]


def test_longest_wait_is_read_exactly() -> None:
    body = b"\xff\xff\xff\x7f\x90\x3c\x40" + b"\xff\xff\xff\x7f\x80\x3c\x00" + END
    assert parse(header() + chunk(body)).tracks[0].end == 2 * (2**28 - 1)


def test_header_longer_than_six_bytes_is_skipped() -> None:
    data = b"MThd" + struct.pack(">IHHH", 8, 1, 1, 96) + b"\x00\x00" + chunk(BODY)
    file = parse(data)
    assert (file.ticks_per_quarter, codes(file)) == (96, [])


@pytest.mark.parametrize("frames", [24, 25, 29, 30])
def test_smpte_division_is_frames_and_ticks(frames: int) -> None:
    file = parse(header(division=(256 - frames) << 8 | 40) + chunk(BODY))
    assert file.frames_per_second == frames
    assert (file.ticks_per_frame, file.ticks_per_quarter) == (40, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"MT", "ends inside the MIDI header"),
        (header()[:12], "ends inside its header"),
        (header(), "ends before its first track"),
        (header() + b"MTrk\x00", "ends before its first track"),
        (header(division=0) + chunk(BODY), "0 ticks a quarter note"),
        (header(division=0xE700) + chunk(BODY), "no SMPTE time"),
        (header(division=0x8020) + chunk(BODY), "no SMPTE time"),
        (b"MThd" + struct.pack(">IHHH", 2, 1, 1, 480) + chunk(BODY), "2 bytes long"),
        (b"MThd" + struct.pack(">IHHH", 999, 1, 1, 480), "999 bytes long"),
        (b"hello, this is text", "neither a MIDI nor a MusicXML"),
        (b"RIFF\x04\x00\x00\x00RMID", "without MIDI data"),
    ],
)
def test_unreadable_file_is_refused_with_its_name_and_a_remedy(
    data: bytes, reason: str
) -> None:
    with pytest.raises(FileFormatError, match=reason) as caught:
        parse(data)
    assert str(caught.value).startswith("song.mid: ")
    assert any(word in str(caught.value) for word in ("export", "give"))


def test_file_of_zero_tracks_is_read_and_told() -> None:
    file = parse(header(num_tracks=0))
    assert file.tracks == ()
    assert codes(file) == ["no-tracks"]


@pytest.mark.parametrize("announced", [1, 3])
def test_track_count_is_what_is_there(announced: int) -> None:
    file = parse(header(num_tracks=announced) + chunk(BODY) * 2)
    assert kinds(file) == [[0x90, 0x80]] * 2
    assert codes(file) == ["track-count"]
    assert file.problems[0].is_damage is (announced == 3)


@pytest.mark.parametrize("file_format", [0, 3, 65535])
def test_impossible_format_is_read_as_one(file_format: int) -> None:
    data = header(file_format=file_format, num_tracks=2) + chunk(BODY) * 2
    file = parse(data)
    assert file.file_format == 1
    assert codes(file) == ["unknown-midi-format"]


@pytest.mark.parametrize("wrong", [-9, -4, -1, 1, 5, 22, 10_000])
@pytest.mark.parametrize("is_last", [False, True])
def test_wrong_track_length_loses_no_event(wrong: int, is_last: bool) -> None:
    bad, good = chunk(BODY, length=len(BODY) + wrong), chunk(BODY)
    tracks = good + bad if is_last else bad + good
    file = parse(header(num_tracks=2) + tracks)
    assert kinds(file) == [[0x90, 0x80]] * 2
    assert codes(file) == ["wrong-track-length"]


def test_bytes_after_the_end_of_a_track_are_told() -> None:
    file = parse(header(num_tracks=2) + chunk(BODY + b"\x00\x00") + chunk(BODY))
    assert kinds(file) == [[0x90, 0x80]] * 2
    assert codes(file) == ["wrong-track-length"]


def test_track_without_its_end_event_is_ended_by_its_last() -> None:
    file = parse(header(num_tracks=2) + chunk(ON + OFF) + chunk(BODY))
    assert kinds(file) == [[0x90, 0x80]] * 2
    assert codes(file) == ["no-end-of-track"]


def test_foreign_chunk_is_skipped_and_told() -> None:
    foreign = chunk(b"abcd", magic=b"XFIH")
    file = parse(header(num_tracks=2) + foreign + chunk(BODY) + foreign + chunk(BODY))
    assert kinds(file) == [[0x90, 0x80]] * 2
    assert codes(file) == ["unknown-chunk", "unknown-chunk"]


def test_garbage_between_and_after_tracks_is_skipped_and_told() -> None:
    data = header(num_tracks=2) + chunk(BODY) + b"\xff\x00!" + chunk(BODY) + b"\x00" * 9
    file = parse(data)
    assert kinds(file) == [[0x90, 0x80]] * 2
    assert codes(file) == ["stray-bytes", "stray-bytes"]


def test_truncated_track_is_read_up_to_the_break() -> None:
    data = header() + chunk(BODY)
    file = parse(data[: -len(END) - 1])
    assert kinds(file) == [[0x90]]
    assert codes(file) == ["truncated-file"]
    problem = file.tracks[0].problems[0]
    assert (problem.tick, problem.is_damage) == (0, True)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"\x00\x90\xbc\x40", "above 127"),
        (b"\xff\xff\xff\xff\x7f\x90\x3c\x40", "more than four bytes"),
    ],
)
def test_damaged_track_is_kept_up_to_the_damage_and_the_next_is_read(
    broken: bytes, reason: str
) -> None:
    data = header(num_tracks=2) + chunk(ON + broken + OFF + END) + chunk(BODY)
    file = parse(data)
    assert kinds(file) == [[0x90], [0x90, 0x80]]
    assert codes(file) == ["damaged-track"]
    assert reason in file.tracks[0].problems[0].message


@pytest.mark.parametrize("rest", [b"\x00", b"\x00\xff", b"\x00\xff\x01", b"\x81"])
def test_file_may_end_inside_any_event(rest: bytes) -> None:
    file = parse(header() + chunk(ON + rest, length=99))
    assert kinds(file) == [[0x90]]
    assert codes(file) == ["truncated-file"]


def test_data_before_any_event_is_damage() -> None:
    file = parse(header() + chunk(b"\x00\x3c\x40" + END))
    assert codes(file) == ["damaged-track"]


def test_damage_under_a_wrong_length_leaves_the_next_track() -> None:
    data = header(num_tracks=2) + chunk(ON + b"\x00\x90\xbc", length=5) + chunk(BODY)
    file = parse(data)
    assert kinds(file) == [[0x90], [0x90, 0x80]]
    assert codes(file) == ["damaged-track"]


def test_midi_inside_riff_is_read_and_other_blocks_are_told() -> None:
    midi = header() + chunk(BODY)
    data_block = (
        b"data" + struct.pack("<I", len(midi)) + midi + b"\x00" * (len(midi) % 2)
    )
    info = b"LIST\x03\x00\x00\x00abc\x00"
    content = b"RMID" + info + data_block
    file = parse(b"RIFF" + struct.pack("<I", len(content)) + content)
    assert kinds(file) == [[0x90, 0x80]]
    assert codes(file) == ["riff-not-kept"]
