from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest

from musegen.data.adapters.music21_reading import (
    TICKS_KEY,
    load_music21,
    read_music21,
)
from musegen.data.errors import InputError, MissingPackageError
from musegen.data.read_result import ReadResult
from musegen.data.score import BarBeat, KeySignature, Tempo, TextEvent, TimeSignature

music21 = pytest.importorskip("music21", reason="the extra `score` is not installed")


def part_of(*elements: Any) -> Any:  # noqa: ANN401  (music21 has no common type)
    """A music21 part of elements that follow one another."""
    part = music21.stream.Part()
    for element in elements:
        part.append(element)
    return part


def quarter(name: str = "C4", length: float | Fraction = 1.0) -> Any:  # noqa: ANN401
    return music21.note.Note(name, quarterLength=length)


def heard(
    result: ReadResult, part: int = 0
) -> list[tuple[int, Fraction | int, Fraction | int]]:
    """(pitch, onset, length), times in quarters."""
    tpq = result.score.ticks_per_quarter
    return [
        (n.pitch, Fraction(n.onset, tpq), Fraction(n.duration, tpq))
        for n in result.score.parts[part].notes
    ]


def codes(result: ReadResult) -> list[str]:
    return [notice.code for notice in result.notices]


def test_missing_music21_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(MissingPackageError, match=r'pip install "musegen\[score\]"'):
        load_music21()


