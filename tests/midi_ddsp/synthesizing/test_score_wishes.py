"""Key, speed and excerpts of a score that is about to sound."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import EmptyScoreError, PitchRangeError, UsageError
from musegen.data.score import ControlChange, Note, Part, Score, Tempo
from musegen.midi_ddsp.parts.planning import plan_parts
from musegen.midi_ddsp.parts.timing import TempoMap
from musegen.midi_ddsp.synthesizing.score_wishes import (
    TickRange,
    at_speed,
    first_frame,
    moved_earlier,
    only_ticks,
    transposed,
)

TUNE = (60, 62, 64, 65)


def score() -> Score:
    notes = tuple(
        Note(onset=480 * i, duration=480, pitch=pitch) for i, pitch in enumerate(TUNE)
    )
    drums = (Note(onset=0, duration=240, pitch=38),)
    volume = (
        ControlChange(tick=0, number=7, value=100),
        ControlChange(tick=960, number=7, value=50),
    )
    return Score(
        ticks_per_quarter=480,
        parts=(
            Part(notes=notes, name="Tune", program=40, controls=volume),
            Part(notes=drums, name="Drums", channel=9, is_drum=True),
        ),
    )


def pitches(part: Part) -> list[int]:
    return [note.pitch for note in part.notes]


@settings(max_examples=20)
@given(semitones=st.integers(-60, 62))
def test_there_and_back_again(semitones: int) -> None:
    there = transposed(score(), semitones)
    assert pitches(there.parts[0]) == [pitch + semitones for pitch in TUNE]
    assert pitches(there.parts[1]) == [38]  # drums are not transposed
    assert transposed(there, -semitones) == score()


def test_a_note_that_midi_cannot_say_is_named() -> None:
    with pytest.raises(PitchRangeError, match=r"bar 1, beat 4: .*65 .*is 128"):
        transposed(score(), 63)


@pytest.mark.parametrize(
    "tempos", [(), (Tempo(tick=480, qpm=60),), (Tempo(tick=0, qpm=97),)]
)
def test_speed_divides_every_time(tempos: tuple[Tempo, ...]) -> None:
    slow = replace(score(), tempos=tempos)
    fast = at_speed(slow, 1.6)
    for tick in (0, 100, 480, 1900):
        expected = TempoMap(slow).seconds_at(tick) / 1.6
        assert TempoMap(fast).seconds_at(tick) == pytest.approx(expected)
    assert at_speed(slow, 1.0) is slow


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf])
def test_a_speed_that_is_none_is_refused(factor: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        at_speed(score(), factor)


def test_an_excerpt_keeps_times_and_cuts_what_sounds_across_its_ends() -> None:
    part = only_ticks(score(), TickRange(first=700, last=1200)).parts[0]
    assert [(note.onset, note.end, note.pitch) for note in part.notes] == [
        (700, 960, 62),
        (960, 1200, 64),
    ]
    assert part.controls == score().parts[0].controls


def test_an_open_excerpt_goes_to_the_end() -> None:
    excerpt = only_ticks(score(), TickRange(first=960))
    assert pitches(excerpt.parts[0]) == [64, 65]
    assert excerpt.parts[1].notes == ()


def test_an_excerpt_without_notes_is_refused() -> None:
    with pytest.raises(EmptyScoreError, match="no note"):
        only_ticks(score(), TickRange(first=1920, last=4000))


def test_what_is_moved_earlier_keeps_its_curves_with_its_notes() -> None:
    ticks = TickRange(first=960)
    (part,) = plan_parts(only_ticks(score(), ticks)).parts
    frame = first_frame(score(), ticks)
    assert frame == 250
    moved = moved_earlier(part, frame)
    assert [note.onset_s for note in moved.notes] == pytest.approx([0.0, 0.5])
    assert moved.end_s == pytest.approx(1.0)
    np.testing.assert_array_equal(
        moved.automation.frames(0, 125).gain_db,
        part.automation.frames(250, 375).gain_db,
    )
    assert moved.automation.gain_db.at(0, 1)[0] < -11
    assert moved_earlier(part, 0) is part
    assert first_frame(score(), None) == 0
