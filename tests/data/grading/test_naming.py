"""Letters and accidentals for grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.errors import InputError
from musegen.data.grading.keys import Key
from musegen.data.grading.lines import grid_parts
from musegen.data.grading.naming import (
    SPELLING_METHODS,
    SpellingMethod,
    parts_key,
    spell_parts,
    written_pitch,
)

CHROMATIC = np.array([(60 + step, 67, 64, 48) for step in range(12)])


def names(key: Key, method: SpellingMethod) -> str:
    line = spell_parts(grid_parts(CHROMATIC), key=key, method=method).lines[0]
    return " ".join(str(note.spelling)[:-1] for note in line)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (Key(tonic=0, is_minor=False), "C C# D D# E F F# G G# A Bb B"),
        (Key(tonic=5, is_minor=False), "C C# D Eb E F F# G G# A Bb B"),
        (Key(tonic=9, is_minor=True), "C C# D D# E F F# G G# A Bb B"),
        (Key(tonic=7, is_minor=True), "C C# D Eb E F F# G Ab A Bb B"),
        (Key(tonic=6, is_minor=False), "B# C# C## D# E E# F# F## G# G## A# B"),
    ],
)
def test_notes_outside_the_scale_are_raised_but_for_one(
    key: Key, expected: str
) -> None:
    assert names(key, "key-aware") == expected


@pytest.mark.parametrize("tonic", range(12))
def test_naive_names_do_not_depend_on_the_key(tonic: int) -> None:
    expected = "C C# D Eb E F F# G G# A Bb B"
    assert names(Key(tonic=tonic, is_minor=True), "naive") == expected


@pytest.mark.parametrize("method", SPELLING_METHODS)
@pytest.mark.parametrize("is_minor", [False, True])
@given(tonic=st.integers(0, 11))
def test_a_name_is_of_the_same_pitch(
    method: SpellingMethod, is_minor: bool, tonic: int
) -> None:
    parts = spell_parts(
        grid_parts(CHROMATIC), key=Key(tonic=tonic, is_minor=is_minor), method=method
    )
    for note in (note for line in parts.lines for note in line):
        assert note.spelling is not None
        assert note.spelling.pitch == note.pitch


def test_octaves_change_at_the_letter_c() -> None:
    assert str(written_pitch(60, "B", 1)) == "B#3"
    assert str(written_pitch(59, "C", -1)) == "Cb4"


def test_rests_keep_no_name() -> None:
    grid = np.array([(72, 67, -1, 48)] * 3)
    parts = spell_parts(
        grid_parts(grid), key=Key(tonic=0, is_minor=False), method="naive"
    )
    assert parts.lines[2][0].spelling is None


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="key-aware, naive; got 'sharp'"):
        spell_parts(
            grid_parts(CHROMATIC),
            key=Key(tonic=0, is_minor=False),
            method="sharp",  # type: ignore[arg-type]
        )


def test_the_key_weighs_notes_by_length() -> None:
    c_major, f_sharp_major = (72, 67, 64, 48), (66, 61, 58, 54)
    mostly_c = np.array([c_major] * 9 + [f_sharp_major] * 3)
    mostly_f_sharp = np.array([c_major] * 3 + [f_sharp_major] * 9)
    assert str(parts_key(grid_parts(mostly_c))) == "C major"
    assert str(parts_key(grid_parts(mostly_f_sharp))) == "F# major"
