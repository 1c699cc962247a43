"""A score as the bytes of a file: MIDI, notation, picture or text, by format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen.data.notices import Notice
from musegen.data.score import Score

if TYPE_CHECKING:
    from musegen.render.bar_range import BarRange


def score_bytes(
    score: Score,
    format: str,
    *,
    title: str = "",
    given_parts: frozenset[int],
    bars: BarRange | None = None,
) -> tuple[bytes, tuple[Notice, ...]]:
    """Return the content of a file and what the format cannot hold.

    Args:
        score: What to write.
        format: `midi`, `musicxml`, `png`, `svg` or `text` (a roll of characters).
        title: Of a score that has none.
        given_parts: Indices of parts that pictures outline.
        bars: Which bars pictures show, None for all; MIDI and MusicXML have all.

    Raises:
        MissingPackageError: The format needs a package that is not installed.
    """
    if format == "midi":
        from musegen.data.midi import midi_bytes, midi_notices

        return midi_bytes(score), midi_notices(score)
    title = score.title or title
    if format == "musicxml":
        from musegen.data.musicxml import musicxml_bytes

        return musicxml_bytes(score, title=title), ()
    if format == "text":
        from musegen.render.text_roll import text_roll

        roll = text_roll(score, title=title, given_parts=given_parts, bars=bars)
        return f"{roll}\n".encode(), ()
    if format == "png":
        from musegen.render.png import png_bytes, png_layout

        layout, scale = png_layout(
            score, title=title, given_parts=given_parts, bars=bars
        )
        return png_bytes(layout, scale=scale), layout.notices
    from musegen.render.layout import roll_layout
    from musegen.render.svg import svg_bytes

    layout = roll_layout(score, title=title, given_parts=given_parts, bars=bars)
    return svg_bytes(layout), layout.notices
