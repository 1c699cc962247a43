"""Keys from pitch-class histograms."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.grading.keys import Key, find_key
from musegen.engine.seeds import generator

C_MAJOR = [4, 0, 2, 0, 3, 1, 0, 4, 0, 2, 0, 1]
A_MINOR = [3, 0, 2, 0, 3, 1, 0, 0, 2, 5, 0, 1]


def test_plain_scales_are_recognised() -> None:
    assert find_key(C_MAJOR) == Key(tonic=0, is_minor=False)
    assert find_key(A_MINOR) == Key(tonic=9, is_minor=True)


@pytest.mark.parametrize("semitones", range(1, 12))
def test_transposing_moves_the_tonic_only(semitones: int) -> None:
    weights = generator(0, "weights", semitones).random(12)
    key, moved = find_key(weights), find_key(np.roll(weights, semitones))
    assert moved.is_minor == key.is_minor
    assert moved.tonic == (key.tonic + semitones) % 12


def test_names_follow_the_convention() -> None:
    majors = [str(Key(tonic=tonic, is_minor=False)) for tonic in range(12)]
    minors = [str(Key(tonic=tonic, is_minor=True)) for tonic in range(12)]
    names = "C, C#, D, Eb, E, F, F#, G, Ab, A, Bb, B"
    assert ", ".join(majors) == names.replace(",", " major,") + " major"
    assert ", ".join(minors).replace(" minor", "") == names.replace("Ab", "G#")


@pytest.mark.parametrize(
    ("key", "scale"),
    [
        (Key(tonic=5, is_minor=False), "F G A Bb C D E"),
        (Key(tonic=1, is_minor=False), "C# D# E# F# G# A# B#"),
        (Key(tonic=7, is_minor=True), "G A Bb C D Eb F"),
        (Key(tonic=3, is_minor=True), "Eb F Gb Ab Bb Cb Db"),
    ],
)
def test_scale_begins_on_the_tonic(key: Key, scale: str) -> None:
    names = [step + {-1: "b", 0: "", 1: "#"}[alter] for step, alter in key.scale]
    assert " ".join(names) == scale


def test_silence_has_a_key_all_the_same() -> None:
    assert str(find_key([0.0] * 12)) == "B minor"


def test_music21_finds_the_same_keys() -> None:
    pytest.importorskip("music21", reason="the extra 'score'")
    from music21 import converter

    for number in range(12):
        weights = generator(1, "weights", number).integers(0, 9, 12)
        names = ("c", "c#", "d", "e-", "e", "f", "f#", "g", "a-", "a", "b-", "b")
        quarters = " ".join(
            f"{name}4"
            for name, weight in zip(names, weights, strict=True)
            for _ in range(weight)
        )
        witness = converter.parse(f"tinyNotation: {quarters}").analyze("AardenEssen")
        name = f"{witness.tonic.name.replace('-', 'b')} {witness.mode}"
        assert str(find_key(weights.astype(np.float64))) == name
