"""What the reader makes of the content: notes, marks, metre, and what it says."""

from __future__ import annotations

from fractions import Fraction

import pytest

from musegen.data.errors import FileFormatError
from musegen.data.musicxml_reader import read_musicxml
from musegen.data.read_result import ReadResult
from musegen.data.score import (
    BarBeat,
    KeySignature,
    TextEvent,
    TimeSignature,
)


def note(step: str, octave: int, duration: int, extra: str = "", alter: int = 0) -> str:
    return (
        f"<note><pitch><step>{step}</step><alter>{alter}</alter>"
        f"<octave>{octave}</octave></pitch><duration>{duration}</duration>{extra}</note>"
    )


def document(*measures: str, head: str = "", entry: str = "") -> bytes:
    """Make a one-part document with 2 divisions a quarter and 4/4."""
    attributes = (
        "<attributes><divisions>2</divisions>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    first, *others = measures
    body = f"<measure number='1'>{attributes}{first}</measure>"
    for number, measure in enumerate(others, start=2):
        body += f"<measure number='{number}'>{measure}</measure>"
    return (
        f"<score-partwise>{head}<part-list><score-part id='P1'>"
        f"<part-name>Melody</part-name>{entry}</score-part></part-list>"
        f"<part id='P1'>{body}</part></score-partwise>"
    ).encode()


def heard(result: ReadResult) -> list[tuple[int, Fraction | int, Fraction | int]]:
    """(pitch, onset and length in quarters) of the first part."""
    tpq = result.score.ticks_per_quarter
    return [
        (n.pitch, Fraction(n.onset, tpq), Fraction(n.duration, tpq))
        for n in result.score.parts[0].notes
    ]


def codes(result: ReadResult) -> list[str]:
    return [notice.code for notice in result.notices]


def test_namespaces_are_passed_over() -> None:
    spaced = document(note("D", 4, 8)).replace(
        b"<score-partwise>", b'<score-partwise xmlns="urn:x">'
    )
    assert heard(read_musicxml(spaced)) == [(62, 0, 4)]


def test_timewise_documents_are_read() -> None:
    bars = "".join(
        f"<measure number='{number}'><part id='P1'>"
        + ("<attributes><divisions>2</divisions></attributes>" if number == 1 else "")
        + note("C", 4, 8)
        + "</part></measure>"
        for number in (1, 2)
    )
    data = (
        "<score-timewise><part-list><score-part id='P1'><part-name>x</part-name>"
        f"</score-part></part-list>{bars}</score-timewise>"
    )
    assert heard(read_musicxml(data.encode())) == [(60, 0, 4), (60, 4, 4)]


@pytest.mark.parametrize(
    "content", ["<note><duration>x</duration></note>", note("H", 4, 8)]
)
def test_notes_that_make_no_sense_are_refused(content: str) -> None:
    with pytest.raises(FileFormatError, match=r"^odd\.xml: .*cannot be read"):
        read_musicxml(document(content), name="odd.xml")


def test_nothing_is_printed_and_nothing_warned(
    capfd: pytest.CaptureFixture[str],
) -> None:
    overfull = document(note("C", 4, 8) + note("D", 4, 1), note("E", 4, 8))
    read_musicxml(overfull)
    assert capfd.readouterr() == ("", "")


def test_ties_become_one_note_over_bar_lines() -> None:
    start, both, stop = (
        "".join(f"<tie type='{kind}'/>" for kind in kinds)
        for kinds in (["start"], ["stop", "start"], ["stop"])
    )
    result = read_musicxml(
        document(
            note("C", 4, 4) + note("D", 4, 4, start),
            note("D", 4, 8, both),
            note("D", 4, 2, stop) + note("D", 4, 6, stop),
        )
    )
    assert heard(result) == [(60, 0, 2), (62, 2, 7), (62, 9, 3)]


def test_grace_notes_are_left_out_and_named_with_their_place() -> None:
    grace = "<note><grace/><pitch><step>G</step><octave>4</octave></pitch></note>"
    second = note("D", 4, 2) + grace + note("E", 4, 6)
    result = read_musicxml(document(note("C", 4, 8), second))
    assert [pitch for pitch, _, _ in heard(result)] == [60, 62, 64]
    (notice,) = result.notices
    assert notice.code == "grace-note"
    assert notice.place == BarBeat(bar=2, beat=Fraction(2))
    assert "G4" in notice.message


def test_cue_notes_are_rests() -> None:
    cue = note("C", 5, 4).replace("<note>", "<note><cue/>")
    result = read_musicxml(document(cue + note("D", 4, 4)))
    assert heard(result) == [(62, 2, 2)]
    assert codes(result) == ["cue-notes"]


@pytest.mark.parametrize(
    "marks",
    [
        "<barline location='right'><repeat direction='backward'/></barline>",
        "<direction><direction-type><words>D.C. al Fine</words></direction-type>"
        "</direction>",
        "<barline location='left'><ending number='1' type='start'/></barline>"
        "<barline location='right'><ending number='1' type='stop'/></barline>",
    ],
)
def test_repeats_are_not_played_and_that_is_said(marks: str) -> None:
    result = read_musicxml(document(note("C", 4, 8) + marks, note("D", 4, 8)))
    assert codes(result) == ["repeats"]
    assert heard(result) == [(60, 0, 4), (62, 4, 4)]


def test_marks_without_a_place_in_a_score_are_counted_once() -> None:
    harmony = (
        "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>"
    )
    dynamics = (
        "<direction><direction-type><dynamics><f/></dynamics></direction-type>"
        "</direction>"
    )
    staccato = "<notations><articulations><staccato/></articulations></notations>"
    fermata = "<notations><fermata/></notations>"
    slurred = [
        f"<notations><slur type='{kind}' number='1'/></notations>"
        for kind in ("start", "stop")
    ]
    result = read_musicxml(
        document(
            harmony
            + dynamics
            + note("C", 4, 2, staccato)
            + note("D", 4, 2, fermata)
            + note("E", 4, 2, slurred[0])
            + note("F", 4, 2, slurred[1])
        )
    )
    assert [pitch for pitch, _, _ in heard(result)] == [60, 62, 64, 65]
    (notice,) = result.notices
    assert notice.code == "left-out"
    for what in ("chord symbols", "dynamics", "articulations", "slurs"):
        assert what in notice.message
    assert "fermata" not in notice.message
    assert result.score.parts[0].fermatas == (480,)


def test_fermatas_over_bar_lines_are_left_out_and_counted() -> None:
    line = "<barline location='right'><fermata/></barline>"
    result = read_musicxml(document(note("C", 4, 8) + line, note("D", 4, 8) + line))
    (notice,) = result.notices
    assert notice.code == "bar-line-fermatas"
    assert notice.message.startswith("2 fermatas over bar lines left out")
    assert result.score.parts[0].fermatas == ()


def test_names_programs_and_channels_are_the_files() -> None:
    entry = (
        "<score-instrument id='I'><instrument-name>Kazoo</instrument-name>"
        "</score-instrument><midi-instrument id='I'><midi-channel>3</midi-channel>"
        "<midi-program>74</midi-program></midi-instrument>"
    )
    (part,) = read_musicxml(document(note("C", 4, 8), entry=entry)).score.parts
    assert (part.name, part.program, part.channel) == ("Melody", 73, 2)
    assert not part.is_drum


def test_transposing_instruments_are_read_as_they_sound() -> None:
    transpose = (
        "<attributes><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic>"
        "</transpose></attributes>"
    )
    result = read_musicxml(document(transpose + note("C", 5, 8)))
    assert heard(result) == [(70, 0, 4)]


def test_two_staves_are_two_parts_of_one_instrument() -> None:
    entry = "<midi-instrument id='I'><midi-program>20</midi-program></midi-instrument>"
    result = read_musicxml(
        document(
            "<attributes><staves>2</staves></attributes>"
            + note("C", 5, 8, "<voice>1</voice><staff>1</staff>")
            + "<backup><duration>8</duration></backup>"
            + note("C", 3, 8, "<voice>5</voice><staff>2</staff>"),
            entry=entry,
        )
    )
    parts = result.score.parts
    assert [part.notes[0].pitch for part in parts] == [72, 48]
    assert [(part.name, part.program) for part in parts] == [("Melody", 19)] * 2
    assert result.notices == ()


def test_drums_have_the_pitch_of_their_instrument() -> None:
    entry = "".join(
        f"<midi-instrument id='{name}'><midi-unpitched>{number}</midi-unpitched>"
        "</midi-instrument>"
        for name, number in (("kick", 37), ("snare", 39))
    )
    drum = (
        "<note><unpitched><display-step>F</display-step><display-octave>4"
        "</display-octave></unpitched><duration>2</duration>{}</note>"
    )
    snare = drum.format("<instrument id='snare'/>")
    kick = drum.format("<instrument id='kick'/>")
    result = read_musicxml(document(kick + snare + drum.format("") + kick, entry=entry))
    assert [pitch for pitch, _, _ in heard(result)] == [36, 38, 65, 36]
    assert result.score.parts[0].is_drum
    assert codes(result) == ["drum-without-number"]


def test_the_sounding_tempo_goes_before_the_printed_one() -> None:
    mark = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit>"
        "<per-minute>100</per-minute></metronome></direction-type>{}</direction>"
    )
    data = document(
        mark.format("<sound tempo='93.5'/>") + note("C", 4, 8),
        mark.format("") + note("D", 4, 8),
        "<sound tempo='70'/>" + note("E", 4, 8),
    )
    tempos = read_musicxml(data).score.tempos
    found = [(tempo.tick // 1920, tempo.qpm) for tempo in tempos]
    assert found == [(0, 93.5), (1, 100.0), (2, 70.0)]


def test_velocities_lyrics_key_and_texts_are_read() -> None:
    lyric = "<lyric number='{}'><syllabic>{}</syllabic><text>{}</text></lyric>"
    verses = lyric.format(1, "begin", "O") + lyric.format(2, "single", "Du")
    loud = note("C", 4, 4, verses)
    data = document(
        "<attributes><key><fifths>-3</fifths><mode>minor</mode></key></attributes>"
        "<direction><direction-type><rehearsal>A</rehearsal></direction-type></direction>"
        + loud.replace("<note>", "<note dynamics='100'>")
        + note("D", 4, 4, lyric.format(1, "end", "mein")),
        head="<work><work-title>Lied</work-title></work>",
    )
    score = read_musicxml(data).score
    assert score.title == "Lied"
    assert [n.velocity for n in score.parts[0].notes] == [90, 80]
    assert score.parts[0].lyrics == (
        TextEvent(tick=0, text="O-"),
        TextEvent(tick=0, text="Du"),
        TextEvent(tick=960, text="mein"),
    )
    assert score.key_signatures == (KeySignature(tick=0, sharps=-3, is_minor=True),)
    assert score.markers == (TextEvent(tick=0, text="A"),)


def test_a_short_first_bar_is_a_pickup_whatever_its_number() -> None:
    score = read_musicxml(document(note("C", 4, 2), note("D", 4, 8))).score
    assert score.pickup == score.ticks_per_quarter
    second = score.parts[0].notes[1]
    assert score.bar_beat(second.onset) == BarBeat(bar=1, beat=Fraction(1))


def test_a_first_bar_that_a_new_metre_cuts_short_is_no_pickup() -> None:
    metre = (
        "<attributes><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    )
    score = read_musicxml(document(note("C", 4, 6), metre + note("D", 4, 6))).score
    assert score.pickup == 0
    assert score.time_signatures[1] == TimeSignature(
        tick=3 * score.ticks_per_quarter, numerator=3, denominator=4
    )


def test_bars_that_do_not_fit_the_metre_are_said() -> None:
    result = read_musicxml(document(*[note("C", 4, n) for n in (8, 6, 2, 8)]))
    (notice,) = result.notices
    assert notice.code == "uneven-bars"
    assert notice.place == BarBeat(bar=2, beat=Fraction(4))


def test_a_tempo_that_is_only_a_word_is_said() -> None:
    word = "<direction><direction-type><words>{}</words></direction-type></direction>"
    result = read_musicxml(document(word.format("dolce") + note("C", 4, 8)))
    assert result.score.tempos == ()
    assert result.score.markers == (TextEvent(tick=0, text="dolce"),)


def test_septuplets_get_a_resolution_in_which_they_are_exact() -> None:
    seventh = "".join(
        note(
            "C",
            4,
            2,
            "<type>16th</type><time-modification><actual-notes>7</actual-notes>"
            "<normal-notes>4</normal-notes></time-modification>",
        )
        for _ in range(7)
    )
    data = document(seventh).replace(b"<divisions>2<", b"<divisions>14<")
    result = read_musicxml(data)
    onsets = [onset for _, onset, _ in heard(result)]
    assert onsets == [Fraction(i, 7) for i in range(7)]
    assert result.score.ticks_per_quarter % 480 == 0
