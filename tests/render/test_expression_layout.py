from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.render.analysis_shapes import AnalysisLayout, Box
from musegen.render.analysis_svg import analysis_svg
from musegen.render.expression_layout import (
    MAX_SYSTEMS,
    expression_layout,
    number_text,
    round_up,
    value_range,
)
from musegen.render.expression_view import (
    BarStart,
    ExpressionView,
    NoteValues,
    Scale,
)
from musegen.render.furniture import text_width_px
from musegen.render.palette import TEXT_STYLES

MakeExpression = Callable[..., ExpressionView]


def row(scale: Scale, *values: float) -> NoteValues:
    return NoteValues(
        label="value", unit="dB", kind="level", scale=scale, values=np.array(values)
    )


def bars_of(layout: AnalysisLayout, label: str) -> list[Box]:
    return [box for box in layout.boxes if f": {label} " in box.tooltip]


def test_every_value_of_every_note_is_a_bar(make_expression: MakeExpression) -> None:
    layout = expression_layout(make_expression())
    assert len([box for box in layout.boxes if box.kind == "note"]) == 3
    heights = [box.height for box in bars_of(layout, "vibrato")]
    assert heights[1] == 0.0
    assert heights[2] / heights[0] == pytest.approx(33 / 12)
    outlines = [box for box in layout.boxes if box.kind == "note"]
    for outline, bar in zip(outlines, bars_of(layout, "volume"), strict=True):
        assert (bar.x, bar.width) == (outline.x, outline.width)
    assert bars_of(layout, "volume")[0].tooltip == (
        "A4, 0.00 to 0.95 s: volume \N{MINUS SIGN}22 dB"
    )


def test_what_lies_about_zero_hangs_and_stands_on_its_line(
    make_expression: MakeExpression,
) -> None:
    layout = expression_layout(make_expression())
    sharp, flat, right = bars_of(layout, "intonation")
    assert sharp.y + sharp.height == pytest.approx(flat.y)
    assert right.height == pytest.approx(0.0)
    assert any(line.y1 == line.y2 == pytest.approx(flat.y) for line in layout.lines)


def test_names_units_and_ranges_stand_beside_each_strip(
    make_expression: MakeExpression,
) -> None:
    texts = [text.text for text in expression_layout(make_expression()).texts]
    for wanted in ("volume", "dB", "vibrato", "cents", "intonation", "pitch"):
        assert wanted in texts
    minus = "\N{MINUS SIGN}"
    for edge in (f"{minus}15", f"{minus}35", "40", "0", "8", f"{minus}8", "1"):
        assert edge in texts


@pytest.mark.parametrize("has_sound", [False, True])
def test_no_text_lies_upon_another(
    make_expression: MakeExpression, has_sound: bool
) -> None:
    bars = tuple(BarStart(number=n + 1, start_s=n / 5) for n in range(15))
    layout = expression_layout(make_expression(has_sound=has_sound, bars=bars))
    places = []
    for text in layout.texts:
        size = TEXT_STYLES[text.kind].size_px
        width = text_width_px(text.text, size) * 0.9  # rounded up there
        left = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
        places.append((left, left + width, text.y - 0.75 * size, text.y, text.text))
    for one, other in itertools.combinations(places, 2):
        is_beside = one[1] <= other[0] or other[1] <= one[0]
        is_above = one[3] <= other[2] or other[3] <= one[2]
        assert is_beside or is_above, (one, other)
        assert one[0] >= 0.0


def test_sound_adds_spectrogram_pitch_and_level(
    make_expression: MakeExpression,
) -> None:
    silent = expression_layout(make_expression())
    heard = expression_layout(make_expression(has_sound=True))
    assert not silent.images
    assert not silent.curves
    assert len(heard.images) == 1
    assert {curve.kind for curve in heard.curves} == {"pitch", "loudness"}
    assert heard.height_px > silent.height_px
    assert "loudness" in [text.text for text in heard.texts]


def test_sound_that_ends_before_the_notes_does_not_stretch(
    make_expression: MakeExpression,
) -> None:
    layout = expression_layout(make_expression(has_sound=True, end_s=6.0))
    (image,) = layout.images
    outline = next(box for box in layout.boxes if box.tooltip.startswith("B4"))
    assert image.x + image.width == pytest.approx(outline.x + outline.width / 0.95)


