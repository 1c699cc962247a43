"""A page that plays what was made: the sound, and the score above it, in one file.

It needs no network and no script. For `-f html` of `musegen synth` and of `--play`.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

from musegen.cli._score_bytes import score_bytes

if TYPE_CHECKING:
    from musegen.data.score import Score

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; }}
audio {{ width: 100%; }}
figure {{ margin: 1rem 0; }}
svg {{ max-width: 100%; height: auto; }}
</style>
</head>
<body>
<h1>{title}</h1>
<audio controls src="data:audio/mpeg;base64,{sound}"></audio>
<figure>
{picture}
</figure>
</body>
</html>
"""


def page_bytes(
    score: Score,
    sound: bytes,
    *,
    title: str,
    given_parts: frozenset[int] = frozenset(),
) -> bytes:
    """Return the page.

    Args:
        score: What is drawn.
        sound: An MP3 file.
        title: As plain text.
        given_parts: Indices of parts that are outlined.
    """
    picture, _ = score_bytes(score, "svg", title=title, given_parts=given_parts)
    _, _, drawn = picture.decode("utf-8").partition("<svg")
    return _PAGE.format(
        title=html.escape(title),
        sound=base64.b64encode(sound).decode("ascii"),
        picture=f"<svg{drawn}",
    ).encode("utf-8")
