"""A piano roll as a PNG picture, drawn by matplotlib without a display.

For: drawing a `RollLayout` and choosing one whose bitmap stays of bounded size. Not
for: deciding what stands where. Needs the extra `plot`; nothing of matplotlib's global
state is changed.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from musegen.data.errors import MissingPackageError
from musegen.data.score import Score
from musegen.render import palette
from musegen.render.bar_range import BarRange
from musegen.render.layout import RollLayout, roll_layout
from musegen.render.note_boxes import NoteBox, label_size_px

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as DrawnPath

_SHADE_LAYER, _LINE_LAYER, _NOTE_LAYER = 1.0, 2.0, 3.0  # later covers earlier
MAX_SIDE_PX = 8000
MAX_AREA_PX = 32_000_000  # 4 bytes each while drawing
DEFAULT_SCALE = 2.0
_DPI = 100.0  # pixels of the layout to an inch; points follow from it
_POINTS_PER_PX = 72.0 / _DPI
# Tried in turn until all bars fit: sharp pictures first, then wider ones of more bars a
# system.
_SIZES = ((1200.0, 2.0), (1200.0, 1.0), (2400.0, 1.0), (4000.0, 1.0))


def png_layout(
    score: Score,
    *,
    given_parts: frozenset[int] = frozenset(),
    title: str = "",
    bars: BarRange | None = None,
) -> tuple[RollLayout, float]:
    """Lay a score out for a bitmap of at most 8000 pixels a side and 32 million in all.

    Args:
        score: With at least one note.
        given_parts: Indexes of the parts, from 0, that the user gave.
        title: Shown above; empty for the score's own.
        bars: Which bars; None for all.

    Returns:
        The layout and the scale, above 0, for `png_bytes`. Bars for which even the
        widest picture has no room are left out, with a notice in the layout.

    Raises:
        EmptyScoreError: The score has no notes.
        VoiceNotFoundError: `given_parts` names a part that is not there.
        UsageError: `bars` lies outside the score.
    """
    for width_px, scale in _SIZES:
        side = min(MAX_SIDE_PX, MAX_AREA_PX / (width_px * scale))
        layout = roll_layout(
            score,
            given_parts=given_parts,
            title=title,
            width_px=width_px,
            max_height_px=side / scale,
            bars=bars,
        )
        if not layout.notices:
            break
    return layout, scale


def png_bytes(layout: RollLayout, *, scale: float = DEFAULT_SCALE) -> bytes:
    """Return the picture as an opaque RGBA PNG.

    Args:
        layout: From `png_layout`, or `musegen.render.layout.roll_layout` for a short
            score.
        scale: Pixels of the bitmap to one of the layout, above 0.

    Raises:
        MissingPackageError: matplotlib is not installed.
        ValueError: The bitmap would be larger than 8000 pixels a side or 32 million in
        all.
    """
    width, height = round(layout.width_px * scale), round(layout.height_px * scale)
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX) or (
        width * height > MAX_AREA_PX
    ):
        raise ValueError(
            f"a bitmap has at most {MAX_SIDE_PX} pixels a side and {MAX_AREA_PX} in "
            f"all; got {width} x {height}: use png_layout, fewer bars or a smaller "
            "scale"
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError(
            "matplotlib", extra="plot", purpose="a PNG picture"
        ) from error
    figure = Figure(
        figsize=(width / scale / _DPI, height / scale / _DPI),
        dpi=_DPI * scale,
        facecolor=palette.BACKGROUND,
    )
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, layout.width_px)
    axes.set_ylim(layout.height_px, 0.0)
    _draw(axes, layout)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script the font lacks is drawn as boxes; the SVG has it right.
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from", category=UserWarning
        )
        canvas.print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def _draw(axes: Axes, layout: RollLayout) -> None:
    """Draw everything in the layout's order."""
    _draw_shades(axes, layout)
    _draw_lines(axes, layout)
    _draw_notes(axes, layout)
    for swatch in layout.swatches:
        path = _rounded(swatch.x, swatch.y, swatch.width, swatch.height)
        _add_boxes(axes, [path], fill=swatch.color.fill, is_given=swatch.is_given)
    for text in layout.texts:
        style = palette.TEXT_STYLES[text.kind]
        _write(
            axes,
            text.text,
            x=text.x,
            y=text.y,
            color=style.color,
            size_px=style.size_px,
            weight="bold" if style.is_bold else "normal",
            align=_ALIGNMENTS[text.anchor],
        )


_ALIGNMENTS: dict[str, Literal["left", "center", "right"]] = {
    "start": "left",
    "middle": "center",
    "end": "right",
}


def _draw_shades(axes: Axes, layout: RollLayout) -> None:
    """Draw rows and keys."""
    from matplotlib.collections import PolyCollection

    for kind, run in groupby(layout.shades, key=lambda shade: shade.kind):
        corners = [
            [
                (s.x, s.y),
                (s.x + s.width, s.y),
                (s.x + s.width, s.y + s.height),
                (s.x, s.y + s.height),
            ]
            for s in run
        ]
        axes.add_collection(
            PolyCollection(
                corners,
                facecolors=palette.FILL_STYLES[kind],
                edgecolors="none",
                antialiaseds=False,
                zorder=_SHADE_LAYER,
            ),
            autolim=False,
        )


