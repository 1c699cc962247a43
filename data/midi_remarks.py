"""What the MIDI reader collects for the user, to become notices at the end.

Places are kept as ticks until the score, and with it the metre, is known. Many alike
become one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from musegen.data.midi_chunks import Problem
from musegen.data.notices import Notice
from musegen.data.score import Score


class Remarks:
    """Collects problems, texts that were not UTF-8, and events that find no place.

    Attributes:
        damage: The first sentence on lost data, empty if nothing is lost.
    """

    def __init__(self) -> None:
        self.damage = ""
        self._problems: list[Problem] = []
        self._latin: list[tuple[int, str]] = []
        self._not_kept: Counter[str] = Counter()

    def add(self, code: str, message: str, tick: int | None = None) -> None:
        """Note one remark; `tick` in ticks of the score."""
        self._problems.append(Problem(code=code, message=message, tick=tick))

    def add_problems(self, problems: Iterable[Problem], *, prefix: str = "") -> None:
        """Note what was wrong with the bytes of the file or of one track."""
        for problem in problems:
            message = prefix + problem.message
            self.add(problem.code, message, problem.tick)
            if problem.is_damage and not self.damage:
                self.damage = message

    def not_kept(self, kind: str, count: int = 1) -> None:
        """Count events of a kind (in the singular) that a score has no place for."""
        if count:
            self._not_kept[kind] += count

    def decode(self, data: bytes, tick: int) -> str:
        """Return the text of a meta event: UTF-8, else Latin-1, which any bytes are."""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
            self._latin.append((tick, text))
            return text

    def notices(self, score: Score) -> tuple[Notice, ...]:
        """Return all remarks with bar and beat, in the order they were met."""
        problems = list(self._problems)
        if self._latin:
            tick, text = self._latin[0]
            message = (
                f"texts not in UTF-8: {len(self._latin)}; read as Latin-1 ({text!r})"
            )
            problems.append(Problem(code="latin-1-text", message=message, tick=tick))
        if self._not_kept:
            counts = ", ".join(f"{kind} ({n})" for kind, n in self._not_kept.items())
            message = f"a score has no place for these events, not kept: {counts}"
            problems.append(Problem(code="events-not-kept", message=message))
        return tuple(
            Notice(
                code=problem.code,
                message=problem.message,
                place=None if problem.tick is None else score.bar_beat(problem.tick),
            )
            for problem in problems
        )
