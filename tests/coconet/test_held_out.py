"""Which pieces are measured, their numbers, and what is known of leaks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.held_out import NumberedPiece, load_pieces, pieces_digest
from musegen.data.corpora.jsb_arrays import PitchGrid
from musegen.data.errors import FileFormatError

SHARED_ARRAYS = Path("../shared/data/Jsb16thSeparated.npz")
TUNE = [[60 + step, 55, 50, 45] for step in (0, 2, 4, 5)]
OTHER = [[70 - step, 55, 50, 45] for step in (0, 2, 4, 5)]


def write(path: Path, **splits: object) -> Path:
    path.write_text(json.dumps({"train": [], "valid": [], "test": [], **splits}))
    return path


def test_pieces_keep_their_numbers_and_know_their_leaks(tmp_path: Path) -> None:
    file = write(tmp_path / "arrays.json", train=[TUNE], valid=[OTHER, TUNE])
    pieces = load_pieces(file, "valid")
    assert [(piece.index, piece.is_leak_free) for piece in pieces] == [
        (0, True),
        (1, False),
    ]
    assert pieces[1].grid.tolist() == TUNE
    assert load_pieces(file, "test") == []


def test_leaks_are_unknown_without_training_pieces(tmp_path: Path) -> None:
    file = write(tmp_path / "arrays.json", valid=[TUNE])
    assert load_pieces(file, "valid")[0].is_leak_free is None
    file = write(tmp_path / "arrays.json", train=[TUNE])
    assert load_pieces(file, "train")[0].is_leak_free is None


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "arrays.json"
    file.write_text("[]")
    with pytest.raises(FileFormatError):
        load_pieces(file, "valid")


def test_the_standard_split_has_the_leaks_that_are_known() -> None:
    if not SHARED_ARRAYS.exists():
        pytest.skip("the standard arrays are not beside the repository")
    for split, count, leaks in (("valid", 76, 22), ("test", 77, 24)):
        pieces = load_pieces(SHARED_ARRAYS, split)
        assert [piece.index for piece in pieces] == list(range(count))
        assert sum(not piece.is_leak_free for piece in pieces) == leaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Chorale:
    """The little of a chorale that is asked for."""

    split: str
    index: int
    grid: PitchGrid
    shares_hymn_tune_with_train: bool

    @property
    def is_onset(self) -> NDArray[np.bool_]:
        return np.ones(self.grid.shape, dtype=bool)

    @property
    def bar_phase(self) -> NDArray[np.int64]:
        return np.arange(len(self.grid))

    @property
    def bar_length_steps(self) -> NDArray[np.int64]:
        return np.full(len(self.grid), 16)

    @property
    def is_fermata(self) -> NDArray[np.bool_]:
        return np.asarray(np.arange(len(self.grid)) == 1)


def chorales() -> tuple[Chorale, ...]:
    grid = np.array(TUNE, dtype=np.int16)
    return tuple(
        Chorale(split=split, index=index, grid=grid, shares_hymn_tune_with_train=leaks)
        for split, index, leaks in (
            ("train", 0, False),
            ("valid", 0, True),
            ("valid", 4, False),
        )
    )


def test_the_corpus_and_its_records_say_themselves_what_leaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "musegen.data.corpora.chorales.load_chorales",
        lambda split: [each for each in chorales() if each.split == split],
    )
    monkeypatch.setattr(
        "musegen.data.preparation.chorale_records.read_chorale_records",
        lambda path: chorales(),
    )
    for path in (None, tmp_path / "chorales.parquet"):
        pieces = load_pieces(path, "valid")
        assert [(piece.index, piece.is_leak_free) for piece in pieces] == [
            (0, False),
            (4, True),
        ]
        assert [piece.is_leak_free for piece in load_pieces(path, "train")] == [None]
        told = pieces[0].told
        assert told is not None
        assert told.fermata[0, :2].tolist() == [1, 2]
        assert (told.metre > 0).all()
        assert not told.onset.any()


def test_the_digest_tells_pieces_apart() -> None:
    def piece(index: int, rows: object) -> NumberedPiece:
        grid = np.array(rows, dtype=np.int16)
        return NumberedPiece(index=index, grid=grid, is_leak_free=None)

    base = [piece(0, TUNE), piece(1, OTHER)]
    changed = [
        [piece(0, TUNE)],
        [piece(0, TUNE), piece(2, OTHER)],
        [piece(0, OTHER), piece(1, TUNE)],
        [piece(0, TUNE + OTHER[:1]), piece(1, OTHER[1:])],
    ]
    digests = {pieces_digest(pieces) for pieces in [base, *changed]}
    assert len(digests) == 5
    assert pieces_digest(base) == pieces_digest([piece(0, TUNE), piece(1, OTHER)])
