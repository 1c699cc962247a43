"""Notes and memories as networks read them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.generators.controls import NUM_CONTROLS
from musegen.midi_ddsp.generators.line import NUM_INSTRUMENTS
from musegen.midi_ddsp.generators.note_features import (
    MEMORY_SIZE,
    NUM_NOTE_FEATURES,
    Memory,
    memories,
    note_features,
)
from musegen.midi_ddsp.notes import PlayedNote

NOTES = tuple(
    PlayedNote(pitch=60 + 2 * k, onset_s=0.5 * k, offset_s=0.5 * k + 0.4)
    for k in range(5)
)
NO_SLURS = np.zeros(5, np.bool_)


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(0, 1000))
def test_memory_note_by_note_is_that_of_the_whole(size: int, seed: int) -> None:
    scaled = np.random.default_rng(seed).normal(size=(size, NUM_CONTROLS))
    memory, found = Memory(), []
    for row in scaled:
        found.append(memory.recall())
        memory.add(row)
    np.testing.assert_allclose(found, memories(scaled), atol=1e-6)


def test_memories_hold_the_last_note_the_mean_and_a_trust_that_grows() -> None:
    scaled = np.arange(3.0)[:, None] + np.zeros(NUM_CONTROLS)
    found = memories(scaled + 1.0)
    assert found.shape == (3, MEMORY_SIZE)
    assert not found[0].any()
    last, mean = found[2, :NUM_CONTROLS], found[2, NUM_CONTROLS:-1]
    assert last.tolist() == [2.0] * NUM_CONTROLS
    assert mean.tolist() == [1.5] * NUM_CONTROLS
    trust = found[:, -1]
    assert (np.diff(trust) > 0.0).all()
    assert trust.max() < 1.0


def test_features_have_their_size_even_of_one_note() -> None:
    assert note_features(NOTES, NO_SLURS, "oboe").shape == (5, NUM_NOTE_FEATURES)
    alone = note_features(NOTES[:1], NO_SLURS[:1], "oboe")
    assert alone.shape == (1, NUM_NOTE_FEATURES)
    assert alone.dtype == np.float32
    assert np.isfinite(alone).all()


def test_later_and_higher_is_the_same_but_for_the_height() -> None:
    plain = note_features(NOTES, NO_SLURS, "oboe")
    later = [
        PlayedNote(pitch=n.pitch, onset_s=n.onset_s + 9.0, offset_s=n.offset_s + 9.0)
        for n in NOTES
    ]
    np.testing.assert_allclose(note_features(later, NO_SLURS, "oboe"), plain, atol=1e-5)
    raised = [
        PlayedNote(pitch=n.pitch + 3, onset_s=n.onset_s, offset_s=n.offset_s)
        for n in NOTES
    ]
    np.testing.assert_array_equal(
        note_features(NOTES, NO_SLURS, "oboe", transposed=3),
        note_features(raised, NO_SLURS, "oboe"),
    )
    assert (note_features(raised, NO_SLURS, "oboe") != plain).any(axis=1).all()


@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_slur_is_told_to_both_its_notes(index: int) -> None:
    slurs = NO_SLURS.copy()
    slurs[index] = True
    changed = note_features(NOTES, slurs, "oboe") != note_features(
        NOTES, NO_SLURS, "oboe"
    )
    expected = [index - 1, index] if index else [0]
    assert np.flatnonzero(changed.any(axis=1)).tolist() == expected


def test_the_instrument_is_one_of_the_slots() -> None:
    codes = note_features(NOTES, NO_SLURS, "oboe")[:, -NUM_INSTRUMENTS:]
    assert (codes.sum(axis=1) == 1.0).all()
    assert (codes != note_features(NOTES, NO_SLURS, "tuba")[:, -NUM_INSTRUMENTS:]).any()
