"""Notes that an instrument does not have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import PitchRangeError
from musegen.data.score import Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.parts.ranges import (
    RangeChoice,
    has_pitch,
    move_by_octaves,
    report_strays,
)

VIOLIN = instrument_named("violin")
SCORE = Score(ticks_per_quarter=480)
STRAYS = [(0, 54), (1920, 50)]


def test_the_lowest_and_the_highest_note_are_in_range() -> None:
    assert has_pitch(VIOLIN, 55) and has_pitch(VIOLIN, 103)
    assert not has_pitch(VIOLIN, 54) and not has_pitch(VIOLIN, 104)


@pytest.mark.parametrize(
    ("pitches", "moved"),
    [
        pytest.param([60, 54, 62], [60, 66, 62], id="one note"),
        pytest.param([40, 42, 57], [64, 66, 81], id="the line, most of it out"),
        pytest.param([55, 103], [55, 103], id="none"),
        pytest.param([0], [60], id="far below"),
        pytest.param([127], [103], id="far above"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_what_is_out_of_range_moves_by_octaves(
    pitches: list[int], moved: list[int]
) -> None:
    assert move_by_octaves(VIOLIN, pitches) == moved


@settings(max_examples=30, deadline=None)
@given(instrument=st.sampled_from(INSTRUMENTS), pitches=st.lists(st.integers(0, 127)))
def test_moved_notes_are_in_range_and_keep_their_names(
    instrument: Instrument, pitches: list[int]
) -> None:
    moved = move_by_octaves(instrument, pitches)
    assert all(has_pitch(instrument, pitch) for pitch in moved)
    assert [p % 12 for p in moved] == [p % 12 for p in pitches]


@pytest.mark.parametrize(
    ("choice", "code"), [("play", "out-of-range"), ("octave", "transposed-octave")]
)
def test_strays_are_named_by_bar_and_beat(choice: RangeChoice, code: str) -> None:
    notice = report_strays(SCORE, "part 1", VIOLIN, STRAYS, choice)
    assert notice.code == code
    assert str(notice.place) == "bar 1, beat 1"
    assert "violin (G3 to G7)" in notice.message
    assert "D3 to F#3 (bar 1, beat 1; bar 2, beat 1)" in notice.message


def test_strays_can_be_refused() -> None:
    with pytest.raises(PitchRangeError, match=r"part 1: .* bar 2, beat 1\); choose"):
        report_strays(SCORE, "part 1", VIOLIN, STRAYS, "refuse")
