from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def line(*lengths_and_pitches: tuple[float, int | None], start: int = 0) -> Part:
    """Make a part of (quarters, pitch or None for a rest) that follow one another."""
    notes, at = [], start
    for length, pitch in lengths_and_pitches:
        duration = round(length * TPQ)
        if pitch is not None:
            notes.append(Note(onset=at, duration=duration, pitch=pitch))
        at += duration
    return Part(notes=tuple(notes))


def score_of(
    *parts: Part,
    metre: tuple[int, int] = (4, 4),
    sharps: int | None = None,
    pickup: int = 0,
) -> Score:
    signature = TimeSignature(tick=0, numerator=metre[0], denominator=metre[1])
    keys = () if sharps is None else (KeySignature(tick=0, sharps=sharps),)
    return Score(
        ticks_per_quarter=TPQ,
        parts=parts,
        time_signatures=(signature,),
        key_signatures=keys,
        pickup=pickup,
    )


def root_of(score: Score) -> ET.Element:
    return ET.fromstring(musicxml_bytes(score))


def check_measures(root: ET.Element) -> None:
    """Every voice of every measure fills the bar exactly, in every part alike."""
    lengths: list[list[Fraction]] = []
    for part in root.iterfind("part"):
        divisions = int(part.findtext("measure/attributes/divisions") or 0)
        lengths.append([])
        for measure in part.iterfind("measure"):
            at, ends = 0, set()
            for element in measure:
                duration = int(element.findtext("duration") or 0)
                assert duration > 0 or element.tag not in {"note", "backup", "forward"}
                if element.tag == "backup":
                    ends.add(at)
                    at -= duration
                elif element.find("chord") is None:
                    at += duration
                assert at >= 0
            assert max(ends | {at}) == at
            lengths[-1].append(Fraction(at, divisions))
    assert all(part == lengths[0] for part in lengths)


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


def heads(root: ET.Element) -> int:
    """Count the notes that do not go on from another."""
    return sum(
        note.find("rest") is None and note.find("tie[@type='stop']") is None
        for note in root.iter("note")
    )


def in_quarters(score: Score) -> list[list[tuple[Fraction, Fraction, int, int]]]:
    tpq = score.ticks_per_quarter
    return [
        sorted(
            (Fraction(n.onset, tpq), Fraction(n.duration, tpq), n.pitch, n.velocity)
            for n in part.notes
        )
        for part in score.parts
    ]


def check_round_trip(score: Score) -> Score:
    """Read back what was written and compare all that MusicXML holds."""
    data = musicxml_bytes(score)
    check_measures(ET.fromstring(data))
    back = read_musicxml(data, name="ours.musicxml").score
    assert in_quarters(back) == in_quarters(score)
    ratio = Fraction(back.ticks_per_quarter, score.ticks_per_quarter)
    assert back.pickup == score.pickup * ratio
    for name in ("time_signatures", "key_signatures", "tempos", "markers"):
        expected = tuple(
            replace(event, tick=int(event.tick * ratio))
            for event in getattr(score, name)
        )
        assert getattr(back, name) == expected, name
    for ours, theirs in zip(score.parts, back.parts, strict=True):
        assert (theirs.name, theirs.program) == (ours.name, ours.program)
        assert theirs.is_drum == ours.is_drum
        expected_lyrics = [(int(e.tick * ratio), e.text) for e in ours.lyrics]
        assert [(e.tick, e.text) for e in theirs.lyrics] == expected_lyrics
    return back


QUARTER_TRIPLET = [(2 / 3, 60), (2 / 3, 62), (2 / 3, 64)]
EIGHTH_TRIPLET = [(1 / 3, 60), (1 / 3, 62), (1 / 3, 64)]
SIXTEENTH_TRIPLET = [(1 / 6, 60), (1 / 6, 62), (1 / 6, 64)]

