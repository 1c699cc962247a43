"""Styles name only controls that exist, in ranges that are ranges."""

from __future__ import annotations

from dataclasses import fields

import pytest

from musegen.data.errors import UsageError
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.styles import STYLES, Style, style_named

OF_THE_TUNE = {"name", "independence", "legato_share", "staccato_share"}
OF_THE_TUNE |= {"vibrato_share", "phrase_arc_db", "follows_notes"}


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
def test_ranges_ascend(style: Style) -> None:
    for field in fields(Style):
        value = getattr(style, field.name)
        if isinstance(value, tuple):
            assert value[0] <= value[1]


def test_every_range_of_a_note_is_a_control() -> None:
    controls = {field.name for field in fields(NoteExpression)}
    ranges = {field.name for field in fields(Style)} - OF_THE_TUNE
    assert ranges <= controls
    assert controls - ranges == {"is_legato"}


def test_one_style_follows_the_notes() -> None:
    assert [s.name for s in STYLES.values() if s.follows_notes] == ["musical"]
    assert STYLES["musical"].independence == 0.0


def test_an_unknown_style_is_answered_by_the_list() -> None:
    with pytest.raises(UsageError, match=r'"sad"; choose one of: plain, lively'):
        style_named("sad")
