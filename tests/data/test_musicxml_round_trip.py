"""What `musicxml_bytes` writes, the reader reads: nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        assert theirs.fermatas == tuple(int(tick * ratio) for tick in ours.fermatas)
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


FERMATAS: dict[str, Part] = {
    "over notes": replace(line((1, 60), (3, 62), (4, 64)), fermatas=(480, 1920)),
    "over the end of a tie": replace(line((3, 60), (3, 62)), fermatas=(1920,)),
    "inside a note of one bar": replace(line((4, 60)), fermatas=(1200,)),
    "over a note of several values": replace(line((2.5, 60)), fermatas=(0,)),
    "over a rest": replace(line((1, 60), (1, None), (2, 62)), fermatas=(480,)),
    "over part of a rest": replace(line((1, 60), (3, None), (1, 62)), fermatas=(960,)),
    "over a bar of rest": replace(line((4, 60), (4, None), (1, 62)), fermatas=(1920,)),
    "after the last note": replace(line((1, 60)), fermatas=(960, 1920)),
    "over a triplet": replace(line(*[(1 / 3, 60)] * 3), fermatas=(160, 320)),
    "in the second voice": Part(
        notes=sorted_notes([*line((4, 72)).notes, *line((1, 60), (3, 62)).notes]),
        fermatas=(480,),
    ),
    "over a drum": Part(
        notes=(Note(onset=0, duration=480, pitch=36),), is_drum=True, fermatas=(0,)
    ),
}
HANDMADE |= {f"fermata {name}": score_of(part) for name, part in FERMATAS.items()}
HANDMADE["fermatas of two parts and a pickup"] = score_of(
    FERMATAS["over notes"], FERMATAS["over a rest"], pickup=480
)


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
        places = {tick for note in notes for tick in (note.onset, note.end)}
        fermatas = draw(st.sets(st.sampled_from(sorted(places)))) if places else ()
        parts.append(Part(notes=sorted_notes(notes), fermatas=tuple(sorted(fermatas))))
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
    root = ET.fromstring(musicxml_bytes(score))
    check_measures(root)
    assert heads(root) == score.num_notes


def test_few_ticks_a_quarter_still_make_full_eighth_metres() -> None:
    score = Score(
        ticks_per_quarter=1,
        parts=(Part(notes=(Note(onset=0, duration=3, pitch=60),)),),
        time_signatures=(TimeSignature(tick=0, numerator=6, denominator=8),),
    )
    check_round_trip(score)


def test_a_tempo_of_any_size_is_exact() -> None:
    tempos = (Tempo(tick=0, qpm=119.99988), Tempo(tick=480, qpm=1 / 3 * 200))
    check_round_trip(replace(score_of(line((2, 60))), tempos=tempos))