HANDMADE: dict[str, Score] = {
    "pickup and completed last bar": score_of(
        line((1, 67), *[(1, 60 + i) for i in range(7)]), pickup=TPQ
    ),
    "pickup with a rest": score_of(
        line((1, 60), (2, 62), (2, 64), start=240), pickup=720, metre=(3, 4)
    ),
    "long note over three bars": score_of(line((0.5, 60), (11.25, 62), (0.25, 64))),
    "two voices": score_of(
        Part(
            notes=sorted_notes(
                [
                    *line((1, 72), (1, 74), (2, 76)).notes,
                    *line((3, 60), (1, 59)).notes,
                ]
            )
        )
    ),
    "triplets": score_of(
        line(*EIGHTH_TRIPLET, *QUARTER_TRIPLET, *SIXTEENTH_TRIPLET, (0.5, 70))
    ),
    "triplets with a rest and a longer note": score_of(
        line((1 / 3, 60), (2 / 3, 62), (1 / 3, None), (2 / 3, 64), (2, 65))
    ),
    "half note triplets": score_of(line((4 / 3, 60), (4 / 3, 62), (4 / 3, 64))),
    "quintuplets and septuplets": replace(
        score_of(
            Part(
                notes=tuple(
                    Note(
                        onset=i * 84 if i < 5 else 420 + (i - 5) * 60,
                        duration=d,
                        pitch=60,
                    )
                    for i, d in enumerate([84] * 5 + [60] * 7)
                )
            )
        ),
        ticks_per_quarter=420,
    ),
    "five four": score_of(line((5, 60), (2, 62), (3, 64), (2.5, 65)), metre=(5, 4)),
    "six eight": score_of(
        line((3, 60), (1.5, 62), (1, 64), (0.5, 65), (2, None), (1, 67)), metre=(6, 8)
    ),
    "seven eight": score_of(line((3.5, 60), (1, 61), (2, 62)), metre=(7, 8)),
    "rests in the middle": score_of(line((0.25, 60), (6.5, None), (0.25, 62))),
    "chords": score_of(
        Part(notes=tuple(Note(onset=0, duration=TPQ, pitch=p) for p in (60, 64, 67)))
    ),
    "unison in one part": score_of(
        Part(
            notes=(
                Note(onset=0, duration=TPQ, pitch=60, velocity=30),
                Note(onset=0, duration=TPQ, pitch=60, velocity=90),
            )
        )
    ),
    "five flats": score_of(line(*[(0.5, p) for p in range(60, 73)]), sharps=-5),
    "a silent part": score_of(line((6, 60)), Part(name="tacet")),
    "no notes at all": score_of(Part(name="tacet")),
    "velocities, names, programs": score_of(
        replace(line((1, 60)), name="Flöte & <Oboe>", program=73, channel=4),
        Part(
            notes=tuple(
                Note(onset=0, duration=480, pitch=48, velocity=v) for v in (1, 64, 127)
            )
        ),
    ),
    "drums": score_of(
        Part(
            notes=sorted_notes(
                Note(onset=i * 240, duration=240, pitch=p)
                for i in range(8)
                for p in (42, 36 + 2 * (i % 2), 81)
            ),
            is_drum=True,
            channel=9,
            name="Kit",
        )
    ),
    "metre, key and tempo changes": replace(
        score_of(line(*[(1, 60 + i) for i in range(14)])),
        time_signatures=(
            TimeSignature(tick=0, numerator=4, denominator=4),
            TimeSignature(tick=4 * TPQ, numerator=3, denominator=4),
            TimeSignature(tick=9 * TPQ, numerator=6, denominator=8),  # cuts a bar short
        ),
        key_signatures=(
            KeySignature(tick=0, sharps=1),
            KeySignature(tick=4 * TPQ, sharps=-2, is_minor=True),
            KeySignature(tick=5 * TPQ, sharps=0),  # inside a bar
        ),
        tempos=(
            Tempo(tick=0, qpm=96.5),
            Tempo(tick=240, qpm=60.123456),
            Tempo(tick=9 * TPQ, qpm=120.0),
        ),
        markers=(TextEvent(tick=0, text="A"), TextEvent(tick=5 * TPQ, text="B")),
    ),
    "lyrics": score_of(
        replace(
            line((1, 60), (1, 62), (1, None), (4, 64), (1, 65)),
            lyrics=(
                TextEvent(tick=0, text="Al-"),
                TextEvent(tick=480, text="le-"),
                TextEvent(tick=1440, text="lu"),
                TextEvent(tick=3360, text="ja"),
                TextEvent(tick=3360, text="zwei"),
            ),
        )
    ),
}


