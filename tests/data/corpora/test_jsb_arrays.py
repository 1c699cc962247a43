from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.corpora.chorale_map import map_entries
from musegen.data.corpora.jsb_arrays import (
    SILENCE,
    PitchGrid,
    leak_free_indices,
    load_jsb_arrays,
    opening_contour,
)
from musegen.data.errors import FileFormatError, InputError

NPZ = Path(__file__).parents[4] / "shared" / "data" / "Jsb16thSeparated.npz"
PIECE = [[72, 60, 55, 48], [72, 60, -1, 48]]


@pytest.fixture(scope="module")
def arrays() -> dict[str, tuple[PitchGrid, ...]]:
    if not NPZ.is_file():
        pytest.skip("Jsb16thSeparated.npz is not beside this checkout")
    return load_jsb_arrays(NPZ)


def write_json(folder: Path, document: object) -> Path:
    path = folder / "Jsb16thSeparated.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_published_arrays_have_the_published_size(
    arrays: dict[str, tuple[PitchGrid, ...]],
) -> None:
    assert {split: len(pieces) for split, pieces in arrays.items()} == {
        "train": 229,
        "valid": 76,
        "test": 77,
    }
    steps = {split: sum(map(len, pieces)) for split, pieces in arrays.items()}
    assert steps == {"train": 55228, "valid": 18408, "test": 18900}
    cells = np.concatenate([piece for pieces in arrays.values() for piece in pieces])
    assert (cells == SILENCE).sum() == 1284
    sounding = np.ma.masked_equal(cells, SILENCE)
    assert sounding.min(axis=0).tolist() == [60, 52, 46, 36]
    assert sounding.max(axis=0).tolist() == [81, 74, 69, 66]


def test_pieces_are_read_only_pitches(arrays: dict[str, tuple[PitchGrid, ...]]) -> None:
    piece = arrays["train"][0]
    assert piece.dtype == np.int16
    with pytest.raises(ValueError, match="read-only"):
        piece[0, 0] = 0


def test_voices_move_as_often_as_published(
    arrays: dict[str, tuple[PitchGrid, ...]],
) -> None:
    # Rows: sixteenth of the beat; columns: S, A, T, B, any (our reference document).
    expected = [
        [0.679, 0.597, 0.636, 0.815, 0.880],
        [0.000, 0.001, 0.002, 0.000, 0.004],
        [0.087, 0.211, 0.227, 0.255, 0.512],
        [0.006, 0.015, 0.020, 0.002, 0.040],
    ]
    changes, places = [], []
    for piece in arrays["train"]:
        is_change = piece[1:] != piece[:-1]
        changes.append(np.column_stack([is_change, is_change.any(axis=1)]))
        places.append(np.arange(1, len(piece)) % 4)
    is_change, place = np.concatenate(changes), np.concatenate(places)
    rates = [is_change[place == step].mean(axis=0) for step in range(4)]
    np.testing.assert_allclose(rates, expected, atol=6e-4)


def test_hymn_tunes_that_leak_are_those_of_the_map(
    arrays: dict[str, tuple[PitchGrid, ...]],
) -> None:
    free = leak_free_indices(arrays)
    assert {split: len(indices) for split, indices in free.items()} == {
        "valid": 76 - 22,
        "test": 77 - 24,
    }
    for entry in map_entries():
        if entry.split != "train":
            is_free = entry.index in free[entry.split]
            assert is_free is not entry.shares_hymn_tune_with_train, entry.name


def test_no_other_pickle_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "Jsb16thSeparated.npz"
    np.savez(path, train=np.zeros(3))
    with pytest.raises(FileFormatError, match=r"not the published .* unpickled"):
        load_jsb_arrays(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_jsb_arrays(tmp_path / "gone.npz")


def test_the_json_twin(tmp_path: Path) -> None:
    path = write_json(tmp_path, {"train": [PIECE, PIECE], "valid": [PIECE], "test": []})
    arrays = load_jsb_arrays(path)
    assert [len(arrays[split]) for split in ("train", "valid", "test")] == [2, 1, 0]
    assert arrays["train"][1].tolist() == PIECE


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not the JSON of the chorale arrays"),
        ({"train": []}, "not the JSON of the chorale arrays"),
        ({"train": [[["a"]]], "valid": [], "test": []}, "not the JSON"),
        ({"train": [[[1, 2, 3]]], "valid": [], "test": []}, "got shape (1, 3)"),
        ({"train": [[]], "valid": [], "test": []}, "train 0: expected steps of 4"),
        ({"train": [], "valid": [[[60.5] * 4]], "test": []}, "valid 0: a pitch is"),
        ({"train": [], "valid": [], "test": [[[128] * 4]]}, "test 0: a pitch is"),
        ({"train": [], "valid": [], "test": [[[-2] * 4]]}, "test 0: a pitch is"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        load_jsb_arrays(write_json(tmp_path, document))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("soprano", "contour"),
    [
        ([], ()),
        ([-1, -1], ()),
        ([60], ()),
        ([60, 60, 62, 62, -1, 62, 59], (2, -3)),
        (list(range(60, 80)), (1,) * 11),
    ],
)
def test_opening_contour(soprano: list[int], contour: tuple[int, ...]) -> None:
    assert opening_contour(soprano) == contour


@given(
    st.lists(st.integers(40, 90), max_size=40),
    st.integers(-12, 12),
    st.integers(1, 4),
)
def test_contours_do_not_depend_on_key_or_note_length(
    soprano: list[int], semitones: int, stretch: int
) -> None:
    moved = np.repeat(np.array(soprano, dtype=int) + semitones, stretch)
    assert opening_contour(moved) == opening_contour(soprano)


def test_leak_free_pieces_open_otherwise() -> None:
    def piece(*pitches: int) -> npt.NDArray[np.int16]:
        return np.repeat(np.array(pitches, dtype=np.int16)[:, None], 4, axis=1)

    arrays = {
        "train": (piece(60, 62, 64),),
        "valid": (piece(62, 64, 66), piece(60, 64, 62)),
        "test": (piece(60, 62, 60),),
    }
    assert leak_free_indices(arrays) == {"valid": (1,), "test": (0,)}
