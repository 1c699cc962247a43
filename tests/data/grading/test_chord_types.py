"""Types of sonorities: by hand, and as music21 names them."""

from __future__ import annotations

import random

import pytest

from musegen.data.grading.chord_types import chord_type
from musegen.data.spelling import Spelling


def spelled(*names: str) -> tuple[Spelling, ...]:
    """Pitches such as `F#3`, from low to high."""
    pitches = [
        Spelling(
            step=name[0],
            alter=name.count("#") - name[1:].count("b"),
            octave=int(name[-1]),
        )
        for name in names
    ]
    return tuple(sorted(pitches, key=lambda pitch: pitch.pitch))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("C3 E4 G4 C5", "major"),
        ("E3 G4 C5", "major"),
        ("A2 C4 E4", "minor"),
        ("B3 D4 F4", "diminished"),
        ("C3 E3 G#3", "augmented"),
        ("G2 B3 D4 F4", "dominant-seventh"),
        ("F2 B3 D4 G4", "dominant-seventh"),
        ("D3 F3 A3 C4", "minor-seventh"),
        ("F3 A3 C4 E4", "major-seventh"),
        ("B2 D4 F4 A4", "half-diminished-seventh"),
        ("G#2 D4 F4 B4", "diminished-seventh"),
        ("C3 E3 G#3 B3", "augmented-major seventh"),
        ("C3 Eb3 Bb3 D4", "minor-ninth"),
        ("C3 D3 G3", "suspended-second"),
        ("G2 C3 D3", "suspended-fourth"),
        ("G2 C3 D3 F3", "unidentifiable"),  # D, F and C weigh more
        ("C3 G3 C4", "power"),
        ("C3", "pedal"),
        ("C3 C4", "unidentifiable"),
        ("B2 C4 A4 D5", "unidentifiable"),
        ("C3 D4 G4 Eb5", "minor"),
    ],
)
def test_a_chord_has_its_name(names: str, expected: str) -> None:
    assert chord_type(spelled(*names.split())) == expected


def test_the_name_depends_on_the_spelling() -> None:
    assert chord_type(spelled("C3", "D#3", "G3")) != "minor"


def test_music21_names_chords_alike() -> None:
    pytest.importorskip("music21", reason="the extra 'score'")
    from music21 import chord, harmony, pitch

    rng = random.Random(5)
    for _ in range(150):
        drawn = {
            Spelling(
                step=rng.choice("CDEFGAB"),
                alter=rng.choice([-1, 0, 0, 0, 1]),
                octave=rng.randint(2, 4),
            )
            for _ in range(rng.randint(2, 4))
        }
        pitches = sorted(drawn, key=lambda p: (p.pitch, p.octave, p.step))
        witness = chord.Chord([pitch.Pitch(str(p).replace("b", "-")) for p in pitches])
        _, name = harmony.chordSymbolFigureFromChord(witness, True)
        expected = name or "unidentifiable"
        found = chord_type(tuple(pitches)).replace("major seventh", "major-seventh")
        assert found == expected, [str(p) for p in pitches]
