"""The odd MIDI files are as odd as they say, and no odder."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from musegen.data.errors import FileFormatError, InputError, MusegenError
from musegen.data.files import read_score
from musegen.data.read_result import ReadResult
from musegen.data.score import Part
from musegen.midi_ddsp.parts.planning import plan_parts

_MIN_FILES = 30
_UNREADABLE = {"empty_file", "a_text", "a_web_page"}
_UNHEARD = {"drums_only", "program_127"}  # unless a sound font plays them


@pytest.fixture(scope="module")
def odd(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("odd_midi_files")


@pytest.fixture(scope="module")
def contents(odd: ModuleType) -> dict[str, bytes]:
    return {file.name: file.make() for file in odd.ODD_FILES}


@pytest.fixture(scope="module")
def read(contents: dict[str, bytes]) -> dict[str, ReadResult]:
    readable = {n: data for n, data in contents.items() if n not in _UNREADABLE}
    return {name: read_score(data, name=name) for name, data in readable.items()}


def codes(result: ReadResult) -> set[str]:
    return {notice.code for notice in result.notices}


def only_part(result: ReadResult) -> Part:
    (part,) = result.score.parts
    return part


def seconds(result: ReadResult) -> float:
    return result.score.seconds_at(result.score.end)


def test_there_are_many_and_each_has_its_own_name(
    odd: ModuleType, contents: dict[str, bytes]
) -> None:
    assert len(contents) == len(odd.ODD_FILES) > _MIN_FILES
    assert len(set(contents.values())) == len(contents)


def test_the_same_bytes_are_made_every_time(
    odd: ModuleType, contents: dict[str, bytes], tmp_path: Path
) -> None:
    written = odd.write_odd_files(tmp_path / "odd")
    assert {path.stem: path.read_bytes() for path in written} == contents
    few = odd.write_odd_files(tmp_path / "few", names=["riff", "karaoke"])
    assert [path.stem for path in few] == ["karaoke", "riff"]


def test_what_is_no_midi_file_is_refused(contents: dict[str, bytes]) -> None:
    for name in _UNREADABLE:
        with pytest.raises(FileFormatError, match=f"^{name}: "):
            read_score(contents[name], name=name)


def test_planning_finds_what_each_file_says_of_itself(
    odd: ModuleType, read: dict[str, ReadResult]
) -> None:
    for file in odd.ODD_FILES:
        if file.name in _UNREADABLE:
            continue
        score = read[file.name].score
        if file.outcome == "sentence" or file.name in _UNHEARD:
            with pytest.raises(MusegenError) as caught:
                plan_parts(score)
            words = str(caught.value)
            assert all(f"part {number}" in words for number in file.skipped)
        else:
            skipped = {part.part_index + 1 for part in plan_parts(score).skipped}
            assert skipped == set(file.skipped), file.name


def test_only_the_long_files_are_long(
    odd: ModuleType, read: dict[str, ReadResult]
) -> None:
    refused = {"a_note_of_two_days"}
    for file in odd.ODD_FILES:
        if file.name in read and file.name not in refused:
            assert (seconds(read[file.name]) > 130.0) == file.is_long, file.name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("aftertouch", "events-not-kept"),
        ("backward_notes", "stray-note-off"),
        ("backward_notes", "unclosed-note"),
        ("foreign_chunks", "unknown-chunk"),
        ("format_2", "sequences-joined"),
        ("latin_1_names", "latin-1-text"),
        ("no_end_of_track", "no-end-of-track"),
        ("overlapping_unisons", "overlapping-note"),
        ("smpte_time", "smpte-time"),
        ("truncated", "truncated-file"),
        ("zero_lengths", "zero-length-note"),
    ],
)
def test_what_is_odd_is_noticed(
    read: dict[str, ReadResult], name: str, code: str
) -> None:
    assert code in codes(read[name])


@pytest.mark.parametrize("name", ["riff", "running_status", "utf_8_names"])
def test_what_is_only_unusual_is_read_without_a_word(
    read: dict[str, ReadResult], name: str
) -> None:
    assert codes(read[name]) == set()
    assert len(only_part(read[name]).notes) == 8


def test_the_figures_of_some_files(read: dict[str, ReadResult]) -> None:
    assert len(read["ten_thousand_notes"].score.parts[0].notes) == 10_000
    assert seconds(read["one_hour"]) == pytest.approx(3600.0, abs=1.0)
    assert len(only_part(read["all_programs"]).program_changes) == 127
    assert {part.channel for part in read["sixteen_channels"].score.parts} == set(
        range(16)
    )
    qpm = [tempo.qpm for tempo in read["tempo_changes"].score.tempos]
    assert (min(qpm), max(qpm)) == pytest.approx((20.0, 400.0))
    assert len(only_part(read["controller_storm"]).controls) == 3840
    pitches = {note.pitch for note in only_part(read["lowest_and_highest"]).notes}
    assert {0, 127} <= pitches
    assert only_part(read["utf_8_names"]).name == "ヴァイオリン 🎻"


def test_the_legato_line_overlaps_by_40_ms_and_repeats_no_pitch(
    read: dict[str, ReadResult],
) -> None:
    score = read["legato_for_ten_minutes"].score
    notes = score.parts[0].notes
    overlaps_s = {
        round(score.seconds_at(before.end) - score.seconds_at(note.onset), 3)
        for before, note in itertools.pairwise(notes)
    }
    assert overlaps_s == {0.04}
    assert all(before.pitch != note.pitch for before, note in itertools.pairwise(notes))


def test_a_note_longer_than_any_music_is_refused(
    read: dict[str, ReadResult],
) -> None:
    with pytest.raises(InputError, match="48 hours"):
        plan_parts(read["a_note_of_two_days"].score)
