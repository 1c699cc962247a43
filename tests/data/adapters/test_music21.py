from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.adapters.music21 import from_music21, read_music21, to_music21
from musegen.data.errors import InputError, MissingPackageError
from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

music21 = pytest.importorskip("music21", reason="the extra `score` is not installed")

NOTES = st.builds(
    Note,
    onset=st.integers(0, 1_500),
    duration=st.integers(0, 1_500),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
)
PARTS = st.builds(
    Part,
    notes=st.lists(NOTES, max_size=6).map(sorted_notes),
    name=st.sampled_from(["", "Alt"]),
    program=st.integers(0, 127),
    channel=st.none() | st.integers(0, 8),
    fermatas=st.sets(st.integers(0, 3_000), max_size=3).map(sorted).map(tuple),
)


@settings(max_examples=15, deadline=None)
@given(
    parts=st.lists(PARTS, min_size=1, max_size=2).map(tuple),
    ticks_per_quarter=st.sampled_from([24, 220, 480, 1001]),
    numerator=st.integers(2, 7),
    pickup=st.integers(0, 20),
    change=st.integers(100, 2_000),
    qpm=st.integers(20_000, 300_000).map(lambda thousandths: thousandths / 1000),
    sharps=st.integers(-7, 7),
)
def test_everything_comes_back_at_its_tick(
    parts: tuple[Part, ...],
    ticks_per_quarter: int,
    numerator: int,
    pickup: int,
    change: int,
    qpm: float,
    sharps: int,
) -> None:
    score = Score(
        ticks_per_quarter=ticks_per_quarter,
        parts=parts,
        tempos=(Tempo(tick=0, qpm=60.0), Tempo(tick=change, qpm=qpm)),
        time_signatures=(
            TimeSignature(tick=0, numerator=numerator, denominator=4),
            TimeSignature(tick=change, numerator=4, denominator=4),
        ),
        key_signatures=(
            KeySignature(tick=0, sharps=sharps, is_minor=True),
            KeySignature(tick=change + 1, sharps=0),
        ),
        pickup=pickup,
        title="Stück",
        markers=(TextEvent(tick=change, text="B"),),
    )
    assert from_music21(to_music21(score)) == score


def chorale() -> Score:
    upper = Part(
        notes=(
            Note(onset=0, duration=480, pitch=68, velocity=90),
            Note(onset=480, duration=2400, pitch=69, velocity=91),
        ),
        name="S",
        lyrics=(TextEvent(tick=0, text="A-"), TextEvent(tick=480, text="men")),
    )
    lower = Part(notes=(Note(onset=0, duration=960, pitch=45),), name="B")
    return Score(
        ticks_per_quarter=480,
        parts=(upper, lower),
        time_signatures=(TimeSignature(tick=0, numerator=3, denominator=4),),
        key_signatures=(KeySignature(tick=0, sharps=0, is_minor=True),),
        pickup=480,
    )


def test_music21_sees_bars_ties_lyrics_and_the_leading_tone() -> None:
    stream = to_music21(chorale())
    soprano = stream.parts[0]
    measures = list(soprano.getElementsByClass("Measure"))
    assert [measure.number for measure in measures] == [0, 1, 2]
    assert measures[0].paddingLeft == 2.0
    first, second, third = list(soprano.recurse().notes)
    assert (first.nameWithOctave, first.lyric) == ("G#4", "A")
    assert (second.tie.type, third.tie.type) == ("start", "stop")
    assert second.quarterLength + third.quarterLength == 5.0
    assert stream.isWellFormedNotation()


def test_lyrics_and_drums_come_back() -> None:
    drums = Part(
        notes=(
            Note(onset=0, duration=120, pitch=36),
            Note(onset=0, duration=120, pitch=42),
        ),
        is_drum=True,
        channel=9,
    )
    score = replace(chorale(), parts=(*chorale().parts, drums))
    assert from_music21(to_music21(score)) == score


