"""The board on which constraints are applied."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.coconet.config import NUM_PITCHES, REST_CLASS
from musegen.coconet.constraint_cells import ALL_VOICES, SILENCE, Cells
from musegen.data.errors import UsageError
from musegen.data.spelling import pitch_name


def cells(*, shift: int = 0, allow_rests: bool = False, **changed: object) -> Cells:
    pitch = np.full((8, 4), -1, dtype=np.int16)
    pitch[:, 0] = 24  # C4 where nothing is transposed
    return Cells(
        pitch,
        pitch < 0,
        shift=shift,
        allow_rests=allow_rests,
        writes_rests=True,
        place=lambda step: f"place {step}",
        **changed,  # type: ignore[arg-type]
    )


def test_pitches_are_as_stated_before_the_shift() -> None:
    plain = cells().pitches(lambda pitch: pitch == 60)
    shifted = cells(shift=2).pitches(lambda pitch: pitch == 60)
    assert np.flatnonzero(plain).tolist() == [24]
    assert np.flatnonzero(shifted).tolist() == [26]
    everything = cells().pitches(lambda pitch: pitch >= 0)
    assert everything[:NUM_PITCHES].all()
    assert not everything[REST_CLASS]


def test_the_reach_of_the_network_is_named_as_stated() -> None:
    assert cells().reach() == "C2 to A5"
    assert cells(shift=12).reach() == "C1 to A4"


def test_rests_are_allowed_from_the_start_or_later() -> None:
    assert cells(allow_rests=True).classes[..., REST_CLASS].all()
    board = cells()
    assert not board.classes[..., REST_CLASS].any()
    board.allow_silence((1, 3), slice(2, 4))
    allowed = np.argwhere(board.classes[..., REST_CLASS]).tolist()
    assert allowed == [[2, 1], [2, 3], [3, 1], [3, 3]]


def test_steps_are_checked() -> None:
    board = cells()
    assert board.steps(2, 5) == slice(2, 5)
    assert board.steps(2, None) == slice(2, 8)
    for start, end in ((-1, 3), (3, 3), (2, 9), (8, None)):
        with pytest.raises(UsageError, match="are not in the score, which has 8"):
            board.steps(start, end)


def test_what_is_left_shrinks_and_an_empty_cell_is_an_error_naming_both_reasons() -> (
    None
):
    board = cells()
    low = board.pitches(lambda pitch: pitch < 50)
    high = board.pitches(lambda pitch: pitch > 55)
    board.keep((1, 2), slice(0, 8), low, "the voices are low")
    assert not board.classes[:, 1:3, 14:].any()
    assert board.classes[:, 3, 14:46].all()
    with pytest.raises(
        UsageError,
        match="place 4: nothing is left for the tenor, for they are high, while the "
        "voices are low: change one of the two",
    ):
        board.keep((3, 2), slice(4, 6), high, "they are high")


def test_given_cells_are_not_narrowed_but_checked() -> None:
    board = cells()
    nothing = np.zeros(NUM_PITCHES + 1, dtype=bool)
    board.keep((0,), slice(0, 8), nothing, "no note at all")
    board.check_given(0, slice(0, 8), board.pitches(lambda p: p == 60), "it is C")
    with pytest.raises(
        UsageError,
        match="place 2: it is D, but the soprano is given there as C4: change one",
    ):
        board.check_given(0, slice(2, 4), board.pitches(lambda p: p == 62), "it is D")
    with pytest.raises(UsageError, match="given there as B3"):
        cells(shift=1).check_given(0, slice(0, 1), SILENCE, "it is silent")


def test_what_is_written_later_is_not_checked() -> None:
    is_later = np.zeros((8, 4), dtype=bool)
    is_later[:, 0] = True
    board = cells(is_later=is_later)
    board.check_given(0, slice(0, 8), SILENCE, "it is silent")
    assert ALL_VOICES == (0, 1, 2, 3)


def test_pitches_are_named_as_stated_and_as_the_key_has_them() -> None:
    board = cells(shift=2, spell=lambda pitch: pitch_name(pitch, sharps=-3))
    assert board.name(63) == "Eb4"
    assert board.names((3, 7, 22)) == "Eb G Bb"


def test_what_has_to_sound_is_handed_on_as_the_network_sees_it() -> None:
    board = cells(shift=2)
    board.require(slice(2, 4), (0, 4), "the chord C")
    found = board.allowed(forbids_crossing=True)
    assert found.forbids_crossing
    assert np.argwhere(found.needed_tones[0]).tolist() == [
        [2, 2],
        [2, 6],
        [3, 2],
        [3, 6],
    ]


def test_what_voices_of_a_step_cannot_be_together_is_refused_with_the_reason() -> None:
    board = cells()
    board.require(slice(2, 4), (0, 3, 6, 9), "the chord Cdim7")
    board.keep((3,), slice(0, 8), board.pitches(lambda p: p % 12 == 0), "it is C")
    with pytest.raises(
        UsageError,
        match=r"^place 2: the free voices cannot sound D# F# A together, as has to be "
        "for the chord Cdim7: ask for another chord, or change what is given",
    ):
        board.allowed(forbids_crossing=False)
