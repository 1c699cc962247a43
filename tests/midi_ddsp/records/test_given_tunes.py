from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import EmptyScoreError, PitchRangeError, UsageError
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score, sorted_notes
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.records.given_tunes import read_given

VIOLIN, TUBA = instrument_named("violin"), instrument_named("tuba")


def part(*pitches: int, name: str = "", is_drum: bool = False) -> Part:
    notes = tuple(
        Note(onset=480 * k, duration=240, pitch=pitch)
        for k, pitch in enumerate(pitches)
    )
    return Part(notes=notes, name=name, is_drum=is_drum)


def with_chords(*pitches: int, num_chords: int = 1) -> Part:
    """Of the last notes each has a third below it that begins with it."""
    whole = part(*pitches)
    chords = whole.notes[len(pitches) - num_chords :]
    thirds = tuple(replace(note, pitch=note.pitch - 4) for note in chords)
    return replace(whole, notes=sorted_notes([*whole.notes, *thirds]))


def write(path: Path, *parts: Part) -> str:
    path.parent.mkdir(exist_ok=True)
    apart = tuple(
        replace(part, channel=9 if part.is_drum else index)
        for index, part in enumerate(parts)
    )
    path.write_bytes(midi_bytes(Score(ticks_per_quarter=480, parts=apart)))
    return str(path)


@pytest.fixture
def duet(tmp_path: Path) -> Path:
    path = tmp_path / "duet.mid"
    drums = part(36, 38, is_drum=True)
    write(path, part(60, 62, 64, name="Air"), part(48, 47), part(), drums)
    return path


def test_every_part_with_pitches_is_a_tune(duet: Path) -> None:
    tunes = read_given([str(duet), "chorales", str(duet)], licence="CC0").tunes
    assert [tune.name for tune in tunes] == ["duet 1 Air", "duet 2"]
    assert {tune.piece for tune in tunes} == {"duet"}
    assert {(tune.licence, tune.source) for tune in tunes} == {("CC0", "duet.mid")}
    assert [note.pitch for note in tunes[1].notes] == [48, 47]


def test_given_tunes_keep_their_time_and_are_moved_within_the_range(
    duet: Path,
) -> None:
    tune = read_given([str(duet)]).tunes[0]
    lowest = set()
    for seed in range(60):
        notes = tune.arranged(VIOLIN, np.random.default_rng(seed))
        assert [n.onset_s for n in notes] == [n.onset_s for n in tune.notes]
        assert [n.pitch - notes[0].pitch for n in notes] == [0, 2, 4]
        assert notes[0].pitch >= VIOLIN.comfortable_lowest_pitch
        assert notes[-1].pitch <= VIOLIN.comfortable_highest_pitch
        lowest.add(notes[0].pitch)
    assert len(lowest) > 15


def test_a_wide_tune_takes_the_whole_range_or_is_refused(duet: Path) -> None:
    tune = read_given([str(duet)]).tunes[0]
    span = TUBA.highest_pitch - TUBA.lowest_pitch
    first, *_, last = tune.notes
    wide = replace(
        tune, notes=(replace(first, pitch=20), replace(last, pitch=20 + span))
    )
    notes = wide.arranged(TUBA, np.random.default_rng(0))
    assert [n.pitch for n in notes] == [TUBA.lowest_pitch, TUBA.highest_pitch]
    wider = replace(tune, notes=(first, replace(last, pitch=first.pitch + span + 1)))
    with pytest.raises(PitchRangeError, match="more than the tuba plays"):
        wider.arranged(TUBA, np.random.default_rng(0))


def test_names_that_mean_nothing_and_empty_scores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'madrigals' is neither .* chorales"):
        read_given(["madrigals"])
    with pytest.raises(EmptyScoreError, match="not one note"):
        read_given([write(tmp_path / "empty.mid", part())])


def test_scores_of_one_name_are_called_by_their_folders(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / folder / name, part(60, 62))
        for folder, name in (("a", "tune.mid"), ("b", "tune.mid"), ("b", "air.mid"))
    ]
    tunes = read_given(paths).tunes
    assert [tune.piece for tune in tunes] == ["a/tune", "b/tune", "air"]
    assert [tune.name for tune in tunes] == ["a/tune 1", "b/tune 1", "air 1"]
    assert [tune.source for tune in tunes] == ["a/tune.mid", "b/tune.mid", "air.mid"]
    turned = read_given(paths[::-1]).tunes
    assert sorted(tune.name for tune in turned) == sorted(tune.name for tune in tunes)


def test_one_file_under_two_names_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "tune.mid", part(60, 62))
    monkeypatch.chdir(tmp_path)
    assert len(read_given(["tune.mid", "./tune.mid", path]).tunes) == 1


def test_names_differ_where_files_differ_in_their_extension(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"tune.{end}", part(60, 62)) for end in ("mid", "midi")]
    paths.append(write(tmp_path / "b" / "tune.mid", part(60, 62)))
    tunes = read_given(paths).tunes
    folder = tmp_path.name
    assert [(tune.piece, tune.name) for tune in tunes] == [
        (f"{folder}/tune", f"{folder}/tune 1"),
        (f"{folder}/tune", f"{folder}/tune 1 (2)"),
        ("b/tune", "b/tune 1"),
    ]


def test_names_of_parts_make_no_two_tunes_the_same(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "tune.mid", part(60, 62, name="1 Air")),
        write(tmp_path / "tune 1.mid", part(60, 62, name="Air")),
    ]
    assert len({tune.name for tune in read_given(paths).tunes}) == 2


def test_notes_of_chords_that_are_left_out_are_told(tmp_path: Path) -> None:
    path = write(
        tmp_path / "song.mid",
        part(*[60, 62] * 4),
        with_chords(*[60, 62, 64, 65] * 8),
        with_chords(*[60, 62, 64, 65] * 16, num_chords=2),
    )
    given = read_given([path])
    assert [len(tune.notes) for tune in given.tunes] == [8, 32, 64]
    (notice,) = given.notices
    assert notice.code == "chord-reduced"
    assert "in song.mid, notes of chords left out: 3, the first at" in notice.message
    assert " bar 8, beat 4 of part 2; the top note" in notice.message


def test_a_part_of_chords_is_no_tune(tmp_path: Path) -> None:
    path = write(tmp_path / "song.mid", part(60, 62), with_chords(60, 62, 64, 65))
    given = read_given([path])
    assert [tune.name for tune in given.tunes] == ["song 1"]
    (rejection,) = given.rejections
    assert (rejection.source, rejection.reason) == ("song 2", "polyphonic")
    assert str(rejection).startswith("song 2: 1 of 5 notes begin with another one")
    assert given.notices == ()


def test_what_the_reader_noticed_is_told_with_the_name_of_the_score(
    tmp_path: Path,
) -> None:
    path = Path(write(tmp_path / "cut.mid", part(60, 62, 64)))
    path.write_bytes(path.read_bytes()[:-4])
    notices = read_given([str(path)]).notices
    assert notices
    assert all(notice.message.startswith("in cut.mid, ") for notice in notices)
