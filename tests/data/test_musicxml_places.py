from __future__ import annotations

from fractions import Fraction

import pytest

from musegen.data.musicxml_layout import lay_out
from musegen.data.musicxml_places import notated_events
from musegen.data.score import Note, Part, Score


def placed(
    *notes: tuple[int, int], ticks_per_quarter: int = 480
) -> list[tuple[Fraction | int, Fraction | int]]:
    """(start, end) in quarters for notes of (onset, end) ticks."""
    part = Part(
        notes=tuple(
            Note(onset=onset, duration=end - onset, pitch=60 + index)
            for index, (onset, end) in enumerate(notes)
        )
    )
    score = Score(ticks_per_quarter=ticks_per_quarter, parts=(part,))
    events = notated_events(part, lay_out(score))
    found = [(event.start, event.end) for event in events for _ in event.notes]
    return [(start, end) for start, end in sorted(found)]


def test_notatable_notes_stay_exactly_where_they_are() -> None:
    ticks = [(0, 160), (160, 240), (240, 270), (270, 480), (480, 576), (576, 960)]
    assert placed(*ticks) == [(Fraction(a, 480), Fraction(b, 480)) for a, b in ticks]


@pytest.mark.parametrize("end", [455, 460, 470, 490])
def test_gaps_and_overlaps_of_sequencers_close(end: int) -> None:
    assert placed((0, end), (480, 960)) == [(0, 1), (1, 2)]


def test_staccato_is_written_as_short_notes() -> None:
    assert placed((0, 240), (480, 600)) == [(0, Fraction(1, 2)), (1, Fraction(5, 4))]
    assert placed((0, 30)) == [(0, Fraction(1, 16))]


def test_loose_playing_is_written_on_a_plain_raster() -> None:
    assert placed((11, 230), (251, 473), (487, 961)) == [
        (0, Fraction(1, 2)),
        (Fraction(1, 2), 1),
        (1, 2),
    ]


def test_swung_eighths_become_triplets() -> None:
    third = Fraction(1, 3)
    found = placed((3, 299), (299, 478), (481, 790), (790, 955))
    assert found == [(0, 2 * third), (2 * third, 1), (1, 5 * third), (5 * third, 2)]


def test_triplets_rounded_to_ticks_are_triplets() -> None:
    found = placed((0, 33), (33, 67), (67, 100), ticks_per_quarter=100)
    assert [start for start, _ in found] == [0, Fraction(1, 3), Fraction(2, 3)]


def test_notes_of_no_length_get_one_up_to_the_next_note() -> None:
    assert placed((0, 0)) == [(0, Fraction(1, 4))]
    assert placed((0, 1), (60, 480)) == [(0, Fraction(1, 8)), (Fraction(1, 8), 1)]


def test_a_note_of_no_length_at_the_last_bar_line_opens_a_new_bar() -> None:
    assert placed((0, 1920), (1920, 1920)) == [(0, 4), (4, Fraction(17, 4))]


def test_an_onset_rounded_to_the_last_bar_line_stays_in_the_bar() -> None:
    assert placed((1915, 1918)) == [(4 - Fraction(1, 16), 4)]


def test_ends_in_quintuplets_are_kept_where_the_notes_are_quintuplets() -> None:
    assert placed((96, 576)) == [(Fraction(1, 5), Fraction(6, 5))]
    assert placed((0, 576)) == [(0, Fraction(5, 4))]