def test_a_music21_that_is_itself_broken_is_not_called_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_import = builtins.__import__

    def broken(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> object:
        if name == "music21":
            raise ModuleNotFoundError("No module named 'joblib'", name="joblib")
        return real_import(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(ModuleNotFoundError, match="joblib"):
        load_music21()


def test_an_opus_is_refused() -> None:
    with pytest.raises(InputError, match="convert each of its scores"):
        read_music21(music21.stream.Opus())


def test_parts_of_a_score_keep_their_order_and_names() -> None:
    upper, lower = part_of(quarter("C5")), part_of(quarter("C3"))
    upper.partName = "Sopran"
    instrument = music21.instrument.Violoncello()
    instrument.midiChannel = 5
    lower.insert(0, instrument)
    result = read_music21(music21.stream.Score([upper, lower]))
    first, second = result.score.parts
    assert (first.name, first.program, first.channel) == ("Sopran", 0, None)
    assert (second.program, second.channel, second.is_drum) == (42, 5, False)
    assert [heard(result, part)[0][0] for part in (0, 1)] == [72, 48]


@pytest.mark.parametrize("by", ["channel", "instrument"])
def test_drums_are_told_by_their_channel_or_their_instrument(by: str) -> None:
    if by == "channel":
        instrument = music21.instrument.Piano()
        instrument.midiChannel = 9
    else:
        instrument = music21.instrument.Woodblock()
    result = read_music21(part_of(instrument, quarter()))
    assert result.score.parts[0].is_drum


def test_a_drum_has_the_number_of_its_instrument() -> None:
    drum = music21.note.Unpitched(displayName="F4")
    drum.storedInstrument = music21.instrument.BassDrum()
    drum.storedInstrument.percMapPitch = 36
    assert heard(read_music21(part_of(drum))) == [(36, 0, 1)]


@pytest.mark.parametrize(("is_sounding", "pitch"), [(False, 72), (True, 74)])
def test_a_transposing_instrument_is_read_as_it_sounds(
    is_sounding: bool, pitch: int
) -> None:
    clarinet = part_of(music21.instrument.Clarinet(), quarter("D5"))
    clarinet.atSoundingPitch = is_sounding
    assert heard(read_music21(clarinet)) == [(pitch, 0, 1)]


@pytest.mark.parametrize(("is_transposing", "pitch"), [(True, 84), (False, 72)])
def test_notes_under_an_octave_line_are_read_as_they_sound(
    is_transposing: bool, pitch: int
) -> None:
    note = quarter("C5")
    flute = part_of(note)
    line = music21.spanner.Ottava(note, type="8va", transposing=is_transposing)
    flute.insert(0, line)
    assert heard(read_music21(flute)) == [(pitch, 0, 1)]


def test_notes_inside_voices_and_measures_stand_where_they_sound() -> None:
    measure = music21.stream.Measure(number=1)
    for number, name in (("1", "C5"), ("2", "C4")):
        voice = music21.stream.Voice(id=number)
        voice.append(music21.note.Rest(quarterLength=2))
        voice.append(quarter(name, 2.0))
        measure.insert(0, voice)
    before = music21.stream.Measure([quarter("E4", 4.0)], number=0)
    part = part_of(before, measure)
    assert heard(read_music21(part)) == [(64, 0, 4), (60, 6, 2), (72, 6, 2)]


def test_ties_in_two_voices_join_each_its_own() -> None:
    part = music21.stream.Part()
    for number, lengths in enumerate([(4, 4), (4, 1)]):
        bars = [music21.stream.Voice(id=str(number)) for _ in lengths]
        for bar, length, tie in zip(bars, lengths, ("start", "stop"), strict=True):
            note = quarter("C4", length)
            note.tie = music21.tie.Tie(tie)
            bar.append(note)
        part.insert(0, bars[0])
        part.insert(4, bars[1])
    assert sorted(length for _, _, length in heard(read_music21(part))) == [5, 8]


def test_a_tied_chord_is_one_chord() -> None:
    first, second = (music21.chord.Chord(["C4", "G4"]) for _ in range(2))
    first.tie, second.tie = music21.tie.Tie("start"), music21.tie.Tie("stop")
    assert heard(read_music21(part_of(first, second))) == [(60, 0, 2), (67, 0, 2)]


def test_pitches_outside_midi_are_brought_to_its_ends() -> None:
    low, high = music21.note.Note(), music21.note.Note()
    low.pitch.ps, high.pitch.ps = -3, 131
    assert [p for p, _, _ in heard(read_music21(part_of(low, high)))] == [0, 127]


@pytest.mark.parametrize(
    ("velocity", "expected"), [(0, 1), (33, 33), (300, 127), (None, 80)]
)
def test_velocities_are_those_of_midi(velocity: int | None, expected: int) -> None:
    note = quarter()
    note.volume.velocity = velocity
    (read,) = read_music21(part_of(note)).score.parts[0].notes
    assert read.velocity == expected


def test_a_members_velocity_goes_before_that_of_the_chord() -> None:
    chord = music21.chord.Chord(["C4", "G4"])
    chord.volume.velocity = 50
    chord.notes[1].volume.velocity = 90
    notes = read_music21(part_of(chord)).score.parts[0].notes
    assert {n.pitch: n.velocity for n in notes}[67] == 90


def test_a_grace_note_is_left_out_and_named_with_its_place() -> None:
    chord = music21.chord.Chord(["E4", "G4"]).getGrace()
    result = read_music21(part_of(quarter(), chord, quarter("D4")))
    assert heard(result) == [(60, 0, 1), (62, 1, 1)]
    (notice,) = result.notices
    assert notice.code == "grace-note"
    assert notice.place == BarBeat(bar=1, beat=Fraction(2))
    assert "E4, G4" in notice.message


def test_chord_symbols_and_marks_of_expression_are_counted() -> None:
    note = quarter()
    note.articulations = [music21.articulations.Staccato()]
    note.expressions = [music21.expressions.Trill(), music21.expressions.Fermata()]
    part = part_of(music21.harmony.ChordSymbol("C"), music21.dynamics.Dynamic("f"))
    part.append(note)
    part.insert(0, music21.spanner.Slur(note))
    result = read_music21(part)
    assert [pitch for pitch, _, _ in heard(result)] == [60]
    (notice,) = result.notices
    assert notice.code == "left-out"
    assert notice.message.endswith(
        ": articulations, chord symbols, dynamics, ornaments, slurs and other lines"
    )


def under_fermata(element: Any) -> Any:  # noqa: ANN401 - music21 has no types
    element.expressions.append(music21.expressions.Fermata())
    return element


def test_fermatas_of_notes_chords_and_rests_are_kept() -> None:
    chord = music21.chord.Chord(["C4", "G4"])
    of_a_member = music21.chord.Chord(["C4", "G4"])
    under_fermata(of_a_member.notes[1])
    result = read_music21(
        part_of(
            quarter(),
            under_fermata(quarter()),
            under_fermata(chord),
            of_a_member,
            under_fermata(music21.note.Rest()),
        )
    )
    assert result.score.parts[0].fermatas == (480, 960, 1440, 1920)
    assert result.notices == ()


def test_a_fermata_over_the_end_of_a_tie_stands_there() -> None:
    first, second = quarter(length=2.0), under_fermata(quarter(length=1.0))
    first.tie, second.tie = music21.tie.Tie("start"), music21.tie.Tie("stop")
    result = read_music21(part_of(first, second))
    assert heard(result) == [(60, 0, 3)]
    assert result.score.parts[0].fermatas == (960,)


def test_a_fermata_over_a_bar_line_is_said_not_to_be_kept() -> None:
    part = bars(4.0, 4.0)
    part[0].rightBarline = music21.bar.Barline("double")
    part[0].rightBarline.pause = music21.expressions.Fermata()
    (notice,) = read_music21(part).notices
    assert notice.message.endswith(": fermatas over bar lines")


def test_syllables_of_all_verses_come_with_hyphens_where_words_go_on() -> None:
    first, second = quarter(), quarter()
    first.lyrics = [
        music21.note.Lyric("two", number=2),
        music21.note.Lyric("a", number=1, syllabic="begin"),
    ]
    second.lyrics = [music21.note.Lyric("men", number=1, syllabic="end")]
    (part,) = read_music21(part_of(first, second)).score.parts
    assert part.lyrics == (
        TextEvent(tick=0, text="a-"),
        TextEvent(tick=0, text="two"),
        TextEvent(tick=480, text="men"),
    )


def test_marks_of_the_part_are_events_of_the_score() -> None:
    result = read_music21(
        part_of(
            music21.tempo.MetronomeMark(number=60, referent="half"),
            music21.meter.TimeSignature("3/4"),
            music21.key.Key("g"),
            music21.expressions.TextExpression("dolce"),
            quarter("C4", 3.0),
            music21.expressions.RehearsalMark("B"),
            music21.key.KeySignature(2),
            quarter("C4", 3.0),
        )
    )
    score = result.score
    assert score.tempos == (Tempo(tick=0, qpm=120.0),)
    assert score.time_signatures == (TimeSignature(tick=0, numerator=3, denominator=4),)
    assert score.key_signatures == (
        KeySignature(tick=0, sharps=-2, is_minor=True),
        KeySignature(tick=1440, sharps=2),
    )
    assert [(m.tick, m.text) for m in score.markers] == [(0, "dolce"), (1440, "B")]
    assert result.notices == ()


def test_marks_that_stand_in_the_score_itself_are_read() -> None:
    stream = music21.stream.Score([part_of(quarter(length=4.0))])
    stream.insert(2, music21.tempo.MetronomeMark(number=90))
    stream.insert(0, music21.layout.StaffGroup(list(stream.parts)))
    stream.insert(0, music21.spanner.Slur())
    stream.insert(0, music21.metadata.Metadata(movementName="Satz"))
    result = read_music21(stream)
    assert result.score.tempos == (Tempo(tick=960, qpm=90.0),)
    assert result.score.title == "Satz"
    assert [notice.message for notice in result.notices] == [
        "not kept, for a score has no place for them: slurs and other lines"
    ]


def test_the_resolution_that_a_stream_remembers_is_kept_where_it_suffices() -> None:
    stream = part_of(quarter(length=0.25))
    stream.editorial[TICKS_KEY] = 220
    assert read_music21(stream).score.ticks_per_quarter == 220
    stream.append(quarter(length=Fraction(1, 3)))
    assert read_music21(stream).score.ticks_per_quarter == 480


def bars(*lengths: float, first_number: int = 1, metre: str = "4/4") -> Any:  # noqa: ANN401
    """A part of bars with one note each."""
    part = music21.stream.Part()
    for number, length in enumerate(lengths, start=first_number):
        measure = music21.stream.Measure([quarter(length=length)], number=number)
        if number == first_number:
            measure.insert(0, music21.meter.TimeSignature(metre))
        part.append(measure)
    return part


@pytest.mark.parametrize(
    ("lengths", "first_number", "pickup"),
    [
        ((1.0, 4.0, 4.0), 0, 1),
        ((1.0, 4.0, 4.0), 1, 1),
        ((4.0, 4.0), 1, 0),
        ((5.0, 4.0), 1, 0),  # too long: uneven, no pickup
        ((5.0, 4.0), 0, 5),
        ((2.0,), 1, 0),  # a lone short bar may only lack its rests
    ],
)
def test_a_short_first_bar_is_the_pickup(
    lengths: tuple[float, ...], first_number: int, pickup: int
) -> None:
    score = read_music21(bars(*lengths, first_number=first_number)).score
    assert score.pickup == pickup * score.ticks_per_quarter


def test_a_lone_bar_that_is_marked_as_a_pickup_is_one() -> None:
    part = bars(1.0)
    part[0].paddingLeft = 3.0
    score = read_music21(part).score
    assert score.pickup == score.ticks_per_quarter


def test_a_first_bar_that_a_new_metre_cuts_short_is_no_pickup() -> None:
    part = bars(3.0, 3.0)
    part[1].insert(0, music21.meter.TimeSignature("3/4"))
    assert read_music21(part).score.pickup == 0


def test_a_bar_inside_a_bar_of_the_metre_is_said() -> None:
    result = read_music21(bars(4.0, 3.0, 1.0, 4.0))
    assert codes(result) == ["uneven-bars"]
    assert result.notices[0].place == BarBeat(bar=2, beat=Fraction(4))


@pytest.mark.parametrize("how", ["bar line", "words", "ending"])
def test_repeats_are_not_played_and_that_is_said(how: str) -> None:
    part = bars(4.0, 4.0)
    if how == "bar line":
        part[1].rightBarline = music21.bar.Repeat(direction="end")
    elif how == "words":
        part[1].append(music21.repeat.DaCapo())
    else:
        part.insert(0, music21.spanner.RepeatBracket(part[1], number=1))
    result = read_music21(part)
    assert codes(result) == ["repeats"]
    assert len(heard(result)) == 2


def test_a_tempo_guessed_from_a_word_is_said_but_not_one_that_has_a_number() -> None:
    guessed = part_of(music21.tempo.MetronomeMark("allegro"), quarter())
    assert codes(read_music21(guessed)) == ["tempo-from-words"]
    stated = part_of(music21.tempo.MetronomeMark("allegro", 100), quarter())
    result = read_music21(stated)
    assert codes(result) == []
    assert result.score.tempos == (Tempo(tick=0, qpm=100.0),)


def test_the_first_of_several_instruments_and_metres_is_kept() -> None:
    first = part_of(music21.instrument.Oboe(), quarter(), music21.instrument.Flute())
    first.append(quarter())
    first.insert(0, music21.meter.TimeSignature("3/4"))
    second = part_of(music21.meter.TimeSignature("6/8"), quarter())
    result = read_music21(music21.stream.Score([first, second]))
    assert codes(result) == ["program-change", "several-metres"]
    assert [n.place for n in result.notices] == [
        BarBeat(bar=1, beat=Fraction(2)),
        BarBeat(bar=1, beat=Fraction(1)),
    ]
    assert result.score.parts[0].program == 68
    assert result.score.time_signatures[0].numerator == 3
