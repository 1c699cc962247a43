"""How the sustain pedal lengthens notes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.score import ControlChange, Note
from musegen.midi_ddsp.parts.sustain import sustained_ends


def key(onset: int, end: int, pitch: int = 60) -> Note:
    return Note(onset=onset, duration=end - onset, pitch=pitch)


def pedal(*moves: tuple[int, int]) -> list[ControlChange]:
    return [ControlChange(tick=t, number=64, value=v) for t, v in moves]


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        pytest.param([], 100, id="no pedal"),
        pytest.param([(0, 127), (300, 0)], 300, id="rings to the release"),
        pytest.param([(0, 127), (100, 0), (200, 0)], 100, id="up as the key goes up"),
        pytest.param([(100, 127), (300, 0)], 300, id="down as the key goes up"),
        pytest.param([(101, 127), (300, 0)], 100, id="down too late"),
        pytest.param([(0, 63), (300, 0)], 100, id="not half down"),
        pytest.param([(0, 64), (300, 63)], 300, id="just half down"),
        pytest.param([(0, 127), (200, 0), (200, 127), (400, 0)], 200, id="changed"),
        pytest.param([(0, 127), (100, 0), (100, 127), (400, 0)], 400, id="caught"),
        pytest.param([(0, 127)], 900, id="never let go: the last note"),
    ],
)
def test_a_note_rings_while_the_pedal_is_down(
    moves: list[tuple[int, int]], expected: int
) -> None:
    notes = [key(0, 100), key(800, 900, pitch=72)]
    assert sustained_ends(notes, pedal(*moves)) == [expected, 900]


def test_the_same_pitch_again_ends_what_the_pedal_holds() -> None:
    notes = [key(0, 100), key(150, 200, pitch=62), key(200, 300)]
    moves = pedal((0, 127), (500, 0))
    assert sustained_ends(notes, moves) == [200, 500, 500]


def test_a_note_of_no_length_rings_with_the_pedal() -> None:
    assert sustained_ends([key(50, 50)], pedal((0, 127), (80, 0))) == [80]


@pytest.mark.parametrize("number", [120, 121])
def test_resets_lift_the_pedal(number: int) -> None:
    moves = [*pedal((0, 127)), ControlChange(tick=150, number=number, value=0)]
    assert sustained_ends([key(0, 100), key(400, 500)], moves) == [150, 500]


@settings(max_examples=30, deadline=None)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 50), st.integers(60, 63))
    ),
    moves=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 127))),
)
def test_no_note_is_ever_shortened(
    spans: list[tuple[int, int, int]], moves: list[tuple[int, int]]
) -> None:
    notes = [key(onset, onset + length, pitch) for onset, length, pitch in spans]
    ends = sustained_ends(notes, pedal(*moves))
    assert all(end >= note.end for note, end in zip(notes, ends, strict=True))