def test_what_music21_cannot_hold_is_what_the_module_says() -> None:
    upper, lower = chorale().parts
    richer = replace(
        upper,
        controls=(ControlChange(tick=0, number=7, value=100),),
        pitch_bends=(PitchBend(tick=0, value=5),),
        lyrics=(*upper.lyrics, TextEvent(tick=960, text="ah")),
    )
    score = replace(chorale(), parts=(richer, lower))
    expected = replace(chorale(), markers=(TextEvent(tick=960, text="ah"),))
    assert from_music21(to_music21(score)) == expected


def test_chords_and_unisons_keep_their_velocities() -> None:
    notes = sorted_notes(
        Note(onset=0, duration=1000, pitch=pitch, velocity=velocity)
        for pitch, velocity in ((60, 10), (64, 70), (64, 20), (67, 30))
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes),))
    assert from_music21(to_music21(score)) == score


def test_tempos_of_any_beat_are_quarters_a_minute() -> None:
    stream = music21.stream.Part()
    stream.append(music21.tempo.MetronomeMark(number=40, referent=1.5))
    stream.append(music21.note.Note("C4"))
    assert from_music21(stream).tempos == (Tempo(tick=0, qpm=60.0),)


def test_a_part_or_a_flat_stream_is_one_part() -> None:
    stream = music21.stream.Stream()
    stream.append(music21.note.Note("C4", quarterLength=1.5))
    stream.append(music21.note.Rest(quarterLength=0.5))
    stream.append(music21.chord.Chord(["E4", "G4"], quarterLength=1 / 3))
    score = from_music21(stream)
    (part,) = score.parts
    assert score.ticks_per_quarter == 480
    assert [(n.onset, n.duration, n.pitch) for n in part.notes] == [
        (0, 720, 60),
        (960, 160, 64),
        (960, 160, 67),
    ]
    (soprano,) = from_music21(to_music21(chorale()).parts[0]).parts
    assert soprano == chorale().parts[0]


def test_a_tempo_from_a_word_is_said() -> None:
    stream = music21.stream.Part()
    stream.append(music21.tempo.MetronomeMark("allegro"))
    stream.append(music21.note.Note("C4"))
    result = read_music21(stream)
    assert [notice.code for notice in result.notices] == ["tempo-from-words"]
    assert result.score.tempos[0].qpm > 100


def test_changes_of_instrument_and_several_metres_are_said() -> None:
    first, second = music21.stream.Part(), music21.stream.Part()
    first.partName = "Reed"
    for program in (68, 71):
        instrument = music21.instrument.Instrument()
        instrument.midiProgram = program
        first.append(instrument)
        first.append(music21.note.Note("C4"))
    first.insert(0, music21.meter.TimeSignature("3/4"))
    second.insert(0, music21.meter.TimeSignature("6/8"))
    result = read_music21(music21.stream.Score([first, second]))
    assert [notice.code for notice in result.notices] == [
        "program-change",
        "several-metres",
    ]
    assert result.score.parts[0].program == 68
    assert result.score.time_signatures == (
        TimeSignature(tick=0, numerator=3, denominator=4),
    )


def test_an_unpitched_note_has_the_pitch_of_its_line() -> None:
    stream = music21.stream.Part()
    stream.append(music21.note.Unpitched(displayName="F4"))
    (note,) = from_music21(stream).parts[0].notes
    assert note.pitch == 65


def test_times_no_midi_resolution_holds_are_rounded_and_said() -> None:
    stream = music21.stream.Part()
    for length in (7, 11, 13, 17, 19):
        stream.append(music21.note.Note("C4", quarterLength=1 / length))
    result = read_music21(stream)
    assert [notice.code for notice in result.notices] == ["rounded-times"]
    assert result.score.ticks_per_quarter == 480
    assert result.score.num_notes == 5


def test_an_opus_is_refused() -> None:
    with pytest.raises(InputError, match="several pieces"):
        from_music21(music21.stream.Opus())


def test_more_ticks_than_music21_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        to_music21(Score(ticks_per_quarter=70_000))


def test_a_missing_music21_is_said_with_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(MissingPackageError, match=r'pip install "musegen\[score\]"'):
        to_music21(Score(ticks_per_quarter=480))