@pytest.mark.parametrize("name", HANDMADE)
def test_music21_reads_what_was_written(name: str) -> None:
    check_round_trip(HANDMADE[name])


METRES = st.sampled_from([(4, 4), (3, 4), (2, 2), (6, 8), (5, 8), (7, 8), (12, 8)])
FIGURES: tuple[tuple[float, ...], ...] = (
    (4,),
    (2, 2),
    (1, 1, 1, 1),
    (3, 1),
    (0.5, 1.5, 1, 0.25, 0.75),
    (1 / 3, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1),
    (1.5, 1.5, 1),
    (0.125, 0.125, 0.25, 0.5, 2.75, 0.25),
)


@st.composite
def notatable_scores(draw: st.DrawFn) -> Score:
    """Two lines of common figures, with rests and chords, in any metre."""
    parts = []
    for _ in range(2):
        notes, at = [], 0
        for figure in draw(st.lists(st.sampled_from(FIGURES), min_size=1, max_size=4)):
            for length in figure:
                duration = round(length * TPQ)
                pitches = draw(st.sets(st.integers(40, 80), max_size=2))
                notes += [Note(onset=at, duration=duration, pitch=p) for p in pitches]
                at += duration
        parts.append(Part(notes=sorted_notes(notes)))
    return score_of(
        *parts, metre=draw(METRES), sharps=draw(st.integers(-7, 7)), pickup=0
    )


@settings(max_examples=12, deadline=None)
@given(score=notatable_scores())
def test_notatable_music_comes_back_exactly(score: Score) -> None:
    check_round_trip(score)


ANY_NOTES = st.lists(
    st.builds(
        Note,
        onset=st.integers(0, 2_000),
        duration=st.integers(0, 1_000),
        pitch=st.integers(0, 127),
        velocity=st.integers(1, 127),
    ),
    max_size=8,
).map(sorted_notes)


