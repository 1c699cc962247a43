"""How a score is notated: bars, symbols, ties, accidentals, clefs, beams, marks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import accumulate
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from musegen.data.errors import EmptyScoreError
from musegen.data.musicxml import musicxml_bytes
from musegen.data.musicxml_reader import read_musicxml
from musegen.data.score import (
    KeySignature,
    Note,
    Part,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

TPQ = 480
CDE = (60, 62, 64)


def melody(
    *lengths_and_pitches: tuple[float, int],
    metre: tuple[int, int] = (4, 4),
    sharps: int | None = None,
    pickup: int = 0,
) -> Score:
    """Make a score of one part whose notes, lengths in quarters, follow one another."""
    ends = list(accumulate(round(length * TPQ) for length, _ in lengths_and_pitches))
    notes = tuple(
        Note(onset=start, duration=end - start, pitch=pitch)
        for start, end, (_, pitch) in zip(
            [0, *ends], ends, lengths_and_pitches, strict=False
        )
    )
    numerator, denominator = metre
    return Score(
        ticks_per_quarter=TPQ,
        parts=(Part(notes=notes),),
        time_signatures=(
            TimeSignature(tick=0, numerator=numerator, denominator=denominator),
        ),
        key_signatures=() if sharps is None else (KeySignature(tick=0, sharps=sharps),),
        pickup=pickup,
    )


def with_part(score: Score, **changes: Any) -> Score:  # noqa: ANN401
    """Change fields of the one part of a score."""
    return replace(score, parts=(replace(score.parts[0], **changes),))


def root_of(score: Score) -> ET.Element:
    return ET.fromstring(musicxml_bytes(score))


def symbols_of(root: ET.Element, measure: str, voice: str = "1") -> list[str]:
    """Write a measure of the first part as words: `eighth. C#5 ~` (dot, tie on)."""
    words = []
    for note in root.iterfind(f"part[1]/measure[@number='{measure}']/note"):
        if note.findtext("voice") != voice:
            continue
        name = (note.findtext("type") or "bar") + "." * len(note.findall("dot"))
        pitch = note.find("pitch")
        if pitch is None:
            name += " rest"
        else:
            alter = {"1": "#", "-1": "b", "2": "##"}.get(
                pitch.findtext("alter") or "", ""
            )
            name += f" {pitch.findtext('step')}{alter}{pitch.findtext('octave')}"
        if note.find("tie[@type='start']") is not None:
            name += " ~"
        actual = note.findtext("time-modification/actual-notes")
        words.append(name + (f" in {actual}" if actual else ""))
    return words


def test_the_same_score_gives_the_same_bytes_without_a_date() -> None:
    score = melody((1, 60), (2, 62))
    data = musicxml_bytes(score)
    assert data == musicxml_bytes(score)
    assert data.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-part'
    )
    assert b"date" not in data


def test_a_score_without_parts_is_refused() -> None:
    with pytest.raises(EmptyScoreError, match="no parts"):
        musicxml_bytes(Score(ticks_per_quarter=480))


def test_the_title_is_the_scores_or_the_one_given() -> None:
    score = replace(melody((1, 60)), title="Ö & <b>")
    assert root_of(score).findtext("work/work-title") == "Ö & <b>"
    other = ET.fromstring(musicxml_bytes(score, title="Other"))
    assert other.findtext("work/work-title") == "Other"
    assert ET.fromstring(musicxml_bytes(score, title="")).find("work") is None
    assert read_musicxml(musicxml_bytes(score)).score.title == "Ö & <b>"


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    score = with_part(melody((1, 60)), name="a\x00b")
    assert root_of(score).findtext("part-list/score-part/part-name") == "a\ufffdb"


def test_a_pickup_is_an_implicit_bar_0_and_the_last_bar_completes_it() -> None:
    root = root_of(melody((1, 67), *[(1, 60 + i) for i in range(7)], pickup=TPQ))
    measures = root.findall("part/measure")
    assert [m.get("number") for m in measures] == ["0", "1", "2"]
    assert [m.get("implicit") for m in measures] == ["yes", None, None]
    assert symbols_of(root, "0") == ["quarter G4"]
    assert len(symbols_of(root, "2")) == 3
    open_end = melody((1, 67), (2, 60), pickup=TPQ)
    assert symbols_of(root_of(open_end), "1") == ["half C4", "half rest"]


def test_a_note_over_bar_lines_is_tied() -> None:
    root = root_of(melody((0.5, 60), (11.25, 62), (0.25, 64)))
    assert symbols_of(root, "1") == [
        "eighth C4",
        "quarter. D4 ~",
        "half D4 ~",
    ]
    assert symbols_of(root, "2") == ["whole D4 ~"]
    assert symbols_of(root, "3") == [
        "half D4 ~",
        "quarter D4 ~",
        "eighth. D4",
        "16th E4",
    ]


def test_triplets_are_bracketed_by_their_size() -> None:
    figures = [(length, pitch) for length in (1 / 3, 2 / 3, 1 / 6) for pitch in CDE]
    root = root_of(melody(*figures, (0.5, 70)))
    assert symbols_of(root, "1")[:7] == [
        *[f"eighth {n} in 3" for n in ("C4", "D4", "E4")],
        *[f"quarter {n} in 3" for n in ("C4", "D4", "E4")],
        "16th C4 in 3",
    ]
    tuplets = Counter(t.get("type") for t in root.iter("tuplet"))
    assert tuplets == {"start": 3, "stop": 3}


def test_accidentals_are_printed_once_a_bar_and_cancelled() -> None:
    root = root_of(
        melody(*[(0.5, p) for p in (66, 66, 65, 66, 78, 61, 61, 60)], sharps=1)
    )
    printed = [n.findtext("accidental") for n in root.iterfind("part/measure[1]/note")]
    assert printed == [None, None, "natural", "sharp", None, "sharp", None, "natural"]


def test_a_tied_note_keeps_its_name_and_needs_no_accidental() -> None:
    score = replace(
        melody((3, 60), (2, 66), (1, 66)),
        key_signatures=(
            KeySignature(tick=0, sharps=0),
            KeySignature(tick=1920, sharps=-6),
        ),
    )
    root = root_of(score)
    assert symbols_of(root, "2")[:2] == ["quarter F#4", "quarter Gb4"]
    second = root.findall("part/measure[@number='2']/note")
    assert [note.findtext("accidental") for note in second[:2]] == [None, None]


def test_without_a_key_pitches_are_spelled_by_the_notes() -> None:
    root = root_of(melody(*[(0.5, p) for p in (63, 65, 67, 68, 70, 72, 74, 75)]))
    assert root.find("part/measure/attributes/key") is None
    assert symbols_of(root, "1")[0] == "eighth Eb4"
    assert root.findtext("part/measure/note/accidental") == "flat"


@pytest.mark.parametrize(
    ("pitches", "clef"),
    [
        ((60, 72, 79), "G2"),
        ((40, 48, 55), "F4"),
        ((50, 57, 64, 66), "G2-1"),
        ((), "G2"),
    ],
)
def test_the_clef_follows_the_range(pitches: tuple[int, ...], clef: str) -> None:
    root = root_of(melody(*[(1, p) for p in pitches]))
    found = root.find("part/measure/attributes/clef")
    assert found is not None
    text = "".join(child.text or "" for child in found)
    assert text == clef


def test_drums_stand_on_a_percussion_staff_by_number() -> None:
    notes = melody(*[(0.5, p) for p in (42, 36, 81, 38)])
    root = root_of(with_part(notes, is_drum=True, channel=9, name="Kit"))
    assert root.findtext("part/measure/attributes/clef/sign") == "percussion"
    numbers = [e.text for e in root.iter("midi-unpitched")]
    assert numbers == ["37", "39", "43", "82"]
    assert {e.text for e in root.iter("midi-channel")} == {"10"}
    assert root.find("part/measure/note/pitch") is None


def test_tempo_marks_count_the_beats_of_the_metre() -> None:
    score = replace(melody((3, 60), metre=(6, 8)), tempos=(Tempo(tick=0, qpm=90.0),))
    metronome = root_of(score).find("part/measure/direction/direction-type/metronome")
    assert metronome is not None
    assert [child.tag for child in metronome] == [
        "beat-unit",
        "beat-unit-dot",
        "per-minute",
    ]
    assert metronome.findtext("per-minute") == "60"


def test_a_tempo_curve_is_heard_and_printed_once_a_quarter() -> None:
    tempos = tuple(Tempo(tick=60 * i, qpm=100.0 - i) for i in range(9))
    score = replace(melody((4, 60)), tempos=tempos)
    root = root_of(score)
    assert len(root.findall("part/measure/direction/direction-type/metronome")) == 2
    assert len(root.findall(".//sound[@tempo]")) == 9
    assert read_musicxml(musicxml_bytes(score)).score.tempos == tempos


def test_a_syllable_without_a_note_becomes_a_text() -> None:
    syllable = TextEvent(tick=960, text="ah")
    root = root_of(with_part(melody((4, 60)), lyrics=(syllable,)))
    assert root.find(".//lyric") is None
    assert root.findtext("part/measure/direction/direction-type/words") == "ah"


def test_beats_of_eighths_share_a_beam() -> None:
    root = root_of(melody((0.5, 60), (0.25, 62), (0.25, 64), (1, 65), (0.5, 67)))
    beams = [
        [beam.text for beam in note.findall("beam")]
        for note in root.iterfind("part/measure/note")
    ]
    assert beams[:5] == [["begin"], ["continue", "begin"], ["end", "end"], [], []]


def test_gaps_that_sequencers_leave_are_not_notated() -> None:
    notes = tuple(Note(onset=480 * i, duration=455, pitch=60) for i in range(4))
    root = root_of(with_part(melody(), notes=notes))
    assert symbols_of(root, "1") == ["quarter C4"] * 4


def test_overlapping_notes_take_voices_the_higher_first() -> None:
    upper = melody((1, 72), (1, 74), (2, 76)).parts[0].notes
    lower = melody((3, 60), (1, 59)).parts[0].notes
    root = root_of(with_part(melody(), notes=sorted_notes([*upper, *lower])))
    assert symbols_of(root, "1", "1") == ["quarter C5", "quarter D5", "half E5"]
    assert symbols_of(root, "1", "2") == ["half. C4", "quarter B3"]


def test_a_chord_has_its_fermata_once() -> None:
    chord = tuple(Note(onset=0, duration=1920, pitch=pitch) for pitch in CDE)
    root = root_of(with_part(melody((4, 60)), notes=chord, fermatas=(0,)))
    marks = [note.find("notations/fermata") for note in root.iter("note")]
    assert [mark is not None for mark in marks] == [True, False, False]
