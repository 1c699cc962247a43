"""The picture of an analysed recording as SVG.

For: drawing an `AnalysisLayout`. Not for: deciding what stands where. Written by hand:
it needs no package, and the same layout gives the same bytes everywhere.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from musegen.render import palette
from musegen.render.analysis_colors import (
    CURVE_STYLES,
    NOTE_OPACITY,
    NOTE_STYLE,
    shade_colors,
)
from musegen.render.analysis_layout import AnalysisLayout, Curve, Image
from musegen.render.bitmap import shades_png

_FONTS = f"'{palette.FONT_FAMILY}', Verdana, Helvetica, Arial, sans-serif"


def analysis_svg(layout: AnalysisLayout) -> bytes:
    """Return the picture as UTF-8 SVG 1.1, its spectrogram within.

    Each note is one `rect` of class `note` with a `title` that a browser shows as a
    tooltip.

    Args:
        layout: From `musegen.render.analysis_layout.analysis_layout`.
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
    yield f"<title>{escape(layout.title or 'Analysis of a recording')}</title>"
    yield f"<desc>{escape(layout.description)}</desc>"
    yield f'<path fill="{palette.BACKGROUND}" d="M0 0h{width}v{height}h-{width}z"/>'
    yield from (_image(image) for image in layout.images)
    yield from _lines(layout)
    yield from _notes(layout)
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


def _notes(layout: AnalysisLayout) -> Iterator[str]:
    yield (
        f'<g fill="{NOTE_STYLE.color}" fill-opacity="{NOTE_OPACITY}" '
        f'stroke="{NOTE_STYLE.color}" stroke-width="{_number(NOTE_STYLE.width_px)}">'
    )
    for box in layout.boxes:
        place = _place(box.x, box.y, box.width, box.height)
        yield (
            f'<rect class="note" {place}><title>{escape(box.tooltip)}</title></rect>'
        )
    yield "</g>"


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
