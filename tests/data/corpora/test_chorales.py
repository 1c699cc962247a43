from __future__ import annotations

import importlib.metadata
import importlib.util
import runpy
from collections import Counter
from dataclasses import fields, replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from musegen.data.corpora.chorale_map import MapEntry, map_entries
from musegen.data.corpora.chorales import (
    LICENCE,
    Chorale,
    absent_pieces,
    corpus_folder,
    load_chorales,
    music21_version,
    read_chorale,
)
from musegen.data.corpora.jsb_arrays import load_jsb_arrays
from musegen.data.errors import FileFormatError, InputError, MissingPackageError
from musegen.data.preparation.chorale_checks import chorale_problems

SHARED = Path(__file__).parents[4] / "shared" / "data"
HAS_MUSIC21 = importlib.util.find_spec("music21") is not None
needs_music21 = pytest.mark.skipif(not HAS_MUSIC21, reason="music21 is not installed")


@pytest.fixture(scope="module")
def every() -> tuple[Chorale, ...]:
    if not HAS_MUSIC21:
        pytest.skip("music21 is not installed")
    return load_chorales()


@pytest.fixture
def by_bwv(every: tuple[Chorale, ...]) -> dict[str, Chorale]:
    return {chorale.bwv: chorale for chorale in every}


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside this checkout")
    return path


def test_377_of_382_pieces(every: tuple[Chorale, ...]) -> None:
    counts = Counter(chorale.split for chorale in every)
    assert counts == {"train": 225, "valid": 75, "test": 77}
    present = {(chorale.split, chorale.index) for chorale in every}
    assert not present & {(entry.split, entry.index) for entry in absent_pieces()}


def test_agreement_with_the_standard_arrays(every: tuple[Chorale, ...]) -> None:
    arrays = load_jsb_arrays(shared("Jsb16thSeparated.npz"))
    entries = {(entry.split, entry.index): entry for entry in map_entries()}
    num_equal = num_cells = 0
    for chorale in every:
        published = arrays[chorale.split][chorale.index]
        assert published.shape == chorale.grid.shape
        is_equal = published == chorale.grid
        assert is_equal.mean() == pytest.approx(chorale.agreement, abs=5.1e-5)
        both = (published >= 0) & (chorale.grid >= 0)
        is_octave = both & ((published - chorale.grid) % 12 == 0)
        expected = entries[chorale.split, chorale.index].agreement_mod_octave
        assert (is_equal | is_octave).mean() == pytest.approx(expected, abs=5.1e-5)
        num_equal += int(is_equal.sum())
        num_cells += is_equal.size
    assert (num_equal, num_cells) == (361098, 365056)


def test_grids_are_those_of_the_measuring_script(every: tuple[Chorale, ...]) -> None:
    script = runpy.run_path(str(shared("rebuild_jsb_from_music21.py")))
    for chorale in every[::25]:
        (entry,) = (
            e
            for e in map_entries()
            if (e.split, e.index) == (chorale.split, chorale.index)
        )
        segments = [[s.kind, s.first_quarter, s.num_quarters] for s in entry.segments]
        rebuilt = script["rebuild"](
            {
                "file": entry.file,
                "time_scale": entry.time_scale,
                "transpose": entry.transpose_semitones,
                "segments": segments,
            },
            str(corpus_folder()),
        )
        np.testing.assert_array_equal(rebuilt, chorale.grid)


def test_every_piece_keeps_the_rules(every: tuple[Chorale, ...]) -> None:
    problems = {c.file: list(chorale_problems(c)) for c in every}
    assert {file: found for file, found in problems.items() if found} == {}


def test_a_note_is_attacked_at_most_as_often_as_it_sounds_anew(
    every: tuple[Chorale, ...],
) -> None:
    repeated = 0
    for chorale in every:
        same = (chorale.grid[1:] == chorale.grid[:-1]) & (chorale.grid[1:] >= 0)
        repeated += int((same & chorale.is_onset[1:]).sum())
    assert repeated > 5000  # what the usual arrays cannot tell from held notes


def test_the_notes_are_those_that_music21_reads(by_bwv: dict[str, Chorale]) -> None:
    from music21 import converter, note, stream

    for bwv in ("42.7", "66.6"):  # 42.7 has notes tied twice
        chorale = by_bwv[bwv]
        parsed = converter.parse(corpus_folder() / chorale.file)
        assert isinstance(parsed, stream.Score)
        for part, read in zip(
            parsed.stripTies().parts, chorale.score.parts, strict=True
        ):
            expected = [
                (float(n.offset), float(n.quarterLength), n.pitch.midi)
                for n in part.flatten().notes
                if isinstance(n, note.Note)
            ]
            assert [
                (n.onset / 480, n.duration / 480, n.pitch) for n in read.notes
            ] == expected


