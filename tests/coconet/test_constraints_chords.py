"""Chords that are asked for sound whole, or are refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH
from musegen.coconet.constraints import (
    Cadence,
    Constraints,
    PinnedChord,
    Statement,
    VoiceRange,
)
from musegen.data.errors import UsageError

NUM_STEPS = 16
C, D, E, F, G, A, B = 0, 2, 4, 5, 7, 9, 11


def melody(pitch: int = 72) -> NDArray[np.int16]:
    grid = np.full((NUM_STEPS, 4), -1, dtype=np.int16)
    grid[:, 0] = pitch - MIN_PITCH
    return grid


def needed(
    *statements: Statement,
    grid: NDArray[np.int16] | None = None,
    is_free: NDArray[np.bool_] | None = None,
    shift: int = 0,
) -> list[set[int]]:
    """Pitch classes as seen of which each has to sound, step by step."""
    pitch = melody() if grid is None else grid
    found = Constraints(statements=statements, shift=shift).resolve(
        pitch,
        pitch < 0 if is_free is None else is_free,
        allow_rests=False,
        writes_rests=False,
    )
    return [set(np.flatnonzero(step).tolist()) for step in found.needed_tones[0]]


@pytest.mark.parametrize(
    ("notes", "required"),
    [
        ((C, E, G), {C, E}),
        ((G, B, D, F), {G, B, F}),
        ((B, D, F), {B, D, F}),  # only a perfect fifth may be missing
        ((C, E, 8), {C, E, 8}),
        ((C, 5, G), {C, 5}),
    ],
)
def test_all_of_a_chord_but_its_fifth_has_to_sound(
    notes: tuple[int, ...], required: set[int]
) -> None:
    chord = PinnedChord(start=4, end=8, pitch_classes=notes)
    grid = melody(60 + notes[0])
    assert needed(chord, grid=grid)[3:9] == [set(), *[required] * 4, set()]
    shifted = {(note + 2) % 12 for note in required}
    assert needed(chord, grid=grid + np.int16(2) * (grid >= 0), shift=2)[4] == shifted


def test_chords_of_a_cadence_need_root_and_third() -> None:
    authentic = needed(Cadence(kind="authentic", tonic=C, end=16))
    assert authentic[8:] == [{G, B}] * 4 + [{C, E}] * 4  # the seventh is free
    half = needed(Cadence(kind="half", tonic=F, end=16))
    assert half[11:13] == [set(), {C, E}]


def test_a_given_voice_has_to_begin_in_the_chord() -> None:
    grid = melody(67)
    chord = PinnedChord(start=4, end=8, pitch_classes=(6, 10, 1), name="F#")
    with pytest.raises(
        UsageError,
        match=r"^step 5: the chord is F#, but the soprano is given there as G4: change",
    ):
        needed(chord, grid=grid)
    grid[4, 0] = 66 - MIN_PITCH
    assert needed(chord, grid=grid)[7] == {6, 10}  # what follows may pass


def alone(voice: int, *given: int) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Three voices held, MIDI, and one free: the grid and what is free."""
    is_free = np.zeros((NUM_STEPS, 4), dtype=bool)
    is_free[:, voice] = True
    row = np.insert(np.array(given), voice, MIN_PITCH) - MIN_PITCH
    return np.tile(row, (NUM_STEPS, 1)).astype(np.int16), is_free


def test_a_note_that_a_given_voice_leaves_is_taken_over_where_that_can_be() -> None:
    chord = PinnedChord(start=0, end=4, pitch_classes=(C, E, G))
    grid, is_free = alone(1, 76, 60, 48)
    grid[2:, 0] += 1  # the soprano goes on from E to F
    assert needed(chord, grid=grid, is_free=is_free)[:4] == [{C, E}] * 4
    grid[2:, 2:] += 2  # and the others from C to D: the alto cannot be both
    assert needed(chord, grid=grid, is_free=is_free)[:4] == [{C, E}] * 2 + [set()] * 2


@pytest.mark.parametrize(
    ("statements", "given", "words"),
    [
        (
            [
                VoiceRange(voices=(1,), lowest=60, highest=63),
                PinnedChord(start=0, end=4, pitch_classes=(C, E, G)),
            ],
            (72, 60, 48),
            "step 1: no free voice can sound E, as has to be for the chord C E G",
        ),
        (
            [PinnedChord(start=4, end=8, pitch_classes=(G, B, D, F), name="G7")],
            (74, 67, 55),
            "step 5: the free voices cannot sound F B together, as has to be for the "
            "chord G7",
        ),
        (
            [Cadence(kind="plagal", tonic=C, end=16)],
            (72, 60, 36),
            "the bass of the chord is F, but the bass is given there as C2",
        ),
        (
            [
                Cadence(kind="authentic", tonic=C, end=16, approach_steps=0),
                VoiceRange(voices=(1,), lowest=65, highest=71),
            ],
            (72, 60, 48),
            "step 13: no free voice can sound E, as has to be for the authentic "
            "cadence: ask for another chord, or change what is given, pinned or kept",
        ),
    ],
)
def test_chords_that_cannot_be_whole_are_refused(
    statements: list[Statement], given: tuple[int, ...], words: str
) -> None:
    grid, is_free = alone(1, *given)
    with pytest.raises(UsageError) as caught:
        needed(*statements, grid=grid, is_free=is_free)
    assert words in str(caught.value)


def test_messages_spell_by_the_key() -> None:
    chord = PinnedChord(start=0, end=4, pitch_classes=(3, G, 10))
    range_of_alto = VoiceRange(voices=(1,), lowest=61, highest=61)
    with pytest.raises(UsageError, match="the chord is Eb G Bb, but the soprano is"):
        Constraints(statements=(chord,), sharps=-2).resolve(
            melody(), melody() < 0, allow_rests=False, writes_rests=False
        )
    with pytest.raises(UsageError, match="while the alto stays within Db4 to Db4"):
        Constraints(
            statements=(range_of_alto, replace(chord, pitch_classes=(C, E, G))),
            sharps=-5,
        ).resolve(melody(), melody() < 0, allow_rests=False, writes_rests=False)
