from __future__ import annotations

import pytest

from musegen.data.musicxml_elements import (
    clean,
    syllables,
    tempo_element,
)
from musegen.data.score import Tempo, TimeSignature


def test_hyphens_make_syllables_of_words() -> None:
    found = syllables(["Al-", "le-", "lu", "ja", "-", "oh-"])
    assert [(lyric.text, lyric.syllabic) for lyric in found] == [
        ("Al", "begin"),
        ("le", "middle"),
        ("lu", "end"),
        ("ja", "single"),
        ("-", "single"),
        ("oh", "begin"),
    ]


def test_text_is_cleaned_of_what_xml_cannot_hold() -> None:
    assert clean("tab\tnew\nbell\x07ö𝄞") == "tab\tnew\nbell\ufffdö𝄞"


@pytest.mark.parametrize(
    ("numerator", "denominator", "unit", "per_minute"),
    [
        (4, 4, "quarter", "120"),
        (2, 2, "half", "60"),
        (6, 8, "quarter.", "80"),
        (6, 4, "half.", "40"),
        (6, 16, "eighth.", "160"),
        (9, 32, "quarter", "120"),
        (5, 8, "quarter", "120"),
        (3, 1, "whole", "30"),
    ],
)
def test_metronome_marks_count_felt_beats(
    numerator: int, denominator: int, unit: str, per_minute: str
) -> None:
    signature = TimeSignature(tick=0, numerator=numerator, denominator=denominator)
    element = tempo_element(Tempo(tick=0, qpm=120.0), signature)
    metronome = element.find("direction-type/metronome")
    assert metronome is not None
    dots = "." * len(metronome.findall("beat-unit-dot"))
    assert (metronome.findtext("beat-unit") or "") + dots == unit
    assert metronome.findtext("per-minute") == per_minute
    sound = element.find("sound")
    assert sound is not None
    assert sound.get("tempo") == "120"


def test_tempos_are_written_without_exponents() -> None:
    signature = TimeSignature(tick=0, numerator=4, denominator=4)
    element = tempo_element(Tempo(tick=0, qpm=2.5e-5), signature, is_shown=False)
    assert element.tag == "sound"
    assert element.get("tempo") == "0.000025"