def test_bars_are_lines_with_numbers(make_expression: MakeExpression) -> None:
    layout = expression_layout(make_expression())
    numbers = [text for text in layout.texts if text.kind == "bar_number"]
    assert [text.text for text in numbers] == ["1", "2"]
    (line,) = [line for line in layout.lines if line.kind == "beat"]
    assert line.x1 == line.x2 == pytest.approx(numbers[1].x - 2.0)


def test_a_window_shows_its_notes_with_ranges_of_their_own(
    make_expression: MakeExpression,
) -> None:
    layout = expression_layout(make_expression(start_s=1.0, end_s=2.0))
    assert len([box for box in layout.boxes if box.kind == "note"]) == 1
    assert "1 note" in layout.description
    assert "40" not in [text.text for text in layout.texts]
    nothing = expression_layout(make_expression(start_s=50.0, end_s=51.0))
    assert nothing.boxes == ()


def test_long_music_is_broken_into_systems(make_expression: MakeExpression) -> None:
    layout = expression_layout(make_expression(has_sound=True, end_s=3600.0))
    axes = [text for text in layout.texts if text.text == "volume"]
    assert 1 < len(axes) <= MAX_SYSTEMS
    assert layout.height_px < 8000


def test_the_picture_is_drawn_as_svg_and_png(make_expression: MakeExpression) -> None:
    layout = expression_layout(make_expression(has_sound=True))
    root = ElementTree.fromstring(analysis_svg(layout))
    kinds = {
        rect.get("class") for rect in root.iter("{http://www.w3.org/2000/svg}rect")
    }
    assert kinds == {"note", "level", "pitch"}
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    from matplotlib import image

    from musegen.render.analysis_png import SCALE, analysis_png

    pixels = image.imread(io.BytesIO(analysis_png(layout)))
    assert pixels.shape[0] == pytest.approx(layout.height_px * SCALE, abs=1)
    assert pixels.std() > 0.01


@settings(max_examples=30)
@given(
    values=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=5),
    scale=st.sampled_from(["from_zero", "about_zero", "free", "share"]),
)
def test_a_range_holds_its_values_in_order(values: list[float], scale: Scale) -> None:
    span = value_range(row(scale, *values))
    assert span.low < span.high
    assert span.low <= span.base <= span.high
    assert span.high >= max(values) * (1 - 1e-6)
    shares = [span.share(value) for value in sorted(values)]
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] <= shares[-1] <= 1.0


def test_ranges_are_round() -> None:
    levels = value_range(row("free", -23.0, -31.0))
    assert (levels.low, levels.high) == (-35.0, -20.0)
    flat = value_range(row("free", -22.0))
    assert (flat.low, flat.high) == (-30.0, -20.0)
    silent = value_range(row("free", -120.0, -20.0))
    assert (silent.low, silent.high) == (-80.0, -20.0)
    control = value_range(row("share", 0.4, 0.2))
    assert (control.low, control.high) == (0.0, 1.0)
    beyond = value_range(row("share", -0.2, 1.3))
    assert (beyond.low, beyond.high) == (-0.2, 1.5)
    assert value_range(row("from_zero", 0.0)).high == 1.0
    assert [round_up(v) for v in (0.07, 1.0, 11.0, 950.0)] == [0.08, 1.0, 15.0, 1000.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.001, "0"),
        (-12.34, "\N{MINUS SIGN}12.3"),
        (1.5, "1.5"),
        (4321.0, "4321"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number_text(value) == text


def test_decimals_may_be_fixed() -> None:
    assert number_text(0.2, decimals=2) == "0.20"
    assert number_text(-0.001, decimals=2) == "0.00"


def test_a_picture_of_nothing_is_refused(make_expression: MakeExpression) -> None:
    for view in (
        make_expression(end_s=0.0),
        replace(make_expression(), rows=()),
    ):
        with pytest.raises(ValueError, match="a duration above 0 and a row"):
            expression_layout(view)
