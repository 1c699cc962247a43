"""A piano roll as an SVG picture.

For: drawing a `RollLayout`. Not for: deciding what stands where. Written by hand: it
needs no package, and the same layout gives the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from musegen.render import palette
from musegen.render.layout import RollLayout
from musegen.render.note_boxes import NoteBox, label_size_px

_FONTS = f"'{palette.FONT_FAMILY}', Verdana, Helvetica, Arial, sans-serif"


def svg_bytes(layout: RollLayout) -> bytes:
    """Return the picture as UTF-8 SVG 1.1 without scripts or outside references.

    Each note is one `rect` of class `note` with a `title` that a browser shows as a
    tooltip.

    Args:
        layout: From `musegen.render.layout.roll_layout`.
    """
    return ("\n".join(_elements(layout)) + "\n").encode("utf-8")


def _elements(layout: RollLayout) -> Iterator[str]:
    """Yield the lines of the file."""
    width, height = _number(layout.width_px), _number(layout.height_px)
    yield (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f"font-family={quoteattr(_FONTS)}>"
    )
    yield f"<title>{escape(layout.title or 'Piano roll')}</title>"
    yield f"<desc>{escape(layout.description)}</desc>"
    yield f'<path fill="{palette.BACKGROUND}" d="M0 0h{width}v{height}h-{width}z"/>'
    yield from _shades(layout)
    yield from _lines(layout)
    yield from _notes(layout)
    yield from _swatches(layout)
    yield from _texts(layout)
    yield "</svg>"


def _number(value: float) -> str:
    """Write a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _box(x: float, y: float, width: float, height: float) -> str:
    """Return the four attributes of a rectangle."""
    return (
        f'x="{_number(x)}" y="{_number(y)}" '
        f'width="{_number(width)}" height="{_number(height)}"'
    )


def _shades(layout: RollLayout) -> Iterator[str]:
    """Yield one path for each run of shades of a kind."""
    for kind, shades in groupby(layout.shades, key=lambda shade: shade.kind):
        steps = "".join(
            f"M{_number(s.x)} {_number(s.y)}h{_number(s.width)}v{_number(s.height)}"
            f"h{_number(-s.width)}z"
            for s in shades
        )
        fill = palette.FILL_STYLES[kind]
        yield f'<path class="{kind}" fill="{fill}" d="{steps}"/>'


def _lines(layout: RollLayout) -> Iterator[str]:
    """Yield one path for each run of lines of a kind."""
    for kind, lines in groupby(layout.lines, key=lambda line: line.kind):
        style = palette.LINE_STYLES[kind]
        steps = "".join(
            f"M{_number(line.x1)} {_number(line.y1)}"
            f"L{_number(line.x2)} {_number(line.y2)}"
            for line in lines
        )
        yield (
            f'<path class="{kind}" fill="none" stroke="{style.color}" '
            f'stroke-width="{_number(style.width_px)}" d="{steps}"/>'
        )


def _outline(*, is_given: bool) -> str:
    """Return the stroke of a note."""
    color, width = (
        (palette.GIVEN_OUTLINE, palette.GIVEN_OUTLINE_PX)
        if is_given
        else (palette.NOTE_OUTLINE, palette.NOTE_OUTLINE_PX)
    )
    return f'stroke="{color}" stroke-width="{_number(width)}"'


def _notes(layout: RollLayout) -> Iterator[str]:
    """Yield one group for each voice."""
    size = _number(label_size_px(layout.row_px))
    for index, boxes in groupby(layout.notes, key=lambda box: box.voice):
        voice = layout.voices[index]
        yield (
            f'<g class="part part-{voice.part + 1}" fill="{voice.color.fill}" '
            f'font-size="{size}" {_outline(is_given=voice.is_given)}>'
        )
        for box in boxes:
            yield from _note(box, ink=voice.color.ink, row_px=layout.row_px)
        yield "</g>"


def _note(box: NoteBox, *, ink: str, row_px: float) -> Iterator[str]:
    """Yield a note and, where it fits, its name."""
    corner = _number(min(palette.CORNER_PX, box.width / 2, box.height / 2))
    kind = "note given" if box.is_given else "note"
    yield (
        f'<rect class="{kind}" {_box(box.x, box.y, box.width, box.height)} '
        f'rx="{corner}"><title>{escape(box.tooltip)}</title></rect>'
    )
    if box.label:
        baseline = box.y + box.height / 2 + 0.36 * label_size_px(row_px)
        yield (
            f'<text x="{_number(box.x + 2.5)}" y="{_number(baseline)}" fill="{ink}" '
            f'stroke="none" pointer-events="none">{escape(box.label)}</text>'
        )


def _swatches(layout: RollLayout) -> Iterator[str]:
    """Yield the legend's colours."""
    for swatch in layout.swatches:
        box = _box(swatch.x, swatch.y, swatch.width, swatch.height)
        yield (
            f'<rect class="swatch" {box} '
            f'rx="{_number(palette.CORNER_PX)}" fill="{swatch.color.fill}" '
            f"{_outline(is_given=swatch.is_given)}/>"
        )


def _texts(layout: RollLayout) -> Iterator[str]:
    """Yield titles, numbers and names."""
    for text in layout.texts:
        style = palette.TEXT_STYLES[text.kind]
        anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
        weight = ' font-weight="bold"' if style.is_bold else ""
        yield (
            f'<text class="{text.kind}" x="{_number(text.x)}" y="{_number(text.y)}" '
            f'font-size="{_number(style.size_px)}"{weight}{anchor} '
            f'fill="{style.color}">{escape(text.text)}</text>'
        )
