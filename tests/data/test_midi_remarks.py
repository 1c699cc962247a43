from __future__ import annotations

from fractions import Fraction

from musegen.data.midi_chunks import Problem
from musegen.data.midi_remarks import Remarks
from musegen.data.notices import Notice
from musegen.data.score import BarBeat, Score

SCORE = Score(ticks_per_quarter=480)


def test_remarks_become_notices_with_bar_and_beat_in_order() -> None:
    remarks = Remarks()
    remarks.add("second-beat", "here", 2400)
    remarks.add("whole-file", "everywhere")
    assert remarks.notices(SCORE) == (
        Notice(
            code="second-beat", message="here", place=BarBeat(bar=2, beat=Fraction(2))
        ),
        Notice(code="whole-file", message="everywhere"),
    )


def test_first_damage_is_remembered_and_other_problems_are_not() -> None:
    remarks = Remarks()
    remarks.add_problems([Problem(code="a", message="is odd")], prefix="track 1 ")
    assert remarks.damage == ""
    remarks.add_problems(
        [Problem(code="b", message=m, is_damage=True) for m in ("breaks", "ends")],
        prefix="track 2 ",
    )
    assert remarks.damage == "track 2 breaks"
    assert [notice.message for notice in remarks.notices(SCORE)] == [
        "track 1 is odd",
        "track 2 breaks",
        "track 2 ends",
    ]


def test_text_is_utf8_or_else_latin1_and_told_once() -> None:
    remarks = Remarks()
    assert remarks.decode("Flöte".encode(), 0) == "Flöte"
    assert remarks.notices(SCORE) == ()
    assert remarks.decode(b"Fl\xf6te", 480) == "Flöte"
    assert remarks.decode(b"\xff", 0) == "ÿ"
    (notice,) = remarks.notices(SCORE)
    assert notice.code == "latin-1-text"
    assert "2" in notice.message
    assert "Flöte" in notice.message
    assert notice.place == BarBeat(bar=1, beat=Fraction(2))


def test_events_without_a_place_are_counted_by_kind() -> None:
    remarks = Remarks()
    remarks.not_kept("text")
    remarks.not_kept("text", 2)
    remarks.not_kept("port")
    remarks.not_kept("tempo", 0)
    (notice,) = remarks.notices(SCORE)
    assert notice.code == "events-not-kept"
    assert notice.message.endswith("text (3), port (1)")