def _draw_lines(axes: Axes, layout: RollLayout) -> None:
    """Draw bar, beat and octave lines."""
    from matplotlib.collections import LineCollection

    for kind, run in groupby(layout.lines, key=lambda line: line.kind):
        style = palette.LINE_STYLES[kind]
        axes.add_collection(
            LineCollection(
                [[(line.x1, line.y1), (line.x2, line.y2)] for line in run],
                colors=style.color,
                linewidths=style.width_px * _POINTS_PER_PX,
                zorder=_LINE_LAYER,
            ),
            autolim=False,
        )


def _draw_notes(axes: Axes, layout: RollLayout) -> None:
    """Draw notes voice by voice, and their names above each voice."""
    for layer, (index, run) in enumerate(
        groupby(layout.notes, key=lambda box: box.voice)
    ):
        boxes = tuple(run)
        voice = layout.voices[index]
        paths = [_rounded(box.x, box.y, box.width, box.height) for box in boxes]
        _add_boxes(
            axes,
            paths,
            fill=voice.color.fill,
            is_given=voice.is_given,
            layer=float(layer),
        )
        _draw_labels(
            axes,
            boxes,
            ink=voice.color.ink,
            size_px=label_size_px(layout.row_px),
            layer=layer + 0.5,
        )


def _draw_labels(
    axes: Axes, boxes: Sequence[NoteBox], *, ink: str, size_px: float, layer: float
) -> None:
    """Write the names of notes, each distinct name shaped once and stamped.

    A text object a note would take two thirds of the time of a long picture.
    """
    from matplotlib.collections import PathCollection
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    places: dict[str, list[tuple[float, float]]] = {}
    for box in boxes:
        if box.label:
            baseline = box.y + box.height / 2 + 0.36 * size_px
            places.setdefault(box.label, []).append((box.x + 2.5, baseline))
    figure = axes.get_figure(root=True)
    pixels = figure.dpi / _DPI if figure is not None else 1.0
    font = FontProperties(family=palette.FONT_FAMILY)
    for label, offsets in places.items():
        stamp = PathCollection(
            [TextPath((0.0, 0.0), label, size=size_px, prop=font)],
            facecolors=ink,
            edgecolors="none",
            offsets=offsets,
            offset_transform=axes.transData,
            zorder=_NOTE_LAYER + layer,
        )
        stamp.set_transform(Affine2D().scale(pixels))
        axes.add_collection(stamp, autolim=False)


def _add_boxes(
    axes: Axes,
    paths: list[DrawnPath],
    *,
    fill: str,
    is_given: bool,
    layer: float = 0.0,
) -> None:
    """Draw rounded boxes of one voice; a higher `layer` covers a lower one."""
    from matplotlib.collections import PathCollection

    width = palette.GIVEN_OUTLINE_PX if is_given else palette.NOTE_OUTLINE_PX
    axes.add_collection(
        PathCollection(
            paths,
            facecolors=fill,
            edgecolors=palette.GIVEN_OUTLINE if is_given else palette.NOTE_OUTLINE,
            linewidths=width * _POINTS_PER_PX,
            zorder=_NOTE_LAYER + layer,
        ),
        autolim=False,
    )


def _rounded(x: float, y: float, width: float, height: float) -> DrawnPath:
    """Return a rectangle whose corners are quarter turns of `palette.CORNER_PX`."""
    from matplotlib.path import Path as DrawnPath

    r = min(palette.CORNER_PX, width / 2, height / 2)
    right, bottom = x + width, y + height
    vertices = [
        (x + r, y),
        (right - r, y),
        (right, y),
        (right, y + r),
        (right, bottom - r),
        (right, bottom),
        (right - r, bottom),
        (x + r, bottom),
        (x, bottom),
        (x, bottom - r),
        (x, y + r),
        (x, y),
        (x + r, y),
        (x + r, y),
    ]
    turn = [DrawnPath.LINETO, DrawnPath.CURVE3, DrawnPath.CURVE3]
    return DrawnPath(vertices, [DrawnPath.MOVETO, *turn * 4, DrawnPath.CLOSEPOLY])


def _write(
    axes: Axes,
    text: str,
    *,
    x: float,
    y: float,
    color: str,
    size_px: float,
    weight: Literal["normal", "bold"] = "normal",
    align: Literal["left", "center", "right"] = "left",
) -> None:
    """Write a line of text as it stands: a dollar sign begins no formula."""
    axes.text(
        x,
        y,
        text,
        color=color,
        fontsize=size_px * _POINTS_PER_PX,
        fontweight=weight,
        family=palette.FONT_FAMILY,
        ha=align,
        va="baseline",
        parse_math=False,
        usetex=False,
        clip_on=False,
    )
