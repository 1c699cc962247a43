from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.corpora.mxl import read_mxl
from musegen.data.errors import FileFormatError
from musegen.data.score import KeySignature, Tempo, TextEvent, TimeSignature

DIVISIONS = 4
ATTRIBUTES = (
    f"<attributes><divisions>{DIVISIONS}</divisions>"
    "<key><fifths>-2</fifths><mode>minor</mode></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)


def note(pitch: str, duration: int, *, inside: str = "") -> str:
    """`pitch` is a letter and an octave, as `B4`; `-` is a rest."""
    if pitch == "-":
        return f"<note><rest/><duration>{duration}</duration>{inside}</note>"
    return (
        f"<note><pitch><step>{pitch[0]}</step><octave>{pitch[1:]}</octave></pitch>"
        f"<duration>{duration}</duration>{inside}</note>"
    )


def measures(*contents: str, attributes: str = ATTRIBUTES) -> str:
    first, *rest = contents
    return f"<measure>{attributes}{first}</measure>" + "".join(
        f"<measure>{content}</measure>" for content in rest
    )


def document(*parts: tuple[str, str], head: str = "") -> str:
    named = "".join(
        f'<score-part id="P{i}"><part-name>{name}</part-name><midi-instrument id="I">'
        f"<midi-program>{i + 53}</midi-program></midi-instrument></score-part>"
        for i, (name, _) in enumerate(parts)
    )
    bodies = "".join(
        f'<part id="P{i}">{body}</part>' for i, (_, body) in enumerate(parts)
    )
    return (
        f"<score-partwise>{head}<part-list>{named}</part-list>{bodies}</score-partwise>"
    )


def write(folder: Path, text: str, name: str = "piece.xml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def one_part(folder: Path, *contents: str) -> Path:
    return write(folder, document(("Soprano", measures(*contents))))


def test_tied_notes_are_one_and_repeated_notes_are_two(tmp_path: Path) -> None:
    path = one_part(
        tmp_path,
        note("C5", 4) + note("C5", 12, inside='<tie type="start"/>'),
        note("C5", 4, inside='<tie type="stop"/><tie type="start"/>')
        + note("C5", 4, inside='<tie type="stop"/>')
        + note("C5", 8),
    )
    notes = read_mxl(path).score.parts[0].notes
    assert [(n.onset, n.duration, n.pitch) for n in notes] == [
        (0, 480, 72),
        (480, 2400, 72),
        (2880, 960, 72),
    ]


def test_a_tie_that_nothing_begins_gives_a_note_of_its_own(tmp_path: Path) -> None:
    path = one_part(
        tmp_path, note("C5", 8) + note("C5", 8, inside='<tie type="stop"/>')
    )
    assert [n.duration for n in read_mxl(path).score.parts[0].notes] == [960, 960]


def test_accidentals_and_rests(tmp_path: Path) -> None:
    flat = (
        "<note><pitch><step>B</step><alter>-1</alter><octave>3</octave></pitch>"
        "<duration>4</duration></note>"
    )
    path = one_part(tmp_path, note("-", 4) + flat + note("-", 8))
    written = read_mxl(path)
    assert [(n.onset, n.pitch) for n in written.score.parts[0].notes] == [(480, 58)]
    assert written.num_ticks == 4 * 480


def test_what_stands_beside_the_notes(tmp_path: Path) -> None:
    fermata = "<notations><fermata/></notations>"
    body = measures(
        '<sound tempo="96"/>' + note("G4", 4),
        note("A4", 4) + note("B4", 12, inside=fermata),
    )
    written = read_mxl(write(tmp_path, document(("Cantus", body))))
    score = written.score
    assert score.pickup == 480
    assert score.time_signatures == (TimeSignature(tick=0, numerator=4, denominator=4),)
    assert score.key_signatures == (KeySignature(tick=0, sharps=-2, is_minor=True),)
    assert score.tempos == (Tempo(tick=0, qpm=96.0),)
    assert (score.parts[0].name, score.parts[0].program) == ("Cantus", 52)
    assert score.parts[0].fermatas == (960,)
    assert str(score.bar_beat(960)) == "bar 1, beat 2"


def test_the_first_verse_of_a_note_is_kept_and_others_are_counted(
    tmp_path: Path,
) -> None:
    def lyric(number: int, text: str, syllabic: str) -> str:
        return (
            f'<lyric number="{number}"><syllabic>{syllabic}</syllabic>'
            f"<text>{text}</text></lyric>"
        )

    path = one_part(
        tmp_path,
        note("C5", 8, inside=lyric(2, "Je", "begin") + lyric(1, "Ach", "begin"))
        + note("C5", 8, inside=lyric(2, "su", "end")),
    )
    written = read_mxl(path)
    assert written.score.parts[0].lyrics == (
        TextEvent(tick=0, text="Ach-"),
        TextEvent(tick=960, text="su"),
    )
    assert [(n.code, n.message) for n in written.notices] == [
        ("syllable-of-other-verses-left-out", "left out 1 syllable of other verses")
    ]


def test_grace_notes_and_ornaments_are_left_out_aloud(tmp_path: Path) -> None:
    grace = "<note><grace/><pitch><step>D</step><octave>5</octave></pitch></note>"
    trill = "<notations><ornaments><trill-mark/></ornaments></notations>"
    path = one_part(tmp_path, grace + grace + note("C5", 16, inside=trill))
    written = read_mxl(path)
    assert written.score.num_notes == 1
    assert [str(notice) for notice in written.notices] == [
        "left out 2 grace notes",
        "left out 1 ornament",
    ]


def test_backup_and_forward_move_the_position(tmp_path: Path) -> None:
    path = one_part(
        tmp_path,
        note("C5", 4)
        + "<backup><duration>4</duration></backup>"
        + "<forward><duration>8</duration></forward>"
        + note("E5", 8),
    )
    assert [n.onset for n in read_mxl(path).score.parts[0].notes] == [0, 960]


def test_the_key_is_that_of_the_first_part_with_a_mode(tmp_path: Path) -> None:
    bare = ATTRIBUTES.replace("<mode>minor</mode>", "").replace("-2", "0")
    parts = (
        ("Soprano", measures(note("C5", 16), attributes=bare)),
        ("Alto", measures(note("C4", 16))),
    )
    written = read_mxl(write(tmp_path, document(*parts)))
    assert written.score.key_signatures[0].sharps == -2
    assert [notice.code for notice in written.notices] == ["keys-differ"]
    alone = read_mxl(write(tmp_path, document(parts[0])))
    assert alone.score.key_signatures == (KeySignature(tick=0, sharps=0),)


def test_parts_in_different_metres_are_remarked(tmp_path: Path) -> None:
    other = ATTRIBUTES.replace("<beats>4", "<beats>2")
    parts = (
        ("A", measures(note("C5", 16))),
        ("B", measures(note("C4", 16), attributes=other)),
    )
    written = read_mxl(write(tmp_path, document(*parts)))
    assert [notice.code for notice in written.notices] == ["metres-differ"]


def test_parts_are_chosen_and_ordered_by_name(tmp_path: Path) -> None:
    body = measures(note("C5", 16))
    path = write(tmp_path, document(("Horn", body), ("Bass", body), ("Alto", body)))
    seen: list[list[str]] = []

    def choose(names: object) -> list[int]:
        seen.append(list(names))  # type: ignore[call-overload]
        return [2, 1]

    score = read_mxl(path, choose=choose).score
    assert seen == [["Horn", "Bass", "Alto"]]
    assert [part.name for part in score.parts] == ["Alto", "Bass"]
    assert len(read_mxl(path).score.parts) == 3


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (
            "<work><work-title>Jesu, meine Freude</work-title></work>",
            "Jesu, meine Freude",
        ),
        ("<movement-title>Choral</movement-title>", "Choral"),
        ("<work><work-title>bwv66.6.mxl</work-title></work>", ""),
        ("", ""),
    ],
)
def test_the_title_unless_it_is_a_file_name(
    tmp_path: Path, head: str, title: str
) -> None:
    text = document(("S", measures(note("C5", 16))), head=head)
    assert read_mxl(write(tmp_path, text)).score.title == title


