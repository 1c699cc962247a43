from __future__ import annotations

from fractions import Fraction

import pytest

from musegen.data.musicxml_fermatas import under_fermatas
from musegen.data.musicxml_layout import Segment, exact_events, lay_out, voices
from musegen.data.score import Note, Part, Score, sorted_notes

QUARTER = 480


def rows_of(*spans: tuple[float, float, int], at: float) -> list[list[Segment]]:
    """Segments of each voice; notes of (onset, end, pitch) and a fermata, quarters."""
    notes = sorted_notes(
        Note(
            onset=round(onset * QUARTER),
            duration=round((end - onset) * QUARTER),
            pitch=pitch,
        )
        for onset, end, pitch in spans
    )
    part = Part(notes=notes, fermatas=(round(at * QUARTER),))
    layout = lay_out(Score(ticks_per_quarter=QUARTER, parts=(part,)), exact=True)
    rows = under_fermatas(
        part,
        voices(exact_events(part, layout)),
        layout,
        place_of=layout.exact_place,
    )
    return [[s for index in sorted(row) for s in row[index]] for row in rows]


def words(segments: list[Segment]) -> list[str]:
    """Write segments as `C 1/2 ~ !` (a note of half a quarter, tied on, a fermata)."""
    return [
        ("rest" if s.event is None else str(s.event.notes[0].pitch))
        + f" {s.end - s.start}"
        + (" ~" if s.is_tied_out else "")
        + (" !" if s.has_fermata else "")
        for s in segments
    ]


def test_a_note_that_begins_there_has_it() -> None:
    (row,) = rows_of((0, 1, 60), (1, 3, 62), (3, 4, 64), at=1)
    assert words(row) == ["60 1", "62 2 !", "64 1"]


def test_a_note_that_goes_on_there_is_tied_to_the_note_that_has_it() -> None:
    (row,) = rows_of((0, 4, 60), at=1.5)
    assert words(row) == ["60 3/2 ~", "60 5/2 !"]
    assert [s.is_tied_in for s in row] == [False, True]


def test_over_a_bar_line_the_tie_that_is_there_does() -> None:
    (row,) = rows_of((3, 6, 60), at=4)
    assert words(row) == ["rest 3", "60 1 ~", "60 2 !", "rest 2"]


def test_a_rest_is_cut_where_the_fermata_stands() -> None:
    (row,) = rows_of((0, 1, 60), at=2)
    assert words(row) == ["60 1", "rest 1", "rest 2 !"]


def test_a_bar_of_silence_can_have_it() -> None:
    (row,) = rows_of((0, 1, 60), at=4)
    assert words(row) == ["60 1", "rest 3", "rest 4 !"]


@pytest.mark.parametrize(
    ("at", "voice", "expected"),
    [
        (0, 0, "72 4 !"),  # of two that begin there the first voice
        (1, 1, "60 1 !"),  # what begins goes before what goes on
        (3, 0, "72 1 !"),
    ],
)
def test_one_voice_has_it(at: float, voice: int, expected: str) -> None:
    rows = rows_of((0, 4, 72), (0, 1, 62), (1, 2, 60), at=at)
    marked = [
        (index, s) for index, row in enumerate(rows) for s in row if s.has_fermata
    ]
    assert [(index, *words([s])) for index, s in marked] == [(voice, expected)]


def test_a_place_that_is_rounded_to_the_end_stays_in_the_last_bar() -> None:
    part = Part(notes=(Note(onset=0, duration=1, pitch=60),), fermatas=(1919,))
    layout = lay_out(Score(ticks_per_quarter=QUARTER, parts=(part,)))
    (row,) = under_fermatas(part, [[]], layout, place_of=lambda _: Fraction(4))
    assert words(row[0])[-1] == "rest 1/16 !"
