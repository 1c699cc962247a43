from __future__ import annotations

import pytest

from musegen.data.score import KeySignature, Note, Part, Score, TimeSignature
from musegen.render.bar_range import BarRange
from musegen.render.furniture import Furniture, SystemFrame, Text, text_width_px
from musegen.render.layout import RollLayout, roll_layout
from musegen.render.palette import FILL_STYLES, LINE_STYLES, TEXT_STYLES

TICKS = 24


def layout_of(num_quarters: int, **fields: object) -> RollLayout:
    notes = tuple(
        Note(onset=TICKS * i, duration=TICKS, pitch=60) for i in range(num_quarters)
    )
    defaults: dict[str, object] = {"parts": (Part(name="Tune", notes=notes),)}
    return roll_layout(Score(ticks_per_quarter=TICKS, **(defaults | fields)))  # type: ignore[arg-type]


def texts(layout: RollLayout, kind: str) -> list[str]:
    return [text.text for text in layout.texts if text.kind == kind]


def lines_at(layout: RollLayout, kind: str) -> list[float]:
    return [line.x1 for line in layout.lines if line.kind == kind]


def test_every_bar_has_a_line_and_the_system_a_closing_one() -> None:
    layout = layout_of(12)
    (frame,) = layout.systems
    assert lines_at(layout, "bar") == [
        frame.x_at(tick) for tick in (0, 4 * TICKS, 8 * TICKS, 12 * TICKS)
    ]


def test_beats_have_lines_within_bars() -> None:
    layout = layout_of(4)
    (frame,) = layout.systems
    assert set(lines_at(layout, "beat")) >= {frame.x_at(TICKS * i) for i in (1, 2, 3)}