def test_compressed_files(tmp_path: Path) -> None:
    path = tmp_path / "piece.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfile full-path="a.xml"/></container>',
        )
        archive.writestr("a.xml", document(("S", measures(note("C5", 16)))))
    assert read_mxl(path).score.num_notes == 1


def test_an_archive_without_a_score_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "piece.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
    with pytest.raises(
        FileFormatError, match=r"piece\.mxl: the archive names no score"
    ):
        read_mxl(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other", "")
    with pytest.raises(FileFormatError, match="damaged"):
        read_mxl(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as MusicXML"),
        ("<score-partwise>", "cannot be read as MusicXML"),
        ("<score-timewise/>", "expected a partwise score; got <score-timewise>"),
        ("<score-partwise/>", "the file has no parts"),
        (
            document(("S", measures("<note><rest/></note>"))),
            "<note> lacks <duration>",
        ),
        (
            document(("S", measures(note("C5", 4) + note("E5", 4, inside="<chord/>")))),
            "part 'S' has chords; one voice is needed",
        ),
        (
            document(("S", measures(note("C5", 1)).replace(">4</div", ">7</div"))),
            "part 'S': 1/7 of a quarter is no whole number of 1/480",
        ),
        (
            document(("S", measures(note("C5", 4)).replace("<fifths>-2", "<fifths>x"))),
            "cannot be read as MusicXML",
        ),
    ],
)
def test_unusable_files_are_named_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_mxl(write(tmp_path, text))
    assert message in str(caught.value)
    assert str(caught.value).startswith("piece.xml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"gone\.mxl"):
        read_mxl(tmp_path / "gone.mxl")


@given(
    line=st.lists(
        st.tuples(st.sampled_from(["C4", "F4", "B5", "-"]), st.integers(1, 16)),
        min_size=1,
        max_size=20,
    )
)
def test_every_note_comes_back(
    line: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = one_part(
        tmp_path_factory.mktemp("line"), "".join(note(p, d) for p, d in line)
    )
    expected, position = [], 0
    for pitch, duration in line:
        if pitch != "-":
            octave = 12 * (int(pitch[1]) + 1)
            midi = octave + {"C": 0, "F": 5, "B": 11}[pitch[0]]
            expected.append((position * 120, duration * 120, midi))
        position += duration
    written = read_mxl(path)
    notes = written.score.parts[0].notes
    assert [(n.onset, n.duration, n.pitch) for n in notes] == expected
    assert written.num_ticks == position * 120
