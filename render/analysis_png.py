"""A picture over time and pitch as PNG, drawn by matplotlib without a display.

For: drawing an `AnalysisLayout`. Not for: deciding what stands where. Needs the extra
`plot`; nothing of matplotlib's global state is changed.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Literal

from musegen.data.errors import MissingPackageError
from musegen.render import palette
from musegen.render.analysis_colors import (
    BOX_STYLES,
    CURVE_STYLES,
    shade_colors,
)
from musegen.render.analysis_shapes import AnalysisLayout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 100.0  # pixels of the layout to an inch; points follow from it
SCALE = 1.5  # pixels of the bitmap to one of the layout
_POINTS_PER_PX = 72.0 / DPI
_ALIGNMENTS: dict[str, Literal["left", "center", "right"]] = {
    "start": "left",
    "middle": "center",
    "end": "right",
}


def analysis_png(layout: AnalysisLayout) -> bytes:
    """Return the picture as an opaque RGBA PNG.

    Args:
        layout: From `analysis_layout` or `expression_layout`.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError(
            "matplotlib", extra="plot", purpose="a PNG picture"
        ) from error
    figure = Figure(
        figsize=(layout.width_px / DPI, layout.height_px / DPI),
        dpi=DPI * SCALE,
        facecolor=palette.BACKGROUND,
    )
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    _draw_images(axes, layout)
    _draw_lines(axes, layout)
    _draw_boxes(axes, layout)
    _draw_texts(axes, layout)
    axes.set_xlim(0.0, layout.width_px)  # last: images change the limits
    axes.set_ylim(layout.height_px, 0.0)
    axes.set_aspect("auto")
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script the font lacks is drawn as boxes; the SVG has it right.
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from", category=UserWarning
        )
        canvas.print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def _draw_images(axes: Axes, layout: AnalysisLayout) -> None:
    colors = shade_colors()
    for image in layout.images:
        left, top = image.x, image.y
        axes.imshow(
            colors[image.pixels],
            extent=(left, left + image.width, top + image.height, top),
            interpolation="bilinear",
            zorder=1.0,
        )


def _draw_lines(axes: Axes, layout: AnalysisLayout) -> None:
    """Draw octaves, frames and curves."""
    from matplotlib.collections import LineCollection

    axes.add_collection(
        LineCollection(
            [[(line.x1, line.y1), (line.x2, line.y2)] for line in layout.lines],
            colors=[palette.LINE_STYLES[line.kind].color for line in layout.lines],
            linewidths=[
                palette.LINE_STYLES[line.kind].width_px * _POINTS_PER_PX
                for line in layout.lines
            ],
            zorder=2.0,
        ),
        autolim=False,
    )
    for curve in layout.curves:
        style = CURVE_STYLES[curve.kind]
        axes.plot(
            curve.points[:, 0],
            curve.points[:, 1],
            color=style.color,
            linewidth=style.width_px * _POINTS_PER_PX,
            solid_joinstyle="round",
            zorder=4.0,
        )


def _draw_boxes(axes: Axes, layout: AnalysisLayout) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    for kind, style in BOX_STYLES.items():
        patches = [
            Rectangle((box.x, box.y), box.width, box.height)
            for box in layout.boxes
            if box.kind == kind
        ]
        if not patches:
            continue
        axes.add_collection(
            PatchCollection(
                patches,
                facecolor=(style.outline.color, style.opacity),
                edgecolor=style.outline.color,
                linewidth=style.outline.width_px * _POINTS_PER_PX,
                zorder=3.0,
            ),
            autolim=False,
        )


def _draw_texts(axes: Axes, layout: AnalysisLayout) -> None:
    """Write titles, times and names: a dollar sign begins no formula."""
    for text in layout.texts:
        style = palette.TEXT_STYLES[text.kind]
        axes.text(
            text.x,
            text.y,
            text.text,
            color=style.color,
            fontsize=style.size_px * _POINTS_PER_PX,
            fontweight="bold" if style.is_bold else "normal",
            family=palette.FONT_FAMILY,
            ha=_ALIGNMENTS[text.anchor],
            va="baseline",
            parse_math=False,
            usetex=False,
            clip_on=False,
        )
