"""A score as a piano roll: what `musegen show` makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from musegen.cli._score_bytes import score_bytes
from musegen.data.notices import Notice
from musegen.data.score import Score
from musegen.render.bar_range import BarRange
from musegen.render.score_view import last_bar_number, score_voices


class _View(TypedDict):
    title: str
    given_parts: frozenset[int]
    bars: BarRange | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollPicture:
    """The roll of a score, in text or drawn.

    Args:
        score: With at least one note.
        title: Shown above.
        given_parts: Indices of parts that are outlined.
        bars: Which; None for all.
    """

    score: Score
    title: str
    given_parts: frozenset[int]
    bars: BarRange | None

    def facts(self) -> dict[str, object]:
        """Return what JSON says of the score."""
        return {
            "title": self.score.title,
            "bars": last_bar_number(self.score),
            "parts": [
                {
                    "part": voice.part + 1,
                    "name": voice.label,
                    "notes": len(self.score.parts[voice.part].notes),
                    "is_given": voice.is_given,
                    "is_drum": voice.is_drum,
                }
                for voice in score_voices(self.score, self.given_parts)
            ],
        }

    def text(self, *, width_columns: int, use_color: bool, use_unicode: bool) -> str:
        """Return it in characters."""
        from musegen.render.text_roll import text_roll

        return text_roll(
            self.score,
            width_columns=width_columns,
            use_color=use_color,
            use_unicode=use_unicode,
            **self._view(),
        )

    def content(self, format: str) -> tuple[bytes, tuple[Notice, ...]]:
        """Return a file, and what its format cannot hold."""
        return score_bytes(self.score, format, **self._view())

    def _view(self) -> _View:
        return _View(title=self.title, given_parts=self.given_parts, bars=self.bars)