def test_what_one_piece_says(by_bwv: dict[str, Chorale]) -> None:
    chorale = by_bwv["135.6"]
    assert (chorale.split, chorale.index, chorale.file) == ("train", 4, "bwv135.6.mxl")
    assert chorale.title == "BWV 135.6"
    assert (chorale.sharps, chorale.is_minor) == (0, True)
    assert chorale.score.pickup == 480
    assert [part.name for part in chorale.score.parts] == [
        "Soprano",
        "Alto",
        "Tenor",
        "Bass",
    ]
    assert chorale.score.parts[0].fermatas[0] == 7 * 480
    assert np.flatnonzero(chorale.is_fermata)[0] == 28
    assert chorale.bar_phase[:5].tolist() == [12, 13, 14, 15, 0]
    assert chorale.num_steps == 260
    assert chorale.bar_phase[-1] == 15  # the prolonged chord fills its bar


def test_the_text_goes_on_after_a_repeat(by_bwv: dict[str, Chorale]) -> None:
    lyrics = by_bwv["172.6"].score.parts[0].lyrics
    text = " ".join(syllable.text for syllable in lyrics)
    assert text.startswith("Wie schön leuch- tet der Mor- gen- stern")
    assert "Lieb- lich, freund- lich" in text


def test_transposed_pieces_have_the_key_of_their_grid(
    every: tuple[Chorale, ...],
) -> None:
    moved = {c.bwv: c for c in every if c.transpose_semitones}
    assert len(moved) == 4
    for chorale in moved.values():
        written = chorale.score.key_signatures[0].sharps
        change = chorale.sharps - written - 7 * chorale.transpose_semitones
        assert change % 12 == 0
        assert -5 <= chorale.sharps <= 6


def test_the_doubled_piece(by_bwv: dict[str, Chorale]) -> None:
    chorale = by_bwv["140.7"]
    assert chorale.time_scale == 2
    assert chorale.metre[0].tolist() == [4, 2]
    assert set(chorale.bar_length_steps) == {32}


def test_voices_are_found_among_instruments(by_bwv: dict[str, Chorale]) -> None:
    names = [part.name for part in by_bwv["19.7"].score.parts]
    assert names == ["Soprano", "Alto", "Tenor", "Bass"]


def test_what_is_left_out_is_said(every: tuple[Chorale, ...]) -> None:
    codes = Counter(notice.code for chorale in every for notice in chorale.notices)
    assert codes == {
        "syllable-of-other-verses-left-out": 157,
        "ornament-left-out": 13,
        "short-notes-off-grid": 3,
        "grace-note-left-out": 2,
        "keys-differ": 2,
    }


def test_arrays_are_read_only(every: tuple[Chorale, ...]) -> None:
    for field in fields(Chorale):
        value = getattr(every[0], field.name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[0] = 0


def test_equality_compares_arrays(every: tuple[Chorale, ...]) -> None:
    first = every[0]
    assert first == replace(first, grid=first.grid.copy())
    assert hash(first) == hash(replace(first, grid=first.grid.copy()))
    assert first != replace(first, grid=first.grid + 1)
    wider = {"grid": first.grid.astype(np.int32)}
    assert first != replace(first, **wider)  # type: ignore[arg-type]
    assert first != "bwv360.mxl"


@needs_music21
def test_one_split_and_its_progress() -> None:
    steps: list[int] = []
    loaded = load_chorales("valid", advance=steps.append)
    assert {chorale.split for chorale in loaded} == {"valid"}
    assert steps == [1] * 75
    assert [chorale.index for chorale in loaded] == [i for i in range(76) if i != 56]


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(InputError, match="train, valid, test; got 'dev'"):
        load_chorales("dev")


def test_without_music21_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"musegen\[score\]"):
        load_chorales("test")


def test_music21_without_its_corpus_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = ModuleSpec("music21", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(InputError, match="no folder corpus/bach"):
        corpus_folder()


def test_the_version_is_empty_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", fail)
    assert music21_version() == ""


def test_absent_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train 25: music21 does not have this piece"):
        read_chorale(absent_pieces()[0], tmp_path)
    with pytest.raises(
        InputError, match=r"bwv360\.mxl is not in the corpus .* 10\.5\.1"
    ):
        read_chorale(map_entries()[0], tmp_path)


def test_a_file_without_a_voice_is_refused(tmp_path: Path) -> None:
    parts = ("Soprano", "Alto", "Tenor", "Horn", "Timpani")
    names = "".join(
        f'<score-part id="{p}"><part-name>{p}</part-name></score-part>' for p in parts
    )
    bodies = "".join(f'<part id="{p}"/>' for p in parts)
    (tmp_path / "x.xml").write_text(
        f"<score-partwise><part-list>{names}</part-list>{bodies}</score-partwise>",
        encoding="utf-8",
    )
    entry = MapEntry(split="train", index=0, num_steps=16, file="x.xml")
    with pytest.raises(FileFormatError, match="no part is named bass"):
        read_chorale(entry, tmp_path)


def test_the_licence_says_what_must_not_be_done() -> None:
    assert "public domain" in LICENCE
    assert "Greentree" in LICENCE
    assert "do not redistribute" in LICENCE