@settings(max_examples=50, deadline=None)
@given(
    parts=st.lists(ANY_NOTES, min_size=1, max_size=2),
    metre=METRES,
    ticks_per_quarter=st.sampled_from([24, 100, 220, 480, 1000]),
    pickup=st.integers(0, 700),
    change=st.integers(1, 2_000),
)
def test_any_ticks_give_full_measures_and_lose_no_note(
    parts: Sequence[tuple[Note, ...]],
    metre: tuple[int, int],
    ticks_per_quarter: int,
    pickup: int,
    change: int,
) -> None:
    score = Score(
        ticks_per_quarter=ticks_per_quarter,
        parts=tuple(Part(notes=notes) for notes in parts),
        time_signatures=(
            TimeSignature(tick=0, numerator=metre[0], denominator=metre[1]),
            TimeSignature(tick=change, numerator=3, denominator=4),
        ),
        tempos=(Tempo(tick=change // 2, qpm=80.0),),
        key_signatures=(KeySignature(tick=change // 3, sharps=3),),
        pickup=pickup,
    )
    root = root_of(score)
    check_measures(root)
    assert heads(root) == score.num_notes


def test_the_same_score_gives_the_same_bytes_without_a_date() -> None:
    score = HANDMADE["lyrics"]
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
    score = replace(HANDMADE["chords"], title="Ö & <b>")
    assert root_of(score).findtext("work/work-title") == "Ö & <b>"
    other = ET.fromstring(musicxml_bytes(score, title="Other"))
    assert other.findtext("work/work-title") == "Other"
    assert ET.fromstring(musicxml_bytes(score, title="")).find("work") is None
    assert read_musicxml(musicxml_bytes(score)).score.title == "Ö & <b>"


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    score = score_of(replace(line((1, 60)), name="a\x00b"))
    assert root_of(score).findtext("part-list/score-part/part-name") == "a\ufffdb"


def test_a_pickup_is_an_implicit_bar_0_and_the_last_bar_completes_it() -> None:
    root = root_of(HANDMADE["pickup and completed last bar"])
    measures = root.findall("part/measure")
    assert [m.get("number") for m in measures] == ["0", "1", "2"]
    assert [m.get("implicit") for m in measures] == ["yes", None, None]
    assert symbols_of(root, "0") == ["quarter G4"]
    assert len(symbols_of(root, "2")) == 3
    open_end = score_of(line((1, 67), (2, 60)), pickup=TPQ)
    assert symbols_of(root_of(open_end), "1") == ["half C4", "half rest"]


def test_a_note_over_bar_lines_is_tied() -> None:
    root = root_of(HANDMADE["long note over three bars"])
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
    root = root_of(HANDMADE["triplets"])
    assert symbols_of(root, "1")[:7] == [
        *[f"eighth {n} in 3" for n in ("C4", "D4", "E4")],
        *[f"quarter {n} in 3" for n in ("C4", "D4", "E4")],
        "16th C4 in 3",
    ]
    tuplets = Counter(t.get("type") for t in root.iter("tuplet"))
    assert tuplets == {"start": 3, "stop": 3}


def test_accidentals_are_printed_once_a_bar_and_cancelled() -> None:
    root = root_of(
        score_of(line(*[(0.5, p) for p in (66, 66, 65, 66, 78, 61, 61, 60)]), sharps=1)
    )
    printed = [n.findtext("accidental") for n in root.iterfind("part/measure[1]/note")]
    assert printed == [None, None, "natural", "sharp", None, "sharp", None, "natural"]


def test_a_tied_note_keeps_its_name_and_needs_no_accidental() -> None:
    score = replace(
        score_of(line((3, 60), (2, 66), (1, 66))),
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
    root = root_of(
        score_of(line(*[(0.5, p) for p in (63, 65, 67, 68, 70, 72, 74, 75)]))
    )
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
    root = root_of(score_of(line(*[(1, p) for p in pitches])))
    found = root.find("part/measure/attributes/clef")
    assert found is not None
    text = "".join(child.text or "" for child in found)
    assert text == clef


def test_drums_stand_on_a_percussion_staff_by_number() -> None:
    root = root_of(HANDMADE["drums"])
    assert root.findtext("part/measure/attributes/clef/sign") == "percussion"
    numbers = [e.text for e in root.iter("midi-unpitched")]
    assert numbers == ["37", "39", "43", "82"]
    assert {e.text for e in root.iter("midi-channel")} == {"10"}
    assert root.find("part/measure/note/pitch") is None


def test_tempo_marks_count_the_beats_of_the_metre() -> None:
    score = replace(HANDMADE["six eight"], tempos=(Tempo(tick=0, qpm=90.0),))
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
    score = replace(score_of(line((4, 60))), tempos=tempos)
    root = root_of(score)
    assert len(root.findall("part/measure/direction/direction-type/metronome")) == 2
    assert len(root.findall(".//sound[@tempo]")) == 9
    assert read_musicxml(musicxml_bytes(score)).score.tempos == tempos


def test_a_syllable_without_a_note_becomes_a_text() -> None:
    part = replace(line((4, 60)), lyrics=(TextEvent(tick=960, text="ah"),))
    root = root_of(score_of(part))
    assert root.find(".//lyric") is None
    assert root.findtext("part/measure/direction/direction-type/words") == "ah"


def test_beats_of_eighths_share_a_beam() -> None:
    root = root_of(
        score_of(line((0.5, 60), (0.25, 62), (0.25, 64), (1, 65), (0.5, 67)))
    )
    beams = [
        [beam.text for beam in note.findall("beam")]
        for note in root.iterfind("part/measure/note")
    ]
    assert beams[:5] == [["begin"], ["continue", "begin"], ["end", "end"], [], []]


def test_gaps_that_sequencers_leave_are_not_notated() -> None:
    notes = tuple(Note(onset=480 * i, duration=455, pitch=60) for i in range(4))
    root = root_of(score_of(Part(notes=notes)))
    assert symbols_of(root, "1") == ["quarter C4"] * 4


def test_overlapping_notes_take_voices_the_higher_first() -> None:
    root = root_of(HANDMADE["two voices"])
    assert symbols_of(root, "1", "1") == ["quarter C5", "quarter D5", "half E5"]
    assert symbols_of(root, "1", "2") == ["half. C4", "quarter B3"]


def test_few_ticks_a_quarter_still_make_full_eighth_metres() -> None:
    score = Score(
        ticks_per_quarter=1,
        parts=(Part(notes=(Note(onset=0, duration=3, pitch=60),)),),
        time_signatures=(TimeSignature(tick=0, numerator=6, denominator=8),),
    )
    check_round_trip(score)
