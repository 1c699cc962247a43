from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from musegen.data.score import Note, Part, Score
from musegen.render.layout import RollLayout, roll_layout
from musegen.render.palette import GIVEN_OUTLINE, VOICE_COLORS
from musegen.render.svg import svg_bytes

TICKS = 24
SVG = "{http://www.w3.org/2000/svg}"


def two_voices(*, names: tuple[str, str] = ("Soprano", "Bass")) -> Score:
    parts = tuple(
        Part(
            name=name,
            notes=tuple(
                Note(onset=TICKS * i, duration=TICKS, pitch=pitch + i) for i in range(4)
            ),
        )
        for name, pitch in zip(names, (72, 48), strict=True)
    )
    return Score(ticks_per_quarter=TICKS, parts=parts, title="Duet")


def parsed(layout: RollLayout) -> ElementTree.Element:
    return ElementTree.fromstring(svg_bytes(layout))


def notes_in(element: ElementTree.Element) -> list[ElementTree.Element]:
    rects = element.iter(f"{SVG}rect")
    return [rect for rect in rects if "note" in rect.get("class", "").split()]


def test_every_note_is_one_rectangle_where_the_layout_has_it() -> None:
    layout = roll_layout(two_voices())
    rects = notes_in(parsed(layout))
    assert len(rects) == 8
    for rect, box in zip(rects, layout.notes, strict=True):
        values = [float(rect.get(key, "nan")) for key in ("x", "y", "width", "height")]
        expected = [box.x, box.y, box.width, box.height]
        assert all(abs(a - b) <= 0.005 for a, b in zip(values, expected, strict=True))


def test_picture_has_the_size_of_the_layout() -> None:
    layout = roll_layout(two_voices())
    root = parsed(layout)
    assert root.tag == f"{SVG}svg"
    assert float(root.get("width", "nan")) == layout.width_px
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_voices_have_their_colors_and_given_notes_a_black_outline() -> None:
    root = parsed(roll_layout(two_voices(), given_parts=frozenset({1})))
    groups = {
        group.get("class"): group
        for group in root.iter(f"{SVG}g")
        if "part" in group.get("class", "")
    }
    assert list(groups) == ["part part-1", "part part-2"]
    assert groups["part part-1"].get("fill") == VOICE_COLORS[0].fill
    assert groups["part part-2"].get("fill") == VOICE_COLORS[1].fill
    assert groups["part part-2"].get("stroke") == GIVEN_OUTLINE
    assert groups["part part-1"].get("stroke") != GIVEN_OUTLINE
    outlined = [rect.get("class") for rect in notes_in(groups["part part-2"])]
    assert outlined == ["note given"] * 4
    assert {rect.get("class") for rect in notes_in(groups["part part-1"])} == {"note"}


def test_every_note_has_a_tooltip() -> None:
    rects = notes_in(parsed(roll_layout(two_voices())))
    titles = [rect.findtext(f"{SVG}title") for rect in rects]
    assert titles[0] == "C5, bar 1, beat 1, Soprano"
    assert len(set(titles)) == 8


def test_names_and_numbers_are_written() -> None:
    root = parsed(roll_layout(two_voices(), given_parts=frozenset({0})))
    written = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Duet", "Soprano (given)", "Bass", "1", "C4", "C5"} <= written
    assert root.findtext(f"{SVG}title") == "Duet"
    assert "Soprano (given), Bass" in (root.findtext(f"{SVG}desc") or "")


def test_text_cannot_become_markup() -> None:
    evil = '</text><script>alert("1")</script>&amp;'
    layout = roll_layout(two_voices(names=(evil, "<&>")), title=evil)
    root = parsed(layout)
    assert not list(root.iter(f"{SVG}script"))
    written = [text.text for text in root.iter(f"{SVG}text")]
    assert evil[:39] in [(text or "")[:39] for text in written]
    assert "<&>" in written
    assert "<&>" in (root.find(f".//{SVG}g[2]/{SVG}rect/{SVG}title")).text  # type: ignore[union-attr, operator]


@given(st.text(), st.text())
def test_any_name_gives_well_formed_xml(title: str, name: str) -> None:
    assert len(
        notes_in(parsed(roll_layout(two_voices(names=(name, "B")), title=title)))
    )


def test_same_score_gives_the_same_bytes() -> None:
    assert svg_bytes(roll_layout(two_voices())) == svg_bytes(roll_layout(two_voices()))


def test_picture_needs_nothing_from_outside() -> None:
    text = svg_bytes(roll_layout(two_voices())).decode("utf-8")
    assert "href" not in text
    assert "<style" not in text
    assert text.count("http") == 1  # the namespace


def test_picture_without_title_is_still_named() -> None:
    score = Score(ticks_per_quarter=TICKS, parts=two_voices().parts)
    assert parsed(roll_layout(score)).findtext(f"{SVG}title") == "Piano roll"


def test_long_score_has_all_its_notes() -> None:
    notes = tuple(Note(onset=TICKS * i, duration=TICKS, pitch=60) for i in range(2000))
    score = Score(ticks_per_quarter=TICKS, parts=(Part(notes=notes),))
    assert len(notes_in(parsed(roll_layout(score)))) == 2000
