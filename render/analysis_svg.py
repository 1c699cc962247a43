"""A picture over time and pitch as SVG: of a recording, or of expression.

For: drawing an `AnalysisLayout`. Not for: deciding what stands where. Written by hand:
it needs no package, and the same layout gives the same bytes everywhere.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from musegen.render import palette
from musegen.render.analysis_colors import (
    BOX_STYLES,
    CURVE_STYLES,
    shade_colors,
)
from musegen.render.analysis_shapes import AnalysisLayout, Box, Curve, Image
from musegen.render.bitmap import shades_png

_FONTS = f"'{palette.FONT_FAMILY}', Verdana, Helvetica, Arial, sans-serif"


def analysis_svg(layout: AnalysisLayout) -> bytes:
    """Return the picture as UTF-8 SVG 1.1, its spectrogram within.

    Each note is one `rect` of class `note` with a `title` that a browser shows as a
    tooltip; a bar of a value has the class of its kind.

    Args:
        layout: From `analysis_layout` or `expression_layout`.
    """
    return ("\n".join(_elements(layout)) + "\n").encode("utf-8")


def _elements(layout: AnalysisLayout) -> Iterator[str]:
    width, height = _number(layout.width_px), _number(layout.height_px)
    yield (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f"font-family={quoteattr(_FONTS)}>"
    )
    yield f"<title>{escape(layout.title or layout.description)}</title>"
    yield f"<desc>{escape(layout.description)}</desc>"
    yield f'<path fill="{palette.BACKGROUND}" d="M0 0h{width}v{height}h-{width}z"/>'
    yield from (_image(image) for image in layout.images)
    yield from _lines(layout)
    yield from _boxes(layout)
    yield from (_curve(curve) for curve in layout.curves)
    yield from _texts(layout)
    yield "</svg>"


def _number(value: float) -> str:
    """Write a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _place(x: float, y: float, width: float, height: float) -> str:
    return (
        f'x="{_number(x)}" y="{_number(y)}" '
        f'width="{_number(width)}" height="{_number(height)}"'
    )


def _image(image: Image) -> str:
    data = base64.b64encode(shades_png(image.pixels, shade_colors())).decode("ascii")
    place = _place(image.x, image.y, image.width, image.height)
    return (
        f'<image class="spectrogram" {place} preserveAspectRatio="none" '
        f'xlink:href="data:image/png;base64,{data}"/>'
    )


def _lines(layout: AnalysisLayout) -> Iterator[str]:
    for line in layout.lines:
        style = palette.LINE_STYLES[line.kind]
        yield (
            f'<path class="{line.kind}" fill="none" stroke="{style.color}" '
            f'stroke-width="{_number(style.width_px)}" '
            f'd="M{_number(line.x1)} {_number(line.y1)}'
            f'L{_number(line.x2)} {_number(line.y2)}"/>'
        )


def _boxes(layout: AnalysisLayout) -> Iterator[str]:
    """Yield the boxes, those of one kind that follow one another in one group."""
    for kind, boxes in groupby(layout.boxes, key=lambda box: box.kind):
        style = BOX_STYLES[kind]
        yield (
            f'<g fill="{style.outline.color}" fill-opacity="{style.opacity}" '
            f'stroke="{style.outline.color}" '
            f'stroke-width="{_number(style.outline.width_px)}">'
        )
        yield from (_box(box) for box in boxes)
        yield "</g>"


def _box(box: Box) -> str:
    place = _place(box.x, box.y, box.width, box.height)
    return (
        f'<rect class="{box.kind}" {place}><title>{escape(box.tooltip)}</title></rect>'
    )


def _curve(curve: Curve) -> str:
    style = CURVE_STYLES[curve.kind]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in curve.points.tolist())
    return (
        f'<polyline class="{curve.kind}" fill="none" stroke="{style.color}" '
        f'stroke-width="{_number(style.width_px)}" stroke-linejoin="round" '
        f'points="{points}"/>'
    )


def _texts(layout: AnalysisLayout) -> Iterator[str]:
    for text in layout.texts:
        style = palette.TEXT_STYLES[text.kind]
        anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
        weight = ' font-weight="bold"' if style.is_bold else ""
        yield (
            f'<text class="{text.kind}" x="{_number(text.x)}" y="{_number(text.y)}" '
            f'font-size="{_number(style.size_px)}"{weight}{anchor} '
            f'fill="{style.color}">{escape(text.text)}</text>'
        )
