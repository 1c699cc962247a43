"""Which notes of a table are the score's."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen.cli._show_fit import Fit, fit
from musegen.data.errors import InputError
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.notes import PlayedNote

PITCHES = (69, 72, 76, 74)
SCORE = Score(
    ticks_per_quarter=480,
    parts=(
        Part(
            notes=tuple(
                Note(onset=480 * n, duration=480, pitch=pitch)
                for n, pitch in enumerate(PITCHES)
            )
        ),
    ),
)
TABLE = Path("t.csv")


def notes(*pitches: int, later_s: float = 0.0) -> list[PlayedNote]:
    return [
        PlayedNote(
            pitch=pitch, onset_s=later_s + 0.5 * n, offset_s=later_s + 0.5 * n + 0.5
        )
        for n, pitch in enumerate(pitches)
    ]


@pytest.mark.parametrize("later_s", [0.0, 0.04])
def test_notes_at_their_place_need_no_word(later_s: float) -> None:
    for played in (notes(*PITCHES, later_s=later_s), notes(*PITCHES[:2])):
        assert fit(TABLE, played, SCORE) == Fit(is_in_place=True)


def test_some_that_are_not_there_are_counted() -> None:
    found = fit(TABLE, notes(69, 72, 77, 75), SCORE)
    assert found.is_in_place
    assert "2 of the 4 notes of t.csv are not in the score" in str(found.notices[0])


def test_a_transposed_table_is_the_scores() -> None:
    found = fit(TABLE, notes(*(pitch + 5 for pitch in PITCHES)), SCORE)
    assert found.is_in_place
    assert "+5 semitones" in str(found.notices[0])


def test_notes_at_other_times_are_the_scores_but_not_in_place() -> None:
    assert fit(TABLE, notes(*PITCHES, later_s=0.2), SCORE) == Fit(is_in_place=False)
    assert fit(TABLE, notes(*PITCHES[2:]), SCORE) == Fit(is_in_place=False)
    (notice,) = fit(TABLE, notes(76, 80), SCORE).notices
    assert "1 of the 2 notes" in notice.message


@pytest.mark.parametrize("pitches", [(60,), (60, 63), (60, 61, 75)])
def test_a_table_of_another_score_is_refused(pitches: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"t\.csv: none of its \d notes is in the"):
        fit(TABLE, notes(*pitches), SCORE)
