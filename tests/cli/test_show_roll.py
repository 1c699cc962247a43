from __future__ import annotations

from musegen.cli._show_roll import RollPicture
from musegen.data.score import Note, Part, Score


def picture() -> RollPicture:
    notes = tuple(Note(onset=n * 480, duration=480, pitch=60 + n) for n in range(4))
    return RollPicture(
        score=Score(ticks_per_quarter=480, parts=(Part(name="Alto", notes=notes),)),
        title="Tune",
        given_parts=frozenset({0}),
        bars=None,
    )


def test_facts_name_the_parts() -> None:
    facts = picture().facts()
    assert facts["bars"] == 1
    assert facts["parts"] == [
        {"part": 1, "name": "Alto", "notes": 4, "is_given": True, "is_drum": False}
    ]


def test_the_same_roll_is_drawn_and_written() -> None:
    text = picture().text(width_columns=80, use_color=False, use_unicode=True)
    data, notices = picture().content("text")
    assert data.decode() == f"{text}\n"
    assert notices == ()
    assert picture().content("svg")[0].startswith(b"<svg")