def test_beats_of_a_pickup_count_from_its_end() -> None:
    layout = layout_of(6, pickup=TICKS * 3 // 2)
    (frame,) = layout.systems
    in_pickup = [
        x for x in lines_at(layout, "beat") if x < frame.x_at(frame.bars[0].end)
    ]
    assert in_pickup == [frame.x_at(TICKS // 2)]


def test_beats_too_close_have_no_lines() -> None:
    metre = TimeSignature(tick=0, numerator=64, denominator=64)
    assert lines_at(layout_of(40, time_signatures=(metre,)), "beat") == []


def test_bars_are_numbered_from_the_pickup_on() -> None:
    layout = layout_of(9, pickup=TICKS)
    assert texts(layout, "bar_number") == ["0", "1", "2"]


def test_narrow_bars_are_numbered_now_and_then() -> None:
    metre = TimeSignature(tick=0, numerator=1, denominator=8)
    layout = layout_of(24, time_signatures=(metre,))
    assert texts(layout, "bar_number")[:4] == ["1", "2", "4", "6"]


def test_numbers_never_run_into_one_another() -> None:
    metre = TimeSignature(tick=0, numerator=1, denominator=16)
    layout = layout_of(600, time_signatures=(metre,))
    for frame in layout.systems:
        numbers = [
            text
            for text in layout.texts
            if text.kind == "bar_number" and text.y == frame.top - 5.0
        ]
        ends = [text.x + text_width_px(text.text, 11.0) for text in numbers]
        assert all(end < text.x for end, text in zip(ends, numbers[1:], strict=False))


def test_change_of_metre_is_written_once() -> None:
    metres = (
        TimeSignature(tick=0, numerator=4, denominator=4),
        TimeSignature(tick=4 * TICKS, numerator=3, denominator=4),
    )
    layout = layout_of(13, time_signatures=metres)
    assert texts(layout, "metre") == ["3/4"]
    assert texts(layout, "subtitle")[0].startswith("4/4")


def test_octaves_are_named_and_lined() -> None:
    layout = layout_of(4)
    (frame,) = layout.systems
    assert texts(layout, "key_name") == ["C4", "C5"][: len(texts(layout, "key_name"))]
    octaves = {line.y1 for line in layout.lines if line.kind == "octave"}
    assert frame.y_at(60) + frame.row_px in octaves  # below C, above B


def test_black_keys_are_shaded() -> None:
    layout = layout_of(4)
    (frame,) = layout.systems
    rows = [s for s in layout.shades if s.kind == "black_row"]
    pitches = {frame.high - round((s.y - frame.top) / frame.row_px) for s in rows}
    expected = {
        p for p in range(frame.low, frame.high + 1) if p % 12 in (1, 3, 6, 8, 10)
    }
    assert pitches == expected
    keys = [s for s in layout.shades if s.kind == "black_key"]
    assert [s.y for s in keys] == [s.y for s in rows]
    assert all(s.x + s.width < frame.left for s in keys)


@pytest.mark.parametrize(
    ("sharps", "is_minor", "name"),
    [
        (0, False, "C major"),
        (0, True, "A minor"),
        (-2, False, "Bb major"),
        (-2, True, "G minor"),
        (4, True, "C# minor"),
        (7, False, "C# major"),
        (-7, True, "Ab minor"),
        (-7, False, "Cb major"),
    ],
)
def test_key_is_named(sharps: int, is_minor: bool, name: str) -> None:
    key = KeySignature(tick=0, sharps=sharps, is_minor=is_minor)
    (subtitle,) = texts(layout_of(4, key_signatures=(key,)), "subtitle")
    assert name in subtitle.split(" \N{MIDDLE DOT} ")


@pytest.mark.parametrize(
    ("bars", "words"),
    [
        (None, "4 bars"),
        (BarRange(first=2, last=3), "bars 2 to 3 of 4"),
        (BarRange(first=2, last=2), "bar 2 of 4"),
    ],
)
def test_subtitle_counts_the_bars(bars: BarRange | None, words: str) -> None:
    notes = tuple(Note(onset=TICKS * i, duration=TICKS, pitch=60) for i in range(16))
    score = Score(ticks_per_quarter=TICKS, parts=(Part(notes=notes),))
    (subtitle,) = texts(roll_layout(score, bars=bars), "subtitle")
    assert subtitle.split(" \N{MIDDLE DOT} ")[-1] == words


def test_pickup_alone_is_said() -> None:
    (subtitle,) = texts(layout_of(1, pickup=2 * TICKS), "subtitle")
    assert subtitle.endswith("pickup only")


def test_legend_names_every_voice_and_wraps() -> None:
    note = (Note(onset=0, duration=TICKS, pitch=60),)
    parts = tuple(Part(name=f"Second violin {i}", notes=note) for i in range(20))
    layout = layout_of(0, parts=parts)
    assert texts(layout, "legend") == [part.name for part in parts]
    assert len(layout.swatches) == 20
    legend = [text for text in layout.texts if text.kind == "legend"]
    assert len({text.y for text in legend}) > 1
    assert all(
        text.x + text_width_px(text.text, 12.0) <= layout.width_px for text in legend
    )
    assert max(text.y for text in legend) < layout.systems[0].top - 18.0


def test_long_title_is_cut_to_the_width() -> None:
    layout = layout_of(4, title="A very long title " * 20)
    assert layout.title.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert text_width_px(layout.title, 20.0) <= layout.width_px


def test_every_kind_has_a_style() -> None:
    layout = layout_of(48, title="Title", pickup=TICKS)
    assert {text.kind for text in layout.texts} <= set(TEXT_STYLES)
    assert {line.kind for line in layout.lines} == set(LINE_STYLES)
    assert {shade.kind for shade in layout.shades} == set(FILL_STYLES)


def test_joined_furniture_keeps_the_order() -> None:
    one, two = (
        Furniture(texts=(Text(x=0.0, y=0.0, text=t, kind="title"),)) for t in "ab"
    )
    assert [text.text for text in Furniture.joined(one, two).texts] == ["a", "b"]


def test_frame_knows_its_scales() -> None:
    (frame,) = layout_of(4).systems
    assert isinstance(frame, SystemFrame)
    assert frame.x_at(frame.first_tick) == frame.left
    assert frame.x_at(frame.end_tick) == frame.right
    assert frame.y_at(frame.high) == frame.top
    assert frame.bottom - frame.top == (frame.high - frame.low + 1) * frame.row_px


def test_wide_letters_are_wider() -> None:
    assert text_width_px("ill", 10.0) < text_width_px("abc", 10.0)
    assert text_width_px("abc", 10.0) < text_width_px("ABC", 10.0)
    assert text_width_px("ABC", 10.0) < text_width_px("WMW", 10.0)
    assert text_width_px("", 10.0) == 0.0
