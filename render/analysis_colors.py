"""The colours of the pictures over time and pitch: recordings, and expression.

For: both of their back ends. Not for: piano rolls (`musegen.render.palette`, from whose
set of colours the curves are taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from musegen.render.palette import VOICE_COLORS, LineStyle

_VERMILION, _BLUE, _GREEN, _PURPLE = (VOICE_COLORS[index].fill for index in range(4))

CURVE_STYLES: Mapping[str, LineStyle] = MappingProxyType(
    {
        "pitch": LineStyle(color=_VERMILION, width_px=1.2),
        "loudness": LineStyle(color=_BLUE, width_px=1.1),
        "confidence": LineStyle(color=_GREEN, width_px=0.8),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxStyle:
    """How a kind of box is drawn.

    Args:
        outline: Its edge, and the colour of its inside.
        opacity: Of the inside, 0 to 1.
    """

    outline: LineStyle
    opacity: float


def _value_style(color: str) -> BoxStyle:
    return BoxStyle(outline=LineStyle(color=color, width_px=0.8), opacity=0.35)


BOX_STYLES: Mapping[str, BoxStyle] = MappingProxyType(
    {
        # The spectrogram shows through.
        "note": BoxStyle(outline=LineStyle(color=_BLUE, width_px=1.2), opacity=0.18),
        "level": _value_style(_BLUE),
        "pitch": _value_style(_VERMILION),
        "tone": _value_style(_GREEN),
        "attack": _value_style(_PURPLE),
    }
)
_PALE, _DARK = (255, 255, 255), (24, 28, 44)


def shade_colors() -> npt.NDArray[np.uint8]:
    """Return the colour of each darkness 0 to 255 of a spectrogram, [256, 3]."""
    share = np.linspace(0.0, 1.0, 256)[:, None]
    mixed = (1 - share) * np.array(_PALE) + share * np.array(_DARK)
    colors: npt.NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    return colors
