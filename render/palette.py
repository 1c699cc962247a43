"""The colours and line styles of every picture, in one table.

For: telling voices apart, also for colour-blind readers and on a terminal. Not for:
geometry (`musegen.render.layout`). Colours are data; the back ends look them up by
name.

Source: the eight-colour set of M. Okabe and K. Ito, "Color Universal Design" (2008), as
printed in B. Wong, "Points of view: Color blindness", Nature Methods 8 (2011). Changed:
black is kept for the outline of given notes, and the set is ordered so that the first
four contrast most on white.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

FONT_FAMILY = "DejaVu Sans"  # shipped with matplotlib; browsers fall back
BACKGROUND = "#ffffff"
GIVEN_OUTLINE = "#000000"
NOTE_OUTLINE = "#ffffff"  # a hairline that keeps repeated notes apart
GIVEN_OUTLINE_PX = 1.6
NOTE_OUTLINE_PX = 0.6
CORNER_PX = 2.0

_LIGHT_INK = "#ffffff"
_DARK_INK = "#1a1a1a"
_TINT = 0.5  # share of white in the second round of colours
_SHADE = 0.45  # share of black in the third round


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceColor:
    """The colour of one voice.

    Args:
        fill: Of its notes, as `#rrggbb`.
        ink: Of text written on the fill, as `#rrggbb`.
        ansi: The nearest of the 256 terminal colours, 16 to 255.
    """

    fill: str
    ink: str
    ansi: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStyle:
    """How a kind of line is drawn: `color` as `#rrggbb`, `width_px` above 0."""

    color: str
    width_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """How a kind of text is drawn: `color` as `#rrggbb`, `size_px` of the em square."""

    color: str
    size_px: float
    is_bold: bool = False


LINE_STYLES: Mapping[str, LineStyle] = MappingProxyType(
    {
        "row": LineStyle(color="#f3f3f5", width_px=0.6),
        "beat": LineStyle(color="#d9dade", width_px=0.6),
        "octave": LineStyle(color="#a9adb8", width_px=0.8),
        "bar": LineStyle(color="#5b606e", width_px=1.1),
        "frame": LineStyle(color="#5b606e", width_px=1.1),
    }
)
TEXT_STYLES: Mapping[str, TextStyle] = MappingProxyType(
    {
        "title": TextStyle(color="#1a1a1a", size_px=20.0, is_bold=True),
        "subtitle": TextStyle(color="#5b606e", size_px=12.0),
        "legend": TextStyle(color="#1a1a1a", size_px=12.0),
        "bar_number": TextStyle(color="#3a3e49", size_px=11.0, is_bold=True),
        "metre": TextStyle(color="#5b606e", size_px=11.0),
        "key_name": TextStyle(color="#3a3e49", size_px=9.0),
    }
)
FILL_STYLES: Mapping[str, str] = MappingProxyType(
    {
        "white_row": "#ffffff",
        "black_row": "#f0f1f4",
        "white_key": "#fdfdfd",
        "black_key": "#4a4e59",
    }
)


def _channels(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of `#rrggbb`."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _mixed(color: str, other: str, share: float) -> str:
    """Return `color` with `share` (0 to 1) of `other` in it."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def relative_luminance(color: str) -> float:
    """Return the luminance of `#rrggbb`, 0 (black) to 1 (white).

    Source: the definition in W3C, Web Content Accessibility Guidelines 2.2.
    """
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _terminal_color(color: str) -> int:
    """Return the nearest colour of the 6 x 6 x 6 cube of 256-colour terminals."""
    levels = (0, 95, 135, 175, 215, 255)
    nearest = [
        min(range(6), key=lambda index: abs(levels[index] - channel))
        for channel in _channels(color)
    ]
    return 16 + 36 * nearest[0] + 6 * nearest[1] + nearest[2]


def _voice_color(fill: str) -> VoiceColor:
    """Return the colour with the ink that contrasts more (W3C's ratio) upon it."""
    light = 1.05 / (relative_luminance(fill) + 0.05)
    dark = (relative_luminance(fill) + 0.05) / (relative_luminance(_DARK_INK) + 0.05)
    # White is preferred while it is legible: small bold type on saturated colours.
    ink = _LIGHT_INK if light >= 3.3 or light > dark else _DARK_INK
    return VoiceColor(fill=fill, ink=ink, ansi=_terminal_color(fill))


_BASE_FILLS = (
    "#d55e00",  # vermilion
    "#0072b2",  # blue
    "#009e73",  # bluish green
    "#cc79a7",  # reddish purple
    "#e69f00",  # orange
    "#56b4e9",  # sky blue
    "#f0e442",  # yellow
)
VOICE_COLORS: tuple[VoiceColor, ...] = tuple(
    _voice_color(fill)
    for fill in (
        *_BASE_FILLS,
        *(_mixed(fill, "#000000", _SHADE) for fill in _BASE_FILLS),
        *(_mixed(fill, "#ffffff", _TINT) for fill in _BASE_FILLS),
    )
)
DRUM_COLOR = VoiceColor(fill="#9a9a9a", ink=_DARK_INK, ansi=246)


def voice_color(index: int) -> VoiceColor:
    """Return the colour of voice `index`, from 0; after the last they start again."""
    return VOICE_COLORS[index % len(VOICE_COLORS)]
