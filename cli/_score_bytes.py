"""A score as the bytes of a file: MIDI, notation or picture, by the format's name."""

from __future__ import annotations

from musegen.data.notices import Notice
from musegen.data.score import Score


def score_bytes(
    score: Score, format: str, *, title: str = "", given_parts: frozenset[int]
) -> tuple[bytes, tuple[Notice, ...]]:
    """Return the content of a file and what the format cannot hold.

    Args:
        score: What to write.
        format: `midi`, `musicxml`, `png` or `svg`.
        title: Of a score that has none.
        given_parts: Indices of parts that pictures outline.

    Raises:
        MissingPackageError: The format needs a package that is not installed.
    """
    if format == "midi":
        from musegen.data.midi import midi_bytes, midi_notices

        return midi_bytes(score), midi_notices(score)
    if format == "musicxml":
        from musegen.data.musicxml import musicxml_bytes

        return musicxml_bytes(score, title=score.title or title), ()
    if format == "png":
        from musegen.render.png import png_bytes, png_layout

        layout, scale = png_layout(
            score, title=score.title or title, given_parts=given_parts
        )
        return png_bytes(layout, scale=scale), layout.notices
    from musegen.render.layout import roll_layout
    from musegen.render.svg import svg_bytes

    layout = roll_layout(score, title=score.title or title, given_parts=given_parts)
    return svg_bytes(layout), layout.notices
