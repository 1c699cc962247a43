"""The colours of the picture of an analysed recording.

For: both of its back ends. Not for: piano rolls (`musegen.render.palette`, from whose
set of colours the curves are taken).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from musegen.render.palette import VOICE_COLORS, LineStyle

_VERMILION, _BLUE, _GREEN = (VOICE_COLORS[index].fill for index in range(3))

CURVE_STYLES: Mapping[str, LineStyle] = MappingProxyType(
    {
        "pitch": LineStyle(color=_VERMILION, width_px=1.2),
        "loudness": LineStyle(color=_BLUE, width_px=1.1),
        "confidence": LineStyle(color=_GREEN, width_px=0.8),
    }
)
NOTE_STYLE = LineStyle(color=_BLUE, width_px=1.2)
NOTE_OPACITY = 0.18  # of the inside of a note: the spectrogram shows through
_PALE, _DARK = (255, 255, 255), (24, 28, 44)


def shade_colors() -> npt.NDArray[np.uint8]:
    """Return the colour of each darkness 0 to 255 of a spectrogram, [256, 3]."""
    share = np.linspace(0.0, 1.0, 256)[:, None]
    mixed = (1 - share) * np.array(_PALE) + share * np.array(_DARK)
    colors: npt.NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    return colors
