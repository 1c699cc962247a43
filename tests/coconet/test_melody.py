"""A score becomes a task: a melody on a grid, in range, cut at long rests."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from musegen.coconet import score_task as task_module
from musegen.coconet.melody import prepare_melody
from musegen.coconet.score_task import ScoreTask
from musegen.data.errors import (
    EmptyScoreError,
    PitchRangeError,
    PolyphonyError,
    UsageError,
)
from musegen.data.score import Note, Part, Score, TimeSignature

Untyped = Any  # Keras has no type information; options are of many types

QUARTER = 480
SIXTEENTH = QUARTER // 4


def notes(*lengths: tuple[int, float]) -> tuple[Note, ...]:
    """From (pitch or -1 for a rest, quarters)."""
    made, tick = [], 0
    for pitch, quarters in lengths:
        duration = round(quarters * QUARTER)
        if pitch >= 0:
            made.append(Note(onset=tick, duration=duration, pitch=pitch))
        tick += duration
    return tuple(made)


def task(
    *lengths: tuple[int, float], metre: tuple[int, int] = (4, 4), **options: Untyped
) -> ScoreTask:
    signature = TimeSignature(tick=0, numerator=metre[0], denominator=metre[1])
    score = Score(
        ticks_per_quarter=QUARTER,
        parts=(Part(notes=notes(*lengths)),),
        time_signatures=(signature,),
    )
    return prepare_melody(score, **{"beat_level": Fraction(1), **options})


def soprano(grid: Untyped) -> list[int]:
    return [int(pitch) for pitch in grid[:, 0]]


def codes(found: ScoreTask) -> list[str]:
    return [notice.code for notice in found.notices]


def test_a_melody_lies_on_sixteenths_from_its_first_beat() -> None:
    found = task((-1, 4), (72, 1), (71, 0.5), (-1, 0.25), (69, 0.25))
    assert found.grid.start == 4 * QUARTER
    assert soprano(found.pitch) == [72] * 4 + [71, 71, -1, 69]
    assert soprano(found.pitch_index) == [36] * 4 + [35, 35, -1, 33]
    assert found.pitch_index.dtype == np.int16
    assert found.is_free[:, 1:].all()
    assert not found.is_free[:, 0].any()
    assert found.shift == 0
    assert found.phrases == ((0, 8),)
    assert codes(found) == ["beat-level"]
    assert "--beat-level" in found.notices[0].message


def test_the_notes_of_the_melody_are_the_very_notes_of_the_score() -> None:
    found = task((72, 1), (72, 1 / 3), (74, 0.01), (71, 1))
    part = found.score.parts[0]
    assert all(
        kept is given
        for kept, given in zip(found.voices[0].extracted.notes, part.notes, strict=True)
    )


def test_a_melody_out_of_range_is_moved_and_says_so() -> None:
    found = task((48, 1), (55, 1))
    assert found.shift == 12
    assert soprano(found.pitch_index) == [24] * 4 + [31] * 4
    assert soprano(found.pitch) == [48] * 4 + [55] * 4
    (notice,) = (n for n in found.notices if n.code == "transposed-for-inference")
    assert "filled 1 octave up and transposed back" in notice.message


def test_notes_between_the_steps_are_reported_and_kept() -> None:
    found = task((72, 1.1), (71, 0.9))
    assert "notes-off-grid" in codes(found)
    assert found.voices[0].kept[1].onset == 528


@pytest.mark.parametrize(
    ("rest", "metre", "expected"),
    [
        (4, (4, 4), ((0, 16), (32, 48))),
        (3, (4, 4), ((0, 44),)),
        (3, (3, 4), ((0, 16), (28, 44))),
        (2, (2, 4), ((0, 16), (24, 40))),
        (9, (4, 4), ((0, 16), (52, 68))),
    ],
)
def test_phrases_are_cut_at_rests_of_a_bar(
    rest: float, metre: tuple[int, int], expected: tuple[tuple[int, int], ...]
) -> None:
    assert task((72, 4), (-1, rest), (71, 4), metre=metre).phrases == expected


def test_voices_sound_from_the_first_note_of_a_phrase_to_its_last() -> None:
    found = task((72, 3.5), (-1, 5), (71, 0.5), (69, 1))
    assert found.phrases == ((0, 16), (32, 40))
    free = np.flatnonzero(found.is_free[:, 3]).tolist()
    assert free == [*range(14), *range(34, 40)]
    # A bar of rest from the middle of a beat has no bar of silent beats in it.
    assert task((72, 3.5), (-1, 4), (71, 0.5), (69, 1)).phrases == ((0, 36),)


def test_several_long_rests_make_several_phrases() -> None:
    found = task((72, 1), (-1, 7), (71, 1), (-1, 4), (69, 2))
    assert found.phrases == ((0, 4), (32, 36), (52, 60))


@pytest.mark.parametrize(
    ("quarters", "end_step"), [(1.0, 8), (0.5, 6), (0.25, 5), (0.75, 7)]
)
def test_all_voices_end_with_the_melody(quarters: float, end_step: int) -> None:
    found = task((72, 1), (71, quarters))
    assert len(found.pitch_index) == 8
    assert np.flatnonzero(found.is_free[:, 1])[-1] + 1 == end_step
    assert found.end_tick == (1 + quarters) * QUARTER


def test_a_last_note_before_its_step_keeps_its_step() -> None:
    early = Note(onset=QUARTER - 6, duration=3, pitch=71)
    score = Score(
        ticks_per_quarter=QUARTER,
        parts=(Part(notes=(*notes((72, 0.5)), early)),),
    )
    found = prepare_melody(score, beat_level=Fraction(1))
    last = int(np.flatnonzero(found.pitch[:, 0] >= 0)[-1])
    assert np.flatnonzero(found.is_free[:, 1])[-1] == last


def test_the_beat_level_is_chosen_or_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    level = SimpleNamespace(quarters=Fraction(2), reason="it is slow")
    monkeypatch.setattr(task_module, "choose_beat_level", lambda _notes, _score: level)
    chosen = task((72, 4), beat_level=None)
    assert len(chosen.pitch_index) == 8
    assert chosen.notices[0].message == "it is slow"
    asked = task((72, 4), beat_level=Fraction(1, 2))
    assert len(asked.pitch_index) == 32
    assert asked.beat_level.quarters == Fraction(1, 2)


def test_triplets_and_swing_are_told() -> None:
    swung = [(72, 2 / 3), (71, 1 / 3)] * 8
    (notice,) = (n for n in task(*swung).notices if "subdivision" in n.code)
    assert "eighths are swung" in notice.message
    assert "subdivision" not in " ".join(codes(task((72, 1), (71, 0.5), (72, 0.5))))


def test_the_line_is_chosen_as_asked() -> None:
    score = Score(
        ticks_per_quarter=QUARTER,
        parts=(
            Part(notes=notes((72, 1)), name="Soprano"),
            Part(notes=notes((65, 1)), name="Alto"),
        ),
    )
    found = prepare_melody(score, voices=("Alto",), beat_level=Fraction(1))
    assert found.voices[0].extracted.part_index == 1
    assert soprano(found.pitch) == [65] * 4
    by_itself = prepare_melody(score, beat_level=Fraction(1))
    assert by_itself.voices[0].extracted.part_index == 0
    assert codes(by_itself)[0] == "voice-chosen"


def test_what_is_no_melody_is_refused() -> None:
    chord = (
        Note(onset=0, duration=QUARTER, pitch=60),
        Note(onset=0, duration=QUARTER, pitch=64),
    )
    with pytest.raises(PolyphonyError, match="bar 1, beat 1"):
        prepare_melody(Score(ticks_per_quarter=QUARTER, parts=(Part(notes=chord),)))
    with pytest.raises(EmptyScoreError):
        prepare_melody(Score(ticks_per_quarter=QUARTER))
    with pytest.raises(PitchRangeError, match="46 pitches"):
        task((30, 1), (90, 1))


def test_every_voice_that_is_not_given_is_free() -> None:
    found = task((48, 1), given=(3,))
    assert found.given_voices == (3,)
    assert found.is_free.all(axis=0).tolist() == [True, True, True, False]
    assert found.pitch[:, 3].tolist() == [48] * 4
    assert found.shift == 0


def duet() -> Score:
    return Score(
        ticks_per_quarter=QUARTER,
        parts=(
            Part(notes=notes((72, 2), (-1, 4), (71, 2)), name="Soprano"),
            Part(notes=notes((48, 1), (-1, 1), (50, 2)), name="Bass"),
        ),
    )


def test_voices_rest_where_all_given_voices_rest() -> None:
    found = prepare_melody(duet(), given=(0, 3), beat_level=Fraction(1))
    assert found.phrases == ((0, 32),)
    assert found.is_free[:, [1, 2]].all()
    assert found.is_free[:, [0, 3]].any() == np.False_


@pytest.mark.parametrize("given", [(), (0, 0), (0, 1, 2, 3)])
def test_something_has_to_be_left_to_write(given: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="one to three"):
        prepare_melody(duet(), given=given)


def test_phrase_ends_and_metre_reach_the_network() -> None:
    found = task((72, 1), (71, 3), (69, 4), phrase_ends="auto")
    planes = found.planes
    assert planes.fermata[0, -1] == 2
    assert planes.metre[0, 0] == planes.metre[0, 16] > 0
    assert task((72, 1)).planes.fermata.max() == 0


def test_auto_phrase_ends_are_the_fermatas_of_the_melodys_part() -> None:
    melody = Part(notes=notes((72, 1), (71, 2), (69, 5)), name="Melody")
    other = Part(notes=notes((48, 8)), name="Bass", fermatas=(0,))
    score = Score(
        ticks_per_quarter=QUARTER, parts=(replace(melody, fermatas=(480,)), other)
    )

    def told(score: Score) -> tuple[list[int], list[str]]:
        found = prepare_melody(
            score, voices=("1",), beat_level=Fraction(1), phrase_ends="auto"
        )
        said = [n.message for n in found.notices if n.code == "phrase-ends"]
        return np.flatnonzero(found.fermata == 2).tolist(), said

    assert told(score) == (
        [*range(4, 12)],
        ["phrase ends (fermatas of the score): 1:2"],
    )
    plain = replace(score, parts=(melody, replace(other, fermatas=())))
    assert told(plain) == (
        [*range(12, 32)],
        ["phrase ends (guessed, for want of fermatas): 1:4"],
    )
