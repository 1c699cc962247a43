from __future__ import annotations

from fractions import Fraction

from musegen.data.notices import Notice
from musegen.data.score import BarBeat


def test_notice_reads_as_place_and_sentence() -> None:
    place = BarBeat(bar=3, beat=Fraction(5, 2))
    assert str(Notice(code="a", message="a note", place=place)) == (
        "bar 3, beat 2.5: a note"
    )


def test_notice_without_a_place_is_its_sentence() -> None:
    assert str(Notice(code="a", message="a note")) == "a note"
