"""The shapes of a picture over time and pitch, in pixels.

For: what the layouts make (`analysis_layout`, `expression_layout`) and the back ends
draw (`analysis_svg`, `analysis_png`). Coordinates grow to the right and downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen.render.furniture import Line, Text

Indexes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A bitmap stretched over a rectangle.

    Args:
        pixels: Darkness 0 to 255, [rows, columns], the top row first.
    """

    x: float
    y: float
    width: float
    height: float
    pixels: Indexes


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The outline of a note, or a bar that stands for a value of it.

    Args:
        tooltip: Names it.
        kind: A key of `analysis_colors.BOX_STYLES`.
    """

    x: float
    y: float
    width: float
    height: float
    tooltip: str
    kind: str = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line through points, [n, 2] in px; `kind` is a key of `CURVE_STYLES`."""

    kind: str
    points: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisLayout:
    """The picture as shapes, in drawing order: images, lines, boxes, curves, texts.

    Args:
        width_px: Of the picture.
        height_px: Of the picture.
        title: May be empty.
        description: One sentence for those who cannot see the picture.
        images: The spectrogram of each system.
        lines: Octaves, bars and frames.
        boxes: Notes, and values of notes.
        curves: Pitch, loudness, confidence.
        texts: Title, legend, times, octaves.
    """

    width_px: float
    height_px: float
    title: str
    description: str
    images: tuple[Image, ...]
    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    texts: tuple[Text, ...]
