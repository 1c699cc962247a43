"""What the voices of a step may be together, against trying everything."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.columns import DRAWING_ORDER, NUM_TONES, Columns
from musegen.coconet.config import NUM_PITCHES, REST_CLASS

NUM_CLASSES = NUM_PITCHES + 1


def is_met(
    column: tuple[int, ...],
    is_open: NDArray[np.bool_],
    tones: NDArray[np.bool_],
    *,
    forbids_crossing: bool,
) -> bool:
    """The rules, said plainly; -1 is silence."""
    sounding = {pitch % NUM_TONES for pitch in column if pitch >= 0}
    if not set(np.flatnonzero(tones).tolist()) <= sounding:
        return False
    return not forbids_crossing or all(
        min(upper, lower) < 0 or upper >= lower or not (is_open[v] or is_open[v + 1])
        for v, (upper, lower) in enumerate(pairwise(column))
    )


def tried(
    pitch: NDArray[np.int16],
    is_open: NDArray[np.bool_],
    classes: NDArray[np.bool_],
    tones: NDArray[np.bool_],
    *,
    forbids_crossing: bool,
) -> list[tuple[int, ...]]:
    """Every column that is possible."""
    options = [
        [-1 if c == REST_CLASS else int(c) for c in np.flatnonzero(classes[voice])]
        if is_open[voice]
        else [int(pitch[voice])]
        for voice in range(4)
    ]
    return [
        column
        for column in product(*options)
        if is_met(column, is_open, tones, forbids_crossing=forbids_crossing)
    ]


@given(
    seed=st.integers(0, 2**32 - 1),
    num_tones=st.integers(0, 5),
    forbids_crossing=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_what_fits_is_what_some_possible_column_has(
    seed: int, num_tones: int, forbids_crossing: bool
) -> None:
    rng = np.random.default_rng(seed)
    pitch = rng.integers(-1, NUM_PITCHES, 4).astype(np.int16)
    is_open = rng.random(4) < 0.7
    classes = np.zeros((4, NUM_CLASSES), dtype=bool)
    for voice in range(4):
        classes[voice, rng.integers(0, NUM_CLASSES, 5)] = True
    tones = np.zeros(NUM_TONES, dtype=bool)
    some = rng.choice(np.flatnonzero(classes.any(axis=0))[:-1] % NUM_TONES, num_tones)
    tones[some] = True
    possible = tried(pitch, is_open, classes, tones, forbids_crossing=forbids_crossing)
    columns = Columns(
        pitch[None],
        is_open[None],
        classes[None],
        tones=tones[None],
        forbids_crossing=forbids_crossing,
    )
    assert columns.is_possible().tolist() == [bool(possible)]
    one = np.array([True])
    for voice in DRAWING_ORDER if possible else ():
        if not is_open[voice]:
            continue
        fits = np.flatnonzero(columns.fits(voice, one)[0])
        meant = {column[voice] % NUM_CLASSES for column in possible}
        assert set(fits.tolist()) == meant
        chosen = int(rng.choice(fits))
        chosen = -1 if chosen == REST_CLASS else chosen
        columns.settle(voice, np.array([chosen], dtype=np.int16), one)
        possible = [column for column in possible if column[voice] == chosen]


def test_columns_do_not_depend_on_one_another() -> None:
    pitch = np.full((2, 4), -1, dtype=np.int16)
    pitch[:, 0] = 24, 28
    classes = np.ones((2, 4, NUM_CLASSES), dtype=bool)
    classes[..., REST_CLASS] = False
    tones = np.zeros((2, NUM_TONES), dtype=bool)
    tones[0, 0] = True
    tones[1, [0, 4, 7, 10]] = True
    columns = Columns(pitch, pitch < 0, classes, tones=tones, forbids_crossing=False)
    columns.settle(3, np.array([0, 0], dtype=np.int16), np.array([True, True]))
    columns.settle(1, np.array([0, 22], dtype=np.int16), np.array([True, True]))
    anything, seventh = columns.fits(2, np.array([True, True]))
    assert anything[:NUM_PITCHES].all()
    assert set(np.flatnonzero(seventh) % NUM_TONES) == {7}
    (again,) = columns.fits(2, np.array([False, True]))
    assert np.array_equal(again, seventh)


@pytest.mark.parametrize("num_tones", [4, 5])
def test_four_voices_sound_four_tones(num_tones: int) -> None:
    tones = np.zeros((1, NUM_TONES), dtype=bool)
    tones[0, :num_tones] = True
    columns = Columns(
        np.full((1, 4), -1, dtype=np.int16),
        np.ones((1, 4), dtype=bool),
        np.ones((1, 4, NUM_CLASSES), dtype=bool),
        tones=tones,
        forbids_crossing=True,
    )
    assert columns.is_possible().tolist() == [num_tones == 4]
