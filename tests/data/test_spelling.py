from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.spelling import estimate_sharps, key_alter, pitch_name, spell

SHARPS = st.integers(-7, 7)


@given(pitch=st.integers(0, 127), sharps=SHARPS, is_minor=st.booleans())
def test_a_spelling_sounds_the_pitch_it_was_made_from(
    pitch: int, sharps: int, is_minor: bool
) -> None:
    spelling = spell(pitch, sharps=sharps, is_minor=is_minor)
    assert spelling.pitch == pitch
    assert abs(spelling.alter) <= 2
    assert spelling.step in "ABCDEFG"


@given(sharps=SHARPS, is_minor=st.booleans(), octave=st.integers(1, 8))
def test_notes_of_the_scale_follow_the_key_signature(
    sharps: int, is_minor: bool, octave: int
) -> None:
    for position in range(sharps - 1, sharps + 6):
        spelling = spell(
            octave * 12 + position * 7 % 12, sharps=sharps, is_minor=is_minor
        )
        assert spelling.alter == key_alter(spelling.step, sharps=sharps)


@pytest.mark.parametrize(
    ("sharps", "is_minor", "pitch", "name"),
    [
        (0, False, 60, "C4"),
        (0, False, 66, "F#4"),
        (0, False, 70, "Bb4"),
        (0, True, 68, "G#4"),  # leading tone of A minor
        (-1, True, 61, "C#4"),  # of D minor
        (-2, True, 66, "F#4"),  # of G minor
        (-3, True, 59, "B3"),  # of C minor
        (-4, True, 64, "E4"),  # of F minor
        (4, True, 60, "B#3"),  # of C# minor
        (5, True, 67, "F##4"),  # of G# minor, a double sharp
        (5, False, 67, "G4"),  # in B major no double sharp
        (-7, False, 69, "A4"),  # no double flat
        (-3, False, 66, "Gb4"),
        (2, False, 63, "D#4"),
        (2, False, 70, "A#4"),
        (-5, False, 66, "Gb4"),
        (-6, False, 59, "Cb4"),
        (7, False, 60, "B#3"),
        (0, False, 0, "C-1"),
        (0, False, 127, "G9"),
    ],
)
def test_names_in_keys(sharps: int, is_minor: bool, pitch: int, name: str) -> None:
    assert pitch_name(pitch, sharps=sharps, is_minor=is_minor) == name


def test_key_signature_on_letters() -> None:
    assert [key_alter(step, sharps=2) for step in "FCGDAEB"] == [1, 1, 0, 0, 0, 0, 0]
    assert [key_alter(step, sharps=-3) for step in "FCGDAEB"] == [
        0,
        0,
        0,
        0,
        -1,
        -1,
        -1,
    ]


def test_the_key_is_estimated_from_the_notes() -> None:
    e_flat_major = [63, 65, 67, 68, 70, 72, 74]
    assert estimate_sharps(e_flat_major) == -3
    assert estimate_sharps([]) == 0
    assert estimate_sharps([60, 62, 64, 65, 67, 69, 71, 66]) == 0
    weighted = dict.fromkeys([62, 64, 66, 67, 69, 71], 4) | {72: 1, 73: 8}
    assert estimate_sharps(weighted) == 2
