"""A score becomes the bytes of the format that is asked for."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from musegen.cli._score_bytes import score_bytes
from musegen.data.midi import read_midi
from musegen.data.score import Note, Part, Score
from musegen.render.bar_range import BarRange

TICKS = 480


def score(title: str = "") -> Score:
    notes = tuple(
        Note(onset=TICKS * i, duration=TICKS, pitch=67 + i % 3) for i in range(8)
    )
    parts = (
        Part(name="Melody", channel=0, notes=notes),
        Part(name="Alto", channel=1, notes=notes),
    )
    return Score(ticks_per_quarter=TICKS, parts=parts, title=title)


def written(format: str, *, title: str = "", given: frozenset[int]) -> bytes:
    data, notices = score_bytes(
        score(title), format, title="the file's name", given_parts=given
    )
    assert notices == ()
    return data


def test_midi_is_the_score_itself() -> None:
    data = written("midi", given=frozenset())
    assert read_midi(data).score.parts == score().parts


@pytest.mark.parametrize("format", ["musicxml", "svg"])
@pytest.mark.parametrize(
    ("title", "shown"), [("", "the file's name"), ("Own title", "Own title")]
)
def test_title_is_the_scores_own_or_else_the_one_given(
    format: str, title: str, shown: str
) -> None:
    data = written(format, title=title, given=frozenset())
    texts = [element.text for element in ElementTree.fromstring(data).iter()]
    assert shown in texts
    assert ("the file's name" in texts) == (shown == "the file's name")


@pytest.mark.parametrize("format", ["png", "svg"])
def test_pictures_outline_the_parts_that_were_given(format: str) -> None:
    if format == "png":
        pytest.importorskip("matplotlib", reason="the extra 'plot'")
    plain = written(format, given=frozenset())
    assert plain != written(format, given=frozenset({0}))
    assert plain == written(format, given=frozenset())


@pytest.mark.parametrize("format", ["png", "svg", "text"])
def test_pictures_show_the_bars_that_are_asked_for(format: str) -> None:
    if format == "png":
        pytest.importorskip("matplotlib", reason="the extra 'plot'")
    (whole, _), (part, _), (both, _) = (
        score_bytes(score(), format, given_parts=frozenset(), bars=bars)
        for bars in (None, BarRange(first=2), BarRange(first=1, last=2))
    )
    assert whole == both
    assert whole != part


def test_text_is_a_roll_under_the_title_that_ends_its_last_line() -> None:
    text = written("text", given=frozenset()).decode("utf-8")
    assert text.startswith("the file's name\n")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text != written("text", given=frozenset({0})).decode("utf-8")


def test_what_a_format_cannot_hold_is_told() -> None:
    long = Note(onset=0, duration=4 * TICKS, pitch=60)
    nested = replace(long, onset=TICKS, duration=TICKS)
    part = Part(name="Melody", channel=0, notes=(long, nested))
    _, notices = score_bytes(
        replace(score(), parts=(part,)), "midi", given_parts=frozenset()
    )
    assert [notice.code for notice in notices] == ["nested-note"]
