"""The page that plays what was made."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

from musegen.cli._synth_page import page_bytes
from musegen.data.score import Note, Part, Score

SCORE = Score(
    ticks_per_quarter=480,
    parts=(Part(notes=(Note(onset=0, duration=480, pitch=60),), name="Tune"),),
)


class Tags(HTMLParser):
    """Counts opened and closed tags."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)


def test_a_page_holds_sound_and_score_and_fetches_nothing() -> None:
    page = page_bytes(SCORE, b"an MP3 file", title="A <b> & c").decode()
    tags = Tags()
    tags.feed(page)
    assert {"audio", "svg"} <= set(tags.opened) and "script" not in tags.opened
    assert "<title>A &lt;b&gt; &amp; c</title>" in page
    found = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', page)
    assert found is not None
    assert base64.b64decode(found[1]) == b"an MP3 file"
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "<?xml" not in page


def test_the_same_again() -> None:
    pages = {page_bytes(SCORE, b"sound", title="Tune") for _ in range(2)}
    assert len(pages) == 1
